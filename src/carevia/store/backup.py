"""A copy of the database while it is in use, and the way back.

Rules: a copy has its name only when it is whole, checked and on the disk; a database is replaced only by a checked
copy, in one rename, and the replaced one is kept. Plain blocking calls: they belong into a command, not into a server.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from carevia.errors import BadInput, CareviaError, Conflict, Unavailable
from carevia.store.connection import connect, primary_code
from carevia.store.lock import cannot_write, give_to_owner_of_folder, hold
from carevia.store.migrate import prepare

Progress = Callable[[str, int, int], None]
"""What is being done, and how many bytes of how many of it are."""

PAGES_AT_ONCE: Final = 256
_BESIDE: Final = ("-wal", "-shm")
_TABLES: Final = {"alembic_version", "meta", "journal", "bookings"}


class Contents(NamedTuple):
    """What a checked copy holds."""

    size: int
    bookings: int
    newest: int


def back_up(path: Path, target: Path, progress: Progress, *, force: bool = False) -> Contents:
    """Copy the database `path` to `target`: everything committed before the call, as it stood at one moment.

    A server may go on writing meanwhile. Raises BadInput, Conflict or Unavailable, and leaves nothing of its own.
    """
    _check_places(path, target)
    if target.exists() and not force:
        raise Conflict(f"{target} exists already. Choose another name, or overwrite it with --force.")
    lock = hold(path)
    if lock is None:
        raise Conflict("A restore is at work on this data folder. Make the backup when it has ended.")
    try:
        with _trouble(target), _part_of(target) as part:
            with contextlib.closing(connect(path, read_only=True)) as source:
                # With a read transaction open every page comes from one snapshot. Without it the copy would begin
                # anew at each commit of another process (sqlite.org/backup.html), under steady traffic without end.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                _copy(source, part, progress)
            found = _checked(part, progress)
            _put_in_place(part, target, force=force)
            return found
    finally:
        os.close(lock)


def restore(path: Path, backup: Path, progress: Progress, *, epoch: str, stamp: str) -> tuple[Contents, Path | None]:
    """Make `backup` the database `path`, under a new `epoch`; what it holds, and where the old database lies now.

    Raises Conflict while anybody has the database open, BadInput for a backup that is none, and changes nothing then.
    `stamp` becomes part of the old database's name.
    """
    _check_backup(path, backup)
    lock = hold(path, alone=True)
    if lock is None:
        raise Conflict(
            f"A server or another command is at work on {path.parent}: stop it first (systemctl stop carevia, or "
            "Ctrl-C in its terminal), then run this again. Nothing was changed."
        )
    made = path.with_name(f"{path.name}.restoring")
    try:
        with _trouble(path), _removed(made):
            uri = f"{backup.absolute().as_uri()}?mode=ro&immutable=1"  # nothing is written beside somebody's backup
            with contextlib.closing(sqlite3.connect(uri, uri=True)) as source:
                _copy(source, made, progress)
            found = _checked(made, progress)
            _begin_epoch(made, epoch)
            _sync(made)
            give_to_owner_of_folder(made)
            kept = _set_aside(path, path.with_name(f"{path.name}.before-restore-{stamp}"))
            os.replace(made, path)
            _sync(path.parent)
            return found, kept
    finally:
        os.close(lock)


# --- what is refused --------------------------------------------------------------------------------------------


def _check_places(path: Path, target: Path) -> None:
    if not path.is_file():
        raise BadInput(f"There is no database at {path}. Set CAREVIA_DATA_DIR to the server's data folder.")
    if not target.parent.is_dir():
        raise BadInput(f"There is no folder {target.parent}. Make it first, readable for nobody else.")
    if target.is_dir():
        raise BadInput(f"{target} is a folder. Name the file that is to be made in it.")
    if target.exists() and target.samefile(path):
        raise BadInput(f"{target} is the database itself. Name another file.")


def _check_backup(path: Path, backup: Path) -> None:
    if not backup.is_file():
        raise BadInput(f"There is no file {backup}.")
    if path.exists() and backup.samefile(path):
        raise BadInput(f"{backup} is the database itself. Name a backup of it.")
    log = backup.with_name(f"{backup.name}-wal")
    if log.exists() and log.stat().st_size:
        raise BadInput(
            f"{backup} is no backup but a database with a write-ahead log beside it ({log.name}). "
            "Make a backup of it with `carevia backup`, and restore that."
        )


@contextlib.contextmanager
def _trouble(path: Path) -> Iterator[None]:
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


# --- copying ----------------------------------------------------------------------------------------------------


def _copy(source: sqlite3.Connection, to: Path, progress: Progress) -> None:
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


def _checked(copy: Path, progress: Progress) -> Contents:
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
    progress("checking", size, size)
    return Contents(size, bookings, newest)


@contextlib.contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """A file beside `target`, gone again unless it became the target."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(descriptor)
    with _removed(Path(name)):
        yield Path(name)


@contextlib.contextmanager
def _removed(path: Path) -> Iterator[None]:
    """Before, what an interrupted run left; after, what did not get its final name."""
    beside = [path.with_name(path.name + ending) for ending in (*_BESIDE, "-journal")]
    try:
        for file in (path, *beside):
            file.unlink(missing_ok=True)
        yield
    finally:
        for file in (path, *beside):
            file.unlink(missing_ok=True)


def _put_in_place(part: Path, target: Path, *, force: bool) -> None:
    _sync(part)
    if not force:
        try:
            os.link(part, target)  # unlike a rename it never replaces what somebody else put there meanwhile
        except FileExistsError:
            raise Conflict(f"{target} has come into being meanwhile. Choose another name.") from None
        except OSError:  # a file system without links
            os.replace(part, target)
    else:
        os.replace(part, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- replacing --------------------------------------------------------------------------------------------------


def _begin_epoch(path: Path, epoch: str) -> None:
    """Old offsets and pids name the old epoch: who shows one is told `reset`. The schema becomes this version's."""
    with contextlib.closing(connect(path)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
    prepare(path, epoch)


def _set_aside(path: Path, kept: Path) -> Path | None:
    """A second name for the database; its first stays until the new one takes it, so that it is never missing.

    A server that was killed left a write-ahead log: moved into the database where that can still be done, else kept
    beside it under the name that belongs to it."""
    if not path.exists():
        return None
    with contextlib.suppress(sqlite3.Error, CareviaError), contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    try:
        os.link(path, kept)
    except OSError:
        shutil.copy2(path, kept)
    for ending in _BESIDE:
        log = path.with_name(path.name + ending)
        if log.exists():
            os.replace(log, kept.with_name(kept.name + ending))
    return kept
