"""Many bookings and messages at once, as plain SQL: what lists of years look like."""

import time

from tests.acceptance.database import Database

_FAMILIES = """
INSERT INTO users (id, email, name, role, created, booked, activity)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
SELECT 'seed-' || i, 'seed-' || i || '@example.com', 'Family ' || i, 'user', 0, 1, i FROM n
"""
_BOOKINGS = """
INSERT INTO bookings (id, tracking_id, user_id, service_name, date, slot, duration_type, quantity, division, district,
                      total, paid, due, currency, status, caregiver, source, created, announced,
                      payment_status, refunded)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
SELECT printf('seed-%08d', (i * 7919) % 100003), printf('CV-%08d', i), 'seed-' || (1 + i % 500), 'Baby Sitting',
       '2026-12-01', '08:00-12:00', 'days', 2, CASE i % 2 WHEN 0 THEN 'Dhaka' ELSE 'Sylhet' END, 'Sadar',
       100000 + i * 100, 50000, 50000 + i * 100, 'bdt', CASE i % 10 WHEN 0 THEN 'confirmed' ELSE 'booked' END,
       CASE i % 10 WHEN 0 THEN 'Rokeya Begum' END, 'stripe', 1700000000000 + i * 1000, i, 'paid', 0 FROM n
"""
_JOURNAL = """
INSERT INTO journal (seq, id, room, name, payload, time) VALUES (?, 'seed', 'elsewhere', 'seed', '{}', ?)
"""
_TALK = """
INSERT INTO journal (seq, id, room, name, payload, time) VALUES (?, 'x', ?, 'receive_message', '{}', ?)
"""
_HOUR = 3_600_000


def seed_bookings(database: Database, count: int) -> None:
    """Announced as 1 to `count`; the newest has the highest price. Before the program's first event."""
    with database.opened() as connection:
        now = connection.execute("SELECT CAST(strftime('%s') AS INTEGER) * 1000").fetchone()[0]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_FAMILIES)
        connection.execute(_BOOKINGS, (count,))
        connection.execute(_JOURNAL, (count, now))
        connection.execute("COMMIT")


def seed_conversation(database: Database, count: int) -> None:
    """A long one of `family-1`, who is known, a message an hour; while the program does not run."""
    user, now = "family-1", int(time.time() * 1000)
    with database.opened() as connection:
        first = connection.execute("SELECT max(seq) FROM journal").fetchone()[0] + 1
        connection.execute("BEGIN IMMEDIATE")
        for number in range(count):
            at = now - (count - number) * _HOUR
            sender, name, role = (user, "Nusrat Jahan", "user") if number % 3 else ("s9", "Mitu Begum", "admin")
            text = f"Message {number} " + "with some more words in it " * (number % 7)
            row = (first + number, user, f"h{number}", sender, name, role, text, at, "sent")
            connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.executemany(_TALK, ((first + number, user, now) for number in range(count)))
        connection.execute(
            "INSERT INTO conversations (room_id, last_seq, unread, updated) VALUES (?, ?, 0, ?)",
            (user, first + count - 1, now),
        )
        connection.execute("COMMIT")
