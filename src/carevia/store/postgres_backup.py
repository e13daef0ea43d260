"""A copy of a PostgreSQL database as one file, and the way back: backup.py's sibling.

The file is a SQLite database with this version's schema. So one check serves for every backup, an older one is
migrated by the migrations that are there anyway, and a backup of either database can be restored into the other.
Plain blocking calls: they belong into a command, not into a server.
"""

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier
from sqlalchemy import Table

from carevia.domain.search import indexed, searchable
from carevia.errors import BadInput, Conflict
from carevia.store import backup_attachments, postgres_search, search
from carevia.store.backup_file import (
    Contents,
    Progress,
    check_source,
    check_tables,
    check_target,
    checked,
    copy_backup,
    part_of,
    put_in_place,
    trouble,
)
from carevia.store.migrate import HEAD
from carevia.store.migrate import prepare as prepare_file
from carevia.store.postgres_connection import connect_for_long, first_line, in_use
from carevia.store.postgres_migrate import stored_revision, unreachable, upgrade
from carevia.store.tables import metadata

_AT_ONCE: Final = 1_000  # rows
_TEXTS: Final = "SELECT seq, text FROM messages"  # what is searched is indexed anew: each database has its own way
_LOADING: Final = "carevia_restoring"  # the schema that a restore fills before its tables take the others' place
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
_DROP: Final = SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(_LOADING))

Connection = psycopg.Connection[Any]


def back_up(url: str, target: Path, progress: Progress, *, files: Path, force: bool = False) -> Contents:
    """Copy everything committed before the call to `target`, as it stood at one moment, with the attachments that it
    names, which lie in `files`; servers may go on writing.

    Raises BadInput, Conflict or Unavailable, and leaves nothing of its own.
    """
    check_target(target, force=force)
    with _reached(url) as connection, trouble(target), part_of(target) as part:
        if not in_use(connection):
            raise Conflict("A restore is at work on the database. Make the backup when it has ended.")
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if (revision := stored_revision(connection)) != HEAD:
            raise BadInput(
                f"The database has another version's schema ({revision or 'none yet'}, this version knows {HEAD}): "
                "make the backup with that version. Where this one is the newer, run `carevia migrate` first."
            )
        prepare_file(part, "")
        _copy_out(connection, part, progress)
        backup_attachments.put_in(part, files)
        found = checked(part, progress)
        put_in_place(part, target, force=force)
        return found


def restore(
    url: str, backup: Path, progress: Progress, *, files: Path, epoch: str, stamp: str
) -> tuple[Contents, str | None]:
    """Make `backup` the database, under a new `epoch`, and put its attachments into `files`; what it holds, and the
    schema where the old tables lie now.

    It is loaded beside the live tables and takes their place in one transaction. Raises Conflict while any server is
    connected, BadInput for a backup that is none, and changes nothing then.
    """
    check_source(backup)
    with _reached(url) as connection, tempfile.TemporaryDirectory(prefix="carevia-restore-") as folder:
        if not in_use(connection, alone=True):
            raise Conflict(
                "A server or another command is at work on the database: stop it on every host, then run this again. "
                "Nothing was changed."
            )
        stored_revision(connection)  # tables of another program are not put aside
        aside = f"carevia_before_restore_{stamp.lower()}"
        if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [aside]).fetchone():
            raise Conflict(f"{aside} was kept by another restore at this time. Nothing was changed: run this again.")
        file = Path(folder) / "backup.db"
        with trouble(file):
            copy_backup(backup, file, progress)
            found = checked(file, progress)
            prepare_file(file, epoch, "The backup")
            with contextlib.closing(sqlite3.connect(file)) as it:
                check_tables(it)
            backup_attachments.take_out(file, files)
            kept = _replace(connection, url, file, progress, epoch=epoch, aside=aside)
            backup_attachments.set_aside(file, files, stamp)
            return found, kept


@contextlib.contextmanager
def _reached(url: str) -> Iterator[Connection]:
    """The server's words become a sentence. Every lock goes with the connection."""
    try:
        with contextlib.closing(connect_for_long(url)) as connection:
            yield connection
    except errors.InsufficientPrivilege as error:
        raise BadInput(
            f"The database's user may not do that ({first_line(error)}). A restore makes a schema: let an "
            "administrator run GRANT CREATE ON DATABASE for that user. Nothing was changed."
        ) from None
    except psycopg.OperationalError as error:
        raise unreachable(error) from None


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


# --- out --------------------------------------------------------------------------------------------------------


def _copy_out(connection: Connection, part: Path, progress: Progress) -> None:
    [size] = connection.execute("SELECT pg_database_size(current_database())").fetchone() or [0]
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as file:
        file.execute("PRAGMA synchronous=OFF")  # synced once, as a whole
        file.execute("PRAGMA journal_mode=DELETE")  # no log beside it, that would be as large as the copy
        file.execute("BEGIN")
        for table in metadata.sorted_tables:
            file.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - our own names
            _copy_table_out(connection, table, file)
            progress("copying", part.stat().st_size, size)
        file.executemany(search.INDEX, ((seq, searchable(text)) for seq, text in file.execute(_TEXTS)))
        file.execute("COMMIT")


def _copy_table_out(connection: Connection, table: Table, file: sqlite3.Connection) -> None:
    names = _columns(table)
    columns = ", ".join(f'"{name}"' for name in names)
    insert = f'INSERT INTO "{table.name}" ({columns}) VALUES ({", ".join("?" * len(names))})'  # noqa: S608
    with connection.cursor(name="backup") as cursor:
        cursor.execute(SQL("SELECT {} FROM {}").format(_names(names), Identifier(table.name)))
        while rows := cursor.fetchmany(_AT_ONCE):
            file.executemany(insert, rows)


def _names(names: list[str]) -> Any:
    return SQL(", ").join(map(Identifier, names))


# --- back -------------------------------------------------------------------------------------------------------


def _replace(connection: Connection, url: str, file: Path, progress: Progress, *, epoch: str, aside: str) -> str | None:
    connection.execute(_DROP)  # what an interrupted restore left
    try:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(_LOADING)))
        told = conninfo_to_dict(url)
        options = f"{told.get('options') or ''} -csearch_path={_LOADING}".strip()
        beside = make_conninfo(url, options=options)
        upgrade(beside)
        with contextlib.closing(connect_for_long(beside)) as loading, loading.transaction():
            _load(loading, file, progress)
            loading.execute("UPDATE meta SET value = %s WHERE key = 'epoch'", [epoch])
        with connection.transaction():
            return _swap(connection, aside)
    finally:
        connection.execute(_DROP)


def _load(loading: Connection, file: Path, progress: Progress) -> None:
    size = file.stat().st_size
    with contextlib.closing(sqlite3.connect(file)) as source, loading.cursor() as cursor:
        source.text_factory = _text
        for number, table in enumerate(metadata.sorted_tables):
            names = _columns(table)
            columns = ", ".join(f'"{name}"' for name in names)
            with cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), _names(names))) as copying:
                for row in source.execute(f'SELECT {columns} FROM "{table.name}"'):  # noqa: S608 - our own names
                    copying.write_row(row)
            _continue_numbers(loading, table)
            progress("loading", size * (number + 1) // len(metadata.sorted_tables), size)
        texts = source.execute(_TEXTS)
        while page := texts.fetchmany(_AT_ONCE):
            words = [{"seq": seq, "words": indexed(text)} for seq, text in page]
            cursor.executemany(postgres_search.INDEX.encode(), words)
        for (name,) in loading.execute(_TABLES, [_LOADING]):  # or the first searches are planned for empty tables
            cursor.execute(SQL("ANALYZE {}").format(Identifier(name)))


def _text(value: bytes) -> str:
    """What PostgreSQL cannot hold is not a reason to lose a backup."""
    return value.decode(errors="replace").replace("\0", "\ufffd")


def _continue_numbers(loading: Connection, table: Table) -> None:
    """Rows were loaded with their numbers: the next one is above them."""
    if (column := table.autoincrement_column) is not None:
        loading.execute(
            SQL("SELECT setval(pg_get_serial_sequence(%s, %s), coalesce(max({}), 0) + 1, false) FROM {}").format(
                Identifier(column.name), Identifier(table.name)
            ),
            [table.name, column.name],
        )


def _swap(connection: Connection, kept: str) -> str | None:
    """The old tables go into a schema of their own, the loaded ones take their place: both or neither."""
    [live] = connection.execute("SELECT current_schema()").fetchone() or [None]
    before = [name for (name,) in connection.execute(_TABLES, [live])]
    if before:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(kept)))
    for name in before:
        _move(connection, name, live, kept)
    for (name,) in connection.execute(_TABLES, [_LOADING]).fetchall():
        _move(connection, name, _LOADING, live)
    return kept if before else None


def _move(connection: Connection, table: str, from_: str, to: str) -> None:
    connection.execute(SQL("ALTER TABLE {} SET SCHEMA {}").format(Identifier(from_, table), Identifier(to)))
