"""One row of the journal: the outbox, the history and the replay log in one.

`seq` is gapless in commit order. A row exists for readers and subscribers only after its commit.
"""

import msgspec


class JournalRow(msgspec.Struct, frozen=True):
    """`payload` is JSON, ready to be embedded in a frame; `time` is ms since 1970 UTC; `sender` is a socket id."""

    seq: int
    id: str
    room: str
    name: str
    payload: bytes
    time: int
    sender: str | None = None
