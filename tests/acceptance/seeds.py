"""Many bookings at once, as plain SQL: what a list of years looks like."""

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


def seed_bookings(database: Database, count: int) -> None:
    """Announced as 1 to `count`; the newest has the highest price. Before the program's first event."""
    with database.opened() as connection:
        now = connection.execute("SELECT CAST(strftime('%s') AS INTEGER) * 1000").fetchone()[0]
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_FAMILIES)
        connection.execute(_BOOKINGS, (count,))
        connection.execute(_JOURNAL, (count, now))
        connection.execute("COMMIT")
