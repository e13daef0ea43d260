"""SQLite as the store's threads need it: one file, whose writers take turns over all processes of this host."""

import logging
import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

from carevia.errors import ConfigError, Unavailable
from carevia.store.checkpointer import Checkpointer, checkpoint
from carevia.store.connection import connect, from_outside, new_transaction, primary_code
from carevia.store.database import Database, Session
from carevia.store.disk import free
from carevia.store.journal import no_id, random_id
from carevia.store.lock import hold
from carevia.store.migrate import prepare
from carevia.store.reached import Reached

_WHY = {
    sqlite3.SQLITE_FULL: "The disk is full",
    sqlite3.SQLITE_IOERR: "The disk reports an error",
    sqlite3.SQLITE_BUSY: "Another program holds the database",
    sqlite3.SQLITE_READONLY: "The database may not be written",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged",
}

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CORRUPT_INDEX, sqlite3.SQLITE_NOTADB}
"""Of the file itself. SQLITE_CORRUPT_VTAB is the search's words, without which payments are stored all the same."""

_STEPS = 100_000
"""Of SQLite's machine, some milliseconds, after which a read looks whether anybody waits for it still."""

log = logging.getLogger("carevia.store")


class LogGone(Unavailable):
    """The write-ahead log that a connection writes to has its name no longer."""


class SqliteSession(Session):
    def __init__(self, connection: sqlite3.Connection, new_id: Callable[[], str]) -> None:
        self.connection = connection
        self.transaction = new_transaction(connection, new_id)
        self._marked = False

    @property
    def in_transaction(self) -> bool:
        return self.connection.in_transaction

    def begin(self, waits: Callable[[], bool]) -> None:
        self._marked = False
        while True:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if primary_code(error) != sqlite3.SQLITE_BUSY or not waits():
                    raise

    def begin_reading(self, waits: Callable[[], bool]) -> None:
        self.connection.set_progress_handler(lambda: not waits(), _STEPS)
        self.connection.execute("BEGIN")

    def mark(self) -> None:
        self.connection.execute("SAVEPOINT work")
        self._marked = True

    def keep(self) -> None:
        if self._marked:
            self.connection.execute("RELEASE work")
            self._marked = False

    def undo(self) -> None:
        self.connection.execute("ROLLBACK TO work")
        self.keep()

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def rollback(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        try:
            self.connection.close()
        except sqlite3.Error as error:  # the thread has to live on
            log.error("store: could not close the database: %s", error)


class SqliteDatabase(Database):
    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = os.fspath(path)  # for what is done at each COMMIT
        self._lock: int | None = None
        self._reached: Reached | None = None
        self._distrust = False
        self._file: tuple[int, int] | None = None

    def prepare(self, epoch: str) -> str:
        self._lock = hold(self._path)
        if self._lock is None:
            raise ConfigError(f"A restore is at work on {self._path}: start again when it has ended.")
        try:
            self._reached = Reached(self._lock)
            return prepare(self._path, epoch, reached=self._reached)
        except BaseException:
            self.release()
            raise

    def writing(self) -> SqliteSession:
        checkpointer = Checkpointer(partial(connect, self._path), partial(free, self._path.parent))
        wal = f"{self._name}-wal"
        session = WritingSession(connect(self._path), random_id, self._check_file, wal, checkpointer, self._reached)
        if self._distrust:
            # After a failed fsync the kernel may have dropped pages that later fsyncs will not mention. Moving the
            # whole log into the database, with its own fsyncs, is the proof that what was answered is on the disk.
            try:
                busy, _, _ = session.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if busy:
                    raise Unavailable("The store is recovering from a disk error.")
            except BaseException:
                session.close()
                raise
            self._distrust = False
        return session

    def reading(self) -> SqliteSession:
        return SqliteSession(connect(self._path, read_only=True), no_id)

    def recover(self, session: Session, error: Exception) -> bool:
        if getattr(error, "sqlite_errorcode", None) in _DAMAGE:
            self.damaged = "The database file is damaged: stop the server and restore the last backup."
        try:
            if isinstance(error, LogGone) or primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL):
                session.rollback()
                if isinstance(session, WritingSession):
                    session.secure(error)
                return True
        except sqlite3.Error as worse:
            log.error("store: could not roll back: %s", worse)
        self._distrust = True
        return False

    def from_outside(self, error: BaseException) -> bool:
        return from_outside(error)

    def why(self, error: BaseException) -> str | None:
        return _WHY.get(primary_code(error))

    def release(self) -> None:
        if self._reached is not None:
            self._reached.close()
            self._reached = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _check_file(self) -> None:
        """SQLite goes on writing to a file that was moved or deleted, where nobody would ever find it."""
        found = _identity(self._name)
        if self._file is None:
            self._file = found
        elif self._file != found:
            raise Unavailable("The database file was replaced under the running server: restart the server.")


class WritingSession(SqliteSession):
    def __init__(
        self,
        connection: sqlite3.Connection,
        new_id: Callable[[], str],
        check: Callable[[], None],
        wal: str,
        checkpointer: Checkpointer,
        reached: Reached | None,
    ) -> None:
        super().__init__(connection, new_id)
        self._check = check
        self._wal = wal
        self._log: tuple[int, int] | None = None
        self._log_gone = False
        self._checkpointer = checkpointer
        self._reached = reached

    def begin(self, waits: Callable[[], bool]) -> None:
        self._check()
        super().begin(waits)
        self._check_log()

    def _check_log(self) -> None:
        """A log that was deleted is written on just so, and a kill takes what was answered. There is no other one to go
        on with while any connection has it still: they go by one index of it."""
        # Whose times are asked for (os.stat) has its inode written by the next sync, as Linux has it from 6.13 on: that
        # made a lone webhook's CPU 1.04 times and its p50 1.08 times as much (bench job). To look for the name is free.
        if self._log is not None and not self._log_gone and os.access(self._wal, os.F_OK):
            return
        try:
            found = _identity(self._wal)
        except FileNotFoundError:
            found = None
        self._log = self._log or found
        self._log_gone = found != self._log
        if self._log_gone:
            raise LogGone(f"The log {self._wal} was taken away under the running server: restart the server.")

    def commit(self) -> None:
        super().commit()
        self._checkpointer.committed(self.transaction.changes, self.connection)
        if self._reached is not None and self.transaction.rows:
            self._reached.committed(self.transaction.rows[-1].seq)

    def secure(self, error: Exception) -> None:
        """After a transaction that failed by it was undone."""
        if isinstance(error, LogGone):
            checkpoint(self.connection)  # what was answered stands nowhere else under a name
        elif primary_code(error) == sqlite3.SQLITE_FULL:
            self._checkpointer.disk_full(self.connection)

    def close(self) -> None:
        self._checkpointer.close()
        super().close()


def _identity(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino
