"""A copy of the database while it is in use, and the way back.

Rules: a copy has its name only when it is whole, checked and on the disk; a database is replaced only by a checked
copy, in one rename, and the replaced one is kept. Plain blocking calls: they belong into a command, not into a server.
"""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from carevia.errors import BadInput, CareviaError, Conflict
from carevia.store import backup_attachments
from carevia.store.backup_file import (
    BESIDE,
    JOURNAL,
    Contents,
    Progress,
    check_source,
    check_tables,
    check_target,
    checked,
    copy,
    copy_backup,
    part_of,
    put_in_place,
    removed,
    trouble,
)
from carevia.store.connection import connect
from carevia.store.disk import cannot_write, sync
from carevia.store.lock import give_to_owner_of_folder, hold
from carevia.store.migrate import prepare


def back_up(path: Path, target: Path, progress: Progress, *, files: Path, force: bool = False) -> Contents:
    """Copy the database `path` to `target`: everything committed before the call, as it stood at one moment, with the
    attachments that it names, which lie in `files`.

    A server may go on writing meanwhile. Raises BadInput, Conflict or Unavailable, and leaves nothing of its own.
    """
    _check_places(path, target, force=force)
    lock = hold(path)
    if lock is None:
        raise Conflict("A restore is at work on this data folder. Make the backup when it has ended.")
    try:
        with trouble(target), part_of(target) as part:
            with contextlib.closing(connect(path, read_only=True)) as source:
                # With a read transaction open every page comes from one snapshot. Without it the copy would begin
                # anew at each commit of another process (sqlite.org/backup.html), under steady traffic without end.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                copy(source, part, progress)
            backup_attachments.put_in(part, files)
            found = checked(part, progress)
            put_in_place(part, target, force=force)
            return found
    finally:
        os.close(lock)


def restore(
    path: Path, backup: Path, progress: Progress, *, files: Path, epoch: str, stamp: str
) -> tuple[Contents, Path | None]:
    """Make `backup` the database `path`, under a new `epoch`, and put its attachments into `files`; what it holds, and
    where the old database lies now.

    Raises Conflict while anybody has the database open, BadInput for a backup that is none, and changes nothing then.
    `stamp` becomes part of the old database's name, and of the folder with the attachments that only it names.
    """
    _check_backup(path, backup)
    lock = hold(path, alone=True)
    if lock is None:
        raise Conflict(
            f"A server or another command is at work on {path.parent}: stop it first (systemctl stop carevia, or "
            "Ctrl-C in its terminal), then run this again. Nothing was changed."
        )
    made, kept = path.with_name(f"{path.name}.restoring"), path.with_name(f"{path.name}.before-restore-{stamp}")
    try:
        if kept.exists():
            raise Conflict(f"{kept} was kept by another restore at this time. Nothing was changed: run this again.")
        with trouble(path), removed(made):
            copy_backup(backup, made, progress)
            found = checked(made, progress)
            _begin_epoch(made, epoch)
            backup_attachments.take_out(made, files)
            sync(made)
            give_to_owner_of_folder(made)
            aside = _set_aside(path, kept)
            os.replace(made, path)
            sync(path.parent)
            backup_attachments.set_aside(path, files, stamp)
            return found, aside
    finally:
        os.close(lock)


# --- what is refused --------------------------------------------------------------------------------------------


def _check_places(path: Path, target: Path, *, force: bool) -> None:
    try:
        there = path.is_file()
    except OSError as error:
        raise cannot_write(path.parent, error) from None
    if not there:
        raise BadInput(f"There is no database at {path}. Set CAREVIA_DATA_DIR to the server's data folder.")
    if _belongs(target, path):
        raise BadInput(f"{target} is the database itself, or belongs to it. Name another file.")
    check_target(target, force=force)


def _check_backup(path: Path, backup: Path) -> None:
    check_source(backup)
    if _belongs(backup, path):
        raise BadInput(f"{backup} is the database itself, or belongs to it. Name a backup of it.")
    log = backup.with_name(f"{backup.name}-wal")
    if log.exists() and log.stat().st_size:
        raise BadInput(
            f"{backup} is no backup but a database with a write-ahead log beside it ({log.name}). "
            "Make a backup of it with `carevia backup`, and restore that."
        )


def _belongs(file: Path, path: Path) -> bool:
    """Whether it is the database `path` or lies beside it as a part of it, there already or not, by whatever name:
    what is confirmed but not yet moved stands in its log alone."""
    databases = {path, Path(os.path.realpath(path))}  # SQLite goes by where it really lies
    parts = [each.with_name(each.name + ending) for each in databases for ending in ("", *BESIDE, JOURNAL, ".lock")]
    return any(os.path.realpath(file) == os.path.realpath(part) or _same(file, part) for part in parts)


def _same(one: Path, other: Path) -> bool:
    """Also by a hard link."""
    try:
        return one.samefile(other)
    except OSError:
        return False


# --- replacing --------------------------------------------------------------------------------------------------


def _begin_epoch(path: Path, epoch: str) -> None:
    """Old offsets and pids name the old epoch: who shows one is told `reset`. The schema becomes this version's."""
    with contextlib.closing(connect(path)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
    prepare(path, epoch, "The backup")
    with contextlib.closing(connect(path)) as connection:
        check_tables(connection)
        connection.execute("PRAGMA journal_mode=DELETE")  # one file again, as a whole, or an error


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
    for ending in BESIDE:
        log = path.with_name(path.name + ending)
        if log.exists():
            os.replace(log, kept.with_name(kept.name + ending))
    return kept
