"""One row of the journal: the outbox, the history and the replay log in one.

`seq` is gapless in commit order. A row exists for readers and subscribers only after its commit.
"""

import os

import msgspec


class JournalRow(msgspec.Struct, frozen=True):
    """`payload` is JSON, ready to be embedded in a frame; `time` is ms since 1970 UTC; `sender` is a socket id. `id` is
    random, or what caused the row, a dot, and its number."""

    seq: int
    id: str
    room: str
    name: str
    payload: bytes
    time: int
    sender: str | None = None

    @property
    def cause(self) -> str | None:
        """The id of the request that made it, where that is known."""
        return cause_of(self.id)


def random_id() -> str:
    return os.urandom(12).hex()


def no_id() -> str:
    raise RuntimeError("a read may not append to the journal")


def caused_id(cause: str, seq: int) -> str:
    return f"{cause}.{seq}"


def cause_of(row_id: str) -> str | None:
    return row_id.rpartition(".")[0] or None
