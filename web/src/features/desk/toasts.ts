// Which arrivals are told over the page: one per customer, newest first, until somebody has opened or dismissed them, on
// whichever desk. What was dismissed is kept by tracking id.
import { stored } from "@/lib/stored";
import type { BookingRow } from "./state";

export const MOST = 3;
const REMEMBERED = 200;

export const dismissed = stored<readonly string[]>("carevia-told", (given) =>
  Array.isArray(given) ? given.filter((one) => typeof one === "string") : [],
);

/** All that these customers have booked since. */
export function arrivedOf(bookings: readonly BookingRow[], users: readonly string[]): string[] {
  const rows = bookings.filter((row) => row.arrivedAt !== null && users.includes(row.userId));
  return rows.map(({ trackingId }) => trackingId);
}

export function dismiss(ids: readonly string[]): void {
  dismissed.write([...dismissed.read().filter((one) => !ids.includes(one)), ...ids].slice(-REMEMBERED));
}

/** What came after `since`, when a list of bookings was last on the screen. */
export function toasts(bookings: readonly BookingRow[], told: readonly string[], since: number): readonly BookingRow[] {
  const known = new Set(told);
  const people = new Set<string>();
  return bookings.filter((row) => {
    if ((row.arrivedAt ?? 0) <= since || known.has(row.trackingId) || people.has(row.userId)) return false;
    people.add(row.userId);
    return true;
  });
}
