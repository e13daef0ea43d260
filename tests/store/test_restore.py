"""Restore at the store: what is there then, what is kept, and what is refused without changing anything."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from carevia.errors import BadInput, CareviaError, ConfigError, Conflict
from carevia.store.connection import connect
from carevia.store.lock import hold
from carevia.store.migrate import HEAD
from tests.aio import run
from tests.store.copies import append, back_up, bring_back, filled, names, quiet, restore, seqs, value
from tests.store.first_release import dump
from tests.store.opened import file_of, opened, query

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_restore_brings_the_rows_back_under_a_new_epoch_and_keeps_the_old_database(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", count=3)
    back_up(path, tmp_path / "copy.db", quiet)
    before = (tmp_path / "copy.db").read_bytes()
    filled(tmp_path / "data", count=4)
    kept = bring_back(path, tmp_path / "copy.db")
    assert seqs(path) == [1, 2, 3]
    assert value(path, "epoch") == "new-epoch" != value(tmp_path / "copy.db", "epoch")
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept == path.with_name("carevia.db.before-restore-then")
    assert seqs(kept) == list(range(1, 8))
    assert (tmp_path / "copy.db").read_bytes() == before
    assert names(tmp_path) == {"data", "copy.db"}

    async def work() -> None:
        async with opened(tmp_path / "data") as store:
            assert store.epoch == "new-epoch"
            await append(store, 1)
            assert (await store.bounds()) == (1, 4)

    run(work())


def test_what_a_restore_has_kept_is_not_written_over_by_the_next_one_of_the_same_second(tmp_path: Path) -> None:
    """Or of the same time by a clock that was set back."""
    path = filled(tmp_path / "data", count=3)
    back_up(path, tmp_path / "copy.db", quiet)
    filled(tmp_path / "data", count=4)
    kept = bring_back(path, tmp_path / "copy.db")
    with pytest.raises(Conflict, match="Nothing was changed"):
        bring_back(path, tmp_path / "copy.db", "another")
    assert kept is not None
    assert seqs(kept) == list(range(1, 8))
    assert value(path, "epoch") == "new-epoch"


def test_restore_into_an_empty_folder_and_back_from_the_kept_database(tmp_path: Path) -> None:
    back_up(filled(tmp_path / "data"), tmp_path / "copy.db", quiet)
    path = tmp_path / "new machine" / "carevia.db"
    assert bring_back(path, tmp_path / "copy.db") is None
    kept = bring_back(path, tmp_path / "copy.db", "another")
    assert kept
    with sqlite3.connect(kept) as connection:
        connection.execute("DELETE FROM journal WHERE seq = 3")
    connection.close()
    restore(path, kept, quiet, epoch="third", stamp="later")
    assert (seqs(path), value(path, "epoch")) == ([1, 2], "third")


def test_while_a_server_has_the_folder_nothing_is_restored(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    back_up(path, tmp_path / "copy.db", quiet)

    async def work() -> None:
        async with opened(tmp_path / "data") as store, opened(tmp_path / "data"):
            await append(store, 1)
            with pytest.raises(Conflict, match="stop it first"):
                bring_back(path, tmp_path / "copy.db")
            assert (await store.bounds()) == (1, 4)

    run(work())
    assert names(path.parent) == {"carevia.db", "carevia.db.lock"}


def test_while_a_restore_is_at_work_no_server_and_no_backup_begins(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    lock = hold(path, alone=True)
    assert lock is not None

    async def work() -> None:
        with pytest.raises(ConfigError, match="restore"):
            async with opened(tmp_path / "data"):
                pass

    try:
        run(work())
        with pytest.raises(Conflict, match="restore"):
            back_up(path, tmp_path / "copy.db", quiet)
    finally:
        os.close(lock)
    assert seqs(filled(tmp_path / "data", 1)) == [1, 2, 3, 4]


def garbage(file: Path) -> None:
    file.write_bytes(b"no database at all " * 500)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40_000])


def cut_by_a_byte(file: Path) -> None:
    """SQLite takes what is missing of its last page for zeros, and finds nothing wrong with most of them."""
    file.write_bytes(file.read_bytes()[:-1])


def overwritten(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[60 * 4096 : 80 * 4096] = b"\xa5" * 20 * 4096
    file.write_bytes(content)


def somebody_elses(file: Path) -> None:
    file.unlink()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (x)")


def of_a_newer_version(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def without_payments(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("DROP TABLE payments")


def without_amounts(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("ALTER TABLE payments DROP COLUMN amount")


def older_without_amounts(file: Path) -> None:
    file.unlink()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(dump("sqlite").read_text() + "ALTER TABLE payments DROP COLUMN amount;")


def older_without_payments(file: Path) -> None:
    file.unlink()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(dump("sqlite").read_text() + "DROP TABLE payments;")


def with_a_log(file: Path) -> None:
    file.with_name(f"{file.name}-wal").write_bytes(b"x" * 100)


@pytest.mark.parametrize(
    "spoil",
    [
        garbage, cut_short, cut_by_a_byte, overwritten, somebody_elses, of_a_newer_version, without_payments,
        older_without_payments, without_amounts, older_without_amounts, with_a_log, Path.unlink,
    ],
)  # fmt: skip
def test_a_backup_that_is_none_changes_nothing(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = filled(tmp_path / "data", count=500, size=500)
    back_up(path, tmp_path / "copy.db", quiet)
    spoil(tmp_path / "copy.db")
    before = path.read_bytes()
    with pytest.raises(CareviaError):
        bring_back(path, tmp_path / "copy.db")
    assert path.read_bytes() == before
    assert names(path.parent) == {"carevia.db", "carevia.db.lock"}


def test_a_backup_of_a_newer_version_is_refused_as_the_backup(tmp_path: Path) -> None:
    """And not as the copy that was made of it meanwhile, which is gone when somebody reads this."""
    path = filled(tmp_path / "data")
    back_up(path, tmp_path / "copy.db", quiet)
    of_a_newer_version(tmp_path / "copy.db")
    with pytest.raises(CareviaError, match=r"^The backup was written by a newer version of Carevia \(schema 9999"):
        bring_back(path, tmp_path / "copy.db")


def test_a_backup_that_lacks_a_column_is_refused_by_its_name(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    back_up(path, tmp_path / "copy.db", quiet)
    without_amounts(tmp_path / "copy.db")
    with pytest.raises(BadInput, match=r"it lacks payments\.amount: take another one"):
        bring_back(path, tmp_path / "copy.db")


@pytest.mark.parametrize("lost", ["messages RENAME COLUMN text", "journal RENAME COLUMN seq"])
def test_a_backup_that_cannot_be_migrated_or_read_is_refused_as_the_backup(tmp_path: Path, lost: str) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        connection.executescript(f"{dump('sqlite').read_text()}ALTER TABLE {lost} TO other;")
    with pytest.raises(CareviaError, match=r"^The (backup is not as Carevia left it|database to copy is damaged)"):
        bring_back(file_of(tmp_path / "data"), tmp_path / "copy.db")


def test_a_backup_of_an_older_release_is_whole_with_the_tables_it_had(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        connection.executescript(dump("sqlite").read_text())
    bring_back(file_of(tmp_path / "data"), tmp_path / "copy.db")
    assert query(tmp_path / "data", "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_the_database_itself_is_no_backup(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    with pytest.raises(BadInput, match="the database itself"):
        bring_back(path, path)


def test_what_a_killed_server_left_in_its_log_is_kept_with_the_old_database(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    back_up(path, tmp_path / "copy.db", quiet)
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute(\"INSERT INTO journal VALUES (4, 'i', 'r', 'n', '{}', 0, NULL)\"); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert path.with_name("carevia.db-wal").stat().st_size
    kept = bring_back(path, tmp_path / "copy.db")
    assert kept and seqs(kept) == [1, 2, 3, 4]
    assert seqs(path) == [1, 2, 3]


def test_a_damaged_database_is_replaced_and_kept_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "data")
    back_up(path, tmp_path / "copy.db", quiet)
    garbage(path)
    path.with_name("carevia.db-wal").write_bytes(b"a log that nobody can read")

    def cannot_open(file: Path, **more: bool) -> sqlite3.Connection:
        if file == path:
            raise sqlite3.DatabaseError("disk image is malformed")
        return connect(file, **more)

    monkeypatch.setattr("carevia.store.backup.connect", cannot_open)
    kept = bring_back(path, tmp_path / "copy.db")
    assert kept and kept.read_bytes().startswith(b"no database")
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"a log that nobody can read"
    assert seqs(path) == [1, 2, 3]


def test_two_restores_at_once_are_one_after_the_other_or_refused(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    back_up(path, tmp_path / "copy.db", quiet)
    inside, go_on = threading.Event(), threading.Event()

    def hold_up(stage: str, done: int, total: int) -> None:
        inside.set()
        go_on.wait(10)

    first = threading.Thread(
        target=lambda: restore(path, tmp_path / "copy.db", hold_up, epoch="first", stamp="1"), daemon=True
    )
    first.start()
    assert inside.wait(10)
    with pytest.raises(Conflict):
        bring_back(path, tmp_path / "copy.db", "second")
    go_on.set()
    first.join(10)
    assert value(path, "epoch") == "first"
