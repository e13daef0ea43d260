import { expect, test } from "vitest";
import type { OwnBooking, OwnPayment } from "./get-own";
import { stepsOf } from "./steps";

const booking = (change: Partial<OwnBooking> = {}): OwnBooking => ({
  ...{ _id: "b1", trackingId: "CV-7KQ4M2XA", serviceName: "Newborn Care", date: "2026-11-25", slot: "8:00" },
  ...{ dueAmount: "3000", amountPaid: "3000", currency: "bdt", caregiver: null, status: "booked" as const },
  ...{ createdAt: "2026-11-23T04:30:15.000Z", ...change },
});
const payment = (id: string, change: Partial<OwnPayment> = {}): OwnPayment => ({
  ...{ _id: id, bookingId: "b1", trackingId: "CV-7KQ4M2XA", amountPaid: "3000", amountRefunded: "0", currency: "bdt" },
  ...{ createdAt: "2026-11-23T04:30:14.000Z", paidAt: null, ...change },
});
const told = (...given: Parameters<typeof stepsOf>) => stepsOf(...given).map(([{ kind }, how]) => `${kind} ${how}`);

test("what was paid is behind us, the caregiver is being chosen, the visit is to come", () => {
  expect(told(booking(), [payment("p1"), payment("other", { bookingId: "b2" })])).toEqual([
    ...["paid done", "stored done", "caregiver now", "visit next"],
  ]);
});

test("payments stand in the order in which they were made, though the newest is listed first", () => {
  const [first, second] = stepsOf(booking(), [payment("p2", { amountPaid: "2" }), payment("p1", { amountPaid: "1" })]);
  expect([first?.[0], second?.[0]]).toMatchObject([{ amount: "1" }, { amount: "2" }]);
});

test("with a caregiver the visit is next; once it is over nothing is left", () => {
  expect(told(booking({ caregiver: "Ayesha" }), [])).toEqual(["stored done", "caregiver done", "visit now"]);
  expect(told(booking({ status: "completed" }), [])).toEqual(["stored done", "visit done"]);
});

test("what was cancelled has no visit, and says what went back", () => {
  const back = payment("p1", { amountRefunded: "3000" });
  expect(told(booking({ status: "cancelled" }), [back])).toEqual([
    ...["paid done", "stored done", "back done", "cancelled done"],
  ]);
});
