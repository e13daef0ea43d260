"""SQLAlchemy statements turned into text for one database, once each.

Measured, building and compiling a statement costs more than running it; a statement object kept at module level is
looked up by identity. One `Compiler` belongs to one connection, so nothing here needs a lock.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import ClauseElement, Executable, Table, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from carevia.store.tables import journal
from carevia.store.transaction import Row

Values = dict[str, Any] | tuple[Any, ...]
"""Of a statement's parameters, by name or by place, as its database wants them."""

_KEPT = 1000  # a program has far fewer statements; somebody builds them per call where this is reached


class Compiled:
    """The text of a statement, the values that it brings along, and the class of its rows.

    `places`: the names of its values in their order, where it takes them by place. Looking thirty names up again in
    SQLite's own table costs more than the insert into that table. `parameters` makes of the values that are given by
    name what the database wants: most often a function in C.
    """

    __slots__ = ("asks_journal", "parameters", "row", "sql")

    def __init__(self, sql: str, defaults: Mapping[str, Any], places: Sequence[str] | None) -> None:
        self.sql = sql
        self.asks_journal = journal.name in sql
        self.row: type[Row] | None = None
        self.parameters = _parameters(defaults, places)

    def rows(self, description: Sequence[Sequence[Any]], values: Iterable[tuple[Any, ...]]) -> list[Row]:
        kind = self.row
        if kind is None:
            kind = self.row = row_class([column[0] for column in description])
        return list(map(kind, values))


class Compiler:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._statements: dict[Executable, Compiled] = {}
        self._inserts: dict[tuple[Table, bool, tuple[str, ...]], Compiled] = {}

    def compiled(self, statement: Executable) -> Compiled:
        found = self._statements.get(statement)
        if found is None:
            if len(self._statements) >= _KEPT:
                self._statements.clear()
            found = self._statements[statement] = self._compile(statement, None)
        return found

    def insert(self, table: Table, columns: tuple[str, ...], *, or_ignore: bool) -> Compiled:
        key = (table, or_ignore, columns)
        found = self._inserts.get(key)
        if found is None:
            statement = self._insert_new(table) if or_ignore else insert(table)
            found = self._inserts[key] = self._compile(statement, columns)
        return found

    def _insert_new(self, table: Table) -> Executable:
        if self._dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert as postgresql_insert

            return postgresql_insert(table).on_conflict_do_nothing()
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table).on_conflict_do_nothing()

    def _compile(self, statement: Executable, columns: tuple[str, ...] | None) -> Compiled:
        element = cast(ClauseElement, statement)
        compiler = cast(SQLCompiler, element.compile(dialect=self._dialect, column_keys=columns))
        own = {name: bind.effective_value for name, bind in compiler.binds.items() if not bind.required}
        return Compiled(compiler.string, own, compiler.positiontup if compiler.positional else None)


def _parameters(defaults: Mapping[str, Any], places: Sequence[str] | None) -> Callable[[dict[str, Any]], Values]:
    pick: Callable[[dict[str, Any]], Values] = (lambda given: given) if places is None else _picker(places)
    return (lambda given: pick({**defaults, **given})) if defaults else pick


def _picker(names: Sequence[str]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    if not names:
        return lambda _: ()
    [name] = names
    return lambda values: (values[name],)


def row_class(columns: Sequence[str]) -> type[Row]:
    """A Row whose values are attributes by these names; of two columns of one name the first wins."""
    body: dict[str, Any] = {"__slots__": ()}
    for place, name in enumerate(columns):
        body.setdefault(name, property(itemgetter(place)))
    return type("Row", (Row,), body)
