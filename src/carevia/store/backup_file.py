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
from carevia.store.disk import cannot_write

Progress = Callable[[str, int, int], None]
"""What is being done, and how many bytes of how many of it are."""

PAGES_AT_ONCE: Final = 256
BESIDE: Final = ("-wal", "-shm")
_TABLES: Final = {"alembic_version", "meta", "journal", "bookings"}


class Contents(NamedTuple):
    """What a checked copy holds."""

    size: int
    bookings: int
    newest: int
    attachments: tuple[int, int] | None  # files, and how many are missing; None where it was made without them


def check_target(target: Path, *, force: bool) -> None:
    """Raises BadInput or Conflict where no backup can be made."""
    if not target.parent.is_dir():
        raise BadInput(f"There is no folder {target.parent}. Make it first, readable for nobody else.")
    if target.is_dir():
        raise BadInput(f"{target} is a folder. Name the file that is to be made in it.")
    if target.exists() and not force:
        raise Conflict(f"{target} exists already. Choose another name, or overwrite it with --force.")


@contextlib.contextmanager
def trouble(path: Path) -> Iterator[None]:
    """SQLite's and the disk's words become a sentence."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        match primary_code(error):
            case sqlite3.SQLITE_FULL:
                raise Unavailable(f"The disk of {path} is full: make room and run it again.") from None
            case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
                raise BadInput(f"The database to copy is damaged or none ({error}). Nothing was changed.") from None
        raise Unavailable(f"SQLite could not do it ({error}). Nothing was changed.") from None
    except OSError as error:
        raise cannot_write(path.parent, error) from None


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


def checked(copy: Path, progress: Progress) -> Contents:
    """What the copy holds. Raises BadInput for one that is damaged, or not Carevia's."""
    size = copy.stat().st_size
    progress("checking", 0, size)
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables >= _TABLES:
            raise BadInput("That is no database of Carevia's. Nothing was changed.")
        answers = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
        if answers != ["ok"]:
            raise BadInput(f"The copy is damaged ({answers[0].splitlines()[-1]}). Nothing was changed.")
        bookings = connection.execute("SELECT count(*) FROM bookings").fetchone()[0]
        newest = connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]
        attachments = backup_attachments.checked(connection)
    progress("checking", size, size)
    return Contents(size, bookings, newest, attachments)


@contextlib.contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """A file beside `target`, gone again unless it became the target."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(descriptor)
    with removed(Path(name)):
        yield Path(name)


@contextlib.contextmanager
def removed(path: Path) -> Iterator[None]:
    """Before, what an interrupted run left; after, what did not get its final name."""
    beside = [path.with_name(path.name + ending) for ending in (*BESIDE, "-journal")]
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


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
