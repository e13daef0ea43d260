"""A plain sqlite3 connection, and the transaction that works get on it. Which errors are whose is said here too."""

import _sqlite3
import ctypes
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.dialects import sqlite as sqlite_dialect

from carevia.domain.search import searchable
from carevia.store.search import FIND, FIND_BEFORE, INDEX, match
from carevia.store.sql import SqlTransaction
from carevia.store.statements import Compiler, Values

BUSY_SECONDS = 1.0
"""How long SQLite itself waits for another process's lock before it says so."""

LOG_PAGES = 32_000
"""After how many pages (128 MB) SQLite moves the log into the database within a commit: only where checkpointer.py did
not do it before, beside the commits."""

_CONFIG_MULTITHREAD, _CONFIG_MEMSTATUS = 2, 9  # sqlite3.h

# What the disk, the file system or another process did to us, rather than what the statement did wrong.
_FROM_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)


def without_locks() -> None:
    """SQLite locks at every call and for every block of memory, lest two threads use one connection; Python's sqlite3
    sees to it that none of ours does. Without that, a chat message takes 7 % fewer instructions (callgrind). For the
    start of a process, before anything of SQLite's is open; where its functions are out of reach, as in a Python that
    SQLite is a part of, everything stays as it is."""
    try:
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_shutdown()
        library.sqlite3_config(_CONFIG_MULTITHREAD)
        library.sqlite3_config(_CONFIG_MEMSTATUS, 0)
        library.sqlite3_initialize()
    except (AttributeError, OSError):
        return


def primary_code(error: BaseException) -> int:
    """SQLite's result code without its extension; 0 for what is no error of SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def from_outside(error: BaseException) -> bool:
    return primary_code(error) in _FROM_OUTSIDE


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open an existing database; a file that has gone is an error, not a new empty one."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        cached_statements=256,
    )
    try:
        connection.execute("PRAGMA synchronous=FULL")  # an answered payment survives a power cut
        connection.execute("PRAGMA fullfsync=ON")  # on macOS too, whose fsync leaves it in the drive's own memory
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")  # what a savepoint keeps aside would be half of all writes
        connection.execute("PRAGMA query_only=ON" if read_only else f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
    except BaseException:
        connection.close()
        raise
    return connection


class SqliteTransaction(SqlTransaction):
    def __init__(self, connection: sqlite3.Connection, compiler: Compiler, new_id: Callable[[], str]) -> None:
        super().__init__(compiler, new_id)
        self._connection = connection
        self._run = connection.execute
        self._later: dict[str, list[Values]] = {}  # by statement

    def begin(self) -> None:
        super().begin()
        self._run = self._connection.execute
        self._later = {}

    def undo(self, mark: tuple[int | None, int]) -> None:
        super().undo(mark)
        self._later = {}

    def later(self, sql: str, parameters: Values) -> None:
        # The rows of a hundred works in one call: a chat message takes some 3 % fewer instructions (callgrind).
        self._later.setdefault(sql, []).append(parameters)

    def flush(self) -> None:
        if not self._later:
            return
        later, self._later = self._later, {}
        if not self._connection.in_transaction:
            _refuse()
        for sql, rows in later.items():
            self._connection.executemany(sql, rows)
            self.changes += len(rows)

    def index_text(self, seq: int, text: str) -> None:
        self.later(INDEX, (seq, searchable(text)))

    def find_texts(self, words: Sequence[str], before: int | None, most: int) -> list[int]:
        self.flush()
        asked = {"words": match(words), "before": before, "most": most}
        return [seq for (seq,) in self._execute(FIND if before is None else FIND_BEFORE, asked)]

    def _execute(self, sql: str, parameters: Values) -> sqlite3.Cursor:
        try:
            return self._run(sql, parameters)
        except sqlite3.Error:
            if not self._connection.in_transaction:
                self._run = _refuse
            raise


def _refuse(*_: object) -> sqlite3.Cursor:
    """SQLite ends a transaction by itself on some errors (disk full, I/O): nothing may be written outside of one."""
    raise sqlite3.OperationalError("the transaction is over")


def new_transaction(connection: sqlite3.Connection, new_id: Callable[[], str]) -> SqliteTransaction:
    return SqliteTransaction(connection, Compiler(sqlite_dialect.dialect(paramstyle="qmark")), new_id)
