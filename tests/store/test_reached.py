"""How far the journal has got, told beside the database (store/reached.py): what is lost of it begins a new epoch."""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest

from carevia.store.connection import connect
from carevia.store.lock import hold
from carevia.store.reached import Reached, lacking
from carevia.store.store import open_store
from tests.aio import run
from tests.harness.program import ROOT
from tests.store.copies import back_up, bring_back, filled, quiet, value

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_an_older_database_put_back_by_hand_begins_a_new_epoch_once(tmp_path: Path) -> None:
    """Else who has seen its numbers up to 7 would never be sent the next rows 4 to 7."""
    path = filled(tmp_path / "data", count=3)
    shutil.copy(path, tmp_path / "copy.db")
    filled(tmp_path / "data", count=4)
    shutil.copy(tmp_path / "copy.db", path)
    first = epochs(path, 2)
    assert len(set(first)) == 1
    assert first[0] != value(tmp_path / "copy.db", "epoch")
    assert epochs(path, 1) == first[:1]
    filled(tmp_path / "data", count=1)
    assert epochs(path, 1) == first[:1]


def test_an_older_database_is_known_also_after_a_server_that_was_killed(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", count=3)
    shutil.copy(path, tmp_path / "copy.db")
    append_and_be_killed(tmp_path / "data", count=4)
    assert epochs(path, 1) == [value(tmp_path / "copy.db", "epoch")]
    for beside in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
        beside.unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.db", path)
    assert epochs(path, 1) != [value(tmp_path / "copy.db", "epoch")]


def test_whatever_was_confirmed_and_is_lost_with_the_end_of_a_killed_servers_log_begins_a_new_epoch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite leaves a damaged end out without a word. Also what was confirmed in the last moment is known."""
    path = filled(tmp_path / "data", count=3)
    epoch = value(path, "epoch")
    append_and_be_killed(tmp_path / "data", count=4)
    log = path.with_name(f"{path.name}-wal")
    log.write_bytes(log.read_bytes()[:-100])
    lost = "the journal had got to 7 and ends at 6: an older database was put back by hand, or the end of its log"
    assert lost in lacking(path)
    assert epochs(path, 1) != [epoch]
    assert lost in caplog.text
    assert lacking(path) == ""


def test_how_far_the_journal_has_got_is_not_taken_back_by_who_says_it_late(tmp_path: Path) -> None:
    """Of two processes the one whose COMMIT came first may come to say so last."""
    path = filled(tmp_path / "data", count=1)
    locks = [hold(path), hold(path)]
    early, late = (Reached(lock) for lock in locks if lock is not None)
    with contextlib.closing(connect(path)) as connection:
        assert early.epoch(connection, "new") == late.epoch(connection, "new")
    early.committed(3)
    late.committed(2)
    assert "had got to 3" in lacking(path)
    for reached in (early, late):
        reached.close()
    for lock in locks:
        os.close(lock or 0)


def test_in_a_new_epoch_the_journal_is_told_of_anew_though_it_had_got_further_in_the_old_one(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", count=1)
    lock = hold(path)
    assert lock is not None
    reached = Reached(lock)
    with contextlib.closing(connect(path)) as connection:
        reached.epoch(connection, "never")
        reached.committed(90)
        assert reached.epoch(connection, "new") == "new"
    reached.committed(3)
    assert "had got to 3" in lacking(path)
    reached.close()
    os.close(lock)


def test_where_no_byte_can_be_written_beside_the_database_what_is_committed_stays_so(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", count=1)
    with path.with_name(f"{path.name}.lock").open("rb") as lock:
        reached = Reached(lock.fileno())
        reached.committed(9)
        reached.close()
    assert lacking(path) == ""


def append_and_be_killed(folder: Path, count: int) -> None:
    """Each row in a COMMIT of its own."""
    script = (
        "import asyncio, os, signal\nfrom pathlib import Path\nfrom tests.store.copies import append\n"
        "from tests.store.opened import opened\nasync def main():\n"
        f"    async with opened(Path({str(folder)!r})) as store:\n"
        f"        for _ in range({count}):\n            await append(store, 1)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\nasyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL


def test_an_older_database_is_known_also_by_the_start_after_one_that_could_not_commit(tmp_path: Path) -> None:
    """Its new epoch: the disk was full then."""
    path = filled(tmp_path / "data", count=3)
    shutil.copy(path, tmp_path / "copy.db")
    filled(tmp_path / "data", count=4)
    shutil.copy(tmp_path / "copy.db", path)
    lock = hold(path)
    assert lock is not None
    with contextlib.closing(connect(path)) as connection, pytest.raises(sqlite3.OperationalError, match="is full"):
        Reached(lock).epoch(cast("sqlite3.Connection", OnFullDisk(connection)), "lost")
    os.close(lock)
    [epoch] = epochs(path, 1)
    assert epoch not in ("lost", value(tmp_path / "copy.db", "epoch"))
    assert epochs(path, 1) == [epoch]


class OnFullDisk:
    """A connection whose COMMIT fails as SQLite's does on a full disk."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, values: tuple[str, ...] = ()) -> sqlite3.Cursor:
        if sql == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return self._connection.execute(sql, values)


def test_a_restored_database_needs_no_second_epoch(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", count=3)
    back_up(path, tmp_path / "copy.db", quiet)
    filled(tmp_path / "data", count=4)
    bring_back(path, tmp_path / "copy.db")
    assert epochs(path, 1) == ["new-epoch"]


def epochs(path: Path, together: int) -> list[str]:
    """Of so many servers that start at once on the database."""

    async def start() -> list[str]:
        async with AsyncExitStack() as stack:
            stores = [open_store(None, path.parent) for _ in range(together)]
            await asyncio.gather(*(store.open() for store in stores))
            for store in stores:
                stack.push_async_callback(store.close)
            return [store.epoch for store in stores]

    return run(start())
