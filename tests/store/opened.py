"""Stores for tests: opened on a folder and closed whatever happens, and other ways to look at the same file."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from carevia.store.store import Store, open_store
from carevia.store.threaded import READERS
from carevia.store.transaction import Transaction


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Store]:
    store = open_store(None, folder)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def file_of(folder: Path) -> Path:
    return folder / "carevia.db"


def query(folder: Path, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """By a connection of nobody's: what is really in the file."""
    connection = sqlite3.connect(file_of(folder))
    try:
        return connection.execute(sql, values or {}).fetchall()
    finally:
        connection.close()


def execute(folder: Path, sql: str) -> None:
    """A hand in the file."""
    connection = sqlite3.connect(file_of(folder), isolation_level=None)
    try:
        connection.execute(sql)
    finally:
        connection.close()


def store_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("carevia-")]


async def given_up(store: Store, read: Callable[[Transaction], object]) -> None:
    """Every thread that reads is at this, and nobody waits for it any more."""
    begun = threading.Semaphore(0)

    def work(tx: Transaction) -> object:
        begun.release()
        return read(tx)

    callers = [asyncio.ensure_future(store.read(work)) for _ in range(READERS)]
    for _ in callers:
        await asyncio.to_thread(begun.acquire)
    for caller in callers:
        caller.cancel()
