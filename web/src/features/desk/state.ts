// The desk as a pure function of what the server said: apply(state, event). No clock, no network.
// Lists come as snapshots, and events change them at once. An event that is newer than the snapshot's request survives it;
// an older one is in the snapshot already, or has left its page. So the screen is what the next snapshot will say.
import { splitName } from "@/lib/format/names";
import type { Booking } from "./get-bookings";
import type { Participant } from "./get-participants";

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

export interface ParticipantRow extends Participant {
  /** When an event moved it to the top, ms since 1970. */
  movedAt: number | null;
}

export interface Room {
  seq: number;
  unread: number;
  last: { id: string; senderId: string; text: string; time: number };
}

export interface Desk {
  bookings: readonly BookingRow[];
  participants: readonly ParticipantRow[];
  rooms: Readonly<Record<string, Room>>;
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

export interface ConversationUpdated {
  roomId: string;
  seq: number;
  lastMessage: { id: string; senderId: string; senderName: string; text: string; time: string };
  unread: number;
  userName: string;
  /** Staff have seen it: nothing new was written. */
  read?: boolean;
}

export type DeskEvent =
  | { type: "bookings_loaded"; bookings: readonly Booking[]; requestedAt: number }
  | { type: "participants_loaded"; participants: readonly Participant[]; requestedAt: number }
  | { type: "customer_added"; booking: CustomerAdded; at: number }
  | { type: "booking_updated"; booking: Booking; at: number }
  | { type: "conversation_updated"; update: ConversationUpdated; at: number }
  | { type: "conversation_opened"; roomId: string }
  /** What was known by events may not be so any more; the lists are loaded afresh. */
  | { type: "reset" };

/** So many bookings a list of arrivals grows to by itself; more is shown where rows are loaded as one scrolls. */
const MOST = 200;

export const EMPTY: Desk = { bookings: [], participants: [], rooms: {} };

export function apply(state: Desk, event: DeskEvent): Desk {
  switch (event.type) {
    case "bookings_loaded":
      return { ...state, bookings: withSnapshot(state.bookings, event.bookings, event.requestedAt) };
    case "participants_loaded":
      return { ...state, participants: reordered(state.participants, event.participants, event.requestedAt) };
    case "customer_added":
      return added(state, event.booking, event.at);
    case "booking_updated":
      return { ...state, bookings: changed(state.bookings, event.booking, event.at) };
    case "conversation_updated":
      return updated(state, event.update, event.at);
    case "reset":
      return { ...state, rooms: {} };
    case "conversation_opened":
      return read(state, event.roomId);
  }
}

function added(state: Desk, booking: CustomerAdded, at: number): Desk {
  const { userId, userEmail, userName, serviceName, trackingId, amountPaid, currency } = booking;
  const row: BookingRow = { userId, userEmail, userName, serviceName, trackingId, amountPaid, currency, arrivedAt: at };
  const participants = toTop(state.participants, { userId, userName, userEmail }, at);
  // A list that was asked for before may have it already; of the people beside it, others may have moved since.
  if (state.bookings.some((known) => known.trackingId === trackingId)) return { ...state, participants };
  const bookings = [row, ...state.bookings].slice(0, Math.max(MOST, state.bookings.length));
  return { ...state, bookings, participants };
}

/** The event is the whole row, as the list would show it; a row that is on no page here is left to its page. */
function changed(rows: readonly BookingRow[], booking: Booking, at: number): readonly BookingRow[] {
  return rows.map((row) => (row.trackingId === booking.trackingId ? { ...row, ...booking, changedAt: at } : row));
}

function updated(state: Desk, update: ConversationUpdated, at: number): Desk {
  const { roomId, seq, unread, lastMessage, userName } = update;
  const before = state.rooms[roomId];
  // Numbers only grow: an event that comes again, or late, changes nothing.
  if (before && seq < before.seq) return state;
  const { id, senderId, text, time } = lastMessage;
  const room: Room = { seq, unread, last: { id, senderId, text, time: Date.parse(time) } };
  const rooms = { ...state.rooms, [roomId]: room };
  // Only something new moves the row. A page that has just loaded does not know the number that was read.
  if (update.read || before?.seq === seq) return { ...state, rooms };
  return { ...state, rooms, participants: toTop(state.participants, { userId: roomId, userName, userEmail: "" }, at) };
}

function read(state: Desk, roomId: string): Desk {
  const room = state.rooms[roomId];
  return room && room.unread > 0 ? { ...state, rooms: { ...state.rooms, [roomId]: { ...room, unread: 0 } } } : state;
}

function toTop(
  rows: readonly ParticipantRow[],
  who: { userId: string; userName: string; userEmail: string },
  at: number,
): readonly ParticipantRow[] {
  const known = rows.find((row) => row._id === who.userId);
  const row: ParticipantRow = known ?? {
    _id: who.userId,
    ...splitName(who.userName),
    email: who.userEmail,
    image: null,
    lastLoginAt: null,
    movedAt: at,
  };
  return [{ ...row, movedAt: at }, ...rows.filter((other) => other._id !== who.userId)];
}

function withSnapshot(rows: readonly BookingRow[], snapshot: readonly Booking[], requestedAt: number): BookingRow[] {
  const known = new Map(rows.map((row) => [row.trackingId, row]));
  const listed = new Set(snapshot.map((booking) => booking.trackingId));
  const newer = rows.filter(
    (row) => !listed.has(row.trackingId) && row.arrivedAt !== null && row.arrivedAt >= requestedAt,
  );
  return [
    ...newer,
    ...snapshot.map((booking) => {
      const before = known.get(booking.trackingId);
      if (before?.changedAt !== undefined && before.changedAt >= requestedAt) return before;
      return { ...booking, arrivedAt: before?.arrivedAt ?? null };
    }),
  ];
}

function reordered(
  rows: readonly ParticipantRow[],
  snapshot: readonly Participant[],
  requestedAt: number,
): ParticipantRow[] {
  const loaded = new Map(snapshot.map((row) => [row._id, row]));
  const moved = rows.filter((row) => row.movedAt !== null && row.movedAt >= requestedAt);
  const onTop = new Set(moved.map((row) => row._id));
  return [
    ...moved.map((row) => ({ ...row, ...loaded.get(row._id) })),
    ...[...loaded.values()].filter((row) => !onTop.has(row._id)).map((row) => ({ ...row, movedAt: null })),
  ];
}
