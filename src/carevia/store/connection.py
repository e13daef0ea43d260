"""A plain sqlite3 connection and the transaction that works get on it.

The thread that opens a connection is the only one that touches it. Transactions are begun and ended by whoever owns
the connection (the writer or a reader), never by a work.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, func, select
from sqlalchemy.dialects import sqlite as sqlite_dialect

from carevia.domain.search import searchable
from carevia.store.journal import JournalRow
from carevia.store.search import FIND, FIND_BEFORE, INDEX, match
from carevia.store.statements import Compiler
from carevia.store.tables import journal
from carevia.store.transaction import Row, Statement, Transaction

BUSY_SECONDS = 1.0
"""How long SQLite itself waits for another process's lock before it says so."""

_NEWEST = select(func.max(journal.c.seq).label("seq"))
_encode = msgspec.json.Encoder().encode

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
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")  # what a savepoint keeps aside would be half of all writes
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except BaseException:
        connection.close()
        raise
    return connection


class SqliteTransaction(Transaction):
    """Used again for every transaction of its connection; `begin` makes it fresh."""

    def __init__(self, connection: sqlite3.Connection, compiler: Compiler, new_id: Callable[[], str]) -> None:
        self._connection = connection
        self._compiler = compiler
        self._new_id = new_id
        self._next: int | None = None
        self.rows: list[JournalRow] = []

    def begin(self) -> None:
        self._next = None
        self.rows = []

    def mark(self) -> tuple[int | None, int]:
        return self._next, len(self.rows)

    def undo(self, mark: tuple[int | None, int]) -> None:
        """Forget what was appended since `mark`, so that its numbers are given to somebody else."""
        self._next, count = mark
        del self.rows[count:]

    def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        compiled = self._compiler.compiled(statement)
        cursor = self._execute(compiled.sql, compiled.parameters(params))
        return compiled.rows(cursor.description, cursor)

    def first(self, statement: Statement, /, **params: Any) -> Row | None:
        compiled = self._compiler.compiled(statement)
        cursor = self._execute(compiled.sql, compiled.parameters(params))
        values = cursor.fetchone()
        if values is None:
            return None
        row = compiled.rows(cursor.description, (values,))[0]
        cursor.close()
        return row

    def run(self, statement: Statement, /, **params: Any) -> int:
        compiled = self._compiler.compiled(statement)
        return self._execute(compiled.sql, compiled.parameters(params)).rowcount

    def insert(self, table: Table, /, **values: Any) -> None:
        compiled = self._compiler.insert(table, tuple(values), or_ignore=False)
        self._execute(compiled.sql, compiled.parameters(values))

    def insert_new(self, table: Table, /, **values: Any) -> bool:
        compiled = self._compiler.insert(table, tuple(values), or_ignore=True)
        return self._execute(compiled.sql, compiled.parameters(values)).rowcount > 0

    def append(
        self, room: str, name: str, payload: msgspec.Struct | Mapping[str, Any], *, now: int, sender: str | None = None
    ) -> JournalRow:
        row = JournalRow(self.next_seq(), self._new_id(), room, name, _encode(payload), now, sender)
        self.insert(
            journal,
            seq=row.seq,
            id=row.id,
            room=room,
            name=name,
            payload=row.payload.decode(),
            time=now,
            sender=sender,
        )
        self._next = row.seq + 1
        self.rows.append(row)
        return row

    def index_text(self, seq: int, text: str) -> None:
        self._execute(INDEX, {"seq": seq, "text": searchable(text)})

    def find_texts(self, words: Sequence[str], before: int | None, most: int) -> list[int]:
        asked = {"words": match(words), "before": before, "most": most}
        return [seq for (seq,) in self._execute(FIND if before is None else FIND_BEFORE, asked)]

    def next_seq(self) -> int:
        # Read once per transaction, under the write lock: other processes append to the same journal.
        if self._next is None:
            newest = self.all(_NEWEST)[0].seq
            self._next = (newest or 0) + 1
        return self._next

    def _execute(self, sql: str, parameters: dict[str, Any]) -> sqlite3.Cursor:
        # SQLite ends a transaction by itself on some errors (disk full, I/O): nothing may be written outside of one.
        if not self._connection.in_transaction:
            raise sqlite3.OperationalError("the transaction is over")
        return self._connection.execute(sql, parameters)


def new_transaction(connection: sqlite3.Connection, new_id: Callable[[], str]) -> SqliteTransaction:
    return SqliteTransaction(connection, Compiler(sqlite_dialect.dialect(paramstyle="named")), new_id)
