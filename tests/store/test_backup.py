"""Backup at the store: what a copy holds, and what is refused without changing anything."""

import contextlib
import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from carevia.errors import BadInput, Conflict, Unavailable
from carevia.store import backup
from carevia.store.backup_file import PAGES_AT_ONCE
from tests.aio import run
from tests.harness.program import ROOT
from tests.store.copies import append, back_up, bring_back, filled, names, quiet, seqs
from tests.store.opened import file_of, opened, query

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_backup_of_an_open_store_is_one_whole_file_for_its_owner_alone(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(tmp_path / "data") as store:
            await append(store, 5)
            found = back_up(file_of(tmp_path / "data"), tmp_path / "copy.db", quiet)
            assert (found.newest, found.bookings) == (5, 0)
            assert found.size == (tmp_path / "copy.db").stat().st_size

    run(work())
    assert names(tmp_path) == {"data", "copy.db"}
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert seqs(tmp_path / "copy.db") == [1, 2, 3, 4, 5]
    assert query(tmp_path / "data", "PRAGMA journal_mode") == [("wal",)]


def test_a_backup_before_anything_was_said_holds_nothing_newest(tmp_path: Path) -> None:
    found = back_up(filled(tmp_path / "data", count=0), tmp_path / "copy.db", quiet)
    assert (found.newest, found.bookings) == (0, 0)


def test_commits_meanwhile_neither_hold_up_the_copy_nor_reach_it(tmp_path: Path) -> None:
    """The plain backup API begins anew at every commit of another process: it would not end here."""
    path = filled(tmp_path / "data", count=3 * PAGES_AT_ONCE, size=3_000)
    other = sqlite3.connect(path, isolation_level=None)
    sql = "INSERT INTO journal (seq, id, room, name, payload, time) SELECT max(seq) + 1, 'i', 'r', 'n', '{}', 0"
    seen: list[int] = []

    def write_between(stage: str, done: int, total: int) -> None:
        if stage == "copying":
            assert len(seen) < 1_000, "the copy begins anew at every commit"
            seen.append(done)
            other.execute(f"{sql} FROM journal")

    with contextlib.closing(other):
        back_up(path, tmp_path / "copy.db", write_between)
    assert len(seen) > 2
    assert seen == sorted(set(seen)), "it only goes forwards"
    assert len(seqs(tmp_path / "copy.db")) == 3 * PAGES_AT_ONCE
    assert len(seqs(path)) == 3 * PAGES_AT_ONCE + len(seen)


def test_an_existing_file_stays_unless_it_is_meant(tmp_path: Path) -> None:
    path, target = filled(tmp_path / "data"), tmp_path / "copy.db"
    target.write_text("dear to somebody")
    with pytest.raises(Conflict, match="--force"):
        back_up(path, target, quiet)
    assert target.read_text() == "dear to somebody"
    back_up(path, target, quiet, force=True)
    assert seqs(target) == [1, 2, 3]


def test_on_a_file_system_without_links_a_backup_has_its_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    back_up(filled(tmp_path / "data"), tmp_path / "copy.db", quiet)
    assert seqs(tmp_path / "copy.db") == [1, 2, 3]
    assert names(tmp_path) == {"data", "copy.db"}


def test_a_file_that_comes_into_being_meanwhile_stays_too(tmp_path: Path) -> None:
    path, target = filled(tmp_path / "data"), tmp_path / "copy.db"

    def somebody(stage: str, done: int, total: int) -> None:
        target.write_text("dear to somebody")

    with pytest.raises(Conflict):
        back_up(path, target, somebody)
    assert target.read_text() == "dear to somebody"
    assert names(tmp_path) == {"data", "copy.db"}


def test_interrupted_it_leaves_nothing_and_the_old_backup_stays(tmp_path: Path) -> None:
    path, target = filled(tmp_path / "data"), tmp_path / "copy.db"
    target.write_text("last night's")

    def full(stage: str, done: int, total: int) -> None:
        if stage == "checking":
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        back_up(path, target, full, force=True)
    assert target.read_text() == "last night's"
    assert names(tmp_path) == {"data", "copy.db"}


def test_sigterm_in_the_middle_of_the_command_leaves_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", count=2_000, size=3_000)
    slow = (
        "import sys, carevia.cli, carevia.cli.backup as b\n"
        "b.Progress.__call__ = lambda *_: (print('.', flush=True), __import__('time').sleep(0.2))\n"
        "sys.argv = ['carevia', 'backup', sys.argv[1]]; carevia.cli.main()"
    )
    environment = {"PYTHONPATH": str(ROOT / "src"), "CAREVIA_DATA_DIR": str(path.parent), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [sys.executable, "-c", slow, str(tmp_path / "copy.db")], env=environment, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdout.readline() == b".\n"
        assert any(name.endswith(".part") for name in names(tmp_path))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
    assert names(tmp_path) == {"data"}


def test_a_damaged_database_gives_no_backup(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", count=500, size=500)
    with path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xa5" * 4096 * 40)
    with pytest.raises(BadInput, match="damaged"):
        back_up(path, tmp_path / "copy.db", quiet)
    assert names(tmp_path) == {"data"}


def test_a_database_whose_index_lacks_rows_gives_no_backup_though_each_page_can_be_read(tmp_path: Path) -> None:
    path = filled(tmp_path / "data", count=5)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema=ON")
        other = "UPDATE sqlite_master SET sql = replace(sql, '(room, seq)', '(seq, room)') WHERE name = ?"
        assert connection.execute(other, ["ix_journal_room_seq"]).rowcount == 1
    with pytest.raises(BadInput, match=r"The copy is damaged \(row \d+ missing from index ix_journal_room_seq\)"):
        back_up(path, tmp_path / "copy.db", quiet)
    assert names(tmp_path) == {"data"}


@pytest.mark.parametrize(
    ("target", "words"),
    [("data/carevia.db", "the database itself"), ("nowhere/copy.db", "no folder"), ("data", "is a folder")],
)
def test_places_a_backup_may_not_have(tmp_path: Path, target: str, words: str) -> None:
    path = filled(tmp_path / "data")
    with pytest.raises(BadInput, match=words):
        back_up(path, tmp_path / target, quiet, force=True)
    assert seqs(path) == [1, 2, 3]


def test_a_device_or_a_pipe_is_not_replaced_by_a_backup(tmp_path: Path) -> None:
    """`backup --force /dev/null` of root's would leave the whole machine without one."""
    path, pipe = filled(tmp_path / "data"), tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BadInput, match="no ordinary file"):
        back_up(path, pipe, quiet, force=True)
    assert pipe.is_fifo()


def in_place(target: Path, own: Path) -> Path:
    return own


def through_the_folder(target: Path, own: Path) -> Path:
    target.symlink_to(own.parent)
    return target / own.name


def by_symlink(target: Path, own: Path) -> Path:
    target.symlink_to(own)
    return target


def by_hard_link(target: Path, own: Path) -> Path:
    target.hardlink_to(own)
    return target


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal", ".lock"])
@pytest.mark.parametrize("named", [in_place, through_the_folder, by_symlink, by_hard_link])
def test_no_backup_takes_the_place_of_what_belongs_to_the_database(
    tmp_path: Path, ending: str, named: Callable[[Path, Path], Path]
) -> None:
    """`backup --force DATA/carevia.db-wal` would take with it what a running server has confirmed."""
    if ending == "-journal" and named is by_hard_link:
        return  # it is not there, so nothing else can be it

    async def work() -> None:
        async with opened(tmp_path / "data") as store:
            await append(store, 3)
            path = file_of(tmp_path / "data")
            own = path.with_name(path.name + ending)
            before = own.exists() and own.stat().st_ino
            with pytest.raises(BadInput, match="belongs to it"):
                back_up(path, named(tmp_path / "link", own), quiet, force=True)
            assert (own.exists() and own.stat().st_ino) == before

    run(work())
    assert seqs(file_of(tmp_path / "data")) == [1, 2, 3]


def test_what_lies_beside_the_real_file_of_a_database_behind_a_symlink_belongs_to_it_too(tmp_path: Path) -> None:
    path = filled(tmp_path / "data")
    (tmp_path / "elsewhere.db").symlink_to(path)
    with pytest.raises(BadInput, match="belongs to it"):
        back_up(tmp_path / "elsewhere.db", path.with_name("carevia.db-wal"), quiet, force=True)


@pytest.mark.parametrize("name", ["x" * 300, "x" * 250, "/proc/copy.db"])
def test_a_place_that_cannot_be_used_is_said_of_that_place(tmp_path: Path, name: str) -> None:
    """Not of the data folder, and in a sentence: the system's objections are many."""
    path = filled(tmp_path / "data")
    with pytest.raises(BadInput, match=r"cannot be used \(.*\): name a file") as refused:
        back_up(path, tmp_path / name, quiet)
    assert str(tmp_path / name) in refused.value.message and "CAREVIA_DATA_DIR" not in refused.value.message
    if len(name) == 300:
        with pytest.raises(BadInput, match=r"cannot be used \(.*\): name a file"):
            bring_back(path, tmp_path / name)


def test_an_attachment_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path, files = filled(tmp_path / "data"), tmp_path / "attachments"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO attachments VALUES ('a1', 'r', 'u', 'up', 'n', 't', 1, 1, NULL, 0)")
    (files / "a1").mkdir(parents=True)
    with pytest.raises(BadInput, match="attachments/a1 cannot be used"):
        backup.back_up(path, tmp_path / "copy.db", quiet, files=files)
    assert names(tmp_path) == {"data", "attachments"}


def test_without_a_database_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="CAREVIA_DATA_DIR"):
        back_up(tmp_path / "carevia.db", tmp_path / "copy.db", quiet)
    assert names(tmp_path) == set()


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "data")
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("carevia.store.backup.checked", fail)
    with pytest.raises(Unavailable, match="make room"):
        back_up(path, tmp_path / "copy.db", quiet)
    assert names(tmp_path) == {"data"}
