"""The store on SQLite: one writer thread, a few reader threads, one file.

WAL and synchronous=FULL. Several processes of one host may share the file: their writers take turns.
"""

from pathlib import Path

from carevia.store.sqlite_database import SqliteDatabase
from carevia.store.threaded import ThreadedStore


class SqliteStore(ThreadedStore):
    raw_text = True

    def __init__(self, path: Path) -> None:
        super().__init__(SqliteDatabase(path))
