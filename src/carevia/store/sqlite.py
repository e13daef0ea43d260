"""The store on SQLite: one writer thread, a few reader threads, one file.

WAL and synchronous=FULL. Several processes of one host may share the file: their writers take turns.
"""

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache, partial
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import LargeBinary, Select, bindparam, cast, delete, func, select, true, update

from carevia.errors import ConfigError, Unavailable
from carevia.store.job import Job
from carevia.store.journal import JournalRow
from carevia.store.lock import hold
from carevia.store.migrate import prepare
from carevia.store.reader import Readers
from carevia.store.store import PATIENCE, Listener, Store
from carevia.store.tables import journal, meta
from carevia.store.transaction import Row, Transaction
from carevia.store.writer import Writer, on_loop

T = TypeVar("T")

READERS = 3
_PROVEN = 1.5  # seconds for which a commit proves that the store can commit
_FORGOTTEN_AT_ONCE = 5_000

log = logging.getLogger("carevia.store")


class SqliteStore(Store):
    def __init__(self, path: Path, *, new_id: Callable[[], str] | None = None) -> None:
        self.epoch = ""
        self._path = path
        self._new_id = new_id or partial(secrets.token_urlsafe, 12)
        self._listeners: list[Listener] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: Writer | None = None
        self._readers: Readers | None = None
        self._failed_before = 0  # of writers that have died
        self._lock: int | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._lock, self.epoch = await _in_thread(partial(_hold_and_prepare, self._path))
        self._loop = loop
        self._writer = Writer(self._path, loop, self._new_id, self._settled)
        self._readers = Readers(self._path, loop, READERS)
        self._writer.start()
        self._readers.start()

    @property
    def failed_commits(self) -> int:
        return self._failed_before + (self._writer.failed_commits if self._writer else 0)

    @property
    def writing(self) -> bool:
        return self._writer is not None and self._writer.busy

    async def close(self) -> None:
        writer, readers = self._writer, self._readers
        self._writer = self._readers = None
        if writer is None or readers is None:
            return
        writer.stop()
        readers.stop()
        _, late = await asyncio.wait([writer.ended, *readers.ended], timeout=PATIENCE)
        if late:  # a disk that hangs; the threads are daemons and do not keep the process
            log.error("store: %d thread(s) did not end in time", len(late))
            return
        writer.join()
        readers.join()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def write(self, work: Callable[[Transaction], T]) -> T:
        return await self._ask(None if self._writer is None else self._writer.put, work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._ask(None if self._readers is None else self._readers.jobs.put, work)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return partial(self._unsubscribe, listener)

    async def events_after(self, seq: int, rooms: Collection[str] | None, limit: int) -> list[JournalRow]:
        if rooms is not None and not rooms:
            return []
        return await self.read(partial(_events_after, seq=seq, rooms=rooms, limit=limit))

    async def missed(self, seq: int, rooms: Collection[str], limit: int) -> tuple[int, list[JournalRow]]:
        return await self.read(partial(_missed, seq=seq, rooms=rooms, limit=limit))

    async def bounds(self) -> tuple[int, int]:
        return await self.read(_bounds)

    async def check(self) -> None:
        if self._writer is not None and self._writer.ended.done():
            self._replace_writer(self._writer)
            raise Unavailable("The store's writer had died and was started again.")
        if self._writer is None or time.monotonic() - self._writer.last_commit > _PROVEN:
            await self.write(_probe)

    async def forget_before(self, time: int) -> int:
        gone = 0
        while True:
            count = await self.write(partial(_forget_before, time=time))
            gone += count
            if count < _FORGOTTEN_AT_ONCE:
                return gone

    async def _ask(self, put: Callable[[Job], None] | None, work: Callable[[Transaction], T]) -> T:
        if put is None or self._loop is None:
            raise Unavailable("The store is closed. Try again in a moment.")
        job = Job(work, self._loop.create_future())
        timer = self._loop.call_later(PATIENCE, job.expire)
        put(job)
        try:
            answer: T = await job.future
            return answer
        finally:
            timer.cancel()
            job.take()  # a caller that was cancelled wants nothing begun any more

    def _settled(self, batch: Sequence[Job], rows: Sequence[JournalRow], at: int) -> None:
        for job in batch:
            job.settle()
        if not rows:
            return
        self.committed_at = at
        for listener in tuple(self._listeners):
            try:
                listener(rows)
            except Exception:
                log.exception("store: a listener failed; it will find the rows in the journal")

    def _replace_writer(self, dead: Writer) -> None:
        """A thread can only die of a fault of ours; what waited for it is done by the next one."""
        log.error("store: the writer thread has died, another one takes over")
        self._failed_before += dead.failed_commits
        self._writer = Writer(self._path, dead.loop, self._new_id, self._settled, dead.jobs)
        self._writer.start()

    def _unsubscribe(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)


# --- the works of the store itself ------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _rows_of(rooms: int) -> Select[Any]:
    """One statement per number of rooms; -1 stands for all rooms.

    Text comes as bytes: a row that is not UTF-8 must not take the others of its page with it.
    """
    c = journal.c
    text = [cast(column, LargeBinary).label(column.name) for column in (c.id, c.room, c.name, c.payload, c.sender)]
    rows = select(c.seq, c.time, *text).where(c.seq > bindparam("after"))
    if rooms >= 0:
        rows = rows.where(c.room.in_([bindparam(f"room{number}") for number in range(rooms)]))
    return rows.order_by(c.seq).limit(bindparam("most"))


def _events_after(tx: Transaction, *, seq: int, rooms: Collection[str] | None, limit: int) -> list[JournalRow]:
    if rooms is None:
        rows = tx.all(_rows_of(-1), after=seq, most=limit)
    else:
        names = {f"room{number}": room for number, room in enumerate(rooms)}
        rows = tx.all(_rows_of(len(names)), after=seq, most=limit, **names)
    return [_journal_row(row) for row in rows]


@lru_cache(maxsize=256)
def _missed_of(rooms: int) -> Select[Any]:
    """`_rows_of` behind the oldest number, which stands in the only row where there are none."""
    oldest = select(func.min(journal.c.seq).label("oldest")).subquery("kept")
    page = _rows_of(rooms).subquery("page")
    return select(oldest, page).select_from(oldest.outerjoin(page, true())).order_by(page.c.seq)


def _missed(tx: Transaction, *, seq: int, rooms: Collection[str], limit: int) -> tuple[int, list[JournalRow]]:
    names = {f"room{number}": room for number, room in enumerate(rooms)}
    rows = tx.all(_missed_of(len(names)), after=seq, most=limit, **names)
    return rows[0].oldest or 0, [_journal_row(row) for row in rows if row.seq is not None]


def _journal_row(row: Row) -> JournalRow:
    id_, room, name = (value.decode(errors="replace") for value in (row.id, row.room, row.name))
    sender = None if row.sender is None else row.sender.decode(errors="replace")
    return JournalRow(row.seq, id_, room, name, row.payload, row.time, sender)


_BOUNDS = select(
    select(func.min(journal.c.seq)).scalar_subquery().label("oldest"),
    select(func.max(journal.c.seq)).scalar_subquery().label("newest"),
)


def _bounds(tx: Transaction) -> tuple[int, int]:
    row = tx.all(_BOUNDS)[0]
    return row.oldest or 0, row.newest or 0


_SET_PROBE = update(meta).where(meta.c.key == "probe").values(value=bindparam("new_value"))


def _probe(tx: Transaction) -> None:
    value = secrets.token_hex(4)
    if not tx.run(_SET_PROBE, new_value=value):
        tx.insert(meta, key="probe", value=value)


_FIRST_KEPT = select(journal.c.seq).where(journal.c.time >= bindparam("since")).order_by(journal.c.seq).limit(1)
_FORGET = delete(journal).where(journal.c.seq < bindparam("below"))


def _forget_before(tx: Transaction, *, time: int) -> int:
    oldest, newest = _bounds(tx)
    kept = tx.first(_FIRST_KEPT, since=time)
    below = newest if kept is None else min(kept.seq, newest)
    return tx.run(_FORGET, below=min(below, oldest + _FORGOTTEN_AT_ONCE))


def _hold_and_prepare(path: Path) -> tuple[int, str]:
    """The lock that says that the database is in use, and the epoch."""
    lock = hold(path)
    if lock is None:
        raise ConfigError(f"A restore is at work on {path}: start again when it has ended.")
    try:
        return lock, prepare(path, secrets.token_hex(8))
    except BaseException:
        os.close(lock)
        raise


async def _in_thread(work: Callable[[], T]) -> T:
    """One thread for one piece of work, gone when it is answered (asyncio's own pool would stay)."""
    loop = asyncio.get_running_loop()
    job = Job(work, loop.create_future())

    def main() -> None:
        try:
            job.result = work()
        except BaseException as error:
            job.error = error
        on_loop(loop, job.settle)

    thread = Thread(target=main, name="carevia-prepare", daemon=True)
    thread.start()
    try:
        result: T = await job.future
        return result
    finally:
        thread.join()
