"""PostgreSQL as the store's threads need it: sessions over psycopg, one writer at a time among all nodes.

Every transaction that writes begins with one advisory lock and keeps it until its commit: so `seq` is gapless in
commit order, a work may read and then write as on SQLite, and no two works can wait for each other. Control statements
go to libpq directly: BEGIN and COMMIT are most of what a small work costs.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy.dialects.postgresql import psycopg as dialect

from carevia.domain.search import indexed, plain
from carevia.errors import Unavailable
from carevia.store.database import Database, Session
from carevia.store.journal import no_id, random_id
from carevia.store.postgres_connection import CHANNEL, WRITING, connect, first_line, in_use
from carevia.store.postgres_search import FIND, FIND_RECENT, INDEX, match
from carevia.store.sql import Cursor, SqlTransaction
from carevia.store.statements import Compiler, Values
from carevia.store.store import PATIENCE

REPLACED: Final = "The database was replaced under the running server: restart the server."

_PATIENCE = str(int(PATIENCE * 1000))  # ms for a lock or a read: longer nobody waits for us
_HELD = "10s"  # a node that hangs within its transaction loses it, and with it the lock

# A statement that could not be run because of its own values: the work's affair although psycopg's class says else.
_OWN = (errors.ProgramLimitExceeded, errors.StatementTooComplex, errors.TooManyColumns, errors.TooManyArguments)
_OUTSIDE = (psycopg.OperationalError, errors.ReadOnlySqlTransaction, errors.IdleInTransactionSessionTimeout)

_NO_SEQ = 2**62
_NEWEST = "SELECT max(seq), (SELECT id FROM journal WHERE seq = %s) FROM journal"

log = logging.getLogger("carevia.store")


class PostgresTransaction(SqlTransaction):
    def __init__(self, connection: psycopg.Connection[Any], new_id: Callable[[], str]) -> None:
        super().__init__(Compiler(dialect.dialect()), new_id)  # type: ignore[no-untyped-call]
        self._connection = connection

    def index_text(self, seq: int, text: str) -> None:
        self._execute(INDEX, {"seq": seq, "words": indexed(text)})

    def find_texts(self, words: Sequence[str], before: int | None, most: int) -> list[int]:
        wanted = match([plain(word) for word in words])
        asked = {"wanted": wanted, "before": _NO_SEQ if before is None else before, "most": most}
        found = [seq for (seq,) in self._execute(FIND_RECENT, asked).fetchall()]
        return found if len(found) == most else [seq for (seq,) in self._execute(FIND, asked).fetchall()]

    def _execute(self, sql: str, parameters: Values) -> Cursor:
        if self._connection.pgconn.transaction_status == TransactionStatus.IDLE:
            raise RuntimeError("the transaction is over")
        try:
            return self._connection.execute(sql.encode(), parameters)
        except psycopg.DataError as error:
            if error.sqlstate is not None or not isinstance(parameters, dict):
                raise
            if not any(_has_nul(value) for value in parameters.values()):
                raise
        # PostgreSQL's text holds every character but U+0000; for that alone a payment is not refused.
        return self._connection.execute(sql.encode(), {key: _without_nul(value) for key, value in parameters.items()})


def _has_nul(value: Any) -> bool:
    return isinstance(value, str) and "\0" in value


def _without_nul(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


class PostgresSession(Session):
    def __init__(self, connection: psycopg.Connection[Any], new_id: Callable[[], str]) -> None:
        self.connection = connection
        self.transaction = PostgresTransaction(connection, new_id)
        self._pgconn = connection.pgconn
        self._marked = False
        self._warning: str | None = None
        connection.add_notice_handler(self._hear)

    @property
    def in_transaction(self) -> bool:
        return self._pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def begin(self, waits: Callable[[], bool]) -> None:
        self._marked = False
        # Each statement sees what was committed before it: a snapshot of before the lock would be of before the turn.
        self._do(b"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(%d)" % WRITING)

    def begin_reading(self, waits: Callable[[], bool]) -> None:
        """What nobody waits for ends by the session's statement_timeout."""
        self._do(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def mark(self) -> None:
        """One round trip for each work: the one before it is released with it, or by the COMMIT."""
        self._do(b"RELEASE SAVEPOINT work; SAVEPOINT work" if self._marked else b"SAVEPOINT work")
        self._marked = True

    def keep(self) -> None:
        if self._pgconn.transaction_status == TransactionStatus.INERROR:
            raise RuntimeError("a work hid an error of the database")

    def undo(self) -> None:
        self._do(b"ROLLBACK TO SAVEPOINT work")

    def commit(self) -> None:
        """A COMMIT of a transaction that failed answers ROLLBACK, without an error: so the answer is read. One that was
        waiting for a standby, and was let go by an administrator's hand, only warns that the standby may lack it."""
        if self.transaction.rows:
            self._do(b"NOTIFY " + CHANNEL)
        self._warning = None
        if self._do(b"COMMIT") != b"COMMIT":
            raise errors.OperationalError("the database rolled back instead of committing")
        if self._warning is not None:
            raise errors.OperationalError(self._warning)

    def rollback(self) -> None:
        if self.in_transaction:
            self._do(b"ROLLBACK")

    def close(self) -> None:
        try:
            self.connection.close()
        except psycopg.Error as error:  # the thread has to live on
            log.error("store: could not close the database: %s", first_line(error))

    def _hear(self, said: errors.Diagnostic) -> None:
        if said.severity_nonlocalized == "WARNING":
            self._warning = said.message_primary

    def _do(self, sql: bytes) -> bytes:
        """Run one or several statements; the last one's command tag. Blocks this thread only."""
        result = self._pgconn.exec_(sql)
        if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            raise errors.error_from_result(result)
        return result.command_status or b""


class PostgresDatabase(Database):
    def __init__(self, url: str) -> None:
        self.writer_pid = 0  # of the server process that commits for us: what it notifies, we know
        self._url = url
        self._epoch = ""

    def prepare(self, epoch: str) -> str:
        from carevia.store.postgres_migrate import prepare

        self._epoch = prepare(self._url, epoch)
        return self._epoch

    def writing(self) -> PostgresSession:
        connection = connect(self._url, writable=True)
        try:
            if not in_use(connection):
                raise Unavailable("A restore is at work on the database.")
            self._check_history(connection)
            connection.execute("SELECT set_config('lock_timeout', %s, false)", [_PATIENCE])
            connection.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [_HELD])
            # What was answered is on the disk; a server that promises more than its own disk is left as it is.
            connection.execute(
                "SELECT set_config('synchronous_commit', 'on', false)"
                " WHERE current_setting('synchronous_commit') = 'off'"
            )
        except BaseException:
            connection.close()
            raise
        self.writer_pid = connection.info.backend_pid
        return PostgresSession(connection, random_id)

    def reading(self) -> PostgresSession:
        connection = connect(self._url)
        try:
            self._check_history(connection)
            connection.execute(  # unless the role has a shorter one
                "SELECT set_config(name, %s, false) FROM pg_settings"
                " WHERE name = 'statement_timeout' AND setting::int NOT BETWEEN 1 AND %s::int",
                [_PATIENCE, _PATIENCE],
            )
        except BaseException:
            connection.close()
            raise
        return PostgresSession(connection, no_id)

    def lost(self, session: Session, error: Exception) -> bool:
        return isinstance(session, PostgresSession) and session.connection.pgconn.transaction_status == (
            TransactionStatus.UNKNOWN
        )

    def recover(self, session: Session, error: Exception) -> bool:
        if self.lost(session, error) or isinstance(error, errors.ReadOnlySqlTransaction):
            return False
        try:
            session.rollback()
        except psycopg.Error:
            return False
        return True

    def from_outside(self, error: BaseException) -> bool:
        if isinstance(error, _OWN):
            return False
        return isinstance(error, _OUTSIDE) or (getattr(error, "sqlstate", None) or "").startswith("XX")

    def why(self, error: BaseException) -> str | None:
        if isinstance(error, errors.DiskFull):
            return "The disk of the database is full"
        if isinstance(error, errors.LockNotAvailable):
            return "Another process holds the database"
        if isinstance(error, errors.ReadOnlySqlTransaction):
            return "The database may not be written"
        if isinstance(error, psycopg.OperationalError) and _is_about_reaching(error.sqlstate):
            return "The database cannot be reached"
        return None

    def release(self) -> None:
        """The server gave everything back when the sessions were closed."""

    def _check_history(self, connection: psycopg.Connection[Any]) -> None:
        """A copy that was behind when it took over gives numbers that were shown already to other rows, which nobody
        would be sent: so a new epoch begins there. Where another node was here first it may have given them by now."""
        if connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone() == (self._epoch,):
            seq, id = self.newest
            newest, found = connection.execute(_NEWEST, [seq]).fetchone() or (None, None)
            if (newest or 0) >= seq and (not id or found in (id, None)):  # None: it was forgotten since
                return
            another = "UPDATE meta SET value = %s WHERE key = 'epoch' AND value = %s"
            connection.execute(another, [secrets.token_hex(8), self._epoch])
        raise Unavailable(REPLACED)


def _is_about_reaching(sqlstate: str | None) -> bool:
    """No answer at all, connection exceptions, too many connections, the server stopping or starting."""
    return sqlstate is None or sqlstate.startswith(("08", "57P", "53300"))
