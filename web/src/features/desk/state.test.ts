import { describe, expect, test } from "vitest";
import type { Booking } from "./get-bookings";
import type { Participant } from "./get-participants";
import { apply, type ConversationUpdated, type CustomerAdded, type Desk, type DeskEvent, EMPTY } from "./state";

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
const person = (n: number): Participant => ({
  _id: `u${n}`,
  firstName: "Customer",
  lastName: String(n),
  email: "",
  image: null,
  lastLoginAt: null,
});
const added = (n: number, at = T, userId = `u${n}`): DeskEvent => ({
  type: "customer_added",
  booking: paid(n, userId),
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
const people = (requestedAt: number, ...ns: number[]): DeskEvent => ({
  type: "participants_loaded",
  participants: ns.map(person),
  requestedAt,
});
const updated = (n: number, seq: number, unread = 1, at = T): DeskEvent => ({
  type: "conversation_updated",
  at,
  update: {
    roomId: `u${n}`,
    seq,
    unread,
    userName: `Customer ${n}`,
    lastMessage: {
      id: `m${seq}`,
      senderId: `u${n}`,
      senderName: "",
      text: `text ${seq}`,
      time: "2026-11-23T10:00:00.000Z",
    },
  } satisfies ConversationUpdated,
});
const run = (...events: DeskEvent[]) => events.reduce(apply, EMPTY);
const rows = (state: Desk) => state.bookings.map((row) => row.trackingId);
const order = (state: Desk) => state.participants.map((row) => row._id);

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

describe("participants", () => {
  test("one per customer: who books again moves to the top", () => {
    expect(order(run(people(T - 1, 1, 2, 3), added(10, T, "u3")))).toEqual(["u3", "u1", "u2"]);
    expect(order(run(people(T - 1, 1, 2), added(10, T, "u2"), added(11, T, "u2"), added(12, T, "u1")))).toEqual([
      "u1",
      "u2",
    ]);
  });

  test("who is new comes in with the name of the booking", () => {
    const state = run(people(T - 1, 1), added(7));
    expect(state.participants[0]).toMatchObject({
      _id: "u7",
      firstName: "Nusrat Jahan",
      lastName: "7",
      email: "u7@mail.example",
    });
  });

  test("who writes moves to the top; who is only read stays", () => {
    const state = run(people(T - 1, 1, 2, 3), updated(3, 20));
    expect(order(state)).toEqual(["u3", "u1", "u2"]);
    expect(order([updated(1, 21), updated(3, 20, 0)].reduce(apply, state))).toEqual(["u1", "u3", "u2"]);
  });

  test("what was read moves nobody, also on a page that has just loaded", () => {
    const event = updated(3, 20, 0) as Extract<DeskEvent, { type: "conversation_updated" }>;
    const state = run(people(T - 1, 1, 2, 3), { ...event, update: { ...event.update, read: true } });
    expect(order(state)).toEqual(["u1", "u2", "u3"]);
    expect(state.rooms.u3).toMatchObject({ seq: 20, unread: 0 });
  });

  test("who booked moves to the top although the list of bookings knew it already", () => {
    const state = run(people(T - 1, 1, 2), added(10, T, "u1"), bookings(T - 1, 11), added(11, T, "u2"));
    expect(order(state)).toEqual(["u2", "u1"]);
    expect(rows(state)).toEqual(["CV-10", "CV-11"]);
  });

  test("a list that was asked for before does not undo what happened since", () => {
    expect(order(run(people(T - 9, 1, 2, 3), added(10, T, "u3"), people(T - 5, 1, 2, 3)))).toEqual(["u3", "u1", "u2"]);
    expect(order(run(people(T - 9, 1, 2, 3), added(10, T, "u3"), people(T + 5, 2, 3, 1)))).toEqual(["u2", "u3", "u1"]);
  });
});

describe("unread", () => {
  test("the newest number counts: late and repeated events change nothing", () => {
    const state = run(updated(1, 20, 3), updated(1, 18, 1), updated(1, 20, 3));
    expect(state.rooms.u1).toMatchObject({ seq: 20, unread: 3, last: { text: "text 20" } });
  });

  test("the same number again with nothing unread says that a colleague has read it", () => {
    expect(run(updated(1, 20, 3), updated(1, 20, 0)).rooms.u1?.unread).toBe(0);
  });

  test("opening a conversation clears it here at once, and a reset forgets all", () => {
    expect(run(updated(1, 20, 3), { type: "conversation_opened", roomId: "u1" }).rooms.u1?.unread).toBe(0);
    expect(run(updated(1, 20, 3), { type: "reset" }).rooms).toEqual({});
  });
});

test("events applied to the old lists equal the new lists", () => {
  const before = run(bookings(T, 2, 1), people(T, 2, 1));
  const byEvents = [added(3, T + 1), added(3, T + 1)].reduce(apply, before);
  const bySnapshot = [bookings(T + 2, 3, 2, 1), people(T + 2, 3, 2, 1)].reduce(apply, before);
  expect(rows(byEvents)).toEqual(rows(bySnapshot));
  expect(order(byEvents)).toEqual(order(bySnapshot));
});
