"""The threads that read: each has its own connection and serves one snapshot at a time."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from carevia.store.connection import SqliteTransaction, connect, from_outside, new_transaction
from carevia.store.job import Job
from carevia.store.writer import on_loop, set_ended, unavailable

log = logging.getLogger("carevia.store")


class Readers:
    """`count` threads on one queue, so that one slow list does not hold up the others."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop, count: int) -> None:
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._members = [Reader(path, loop, self.jobs, number) for number in range(count)]

    @property
    def ended(self) -> "list[asyncio.Future[None]]":
        return [member.ended for member in self._members]

    def start(self) -> None:
        for member in self._members:
            member.thread.start()

    def stop(self) -> None:
        for _ in self._members:
            self.jobs.put(None)

    def join(self) -> None:
        for member in self._members:
            member.thread.join()


class Reader:
    def __init__(
        self, path: Path, loop: asyncio.AbstractEventLoop, jobs: "SimpleQueue[Job | None]", number: int
    ) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self.thread = Thread(target=self._main, name=f"carevia-reader-{number}", daemon=True)
        self._path = path
        self._loop = loop
        self._jobs = jobs
        self._connection: sqlite3.Connection | None = None
        self._transaction: SqliteTransaction | None = None

    def _main(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                if job.take():
                    self._serve(job)
        finally:
            self._disconnect()
            on_loop(self._loop, set_ended, self.ended)

    def _serve(self, job: Job) -> None:
        try:
            job.result = self._snapshot(job.work)
        except BaseException as error:
            if from_outside(error):
                log.error("store: could not read: %s", error)
                job.error = unavailable(error)
                self._disconnect()
            else:
                job.error = error
        on_loop(self._loop, job.settle)

    def _snapshot(self, work: Callable[[SqliteTransaction], object]) -> object:
        if self._connection is None or self._transaction is None:
            self._connection = connect(self._path, read_only=True)
            self._transaction = new_transaction(self._connection, _no_id)
        self._connection.execute("BEGIN")
        try:
            self._transaction.begin()
            return work(self._transaction)
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _disconnect(self) -> None:
        connection, self._connection, self._transaction = self._connection, None, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error as error:  # the thread has to live on
                log.error("store: could not close a reader: %s", error)


def _no_id() -> str:
    raise RuntimeError("a read may not append to the journal")
