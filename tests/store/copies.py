"""A database to be copied, its copies, and what is in them."""

import contextlib
import sqlite3
from functools import partial
from pathlib import Path

from carevia.store import backup
from carevia.store.store import Store
from tests.aio import run
from tests.store.opened import file_of, opened

back_up = partial(backup.back_up, files=Path("no attachments"))
restore = partial(backup.restore, files=Path("no attachments"))


def quiet(stage: str, done: int, total: int) -> None:
    """Says nothing."""


async def append(store: Store, count: int, size: int = 10) -> None:
    payload = {"text": "x" * size}
    await store.write(lambda tx: [tx.append("desk", "fact", payload, now=number) for number in range(count)])


def filled(folder: Path, count: int = 3, size: int = 10) -> Path:
    """A database with so many rows, closed again."""

    async def work() -> None:
        async with opened(folder) as store:
            await append(store, count, size)

    run(work())
    return file_of(folder)


def seqs(file: Path) -> list[int]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT seq FROM journal ORDER BY seq")]


def value(file: Path, key: str) -> str:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def bring_back(path: Path, file: Path, epoch: str = "new-epoch") -> Path | None:
    return restore(path, file, quiet, epoch=epoch, stamp="then")[1]
