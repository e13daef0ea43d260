import { describe, expect, test } from "vitest";
import type { Booking } from "./get-bookings";
import { apply, type CustomerAdded, type Desk, type DeskEvent, EMPTY } from "./state";

const T = 1_000_000;
const booking = (n: number, userId = `u${n}`): Booking =>
  ({
    trackingId: `CV-${n}`,
    userId,
    userName: `Customer ${n}`,
    serviceName: "Newborn Care",
    amountPaid: "3000",
    currency: "bdt",
  }) as Booking;
const paid = (n: number, userId = `u${n}`): CustomerAdded => ({
  userId,
  userEmail: `${userId}@mail.example`,
  userName: `Nusrat Jahan ${n}`,
  serviceName: "Newborn Care",
  trackingId: `CV-${n}`,
  amountPaid: "3000",
  amount: 300_000,
  currency: "bdt",
});
const added = (n: number, at = T, userId = `u${n}`): DeskEvent => ({
  type: "customer_added",
  booking: paid(n, userId),
  seq: n,
  at,
});
const refunded = (n: number, at = T): DeskEvent => ({
  type: "booking_updated",
  booking: { ...booking(n), status: "cancelled", paymentStatus: "refunded", amountRefunded: "3000" },
  at,
});
const bookings = (requestedAt: number, ...ns: number[]): DeskEvent => ({
  type: "bookings_loaded",
  bookings: ns.map((n) => booking(n)),
  requestedAt,
});
const run = (...events: DeskEvent[]) => events.reduce(apply, EMPTY);
const rows = (state: Desk) => state.bookings.map((row) => row.trackingId);

describe("bookings", () => {
  test("an arrival stands at the top at once", () => {
    const state = run(bookings(T - 1, 2, 1), added(3));
    expect(rows(state)).toEqual(["CV-3", "CV-2", "CV-1"]);
    expect(state.bookings[0]).toMatchObject({ userName: "Nusrat Jahan 3", amountPaid: "3000", arrivedAt: T });
  });

  test("a booking that is announced twice stands once", () => {
    expect(rows(run(added(3), added(3), bookings(T + 1, 3), added(3, T + 2)))).toEqual(["CV-3"]);
  });

  test("a list that was asked for before the arrival does not take it away", () => {
    expect(rows(run(added(3, T), bookings(T - 5, 2, 1)))).toEqual(["CV-3", "CV-2", "CV-1"]);
  });

  test("nor does one that was asked for within its millisecond", () => {
    expect(rows(run(added(3, T), bookings(T, 2, 1)))).toEqual(["CV-3", "CV-2", "CV-1"]);
  });

  test("more pages than one, which an alarm has asked for, stay while others arrive", () => {
    const many = Array.from({ length: 120 }, (_, n) => 120 - n);
    expect(rows(run(bookings(T - 1, ...many), added(121)))).toHaveLength(120);
  });

  test("a list that was asked for afterwards is the whole truth", () => {
    expect(rows(run(added(3, T), bookings(T + 5, 5, 4)))).toEqual(["CV-5", "CV-4"]);
  });

  test("the list completes an arrival, which stays new", () => {
    const state = run(added(3, T), bookings(T + 5, 3));
    expect(state.bookings[0]).toMatchObject({ userName: "Customer 3", arrivedAt: T });
  });

  test("a change stands at once, in its place, and is not undone by a list that was asked for before", () => {
    const state = run(bookings(T - 9, 2, 1), refunded(1), bookings(T - 5, 2, 1));
    expect(rows(state)).toEqual(["CV-2", "CV-1"]);
    expect(state.bookings[1]).toMatchObject({ paymentStatus: "refunded", status: "cancelled" });
    expect(run(bookings(T - 9, 1), refunded(1), bookings(T + 5, 1)).bookings[0]?.paymentStatus).toBeUndefined();
  });

  test("a change of an arrival leaves it new, and one of a booking on another page changes nothing here", () => {
    expect(run(added(3), refunded(3, T + 1)).bookings[0]).toMatchObject({ paymentStatus: "refunded", arrivedAt: T });
    expect(rows(run(bookings(T - 9, 2), refunded(1)))).toEqual(["CV-2"]);
  });
});

test("who books is among the conversations, and a reset forgets them", () => {
  const state = run(added(3));
  expect(state.conversations.u3).toMatchObject({ firstName: "Nusrat Jahan", lastName: "3", activity: 3, seq: 3 });
  expect(apply(state, { type: "reset" }).conversations).toEqual({});
});

test("events applied to the old lists equal the new lists", () => {
  const before = run(bookings(T, 2, 1));
  const byEvents = [added(3, T + 1), added(3, T + 1)].reduce(apply, before);
  const bySnapshot = [bookings(T + 2, 3, 2, 1)].reduce(apply, before);
  expect(rows(byEvents)).toEqual(rows(bySnapshot));
});
