"""The database of a program under test, from outside: what its clients are owed, and what may happen to such a file.

Everything here is plain SQL on the file, as an operator's hand or another process does it.
"""

import json
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.harness.node import SocketIOClient
from tests.harness.program import Program

_INSERT = "INSERT INTO journal (seq, id, room, name, payload, time) VALUES (?, ?, ?, ?, ?, ?)"
_OFFSET = re.compile(r"[0-9a-f]+\.[0-9]+")


class Database:
    def __init__(self, program: Program) -> None:
        self.path = program.data / "carevia.db"

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as connection:
            yield connection

    def run(self, sql: str, *values: Any) -> None:
        with self.opened() as connection:
            connection.execute(sql, values)

    def all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.opened() as connection:
            return connection.execute(sql, values).fetchall()

    @property
    def epoch(self) -> str:
        return str(self.all("SELECT value FROM meta WHERE key = 'epoch'")[0][0])

    @property
    def newest(self) -> int:
        return int(self.all("SELECT max(seq) FROM journal")[0][0] or 0)

    @property
    def end(self) -> str:
        """The offset of the newest row."""
        return f"{self.epoch}.{self.newest}"

    def append(self, rows: Collection[tuple[str, str, dict[str, Any]]]) -> None:
        """Rows (room, name, payload) at the journal's end, in one transaction: another process has committed them."""
        with self.opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            first = (connection.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0) + 1
            now = time.time_ns() // 1_000_000
            connection.executemany(
                _INSERT,
                (
                    (seq, secrets.token_urlsafe(12), room, name, json.dumps(payload), now)
                    for seq, (room, name, payload) in enumerate(rows, first)
                ),
            )
            connection.execute("COMMIT")

    def owed(self, *rooms: str, after: int = 0) -> list[int]:
        """The numbers of all rows of these rooms."""
        marks = ",".join("?" * len(rooms))
        rows = self.all(f"SELECT seq FROM journal WHERE room IN ({marks}) AND seq > ? ORDER BY seq", *rooms, after)
        return [seq for (seq,) in rows]

    def copy_to(self, path: Path) -> None:
        """An online backup."""
        with self.opened() as connection, closing(sqlite3.connect(path)) as copy:
            connection.backup(copy)

    def restore(self, path: Path, *, epoch: str | None) -> None:
        """An older file is put back while the program does not run; with a new epoch, as `carevia restore` does it, or
        (None) by a hand that forgets it."""
        for extra in ("-wal", "-shm"):
            Path(f"{self.path}{extra}").unlink(missing_ok=True)
        shutil.copyfile(path, self.path)
        if epoch is not None:
            self.run("UPDATE meta SET value = ? WHERE key = 'epoch'", epoch)


def shown(client: SocketIOClient, socket: str = "main") -> list[int]:
    """The journal's numbers of all durable events that a socket got, in their order; `reset` is none."""
    return [
        int(message["args"][-1].rpartition(".")[2])
        for message in client.seen()
        if message["kind"] == "event" and message["socket"] == socket and message["name"] != "reset"
        if message["args"] and isinstance(message["args"][-1], str) and _OFFSET.fullmatch(message["args"][-1])
    ]
