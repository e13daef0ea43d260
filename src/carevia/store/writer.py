"""The one thread of a process that writes: a batch of works in one COMMIT.

One BEGIN, one COMMIT (one fsync), then one wake-up of the loop for all of them. A work that fails is undone alone: the
whole batch is rolled back and run again with a SAVEPOINT for each work, which nobody pays for while all goes well.
Nothing is answered as stored unless its COMMIT has returned.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from threading import Thread

from carevia.store.database import Database, Session
from carevia.store.gathering import Gathering
from carevia.store.handover import Home
from carevia.store.job import Job
from carevia.store.journal import JournalRow

log = logging.getLogger("carevia.store")

Settled = Callable[[Sequence[Job], Sequence[JournalRow], int], None]


class Writer:
    """`settled` is called on the loop once per batch, with the rows of the journal that were committed, and when."""

    def __init__(self, database: Database, home: Home, settled: Settled, gathering: Gathering) -> None:
        self.gathering = gathering
        self.ended: asyncio.Future[None] = home.loop.create_future()
        self.last_commit = 0.0  # monotonic, of the last one that reached the disk; 0 after a failed one
        self.failed_commits = 0
        self.failure = ""  # why the last one failed, in words
        self.home = home
        self._database = database
        self._settled = settled
        self._session: Session | None = None
        self._thread = Thread(target=self._main, name="carevia-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _done(self, batch: Sequence[Job], rows: Sequence[JournalRow], at: int) -> None:
        self.gathering.settled(len(batch))
        self._settled(batch, rows, at)

    # --- the thread -------------------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            while (batch := self.gathering.batches.get()) is not None:
                self._serve(batch)
        except BaseException:  # a fault of ours; `check` of the store starts another thread
            log.exception("store: the writer thread died")
        finally:
            self._disconnect()
            self.home.tell(set_ended, self.ended)

    def _serve(self, batch: list[Job]) -> None:
        rows: list[JournalRow] = []
        at = 0
        try:
            session = self._begun(lambda: any(job.waits for job in batch))
            transaction = session.transaction
            self._run_all([job for job in batch if job.take()], session)
            session.commit()
            rows, at = transaction.rows, time.time_ns() // 1_000_000
            if transaction.changes:  # else the database wrote nothing, which proves nothing about the disk
                self.last_commit = time.monotonic()
        except Exception as error:
            self._fail(batch, error)
        self.home.tell(self._done, batch, rows, at)

    def _begun(self, waits: Callable[[], bool]) -> Session:
        """A connection may have died while nobody used it: that is no reason to refuse anybody."""
        if self._session is not None:
            try:
                self._session.begin(waits)
                return self._session
            except Exception as error:
                if not self._database.lost(self._session, error):
                    raise
                self._disconnect()
        session = self._connected()
        session.begin(waits)
        return session

    def _connected(self) -> Session:
        if self._session is None:
            self._session = self._database.writing()
        return self._session

    def _run_all(self, jobs: list[Job], session: Session) -> None:
        """An error from outside, or one that ended the transaction, is the whole batch's."""
        session.transaction.begin()
        try:
            for job in jobs:
                session.transaction.mark()
                job.result = job.work(session.transaction)
                session.keep()
            session.transaction.flush()
            return
        except BaseException as error:
            if self._is_everybodys(error, session):
                raise
        session.rollback()
        session.begin(lambda: True)
        session.transaction.begin()
        for job in jobs:
            self._run_apart(job, session)

    def _run_apart(self, job: Job, session: Session) -> None:
        before = session.transaction.mark()
        session.mark()
        try:
            job.result = job.work(session.transaction)
            session.transaction.flush()
            session.keep()
        except BaseException as error:
            if self._is_everybodys(error, session):
                raise
            session.undo()
            session.transaction.undo(before)
            job.result, job.error = None, error

    def _is_everybodys(self, error: BaseException, session: Session) -> bool:
        return self._database.from_outside(error) or not session.in_transaction

    def _fail(self, batch: list[Job], error: Exception) -> None:
        """Nothing of this batch is stored, as far as we may say; so nothing is answered as stored."""
        self.last_commit = 0.0
        self.failed_commits += 1
        log.error("store: could not commit: %s", error)
        self.failure = self._database.unavailable(error).message
        for job in batch:
            job.error, job.result = self._database.unavailable(error), None
        if self._session is not None and not self._database.recover(self._session, error):
            self._disconnect()

    def _disconnect(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def set_ended(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
