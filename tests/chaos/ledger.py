"""The ledger, in files outside the program: what the sender got a 2xx for, and what each client was shown, in order.

One line each, `<ms since 1970> <room> <event>:<id>` for the sender's and `<ms> <seq> <event>:<id>` for a client's.
Nothing here asks the program anything, or knows how it works.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Fact(NamedTuple):
    """Somebody got a 2xx at `ms`: from then on everybody who is in `room` must be shown `what`."""

    ms: int
    room: str
    what: str


class Shown(NamedTuple):
    """One event as it came over the wire; a client that was sent it twice has two."""

    ms: int
    seq: int
    what: str


class Client(NamedTuple):
    """One tab: the rooms it is entitled to, the address it uses, and whether its network is made to fail."""

    name: str
    rooms: tuple[str, ...]
    url: str
    home: int  # which of the programs it is connected to
    direct: bool


def now() -> int:
    return time.time_ns() // 1_000_000


class Ledger:
    """A folder: `sent` is the sender's file, `NAME.shown` a client's. Every line is written out at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sent = (folder / "sent").open("a", buffering=1)

    def write(self, room: str, what: str) -> None:
        self._sent.write(f"{now()} {room} {what}\n")

    def close(self) -> None:
        self._sent.close()

    def facts(self) -> list[Fact]:
        return [Fact(int(ms), room, what) for ms, room, what in lines(self.folder / "sent")]

    def shown(self, client: str) -> Iterator[Shown]:
        return (Shown(int(ms), int(seq), what) for ms, seq, what in lines(self.folder / f"{client}.shown"))


def lines(path: Path) -> Iterator[list[str]]:
    if path.is_file():
        with path.open() as file:
            for line in file:
                yield line.split()
