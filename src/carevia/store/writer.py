"""The one thread of a process that writes: everything that waits is committed together.

One BEGIN IMMEDIATE, a SAVEPOINT for each work, one COMMIT (one fsync), then one wake-up of the loop for all of them.
A work that fails is rolled back alone. Nothing is answered as stored unless its COMMIT has returned.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from carevia.errors import Unavailable
from carevia.store.connection import SqliteTransaction, connect, from_outside, new_transaction, primary_code
from carevia.store.job import Job
from carevia.store.journal import JournalRow

MOST_TOGETHER = 256
"""Works in one COMMIT at most, so that the first of a flood is not answered with its last."""

_WHY = {
    sqlite3.SQLITE_FULL: "The disk is full",
    sqlite3.SQLITE_IOERR: "The disk reports an error",
    sqlite3.SQLITE_BUSY: "Another program holds the database",
    sqlite3.SQLITE_READONLY: "The database may not be written",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged",
}

log = logging.getLogger("carevia.store")

Settled = Callable[[Sequence[Job], Sequence[JournalRow], int], None]


class Writer:
    """`settled` is called on the loop once per batch, with the rows of the journal that were committed, and when."""

    def __init__(
        self,
        path: Path,
        loop: asyncio.AbstractEventLoop,
        new_id: Callable[[], str],
        settled: Settled,
        jobs: "SimpleQueue[Job | None] | None" = None,
    ) -> None:
        """`jobs` is what waited for a writer that died."""
        self.jobs: SimpleQueue[Job | None] = jobs or SimpleQueue()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.last_commit = 0.0  # monotonic, of the last one that reached the disk; 0 after a failed one
        self.failed_commits = 0
        self._path = path
        self.loop = loop
        self._new_id = new_id
        self._settled = settled
        self._transaction: SqliteTransaction | None = None
        self._connection: sqlite3.Connection | None = None
        self._distrust = False
        self._file: tuple[int, int] | None = None
        self._gathered: list[Job] = []
        self._serving = False
        self._thread = Thread(target=self._main, name="carevia-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def stop(self) -> None:
        """Everything that was put before is still done."""
        self._hand_over()
        self.jobs.put(None)

    def put(self, job: Job) -> None:
        """On the loop: what comes in one turn is handed over together, so that one COMMIT does for all of it."""
        self._gathered.append(job)
        if len(self._gathered) == 1:
            self.loop.call_soon(self._hand_over)

    @property
    def busy(self) -> bool:
        """On the loop: whether more will be committed in a moment."""
        return self._serving or bool(self._gathered) or not self.jobs.empty()

    def _hand_over(self) -> None:
        for job in self._gathered:
            self.jobs.put(job)
        self._gathered.clear()

    # --- the thread -------------------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            more = True
            while more:
                batch, more = self._next_batch()
                if batch:
                    self._serve(batch)
        except BaseException:  # a fault of ours; `check` of the store starts another thread
            log.exception("store: the writer thread died")
        finally:
            self._disconnect()
            on_loop(self.loop, set_ended, self.ended)

    def _next_batch(self) -> tuple[list[Job], bool]:
        """Waits for one job and takes all that are there; the second value is False when it is time to end."""
        batch: list[Job] = []
        job = self.jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == MOST_TOGETHER or self.jobs.empty():
                return batch, True
            job = self.jobs.get()
        return batch, False

    def _serve(self, batch: list[Job]) -> None:
        self._serving = True
        rows: list[JournalRow] = []
        at = 0
        try:
            connection, transaction = self._connected()
            self._check_file()
            self._begin(connection, batch)
            transaction.begin()
            changes = connection.total_changes
            for job in batch:
                if job.take():
                    _run(job, connection, transaction)
            connection.execute("COMMIT")
            rows, at = transaction.rows, time.time_ns() // 1_000_000
            if connection.total_changes > changes:  # else SQLite wrote nothing, which proves nothing about the disk
                self.last_commit = time.monotonic()
        except Exception as error:
            self._fail(batch, error)
        self._serving = False
        on_loop(self.loop, self._settled, batch, rows, at)

    def _begin(self, connection: sqlite3.Connection, batch: list[Job]) -> None:
        """Wait for other processes' transactions for as long as anybody waits for us."""
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if primary_code(error) != sqlite3.SQLITE_BUSY or not any(job.waits for job in batch):
                    raise

    def _fail(self, batch: list[Job], error: Exception) -> None:
        """Nothing of this batch is stored, as far as we may say; so nothing is answered as stored."""
        self.last_commit = 0.0
        self.failed_commits += 1
        log.error("store: could not commit: %s", error)
        for job in batch:
            job.error, job.result = unavailable(error), None
        if self._connection is None:
            return
        try:
            if primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                return
        except sqlite3.Error as worse:
            log.error("store: could not roll back: %s", worse)
        self._distrust = True
        self._disconnect()

    def _connected(self) -> tuple[sqlite3.Connection, SqliteTransaction]:
        if self._connection is None or self._transaction is None:
            self._connection = connect(self._path)
            self._transaction = new_transaction(self._connection, self._new_id)
        if self._distrust:
            # After a failed fsync the kernel may have dropped pages that later fsyncs will not mention. Moving the
            # whole log into the database, with its own fsyncs, is the proof that what was answered is on the disk.
            busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise Unavailable("The store is recovering from a disk error.")
            self._distrust = False
        return self._connection, self._transaction

    def _check_file(self) -> None:
        """SQLite goes on writing to a file that was moved or deleted, where nobody would ever find it."""
        status = self._path.stat()
        found = status.st_dev, status.st_ino
        if self._file is None:
            self._file = found
        elif self._file != found:
            raise Unavailable("The database file was replaced under the running server: restart the server.")

    def _disconnect(self) -> None:
        connection, self._connection, self._transaction = self._connection, None, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error as error:
                log.error("store: could not close the database: %s", error)


def _run(job: Job, connection: sqlite3.Connection, transaction: SqliteTransaction) -> None:
    """An error of SQLite's that comes from outside, or that ended the transaction, is the whole batch's."""
    mark = transaction.mark()
    connection.execute("SAVEPOINT work")
    try:
        job.result = job.work(transaction)
    except BaseException as error:
        if from_outside(error) or not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO work")
        transaction.undo(mark)
        job.error = error
    connection.execute("RELEASE work")


def unavailable(error: BaseException) -> Unavailable:
    """What a person is told about an error from outside; the details are in the log."""
    if isinstance(error, Unavailable):
        return error
    why = _WHY.get(primary_code(error), "The store cannot write at the moment")
    return Unavailable(f"{why}: nothing was confirmed. Try again in a moment.")


def on_loop(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *arguments: object) -> None:
    """From a thread; a loop that is closed has nobody left to tell."""
    try:
        loop.call_soon_threadsafe(call, *arguments)
    except RuntimeError:
        log.debug("store: the loop has ended before the store was closed")


def set_ended(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
