"""A transaction as every SQL database of ours has it: statements compiled once, the journal's numbers, what changed.

Transactions are begun and ended by whoever owns the connection (the writer or a reader), never by a work.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from sqlalchemy import Table, func, select

from carevia.store.journal import JournalRow, caused_id
from carevia.store.statements import Compiled, Compiler, Values
from carevia.store.tables import journal
from carevia.store.transaction import Row, Statement, Transaction

_JOURNAL = ("seq", "id", "room", "name", "payload", "time", "sender")
_NEWEST = select(func.max(journal.c.seq).label("seq"))
_encode = msgspec.json.Encoder().encode


class Cursor(Protocol):
    """What a statement answers, as both drivers give it."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None: ...
    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> tuple[Any, ...] | None: ...
    def fetchall(self) -> Iterable[tuple[Any, ...]]: ...
    def close(self) -> None: ...


class SqlTransaction(Transaction):
    """Used again for every transaction of its connection; `begin` makes it fresh."""

    def __init__(self, compiler: Compiler, new_id: Callable[[], str]) -> None:
        self._compiler = compiler
        self._new_id = new_id
        self._next: int | None = None
        self.rows: list[JournalRow] = []
        self.changes = 0  # rows written, also those that were undone

    def begin(self) -> None:
        self._next = None
        self.rows = []
        self.changes = 0

    def mark(self) -> tuple[int | None, int]:
        """A work begins."""
        self.cause = None
        return self._next, len(self.rows)

    def undo(self, mark: tuple[int | None, int]) -> None:
        """Forget what was appended since `mark`, so that its numbers are given to somebody else."""
        self._next, count = mark
        del self.rows[count:]

    def later(self, sql: str, parameters: Values) -> None:
        """Write a row that works do not ask for: now, or at `flush`."""
        self._change(sql, parameters)

    def flush(self) -> None:
        """What was left for later is written, of the works before this moment; it fails like one of them."""

    def all(self, statement: Statement, /, **params: Any) -> list[Row]:
        compiled = self._compiled(statement)
        cursor = self._execute(compiled.sql, compiled.parameters(params))
        return compiled.rows(cursor.description or (), cursor.fetchall())

    def first(self, statement: Statement, /, **params: Any) -> Row | None:
        compiled = self._compiled(statement)
        cursor = self._execute(compiled.sql, compiled.parameters(params))
        values = cursor.fetchone()
        if values is None:
            return None
        row = compiled.rows(cursor.description or (), (values,))[0]
        cursor.close()
        return row

    def run(self, statement: Statement, /, **params: Any) -> int:
        compiled = self._compiled(statement)
        return self._change(compiled.sql, compiled.parameters(params))

    def insert(self, table: Table, /, **values: Any) -> None:
        compiled = self._compiler.insert(table, tuple(values), or_ignore=False)
        self._change(compiled.sql, compiled.parameters(values))

    def insert_new(self, table: Table, /, **values: Any) -> bool:
        compiled = self._compiler.insert(table, tuple(values), or_ignore=True)
        return self._change(compiled.sql, compiled.parameters(values)) > 0

    def append(
        self, room: str, name: str, payload: msgspec.Struct | Mapping[str, Any], *, now: int, sender: str | None = None
    ) -> JournalRow:
        seq = self.next_seq()
        id_ = self._new_id() if self.cause is None else caused_id(self.cause, seq)
        row = JournalRow(seq, id_, room, name, _encode(payload), now, sender)
        compiled = self._compiler.insert(journal, _JOURNAL, or_ignore=False)
        values = (seq, id_, room, name, row.payload.decode(), now, sender)
        self.later(compiled.sql, compiled.parameters(dict(zip(_JOURNAL, values, strict=True))))
        self._next = seq + 1
        self.rows.append(row)
        return row

    def next_seq(self) -> int:
        # Read once per transaction, under the write lock: other processes append to the same journal.
        if self._next is None:
            newest = self.all(_NEWEST)[0].seq
            self._next = (newest or 0) + 1
        return self._next

    def _compiled(self, statement: Statement) -> Compiled:
        compiled = self._compiler.compiled(statement)
        if compiled.asks_journal:
            self.flush()
        return compiled

    def _change(self, sql: str, parameters: Values) -> int:
        count = self._execute(sql, parameters).rowcount
        if count > 0:  # -1 where the database does not say
            self.changes += count
        return count

    @abstractmethod
    def _execute(self, sql: str, parameters: Values) -> Cursor: ...
