// The desk as a pure function of what the server said: apply(state, event). No clock, no network.
// Lists come as snapshots, and events change them at once. The conversations have their own rule (conversations.ts). Of
// the bookings an event that is newer than the snapshot's request survives it; an older one is in the snapshot already, or
// has left its page. So the screen is what the next snapshot will say.
import { saysNothingNew } from "@/lib/same";
import {
  booked,
  type Change,
  type ConversationChanged,
  type Conversations,
  type ConversationUpdated,
  type ListedPage,
  named,
  told,
  withChanges,
  withPage,
  withRows,
} from "./conversations";
import type { Booking } from "./get-bookings";
import type { Conversation } from "./get-conversations";

export interface BookingRow extends Partial<Omit<Booking, "trackingId" | "userId">> {
  trackingId: string;
  userId: string;
  userName: string;
  serviceName: string;
  amountPaid: string;
  currency: string;
  /** When this page saw it come, ms since 1970; null for what was there before. */
  arrivedAt: number | null;
  /** When an event last changed it, ms since 1970. */
  changedAt?: number;
}

export interface Desk {
  bookings: readonly BookingRow[];
  conversations: Conversations;
}

export interface CustomerAdded {
  userId: string;
  userEmail: string;
  userName: string;
  serviceName: string;
  trackingId: string;
  amountPaid: string;
  amount: number;
  currency: string;
}

/** What the socket says of the lists. */
export type Heard =
  | { type: "customer_added"; booking: CustomerAdded; seq: number; at: number }
  | { type: "booking_updated"; booking: Booking; at: number }
  | { type: "conversation_updated"; update: ConversationUpdated; seq: number; at: number }
  | { type: "conversation_changed"; update: ConversationChanged; seq: number; at: number };

export type DeskEvent =
  | Heard
  /** What comes between two frames, in its order: a burst costs as much a frame as a single event. */
  | { type: "heard"; events: readonly Heard[] }
  | { type: "bookings_loaded"; bookings: readonly Booking[]; requestedAt: number }
  /** Pages of one filter, from the top. */
  | { type: "conversations_loaded"; page: ListedPage }
  | { type: "conversation_loaded"; row: Conversation }
  /** What was known by events may not be so any more; the lists are loaded afresh. */
  | { type: "reset" };

/** So many bookings are kept as they arrive, as many as a page of them has; but all of one frame, for they are confirmed
 * together. More is shown where rows are loaded as one scrolls. */
const MOST = 50;

const OURS = ["arrivedAt", "changedAt"] as const;

export const EMPTY: Desk = { bookings: [], conversations: {} };

export function apply(state: Desk, event: DeskEvent): Desk {
  switch (event.type) {
    case "bookings_loaded":
      return withPart(state, { bookings: withSnapshot(state.bookings, event.bookings, event.requestedAt) });
    case "conversations_loaded":
      return withPart(state, { conversations: withPage(state.conversations, event.page) });
    case "conversation_loaded":
      return withPart(state, { conversations: withRows(state.conversations, [event.row]) });
    case "reset":
      return { ...state, conversations: {} };
    case "heard":
      return heard(state, event.events);
    default:
      return heard(state, [event]);
  }
}

function heard(state: Desk, events: readonly Heard[]): Desk {
  return withPart(state, {
    bookings: kept(events.reduce(onBookings, state.bookings), state.bookings.length, events.length),
    conversations: withChanges(state.conversations, events.flatMap(onConversations)),
  });
}

function kept(rows: readonly BookingRow[], before: number, came: number): readonly BookingRow[] {
  const most = Math.max(MOST, before, came);
  return rows.length > most ? rows.slice(0, most) : rows;
}

function onBookings(rows: readonly BookingRow[], event: Heard): readonly BookingRow[] {
  if (event.type === "customer_added") return added(rows, event.booking, event.at);
  return event.type === "booking_updated" ? changed(rows, event.booking, event.at) : rows;
}

function onConversations(event: Heard): Change[] {
  if (event.type === "booking_updated") return [named(event.booking)];
  const { seq, at } = event;
  return [event.type === "customer_added" ? booked(event.booking, seq, at) : told(event.update, seq, at)];
}

/** The same desk where a list says nothing new, as most do that are asked for again. */
function withPart(state: Desk, part: Partial<Desk>): Desk {
  const next = { ...state, ...part };
  return next.bookings === state.bookings && next.conversations === state.conversations ? state : next;
}

function added(rows: readonly BookingRow[], booking: CustomerAdded, at: number): readonly BookingRow[] {
  // A list that was asked for before may have it already.
  if (rows.some(({ trackingId }) => trackingId === booking.trackingId)) return rows;
  return [arrivedRow(booking, at), ...rows];
}

/** What is known of a booking by the event of its payment. */
export function arrivedRow(booking: CustomerAdded, at: number): BookingRow {
  const { userId, userEmail, userName, serviceName, trackingId, amountPaid, currency } = booking;
  return { userId, userEmail, userName, serviceName, trackingId, amountPaid, currency, arrivedAt: at };
}

/** The event is the whole row, as the list would show it; a row that is on no page here is left to its page. */
function changed(rows: readonly BookingRow[], booking: Booking, at: number): readonly BookingRow[] {
  return rows.map((row) => (row.trackingId === booking.trackingId ? { ...row, ...booking, changedAt: at } : row));
}

function withSnapshot(
  rows: readonly BookingRow[],
  snapshot: readonly Booking[],
  requestedAt: number,
): readonly BookingRow[] {
  const known = new Map(rows.map((row) => [row.trackingId, row]));
  const listed = new Set(snapshot.map((booking) => booking.trackingId));
  const newer = rows.filter(
    (row) => !listed.has(row.trackingId) && row.arrivedAt !== null && row.arrivedAt >= requestedAt,
  );
  const next = [
    ...newer,
    ...snapshot.map((booking) => {
      const before = known.get(booking.trackingId);
      if (before?.changedAt !== undefined && before.changedAt >= requestedAt) return before;
      if (before && saysNothingNew(before, booking, OURS)) return before;
      return { ...booking, arrivedAt: before?.arrivedAt ?? null };
    }),
  ];
  return next.length === rows.length && next.every((row, place) => row === rows[place]) ? rows : next;
}
