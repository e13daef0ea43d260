import { expect, test } from "vitest";
import type { BookingRow } from "./state";
import { arrivedOf, dismiss, dismissed, toasts } from "./toasts";

const row = (trackingId: string, userId: string, arrivedAt: number | null = 1): BookingRow => ({
  ...{ trackingId, userId, arrivedAt },
  ...{ userName: userId, serviceName: "Baby Sitting", amountPaid: "3000", currency: "bdt" },
});

test("one for each customer who has come since, until dismissed", () => {
  const rows = [row("CV-4", "u1"), row("CV-3", "u2"), row("CV-2", "u1"), row("CV-1", "u3", null)];
  expect(toasts(rows, [], 0).map(({ trackingId }) => trackingId)).toEqual(["CV-4", "CV-3"]);
  expect(toasts(rows, ["CV-3"], 0).map(({ trackingId }) => trackingId)).toEqual(["CV-4"]);
  expect(toasts(rows, [], 1)).toEqual([]);
});

test("with a customer all that they have booked since is dismissed, and what is dismissed again stands once", () => {
  const rows = [row("CV-4", "u1"), row("CV-3", "u2"), row("CV-2", "u1"), row("CV-1", "u1", null)];
  expect(arrivedOf(rows, ["u1"])).toEqual(["CV-4", "CV-2"]);
  dismiss(["CV-4", "CV-2"]);
  dismiss(["CV-2", "CV-3"]);
  expect(dismissed.read()).toEqual(["CV-4", "CV-2", "CV-3"]);
});
