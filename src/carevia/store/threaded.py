"""The store as threads over a database: one writes, a few read, the loop only hands over and is told.

What differs between SQLite and PostgreSQL is in their `Database` (database.py).
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TypeVar

from carevia.deadlines import Deadlines
from carevia.errors import Unavailable
from carevia.store import works
from carevia.store.database import Database
from carevia.store.gathering import Gathering
from carevia.store.handover import Home, Inbox
from carevia.store.in_thread import in_thread
from carevia.store.job import Job
from carevia.store.journal import JournalRow
from carevia.store.reader import Readers
from carevia.store.store import PATIENCE, Listener, Store
from carevia.store.transaction import Transaction
from carevia.store.writer import Writer

T = TypeVar("T")

READERS, LONG_READERS = 2, 2
_PROVEN = 1.5  # seconds for which a commit proves that the store can commit

log = logging.getLogger("carevia.store")


class ThreadedStore(Store):
    raw_text = False  # the journal's text is read as bytes

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.epoch = ""
        self._database = database
        self._listeners: list[Listener] = []
        self._lookers: list[Callable[[], None]] = []
        self._patience: Deadlines[Job] | None = None
        self._writer: Writer | None = None
        self._readers: Readers | None = None
        self._failed_before = 0  # of writers that have died
        self._failed_at_checks = 0, 0  # commits, at the last two
        self._failed_forgiven = 0  # after so many as much was committed as the largest work needs

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self.epoch = await in_thread(partial(self._database.prepare, secrets.token_hex(8)))
        self._patience = Deadlines(PATIENCE, Job.expire, loop)
        home = Home(loop)
        self._writer = Writer(self._database, home, self._settled, Gathering(loop, Inbox()))
        self._readers = Readers(self._database, home, READERS, LONG_READERS)
        self._writer.start()
        self._readers.start()

    @property
    def failed_commits(self) -> int:
        return self._failed_before + (self._writer.failed_commits if self._writer else 0)

    @property
    def writing(self) -> bool:
        return self._writer is not None and self._writer.gathering.busy

    async def close(self) -> None:
        writer, readers, patience = self._writer, self._readers, self._patience
        self._writer = self._readers = self._patience = None
        if writer is None or readers is None or patience is None:
            return
        readers.stop()
        # The writer's connection is the last one: two that end at once leave SQLite's log behind.
        await asyncio.wait(readers.ended, timeout=PATIENCE / 2)
        writer.gathering.close()
        _, late = await asyncio.wait([writer.ended, *readers.ended], timeout=PATIENCE / 2)
        if late:  # a disk or a network that hangs; the threads are daemons and do not keep the process
            log.error("store: %d thread(s) did not end in time", len(late))
            return
        writer.join()
        readers.join()
        writer.home.close()
        writer.gathering.batches.close()
        patience.close()
        self._database.release()

    async def write(self, work: Callable[[Transaction], T]) -> T:
        began = time.monotonic()
        job, writer = self._job(work), self._writer
        if writer is not None:
            writer.gathering.put(job)
        try:
            answer: T = await job.future
        finally:
            job.leave()
        self.waited.observe(time.monotonic() - began)
        return answer

    async def read(self, work: Callable[[Transaction], T], *, long: bool = False) -> T:
        job, readers = self._job(work), self._readers
        if readers is not None:
            (readers.long_jobs if long else readers.jobs).put(job)
        try:
            answer: T = await job.future
            return answer
        finally:
            job.leave()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return partial(self._unsubscribe, listener)

    def on_hint(self, look: Callable[[], None]) -> Callable[[], None]:
        self._lookers.append(look)
        return partial(self._lookers.remove, look)

    async def events_after(self, seq: int, rooms: Collection[str] | None, limit: int) -> list[JournalRow]:
        if rooms is not None and not rooms:
            return []
        rows = await self.read(partial(works.events_after, seq=seq, rooms=rooms, limit=limit, raw=self.raw_text))
        if rows:
            self._saw(rows[-1].seq, rows[-1].id)
        return rows

    async def missed(self, seq: int, rooms: Collection[str], limit: int) -> tuple[int, list[JournalRow]]:
        if not rooms:
            return (await self.bounds())[0], []
        oldest, found = await self.read(partial(works.missed, seq=seq, rooms=rooms, limit=limit, raw=self.raw_text))
        if found:
            self._saw(found[-1].seq, found[-1].id)
        return oldest, found

    async def bounds(self) -> tuple[int, int]:
        oldest, newest = await self.read(works.bounds)
        self._saw(newest)
        return oldest, newest

    async def check(self) -> None:
        if self._readers is not None:
            self._readers.revive()
        if self._writer is not None and self._writer.ended.done():
            self._replace_writer(self._writer)
            raise Unavailable("The store's writer had died and was started again.")
        if self._database.damaged:  # a commit elsewhere in the file proves nothing about the place that is broken
            raise Unavailable(self._database.damaged)
        failed, (before, last) = self.failed_commits, self._failed_at_checks
        self._failed_at_checks = last, failed
        if failed > self._failed_forgiven:
            await self._prove()
            self._failed_forgiven = failed
        elif self._writer is None or time.monotonic() - self._writer.last_commit > _PROVEN:
            await self.write(works.probe)
        if failed > last > before and self._writer is not None and self._writer.failure:
            raise Unavailable(self._writer.failure)  # ours come back, and those of others fail all the time

    async def _prove(self) -> None:
        """The last bytes of a disk take a small commit and no payment: after a commit that failed only a large one
        proves anything, whatever others have committed since."""
        try:
            await self.write(partial(works.probe, size=works.LARGE_PROBE))
        except Unavailable:
            self._failed_at_checks = self._failed_at_checks[0], self.failed_commits
            raise

    async def forget_before(self, time: int, *, now: int) -> int:
        gone = 0
        while True:
            count = await self.write(partial(works.forget_before, time=time, now=now))
            gone += count
            if count < works.FORGOTTEN_AT_ONCE:
                return gone

    def _job(self, work: Callable[[Transaction], object]) -> Job:
        if self._patience is None:
            raise Unavailable("The store is closed. Try again in a moment.")
        return Job(work, asyncio.get_running_loop().create_future(), self._patience)

    def _settled(self, batch: Sequence[Job], rows: Sequence[JournalRow], at: int) -> None:
        for job in batch:
            job.settle()
        if at:
            self.commits += 1
        if not rows:
            return
        self._saw(rows[-1].seq, rows[-1].id)
        self.rows += len(rows)
        self.committed_at = at
        for listener in tuple(self._listeners):
            try:
                listener(rows)
            except Exception:
                log.exception("store: a listener failed; it will find the rows in the journal")

    def _saw(self, seq: int, id: str = "") -> None:
        newest, known = self._database.newest
        if seq > newest or (seq == newest and not known):
            self._database.newest = seq, id

    def _replace_writer(self, dead: Writer) -> None:
        """A thread can only die of a fault of ours; what waited for it is done by the next one."""
        log.error("store: the writer thread has died, another one takes over")
        writer = Writer(self._database, dead.home, self._settled, dead.gathering)
        writer.start()  # fails where the system gives no thread just now: the next check tries again
        self._failed_before += dead.failed_commits
        self._writer = writer
        dead.gathering.settled(0)

    def _hinted(self) -> None:
        for look in tuple(self._lookers):
            look()

    def _unsubscribe(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
