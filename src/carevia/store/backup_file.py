"""The file that a backup is: copied, checked, and put where it belongs in one step. For backups of any database.

Rules: a copy has its name only when it is whole, checked and on the disk.
"""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from carevia.errors import BadInput, Conflict, Unavailable
from carevia.store import backup_attachments
from carevia.store.connection import primary_code
from carevia.store.disk import NO_ROOM, sync
from carevia.store.migrate import HEAD, NEW

Progress = Callable[[str, int, int], None]
"""What is being done, and how many bytes of how many of it are."""

PAGES_AT_ONCE: Final = 256
BESIDE: Final = ("-wal", "-shm")
JOURNAL: Final = "-journal"
_TABLES: Final = {"alembic_version", "meta", "journal", "bookings"}


class Contents(NamedTuple):
    """What a checked copy holds."""

    size: int
    bookings: int
    newest: int
    attachments: tuple[int, int] | None  # files, and how many are missing; None where it was made without them


def check_target(target: Path, *, force: bool) -> None:
    """Raises BadInput or Conflict where no backup can be made."""
    with reached(target):
        if not target.parent.is_dir():
            raise BadInput(f"There is no folder {target.parent}. Make it first, readable for nobody else.")
        if target.is_dir():
            raise BadInput(f"{target} is a folder. Name the file that is to be made in it.")
        if target.exists() and not target.is_file():
            raise BadInput(f"{target} is no ordinary file, and would be replaced by one. Name another.")
        if target.exists() and not force:
            raise Conflict(f"{target} exists already. Choose another name, or overwrite it with --force.")


def check_source(backup: Path) -> None:
    """Raises BadInput where no backup can be read."""
    with reached(backup):
        if not backup.is_file():
            raise BadInput(f"There is no file {backup}.")
        backup.open("rb").close()


@contextlib.contextmanager
def reached(path: Path) -> Iterator[None]:
    """What the system has against a place that somebody has named is said of that place."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise _full(path) from None
        raise BadInput(
            f"{path} cannot be used ({error.strerror or error}): name a file that this user may read and write."
        ) from None


def _full(path: Path) -> Unavailable:
    return Unavailable(f"The disk of {path} is full: make room and run it again.")


@contextlib.contextmanager
def trouble(path: Path) -> Iterator[None]:
    """SQLite's and the disk's words become a sentence."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        match primary_code(error):
            case sqlite3.SQLITE_FULL:
                raise _full(path) from None
            case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_ERROR:
                raise BadInput(f"The database to copy is damaged or none ({error}). Nothing was changed.") from None
        raise Unavailable(f"SQLite could not do it ({error}). Nothing was changed.") from None
    except OSError as error:  # of the copy, or of an attachment: it knows which
        with reached(Path(error.filename) if isinstance(error.filename, str) else path):
            raise


def copy(source: sqlite3.Connection, to: Path, progress: Progress) -> None:
    size = source.execute("PRAGMA page_size").fetchone()[0]
    os.close(os.open(to, os.O_RDWR | os.O_CREAT, 0o600))  # it holds addresses and chat
    with contextlib.closing(sqlite3.connect(to, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous=OFF")  # synced once, as a whole
        source.backup(
            copy,
            pages=PAGES_AT_ONCE,
            progress=lambda _, left, total: progress("copying", (total - left) * size, total * size),
        )
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def copy_backup(backup: Path, to: Path, progress: Progress) -> None:
    """`copy` of somebody's backup, beside which nothing is written. Raises BadInput for one whose end is missing:
    SQLite takes what is not there of the last page for zeros."""
    with contextlib.closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as source:
        pages, size = (source.execute(f"PRAGMA page_{what}").fetchone()[0] for what in ("count", "size"))
        if backup.stat().st_size < pages * size:
            raise BadInput(f"{backup} has no end: it was cut off on its way here. Nothing was changed.")
        copy(source, to, progress)


def checked(copy: Path, progress: Progress) -> Contents:
    """What the copy holds. Raises BadInput for one that is damaged, or not Carevia's."""
    size = copy.stat().st_size
    progress("checking", 0, size)
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        tables = _tables(connection)
        if not tables >= _TABLES:
            raise BadInput("That is no database of Carevia's. Nothing was changed.")
        check_tables(connection)
        answers = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
        if answers != ["ok"]:
            raise BadInput(f"The copy is damaged ({answers[0].splitlines()[-1]}). Nothing was changed.")
        bookings = connection.execute("SELECT count(*) FROM bookings").fetchone()[0]
        newest = connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]
        attachments = backup_attachments.checked(connection)
    progress("checking", size, size)
    return Contents(size, bookings, newest, attachments)


def check_tables(connection: sqlite3.Connection) -> None:
    """Raises BadInput where one of this version's tables or columns is missing. Those of an older one are there once it
    has been migrated: who does that asks again."""
    [revision] = connection.execute("SELECT version_num FROM alembic_version").fetchone() or [None]
    if revision != HEAD:
        return
    with contextlib.closing(sqlite3.connect(":memory:")) as new:
        new.executescript(NEW.read_text("utf-8"))
        tables = _tables(new) - _tables(connection)
        missing = tables | {
            f"{table}.{column}" for table, column in _columns(new) - _columns(connection) if table not in tables
        }
    if missing:
        raise BadInput(
            f"The copy is not whole, it lacks {', '.join(sorted(missing))}: take another one. Nothing was changed."
        )


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """With their tables."""
    return {
        (table, row[0])
        for table in _tables(connection)
        for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    }


@contextlib.contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """A file beside `target`, gone again unless it became the target."""
    with reached(target):
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(descriptor)
    with removed(Path(name)):
        yield Path(name)


@contextlib.contextmanager
def removed(path: Path) -> Iterator[None]:
    """Before, what an interrupted run left; after, what did not get its final name."""
    beside = [path.with_name(path.name + ending) for ending in (*BESIDE, JOURNAL)]
    try:
        for file in (path, *beside):
            file.unlink(missing_ok=True)
        yield
    finally:
        for file in (path, *beside):
            file.unlink(missing_ok=True)


def put_in_place(part: Path, target: Path, *, force: bool) -> None:
    sync(part)
    if not force:
        try:
            os.link(part, target)  # unlike a rename it never replaces what somebody else put there meanwhile
        except FileExistsError:
            raise Conflict(f"{target} has come into being meanwhile. Choose another name.") from None
        except OSError:  # a file system without links
            os.replace(part, target)
    else:
        os.replace(part, target)
    sync(target.parent)
