"""The files of the chat's attachments within a backup: a table of its own beside the others, until it is restored.

A file is whole before its row is there, never changed, and gone only after its row. So files that are read after the
rows were copied are all that those rows name, also while a server goes on. Plain blocking calls.
"""

import contextlib
import os
import re
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Final

from carevia.errors import BadInput
from carevia.store.disk import sync, write_whole
from carevia.store.lock import give_to_owner_of_folder

TABLE: Final = "attachment_files"
_MAKE: Final = f"CREATE TABLE {TABLE} (id TEXT PRIMARY KEY, digest BLOB NOT NULL, content BLOB NOT NULL)"
_NAMED: Final = "SELECT id, size FROM attachments ORDER BY id"
_KEPT: Final = f"SELECT id, digest, content FROM {TABLE}"  # noqa: S608 - our own name
_ID: Final = re.compile("[0-9a-f]{32}")  # as service/attachments.py makes them: names of files in one folder
_INSERT: Final = f"INSERT INTO {TABLE} VALUES (?, ?, ?)"  # noqa: S608
_ABSENT: Final = f"""SELECT count(*) FROM attachments
    WHERE message_seq IS NOT NULL AND id NOT IN (SELECT id FROM {TABLE})"""  # noqa: S608


def put_in(copy: Path, folder: Path) -> None:
    """Into the finished copy of a database go the files that its rows name, as far as they are in `folder`."""
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")  # synced once, as a whole
        if not _has(connection, "attachments"):  # of a version that had none
            return
        connection.execute("BEGIN")
        connection.execute(_MAKE)
        for id_, size in connection.execute(_NAMED).fetchall():
            content = _read(folder / id_)
            if content is not None and len(content) == size:
                connection.execute(_INSERT, (id_, sha256(content).digest(), content))
        connection.execute("COMMIT")


def checked(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """How many files a backup holds, and how many a message names that it has not; None for one that carries none.

    Raises BadInput where one is not what was put in, or names another place than our folder.
    """
    _check_ids(connection, "attachments")
    _check_ids(connection, TABLE)
    if not _has(connection, TABLE):
        return None
    count = 0
    for id_, digest, content in connection.execute(_KEPT):
        if sha256(content).digest() != digest:
            raise BadInput(f"The copy is damaged (attachment {id_}). Nothing was changed.")
        count += 1
    [absent] = connection.execute(_ABSENT).fetchone()
    return count, int(absent)


def take_out(copy: Path, folder: Path) -> None:
    """The files into `folder`, whole and on the disk before anything names them; the table is no more."""
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        if not _has(connection, TABLE):
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        give_to_owner_of_folder(folder)
        for id_, digest, content in connection.execute(_KEPT):
            there = _read(folder / id_)
            if there is None or sha256(there).digest() != digest:
                write_whole(folder / id_, content)
                give_to_owner_of_folder(folder / id_)
        sync(folder)
        connection.execute(f"DROP TABLE {TABLE}")
        connection.execute("VACUUM")  # the database is as small as it was


def aside(folder: Path, stamp: str) -> Path:
    """Within the folder, which may be a file system of its own: so it is a rename. No sweep looks into it."""
    return folder / f"before-restore-{stamp}"


def set_aside(copy: Path, folder: Path, stamp: str) -> None:
    """What the database that is there now does not name, or it would be swept: who goes back needs it again."""
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        named = {str(id_) for id_, _ in connection.execute(_NAMED)}
    there = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    if others := [path for path in there if path.name not in named]:
        kept = aside(folder, stamp)
        kept.mkdir(mode=0o700)
        give_to_owner_of_folder(kept)
        for path in others:
            os.replace(path, kept / path.name)


def _check_ids(connection: sqlite3.Connection, table: str) -> None:
    ids = connection.execute(f"SELECT id FROM {table}") if _has(connection, table) else ()  # noqa: S608 - our own name
    if not all(_ID.fullmatch(str(id_)) for (id_,) in ids):
        raise BadInput("The copy is damaged (an attachment has an id that is none). Nothing was changed.")


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
