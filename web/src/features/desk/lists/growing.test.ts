import { expect, test } from "vitest";
import type { Booking } from "../get-bookings";
import type { CustomerAdded } from "../state";
import { asItIs, type Growing, type GrowingEvent, grow, NOTHING, waiting } from "./growing";

const booking = (seq: number) => ({ trackingId: `CV-${seq}`, userId: `u${seq}`, seq, status: "booked" }) as Booking;
const told = (seq: number) => ({ trackingId: `CV-${seq}`, userId: `u${seq}` }) as CustomerAdded;
const loaded = (newest: number, totalItems: number, requestedAt: number, held = false): GrowingEvent => {
  const rows = [booking(newest)];
  return { type: "loaded", answer: { rows, totalItems, newest, requestedAt }, held };
};
const burst = (seqs: number[], held = false): GrowingEvent => ({
  ...{ type: "arrived", arrivals: seqs.map((seq) => ({ booking: told(seq), seq, at: 100 + seq })), held },
});
const arrived = (seq: number, held = false) => burst([seq], held);
const play = (...events: GrowingEvent[]) => events.reduce(grow, NOTHING);
const top = (state: Growing) => state.above.map(({ row }) => row.trackingId);

test("arrivals stand on top, newest first, once", () => {
  const state = play(loaded(5, 5, 1), arrived(6), burst([7, 8, 7]), arrived(6), arrived(5));
  expect(top(state)).toEqual(["CV-8", "CV-7", "CV-6"]);
  expect(state.count).toBe(3);
});

test("a newer snapshot takes the arrivals in that it holds, and leaves the others on top", () => {
  const state = play(loaded(5, 5, 1), arrived(6), arrived(7), loaded(6, 6, 2));
  expect(top(state)).toEqual(["CV-7"]);
  expect(state.snapshot).toMatchObject({ total: 6, upto: 6 });
  expect(asItIs(state, booking(6)).arrivedAt).toBe(106);
});

test("what came before a reset may not exist any more, and what comes after it does", () => {
  const state = play(loaded(9, 9, 1), arrived(10), arrived(11, true), { type: "reset" }, arrived(10), loaded(8, 8, 2));
  expect([top(state), state.count, waiting(state)]).toEqual([["CV-10"], 1, 0]);
});

test("while the list is held nothing in it moves, and what comes is counted", () => {
  const before = play(loaded(5, 5, 1), arrived(6));
  const waits = [arrived(7, true), arrived(8, true)].reduce(grow, before);
  expect(top(grow(waits, { type: "released" }))).toEqual(["CV-8", "CV-7", "CV-6"]);
  const held = grow(waits, loaded(8, 8, 2, true));
  expect([held.snapshot, held.above, held.count]).toEqual([before.snapshot, before.above, 1]);
  expect(waiting(held)).toBe(2);
  const free = grow(held, { type: "released" });
  expect([waiting(free), free.count, free.snapshot?.total]).toEqual([0, 0, 8]);
});

test("what is loaded first is shown though a hand is on the list already", () => {
  expect(play(loaded(5, 5, 1, true)).snapshot?.total).toBe(5);
});

test("what was missed while the list was held is counted by the snapshot", () => {
  expect(waiting([loaded(9, 9, 2, true)].reduce(grow, play(loaded(5, 5, 1))))).toBe(4);
});

test("a change shows at once, until a newer snapshot is there", () => {
  const change: GrowingEvent = { type: "changed", booking: { ...booking(5), status: "cancelled" }, at: 50 };
  const state = play(loaded(5, 5, 1), change);
  expect(asItIs(state, booking(5)).status).toBe("cancelled");
  expect(asItIs(grow(state, loaded(5, 5, 60)), booking(5)).status).toBe("booked");
});

test("a burst keeps its count and only so many rows", () => {
  const seqs = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
  const state = play(loaded(0, 0, 1), ...seqs(1, 1_000).map((seq) => arrived(seq)));
  expect(state.count).toBe(1_000);
  expect([state.above.length, state.above[0]?.seq]).toEqual([200, 1_000]);
  const held = grow(state, burst(seqs(1_001, 1_300), true));
  expect([waiting(held), held.arrivedAt.size]).toEqual([300, 1_000]);
  const free = grow(held, { type: "released" });
  expect([free.count, free.above.length, free.above[0]?.seq]).toEqual([1_300, 200, 1_300]);
});
