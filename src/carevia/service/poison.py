"""Rows of the journal that no client could read: set aside with an alarm, so that the others go on.

A row comes to this by a damaged disk or a hand in the database. On the wire it would close the connection of everyone
who is owed it, and again at every recovery. The row stays in the journal; pages see by `live` that they miss a number
and load afresh, which shows what the tables say.
"""

import logging
import time
from collections.abc import Iterator

import msgspec

from carevia.store.journal import JournalRow

KEPT = 100
FRESH_SECONDS = 900
_log = logging.getLogger("carevia.relay")
_decode = msgspec.json.Decoder(dict).decode


class SetAside(msgspec.Struct, frozen=True):
    """What staff are told of one row; never its content."""

    seq: int
    name: str
    reason: str


def check_row(row: JournalRow) -> None:
    """Raises for a payload that is not the JSON object, in UTF-8, that every durable event is."""
    _decode(row.payload)


class Poison:
    """The rows that were set aside since the start; `count` is all of them, the newest hundred are remembered."""

    def __init__(self) -> None:
        self.count = 0
        self._newest = 0.0
        self._rows: dict[int, SetAside] = {}

    def __iter__(self) -> Iterator[SetAside]:
        return iter(self._rows.values())

    @property
    def fresh(self) -> bool:
        """Whether one was set aside in the last quarter of an hour."""
        return bool(self.count) and time.monotonic() - self._newest < FRESH_SECONDS

    def set_aside(self, row: JournalRow, problem: Exception) -> None:
        """Once per row, however many meet it."""
        if row.seq in self._rows:
            return
        self.count += 1
        self._newest = time.monotonic()
        self._rows[row.seq] = SetAside(row.seq, row.name, type(problem).__name__)
        if len(self._rows) > KEPT:
            del self._rows[next(iter(self._rows))]
        _log.error("journal row %s was set aside, no client could read it: %s", row.seq, type(problem).__name__)
