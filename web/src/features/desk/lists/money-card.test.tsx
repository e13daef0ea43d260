import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { arrival, EMPTY_DESK, openDesk } from "@/testing/desk";
import { data, serve } from "@/testing/fake-server";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

test("a payment in the stream says how soon the first desk had it, however many have it by now", async () => {
  const [receivedAt, shownAt] = ["2026-11-23T12:00:00.400Z", "2026-11-23T12:00:01.300Z"];
  const booking = { ...arrival, seq: 12, createdAt: receivedAt };
  const desk = { personId: "s1", name: "Sumaiya Islam", socketId: "abcdefgh", shownAt };
  serve({
    ...EMPTY_DESK,
    "GET /api/booking": data({ bookings: [booking], totalPages: 1, totalItems: 1, currentPage: 1 }),
    "GET /api/payment": data({ payments: [], totalPages: 1, totalItems: 0, currentPage: 1 }),
    "GET /api/booking/receipt": data({
      ...{ trackingId: arrival.trackingId, seq: 12, paidAt: receivedAt, receivedAt, committedAt: receivedAt },
      ...{ emittedAt: receivedAt, shownAt, desks: [desk, { ...desk, personId: "s2", socketId: "ijklmnop" }] },
    }),
  });
  await openDesk("/dashboard?view=chat&with=u9");
  expect(await screen.findByText(/ · on a desk in 0\.9 s$/)).toBeDefined();
});
