// What of a booking's row depends on the clock: a row is drawn anew only when this changes.
import { age } from "@/lib/format/time";
import { onServerClock } from "@/lib/server-clock";
import type { BookingRow } from "./state";

const FRESH = 8_000;

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

export function clockOf(booking: BookingRow, now: number): RowClock {
  const at = paidAt(booking);
  const { arrivedAt } = booking;
  return { when: at === null ? "" : age(at, onServerClock(now)), fresh: arrivedAt !== null && now - arrivedAt < FRESH };
}
