"""The threads that read: each has its own connection and serves one snapshot at a time."""

import asyncio
import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from carevia.store.database import Database, Session
from carevia.store.handover import Home
from carevia.store.job import Job
from carevia.store.transaction import Transaction
from carevia.store.writer import set_ended

log = logging.getLogger("carevia.store")


class Readers:
    """`quick` threads on the queue `jobs`, and `long` ones on a queue of their own: whoever searches through years of
    bookings holds up others who search, and nobody else."""

    def __init__(self, database: Database, home: Home, quick: int, long: int) -> None:
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.long_jobs: SimpleQueue[Job | None] = SimpleQueue()
        queues = [self.jobs] * quick + [self.long_jobs] * long
        self._members = [Reader(database, home, queue, number) for number, queue in enumerate(queues)]

    @property
    def ended(self) -> "list[asyncio.Future[None]]":
        return [member.ended for member in self._members]

    def start(self) -> None:
        for member in self._members:
            member.thread.start()

    def revive(self) -> None:
        """Who died for want of memory, or of a fault of ours, is followed by another; where the system gives no thread
        just now, the next call tries again. What was being read is given up by whoever waits for it."""
        for place, member in enumerate(self._members):
            if member.ended.done():
                successor = member.successor()
                successor.thread.start()
                self._members[place] = successor

    def stop(self) -> None:
        for member in self._members:
            member.jobs.put(None)

    def join(self) -> None:
        for member in self._members:
            member.thread.join()


class Reader:
    def __init__(self, database: Database, home: Home, jobs: "SimpleQueue[Job | None]", number: int) -> None:
        self.ended: asyncio.Future[None] = home.loop.create_future()
        self.jobs = jobs
        self.thread = Thread(target=self._main, name=f"carevia-reader-{number}", daemon=True)
        self._number = number
        self._database = database
        self._home = home
        self._session: Session | None = None

    def successor(self) -> "Reader":
        return Reader(self._database, self._home, self.jobs, self._number)

    def _main(self) -> None:
        try:
            while (job := self.jobs.get()) is not None:
                if job.take():
                    self._serve(job)
        except BaseException:  # `check` of the store starts another thread
            log.exception("store: a thread that reads died")
        finally:
            self._disconnect()
            self._home.tell(set_ended, self.ended)

    def _serve(self, job: Job) -> None:
        try:
            job.result = self._snapshot(job.work, lambda: not job.future.done())
        except BaseException as error:
            if self._database.from_outside(error):
                log.error("store: could not read: %s", error)
                job.error = self._database.unavailable(error)
                self._disconnect()
            else:
                job.error = error
        self._home.tell(job.settle)

    def _snapshot(self, work: Callable[[Transaction], object], waits: Callable[[], bool]) -> object:
        session = self._begun(waits)
        try:
            session.transaction.begin()
            return work(session.transaction)
        finally:
            session.rollback()

    def _begun(self, waits: Callable[[], bool]) -> Session:
        """A connection may have died while nobody used it: that is no reason to refuse anybody."""
        if self._session is not None:
            try:
                self._session.begin_reading(waits)
                return self._session
            except Exception as error:
                if not self._database.lost(self._session, error):
                    raise
                self._disconnect()
        self._session = self._database.reading()
        self._session.begin_reading(waits)
        return self._session

    def _disconnect(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
