// The peer's tables and its two transactions, each with a COMMIT of its own: better-sqlite3 is synchronous, so a second
// webhook cannot join the first one's. WAL and synchronous=FULL: what was answered survives a power cut.
import { randomUUID } from "node:crypto";
import Database from "better-sqlite3";

const SCHEMA = `
  CREATE TABLE provider_events (id TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL, received INTEGER NOT NULL)
    WITHOUT ROWID;
  CREATE TABLE bookings (id TEXT PRIMARY KEY, tracking_id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, user_name TEXT,
    user_email TEXT, service_id TEXT, service_name TEXT NOT NULL, date TEXT, slot TEXT, duration_type TEXT,
    quantity INTEGER, division TEXT, district TEXT, address TEXT, payment_option TEXT, total INTEGER,
    paid INTEGER NOT NULL, due INTEGER, currency TEXT NOT NULL, status TEXT NOT NULL, created INTEGER NOT NULL);
  CREATE INDEX bookings_user ON bookings (user_id, created);
  CREATE TABLE payments (id TEXT PRIMARY KEY, booking_id TEXT NOT NULL, user_id TEXT NOT NULL, session_id TEXT UNIQUE,
    intent_id TEXT, amount INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, created INTEGER NOT NULL);
  CREATE INDEX payments_booking ON payments (booking_id);
  CREATE TABLE journal (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, room TEXT NOT NULL, name TEXT NOT NULL,
    payload TEXT NOT NULL, time INTEGER NOT NULL);
  CREATE INDEX journal_room ON journal (room, seq);
  CREATE TABLE messages (seq INTEGER PRIMARY KEY, room_id TEXT NOT NULL, id TEXT NOT NULL, sender_id TEXT NOT NULL,
    text TEXT NOT NULL, time INTEGER NOT NULL, UNIQUE (sender_id, id));
  CREATE INDEX messages_room ON messages (room_id, seq);
  CREATE TABLE conversations (room_id TEXT PRIMARY KEY, last_seq INTEGER NOT NULL, unread INTEGER NOT NULL)
    WITHOUT ROWID;`;

export function openStore(path) {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(SCHEMA);
  const insert = (table, columns) =>
    db.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map((name) => `@${name}`).join(", ")})`);
  const claim = db.prepare("INSERT INTO provider_events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
  const book = insert("bookings", [
    ...["id", "tracking_id", "user_id", "user_name", "user_email", "service_id", "service_name", "date", "slot"],
    ...["duration_type", "quantity", "division", "district", "address", "payment_option", "total", "paid", "due"],
    ...["currency", "status", "created"],
  ]);
  const columns = ["id", "booking_id", "user_id", "session_id", "intent_id", "amount", "currency", "status", "created"];
  const pay = insert("payments", columns);
  const append = db.prepare("INSERT INTO journal (id, room, name, payload, time) VALUES (?, ?, ?, ?, ?)");
  const known = db.prepare("SELECT seq, time FROM messages WHERE sender_id = ? AND id = ?");
  const keep = insert("messages", ["seq", "room_id", "id", "sender_id", "text", "time"]);
  const count = db.prepare(
    `INSERT INTO conversations VALUES (?, ?, 1)
     ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq, unread = unread + 1`,
  );

  // What the desk is told; nothing for an event that came before.
  const take = db.transaction((event, body, tracking) => {
    const now = Date.now();
    if (!claim.run(event.id, event.type, body, now).changes) return null;
    const session = event.data.object;
    if (event.type !== "checkout.session.completed" || session.payment_status !== "paid") return null;
    const booking = bookingOf(session, tracking, now);
    book.run(booking);
    pay.run({
      id: `pay_${randomUUID()}`,
      booking_id: booking.id,
      user_id: booking.user_id,
      session_id: session.id,
      intent_id: session.payment_intent,
      amount: session.amount_total,
      currency: session.currency,
      status: "paid",
      created: now,
    });
    const told = {
      userId: booking.user_id,
      userEmail: booking.user_email,
      userName: booking.user_name,
      serviceName: booking.service_name,
      trackingId: tracking,
      amountPaid: String(booking.paid / 100),
      amount: booking.paid,
      currency: booking.currency,
    };
    append.run(randomUUID(), "desk", "customer_added", JSON.stringify(told), now);
    return told;
  });

  const say = db.transaction((person, room, id, text) => {
    const before = known.get(person.id, id);
    const now = before?.time ?? Date.now();
    const message = { id, roomId: room, senderId: person.id, senderName: person.name, text, time: iso(now) };
    if (before) return { seq: before.seq, message, duplicate: true };
    const seq = Number(append.run(randomUUID(), room, "receive_message", JSON.stringify(message), now).lastInsertRowid);
    keep.run({ seq, room_id: room, id, sender_id: person.id, text, time: now });
    count.run(room, seq);
    return { seq, message };
  });

  return { take, say };
}

function bookingOf(session, tracking, now) {
  const told = session.metadata;
  const total = 100 * Number(told.totalPrice);
  return {
    id: `bk_${randomUUID()}`,
    tracking_id: tracking,
    user_id: told.userId,
    user_name: told.userName,
    user_email: told.userEmail,
    service_id: told.serviceId,
    service_name: told.serviceName,
    date: told.bookingDate,
    slot: told.slot,
    duration_type: told.durationType,
    quantity: Number(told.quantity),
    division: told.division,
    district: told.district,
    address: told.address,
    payment_option: told.paymentOption,
    total,
    paid: session.amount_total,
    due: total - session.amount_total,
    currency: session.currency,
    status: "booked",
    created: now,
  };
}

function iso(time) {
  return new Date(time).toISOString();
}
