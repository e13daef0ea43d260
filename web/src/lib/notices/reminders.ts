// When to ring, decided from what the desk knows and what has rung: pure, the clock is an argument. Something new rings
// once (a burst, or what came during an absence, rings once together), and again while nobody has seen it.

export interface Facts {
  /** Tracking ids of bookings that arrived while the desk was open. */
  arrived: readonly string[];
  /** Whether the server says that a paid booking is on no screen. */
  unseen: boolean;
  /** Customers who wait for an answer, and the number of their newest message. */
  waiting: readonly { roomId: string; seq: number }[];
}

/** What has rung, on whichever tab of this browser. */
export interface Rung {
  bookings: readonly string[];
  bookingAt: number;
  bookingAgain: number;
  rooms: Readonly<Record<string, number>>;
  messageAt: number;
}

export interface Ring {
  kind: "booking" | "message";
  /** What is new: tracking ids, or rooms; empty for a reminder. */
  about: readonly string[];
}

export const NOTHING_RUNG: Rung = { bookings: [], bookingAt: 0, bookingAgain: 0, rooms: {}, messageAt: 0 };

const TOGETHER = 3_000;
const FIRST_AGAIN = 30_000;
const BOOKING_AGAIN = 60_000;
const MESSAGE_AGAIN = 120_000;
const REMEMBERED = 200;

/** A ring of a time to come was kept by a clock that has been set back since: it is over, however long it would last. */
const since = (then: number, now: number) => (then > now ? Number.POSITIVE_INFINITY : now - then);

export function ringing(facts: Facts, rung: Rung, now: number): { rings: Ring[]; rung: Rung } {
  const booking = ofBookings(facts, rung, now);
  const message = ofMessages(facts, booking.rung, now);
  return { rings: [...booking.rings, ...message.rings], rung: message.rung };
}

function ofBookings({ arrived, unseen }: Facts, before: Rung, now: number): { rings: Ring[]; rung: Rung } {
  const rung = unseen || before.bookingAgain === 0 ? before : { ...before, bookingAgain: 0 };
  const past = since(rung.bookingAt, now);
  const known = new Set(rung.bookings);
  const about = arrived.filter((id) => !known.has(id));
  if (about.length > 0 && past >= TOGETHER) {
    const bookings = [...rung.bookings, ...about].slice(-REMEMBERED);
    return { rings: [{ kind: "booking", about }], rung: { ...rung, bookings, bookingAt: now, bookingAgain: 0 } };
  }
  if (!unseen || past < (rung.bookingAgain === 0 ? FIRST_AGAIN : BOOKING_AGAIN)) return { rings: [], rung };
  return {
    rings: [{ kind: "booking", about: [] }],
    rung: { ...rung, bookingAt: now, bookingAgain: rung.bookingAgain + 1 },
  };
}

function ofMessages({ waiting }: Facts, rung: Rung, now: number): { rings: Ring[]; rung: Rung } {
  const past = since(rung.messageAt, now);
  const known = new Map(Object.entries(rung.rooms));
  const fresh = waiting.filter(({ roomId, seq }) => seq > (known.get(roomId) ?? 0));
  const due = fresh.length > 0 ? past >= TOGETHER : waiting.length > 0 && past >= MESSAGE_AGAIN;
  if (!due) return { rings: [], rung };
  // Only who waits is remembered: whoever was answered and writes again is new, with a higher number.
  const rooms = Object.fromEntries(waiting.map(({ roomId, seq }) => [roomId, seq]));
  const about = fresh.map(({ roomId }) => roomId);
  return { rings: [{ kind: "message", about }], rung: { ...rung, rooms, messageAt: now } };
}
