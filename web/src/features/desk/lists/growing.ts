// A list that grows at its top while somebody reads it. Pure: grow(state, event).
// What is shown is a snapshot of the server, whose pages do not move, and above it what has arrived since. While the list
// is held (it is scrolled, or a hand is on it) nothing moves: arrivals wait and are counted.
import type { Booking } from "../get-bookings";
import { arrivedRow, type BookingRow, type CustomerAdded } from "../state";
import type { Listed } from "./get-list";

/** So many arrivals are kept as rows; those below them are loaded like any other row. */
const MOST = 200;
const MOST_CHANGES = 1_000;

export interface Snapshot {
  rows: readonly Booking[];
  total: number;
  upto: number;
  /** When it was asked for: it names the snapshot. */
  at: number;
}

interface Arrival {
  row: BookingRow;
  seq: number;
}

export interface Growing {
  snapshot: Snapshot | null;
  /** Newer than what is shown, taken over when the hand is off. */
  next: Snapshot | null;
  above: readonly Arrival[];
  /** How many arrivals stand above the snapshot, those that are not kept included. */
  count: number;
  waiting: readonly Arrival[];
  waitingCount: number;
  changes: ReadonlyMap<string, { booking: Booking; at: number }>;
  arrivedAt: ReadonlyMap<string, number>;
}

export interface Arrived {
  booking: CustomerAdded;
  seq: number;
  at: number;
}

export type GrowingEvent =
  | { type: "loaded"; answer: Listed; held: boolean }
  /** What comes between two frames, in its order. */
  | { type: "arrived"; arrivals: readonly Arrived[]; held: boolean }
  | { type: "changed"; booking: Booking; at: number }
  | { type: "released" }
  /** What has arrived may not exist any more (a restored backup). */
  | { type: "reset" };

export const NOTHING: Growing = {
  snapshot: null,
  next: null,
  above: [],
  count: 0,
  waiting: [],
  waitingCount: 0,
  changes: new Map(),
  arrivedAt: new Map(),
};

export function grow(state: Growing, event: GrowingEvent): Growing {
  switch (event.type) {
    case "loaded": {
      const { rows, totalItems: total, newest: upto, requestedAt: at } = event.answer;
      if (state.snapshot?.rows === rows) return state; // it began with this one
      const next = { ...state, next: { rows, total, upto, at } };
      return event.held && state.snapshot !== null ? next : taken(next);
    }
    case "arrived":
      return arrived(state, event);
    case "changed":
      return { ...state, changes: bounded(state.changes, [[event.booking.trackingId, event]]) };
    case "released":
      return taken(state);
    case "reset":
      return { ...state, above: [], count: 0, waiting: [], waitingCount: 0 };
  }
}

/** How many have come that are not shown. */
export function waiting({ waitingCount, next, snapshot, count }: Growing): number {
  return Math.max(waitingCount, next && snapshot ? next.total - snapshot.total - count : 0);
}

/** Of each booking the row that was made of it: what has not changed is the same object, and is not drawn anew. */
const made = new WeakMap<Booking, BookingRow>();

/** The row as it is now, with when it arrived. */
export function asItIs(state: Growing, booking: Booking): BookingRow {
  const changed = state.changes.get(booking.trackingId);
  const now = changed && changed.at >= (state.snapshot?.at ?? 0) ? changed.booking : booking;
  const arrivedAt = state.arrivedAt.get(booking.trackingId) ?? null;
  const before = made.get(now);
  if (before?.arrivedAt === arrivedAt) return before;
  const row = { ...now, arrivedAt };
  made.set(now, row);
  return row;
}

function arrived(state: Growing, { arrivals, held }: { arrivals: readonly Arrived[]; held: boolean }): Growing {
  const known = new Set([...state.above, ...state.waiting].map(({ row }) => row.trackingId));
  const fresh: Arrival[] = [];
  const times: [string, number][] = [];
  for (const { booking, seq, at } of arrivals) {
    const { trackingId } = booking;
    if (seq <= (state.snapshot?.upto ?? 0) || known.has(trackingId)) continue;
    known.add(trackingId);
    fresh.unshift({ row: arrivedRow(booking, at), seq });
    times.push([trackingId, at]);
  }
  if (fresh.length === 0) return state;
  const next = { ...state, arrivedAt: bounded(state.arrivedAt, times) };
  const kept = [...fresh, ...(held ? state.waiting : state.above)].slice(0, MOST);
  return held
    ? { ...next, waiting: kept, waitingCount: state.waitingCount + fresh.length }
    : { ...next, above: kept, count: state.count + fresh.length };
}

/** What waits comes in, and the newest snapshot takes the place of the old one. */
function taken(state: Growing): Growing {
  const rows = [...state.waiting, ...state.above];
  const count = state.waitingCount + state.count;
  const whole = { ...state, above: rows.slice(0, MOST), count, waiting: [], waitingCount: 0 };
  if (state.next === null) return whole;
  const { upto, at } = state.next;
  const left = rows.filter((arrival) => arrival.seq > upto);
  const changes = new Map([...state.changes].filter(([, change]) => change.at >= at));
  return { ...whole, snapshot: state.next, next: null, above: left.slice(0, MOST), count: left.length, changes };
}

/** The newest are kept. */
function bounded<T>(known: ReadonlyMap<string, T>, entries: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  const next = new Map(known);
  for (const [key, value] of entries) {
    next.delete(key);
    next.set(key, value);
  }
  for (const key of next.keys()) {
    if (next.size <= MOST_CHANGES) break;
    next.delete(key);
  }
  return next;
}
