"""What the program left behind: its database after the faults, and what the process holds (memory, files, tasks).

A database is asked by a connection of nobody's: `Ask` is a query's rows.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import psycopg

Ask = Callable[[str], list[tuple[Any, ...]]]

# Each counts rows that must not be there. A payment may only have no booking where a person is asked to look at it.
ORPHANS = {
    "journal rows out of sequence": """SELECT (SELECT max(seq) - min(seq) + 1 FROM journal)
        - (SELECT count(*) FROM journal)""",
    "bookings never announced": """SELECT count(*) FROM bookings WHERE announced NOT IN
        (SELECT seq FROM journal WHERE name = 'customer_added')""",
    "announcements without a booking": """SELECT count(*) FROM journal WHERE name = 'customer_added'
        AND seq NOT IN (SELECT announced FROM bookings)""",
    "bookings without a payment": "SELECT count(*) FROM bookings WHERE id NOT IN (SELECT booking_id FROM payments)",
    "payments without a booking": "SELECT count(*) FROM payments WHERE booking_id IS NULL AND needs_look IS NULL",
    "provider events without a payment": """SELECT (SELECT count(*) FROM provider_events) - (SELECT count(*)
        FROM payments WHERE provider = 'stripe')""",
    "messages without their journal row": """SELECT count(*) FROM messages WHERE seq NOT IN
        (SELECT seq FROM journal WHERE name = 'receive_message')""",
    "customers with two bookings for one payment": """SELECT count(*) FROM (SELECT user_id FROM bookings
        GROUP BY user_id HAVING count(*) > 1) AS twice""",
}


class Held(NamedTuple):
    """By one process at one moment."""

    resident: float
    files: float
    tasks: float
    too_slow: float = 0  # clients it dropped for reading too slowly, so far

    def growth(self, before: "Held") -> float:
        """The largest share by which memory or files have grown."""
        return max(self.resident / before.resident, self.files / before.files) - 1


def held(url: str) -> Held:
    """By its own account, after a first look that loads what the account itself needs. Tasks come and go: those count
    that are there at every look."""
    looks = [_look(url) for _ in range(4)][1:]
    return looks[-1]._replace(tasks=min(look.tasks for look in looks))


def _look(url: str) -> Held:
    time.sleep(0.05)
    text = httpx2.get(f"{url}/metrics", trust_env=False, headers={"Connection": "close"}).text
    found = dict(re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE))
    names = ("process_resident_memory_bytes", "process_open_fds", "carevia_tasks", "carevia_engine_slow_total")
    return Held(*(float(found[name]) for name in names))


def of_sqlite(data: Path) -> Ask:
    [path] = data.glob("*.db")
    return partial(_ask_sqlite, path)


def _ask_sqlite(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def of_postgres(url: str) -> Ask:
    return partial(_ask_postgres, url)


def _ask_postgres(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def whole(ask: Ask) -> list[str]:
    """What is wrong with a SQLite file, in words. PostgreSQL holds its foreign keys itself."""
    [[integrity]] = ask("PRAGMA integrity_check")
    wrong = [] if integrity == "ok" else [f"integrity_check: {integrity}"]
    strangers = ask("PRAGMA foreign_key_check")
    return wrong + ([f"{len(strangers)} rows refer to what is not there"] if strangers else [])


def examine(ask: Ask) -> list[str]:
    """What is wrong with the rows, in words."""
    counted = [(ask(query)[0][0], what) for what, query in ORPHANS.items()]
    return [f"{number} {what}" for number, what in counted if number]


def newest(ask: Ask, rooms: Sequence[str]) -> int:
    """The number of the newest journal row of these rooms."""
    names = ", ".join(f"'{room}'" for room in rooms)
    return int(ask(f"SELECT coalesce(max(seq), 0) FROM journal WHERE room IN ({names})")[0][0])
