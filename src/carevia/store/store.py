"""The store's interface. SQLite and PostgreSQL are behind it, and pass the same contract tests.

A durable fact is what `write` returned for. Nothing here knows what a booking is.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeGuard, TypeVar

from carevia.domain.histogram import WORK, Histogram
from carevia.errors import ConfigError
from carevia.store.journal import JournalRow
from carevia.store.transaction import Transaction

T = TypeVar("T")
Listener = Callable[[Sequence[JournalRow]], None]

PATIENCE = 5.0
"""Seconds a request waits for the store before it is told Unavailable (503)."""


class Store(ABC):
    """Open it on the loop that will use it, and close it there."""

    epoch: str
    """Random, made with the database; another one after a restored backup, so that old offsets are recognised."""

    committed_at: int = 0
    """When the rows that a listener is being told of were committed, ms since 1970 UTC."""

    def __init__(self) -> None:
        """For metrics: transactions and journal rows that this process has committed, and how long works waited."""
        self.commits = 0
        self.rows = 0
        self.waited = Histogram(WORK)

    @property
    @abstractmethod
    def writing(self) -> bool:
        """Whether writes are under way, so that more will be committed in a moment. A hint."""

    @property
    @abstractmethod
    def failed_commits(self) -> int:
        """Commits that failed since the start, for metrics."""

    @abstractmethod
    async def open(self) -> None:
        """Migrate the schema, open the connections, start the threads. Raises ConfigError with what to do."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was begun or waits, then end every thread. Later calls raise Unavailable."""

    @abstractmethod
    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction; returns its result after the COMMIT is on the disk.

        It is undone and run once more where another work beside it fails, so it changes nothing but the database.
        What `work` raises is raised here and nothing of it is stored, whatever is committed beside it.
        Raises Unavailable when the store cannot commit, or did not within 5 seconds: then the work may or may not have
        been stored, never will be if it had not begun, and the caller may try again. A cancelled caller's work is not
        begun any more.
        """

    @abstractmethod
    async def read(self, work: Callable[[Transaction], T], *, long: bool = False) -> T:
        """Run `work` on one snapshot; it sees every write that was answered before. It may not write.

        `long`: it may take a second, as a search does that reads a whole table. It waits for others like it, and
        nothing else waits for them: the journal is read and people come in meanwhile.
        """

    @abstractmethod
    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the loop after each commit of this process, rows in rising seq; returns the way out.

        A hint, not a promise: rows of other processes come by `events_after` only. A listener must not block.
        """

    @abstractmethod
    def on_hint(self, look: Callable[[], None]) -> Callable[[], None]:
        """Call `look` on the loop when another process may have committed rows; returns the way out, to be used once.

        Never the truth: a hint may be missing, late or empty, and on SQLite there is none.
        """

    @abstractmethod
    async def events_after(self, seq: int, rooms: Collection[str] | None, limit: int) -> list[JournalRow]:
        """Rows with a higher seq in rising order, at most `limit`; of these rooms only, or of all with None."""

    @abstractmethod
    async def missed(self, seq: int, rooms: Collection[str], limit: int) -> tuple[int, list[JournalRow]]:
        """The lowest seq that is kept (0: none), and `events_after`, of one moment: where it is not above `seq` + 1,
        nothing is missing before the rows."""

    @abstractmethod
    async def bounds(self) -> tuple[int, int]:
        """Oldest kept and newest seq; 0, 0 while the journal is empty."""

    @abstractmethod
    async def check(self) -> None:
        """Commit something small, unless a commit of this moment has just proven that we can; after one that failed, as
        much as the largest work needs. Asked every second: commits that fail all the time are a reason by themselves.
        Raises Unavailable with the reason; what can be put right here (a thread that died) is, before the next call."""

    @abstractmethod
    async def forget_before(self, time: int, *, now: int) -> int:
        """Remove journal rows older than `time` (ms), never the newest row of all; how many went. A row
        of a time after `now` is as old as what came after it."""


def open_store(url: str | None, data_dir: Path) -> Store:
    """The store for a database address, not opened yet. None is SQLite in the data folder."""
    if is_postgres(url):
        from carevia.store.postgres import PostgresStore

        return PostgresStore(url)
    from carevia.store.sqlite import SqliteStore

    return SqliteStore(database_file(url, data_dir))


def is_postgres(url: str | None) -> TypeGuard[str]:
    return url is not None and url.startswith("postgresql://")


def attachments_folder(data_dir: Path) -> Path:
    """Where the bytes of the attachments lie that the database names, whichever database it is."""
    return data_dir / "attachments"


def database_file(url: str | None, data_dir: Path) -> Path:
    """Where SQLite's file lies. Raises ConfigError for a database that is no file."""
    if url is None or url == "":
        return data_dir / "carevia.db"
    if url.startswith("sqlite:///") and (file := Path(url.removeprefix("sqlite:///"))).name and not os.path.isdir(file):
        return file
    kind = url.partition(":")[0]
    what = "no file" if kind == "sqlite" else f"a database of kind {kind!r}, which this version cannot use"
    raise ConfigError(
        f"CAREVIA_DATABASE_URL names {what}: leave it empty for "
        "SQLite in the data folder, or write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
    )
