// Which arrivals are told over the page: one per customer, newest first, until somebody of this browser has opened or
// dismissed them. Pure; what was dismissed is kept by tracking id.
import { stored } from "@/lib/stored";
import type { BookingRow } from "./state";

export const MOST = 3;
const REMEMBERED = 200;

export const dismissed = stored<readonly string[]>("carevia-told", (given) =>
  Array.isArray(given) ? given.filter((one) => typeof one === "string") : [],
);

/** All that these customers have booked since. */
export function dismiss(bookings: readonly BookingRow[], users: readonly string[]): void {
  const rows = bookings.filter((row) => row.arrivedAt !== null && users.includes(row.userId));
  const ids = rows.map(({ trackingId }) => trackingId);
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
