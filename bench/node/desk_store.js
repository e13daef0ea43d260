// The peer's transactions, each with a COMMIT of its own: better-sqlite3 is synchronous, so a second webhook cannot join
// the first one's. The database was made by our migrations, so that both keep the same facts in the same tables and
// indexes. WAL and synchronous=FULL: what was answered survives a power cut.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import Database from "better-sqlite3";

export function openStore(path) {
  const db = new Database(path, { fileMustExist: true });
  db.pragma("synchronous = FULL");
  const insert = (table, columns, conflict = "") =>
    db.prepare(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map((name) => `@${name}`).join(", ")}) ${conflict}`,
    );
  const claim = insert(
    "provider_events",
    ["provider", "id", "type", "digest", "body", "received"],
    "ON CONFLICT DO NOTHING",
  );
  const recorded = db.prepare(
    `SELECT EXISTS (SELECT 1 FROM payments WHERE session_id = @session)
         OR EXISTS (SELECT 1 FROM payment_facts WHERE about IN (@session, @intent))`,
  );
  const free = db.prepare("SELECT NOT EXISTS (SELECT 1 FROM bookings WHERE tracking_id = ?)");
  const customer = insert(
    "users",
    ["id", "role", "name", "email", "created", "booked", "activity"],
    `ON CONFLICT (id) DO UPDATE SET name = coalesce(name, excluded.name), email = coalesce(email, excluded.email),
       booked = 1, activity = excluded.activity`,
  );
  const book = insert("bookings", [
    ...["id", "tracking_id", "user_id", "service_id", "service_name", "date", "slot", "duration_type", "quantity"],
    ...["division", "district", "address", "payment_option", "total", "paid", "due", "currency", "status", "source"],
    ...["created", "announced", "received"],
  ]);
  const pay = insert("payments", [
    ...["id", "booking_id", "user_id", "provider", "session_id", "intent_id", "amount", "currency", "status"],
    ...["created", "paid_at"],
  ]);
  const journal = insert("journal", ["seq", "id", "room", "name", "payload", "time"]);
  const visitor = insert("users", ["id", "role", "name", "created"], "ON CONFLICT DO NOTHING");
  const known = db.prepare("SELECT seq, time FROM messages WHERE sender_id = ? AND id = ?");
  const account = db.prepare("SELECT name, email FROM users WHERE id = ?");
  const conversation = db.prepare(
    `SELECT unread, waiting, assignee, (SELECT time FROM messages WHERE seq = waiting) AS waiting_time
     FROM conversations WHERE room_id = ?`,
  );
  const keep = insert("messages", [
    ...["seq", "room_id", "id", "sender_id", "sender_name", "sender_role", "text", "time", "status"],
  ]);
  const findable = db.prepare("INSERT INTO message_words (rowid, text) VALUES (?, ?)");
  const active = db.prepare("UPDATE users SET activity = ? WHERE id = ?");
  const count = insert(
    "conversations",
    ["room_id", "last_seq", "unread", "updated", "waiting", "version"],
    `ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq, unread = excluded.unread, updated = excluded.updated,
       waiting = excluded.waiting, status = 'open', version = excluded.version`,
  );

  let last = db.prepare("SELECT coalesce(max(seq), 0) FROM journal").pluck().get();
  const append = (seq, room, name, payload, time) =>
    journal.run({ seq, id: randomUUID(), room, name, payload: JSON.stringify(payload), time });
  recorded.pluck();
  free.pluck();

  // What the desk is told; nothing for an event that came before.
  const take = db.transaction((event, body) => {
    const now = Date.now();
    const { id, type, data } = event;
    const digest = createHash("sha256").update(body).digest("hex");
    if (!claim.run({ provider: "stripe", id, type, digest, body: body.toString(), received: now }).changes) return null;
    const session = data.object;
    if (type !== "checkout.session.completed" || session.payment_status !== "paid") return null;
    if (recorded.get({ session: session.id, intent: session.payment_intent })) return null;
    const seq = last + 1;
    const { userId, userName, userEmail } = session.metadata;
    customer.run({ id: userId, role: "user", name: userName, email: userEmail, created: now, booked: 1, activity: seq });
    const booking = bookingOf(event, freeTrackingId(), seq, now);
    book.run(booking);
    pay.run(paymentOf(event, booking, now));
    const told = {
      userId,
      userEmail,
      userName,
      serviceName: booking.service_name,
      trackingId: booking.tracking_id,
      amountPaid: String(booking.paid / 100),
      amount: booking.paid,
      currency: booking.currency,
    };
    append(seq, "desk", "customer_added", told, now);
    return told;
  });

  function freeTrackingId() {
    for (;;) {
      const id = `CV-${randomBytes(5).toString("hex").toUpperCase().slice(0, 8)}`;
      if (free.get(id)) return id;
    }
  }

  // What the tabs of the conversation and the desk are told.
  const say = db.transaction((person, room, id, text) => {
    const before = known.get(person.id, id);
    const now = before?.time ?? Date.now();
    const said = { id, senderId: person.id, senderName: person.name, text, time: iso(now) };
    const message = { ...said, roomId: room, status: "sent" };
    if (before) return { seq: before.seq, message, duplicate: true };
    const seq = last + 1;
    const talk = conversation.get(room);
    const owner = account.get(room);
    const waiting = talk?.waiting ?? seq;
    const unread = (talk?.unread ?? 0) + 1;
    const { id: sender_id, name: sender_name, role: sender_role } = person;
    keep.run({ seq, room_id: room, id, sender_id, sender_name, sender_role, text, time: now, status: "sent" });
    findable.run(seq, text.toLowerCase());
    active.run(seq, room);
    count.run({ room_id: room, last_seq: seq, unread, updated: now, waiting, version: seq + 1 });
    append(seq, room, "receive_message", message, now);
    const told = {
      roomId: room,
      seq,
      lastMessage: said,
      unread,
      userName: owner?.name ?? person.name,
      read: false,
      userEmail: owner?.email ?? "",
      status: "open",
      assignee: talk?.assignee ?? null,
      waiting,
      waitingSince: iso(talk?.waiting_time ?? now),
      activity: seq,
    };
    append(seq + 1, "desk", "conversation_updated", told, now);
    return { seq, message, told };
  });

  // The journal's number is taken when the rows that carry it are committed.
  return {
    meet: ({ id, role, name }) => visitor.run({ id, role, name, created: Date.now() }),
    take: (event, body) => {
      const told = take(event, body);
      if (told) last += 1;
      return told;
    },
    say: (person, room, id, text) => {
      const said = say(person, room, id, text);
      if (!said.duplicate) last += 2;
      return said;
    },
  };
}

function bookingOf(event, tracking, seq, now) {
  const session = event.data.object;
  const told = session.metadata;
  const total = 100 * Number(told.totalPrice);
  return {
    id: rowId("bk", now),
    tracking_id: tracking,
    user_id: told.userId,
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
    source: "stripe",
    created: 1000 * event.created,
    announced: seq,
    received: now,
  };
}

function paymentOf(event, booking, now) {
  const session = event.data.object;
  return {
    id: rowId("pay", now),
    booking_id: booking.id,
    user_id: booking.user_id,
    provider: "stripe",
    session_id: session.id,
    intent_id: session.payment_intent,
    amount: session.amount_total,
    currency: session.currency,
    status: "paid",
    created: booking.created,
    paid_at: booking.created,
  };
}

// Rows that are made together lie together.
function rowId(prefix, now) {
  return `${prefix}_${now.toString(16).padStart(12, "0")}${randomBytes(10).toString("hex")}`;
}

function iso(time) {
  return new Date(time).toISOString();
}
