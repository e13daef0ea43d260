// What of a booking's row depends on the clock: a row is drawn anew only when this changes.
import { age } from "@/lib/format/time";
import { onServerClock } from "@/lib/server-clock";
import type { BookingRow } from "./state";

const FRESH = 8_000;
/** The page's `now` may lie so far behind, ms: it is told once a second. */
const BEHIND = 3_000;

export interface RowClock {
  /** How long ago it was paid, in words. */
  when: string;
  /** Whether it has just arrived. */
  fresh: boolean;
}

/** When it was paid, by the server's clock; null where it is not known. */
export function paidAt({ arrivedAt, createdAt }: BookingRow): number | null {
  if (arrivedAt !== null) return onServerClock(arrivedAt);
  return createdAt ? Date.parse(createdAt) : null;
}

/** ms since this page saw it come. An arrival of a time to come was kept by a clock that has been set back since: it is
 * over, however long it would last. */
export function sinceArrival(arrivedAt: number | null | undefined, now: number): number {
  return !arrivedAt || arrivedAt > now + BEHIND ? Number.POSITIVE_INFINITY : now - arrivedAt;
}

export function clockOf(booking: BookingRow, now: number): RowClock {
  const at = paidAt(booking);
  return { when: at === null ? "" : age(at, onServerClock(now)), fresh: sinceArrival(booking.arrivedAt, now) < FRESH };
}
