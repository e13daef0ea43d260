"""How far the journal of a SQLite database has got in its epoch, told in the file of its lock (lock.py).

An older file that is put back by hand keeps its epoch: its journal would give numbers that were shown already to other
rows, which nobody who has seen the numbers would be sent. Nothing in that file can tell; what lies beside it does, and
a new epoch begins at the next start, of which nothing is told yet. It is written ten times a second at most, and never
before the COMMIT: a database that is as it was left is never behind it.
"""

import contextlib
import logging
import os
import sqlite3
import time

_EVERY = 0.1  # s
_MOST = 200  # bytes

log = logging.getLogger("carevia.store")


class Reached:
    """`lock` is the descriptor of the lock. A disk that takes no byte more costs this knowledge and nothing else."""

    def __init__(self, lock: int) -> None:
        self._lock = lock
        self._epoch = ""
        self._last = 0
        self._written = 0
        self._due = 0.0  # monotonic

    def epoch(self, connection: sqlite3.Connection, new: str) -> str:
        """The database's, which is `new` where it is an older one. Of several processes that start together the first
        begins it, and its COMMIT alone makes it so."""
        if self._is_ahead_of(connection):
            connection.execute("BEGIN IMMEDIATE")
            if self._is_ahead_of(connection):
                connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (new,))
                log.warning("store: an older database was put back by hand: a new epoch begins")
            connection.execute("COMMIT")
        self._epoch = _epoch(connection)
        return self._epoch

    def committed(self, seq: int) -> None:
        self._last = seq
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _EVERY
            self.write()

    def write(self) -> None:
        if self._last == self._written:
            return
        with contextlib.suppress(OSError):
            os.pwrite(self._lock, f"{self._epoch} {self._last}\n".encode(), 0)
            self._written = self._last

    def _is_ahead_of(self, connection: sqlite3.Connection) -> bool:
        told = os.pread(self._lock, _MOST, 0)  # before the journal is looked at, to which others may go on writing
        epoch, _, seq = told.partition(b"\n")[0].decode(errors="replace").partition(" ")
        return epoch == _epoch(connection) and seq.isdecimal() and int(seq) > _newest(connection)


def _epoch(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])


def _newest(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])
