"""SQLite's log is moved beside the commits, and begins anew."""

import logging
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Thread, Timer

import pytest

from carevia.store import checkpointer
from carevia.store.checkpointer import Checkpointer

PAGES = 40
ENOUGH = 5_000  # commits, of which some 20 fill the log


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    return connection


def plenty() -> int:
    return 1_000_000_000  # bytes


class Writing:
    """A connection that writes a row in each COMMIT, and its log."""

    def __init__(self, path: Path, checkpointer: Checkpointer) -> None:
        self.connection = connect(path)
        self.connection.execute("CREATE TABLE said (text TEXT)")
        self.checkpointer = checkpointer
        self.rows = 0
        self._log = path.with_name(path.name + "-wal")

    def begins_anew(self) -> int:
        """Write until it has; gives its size in pages."""
        before = self._salt()
        for _ in range(ENOUGH):
            self.write()
            if self._salt() != before:
                return self._log.stat().st_size // 4_096
        pytest.fail(f"the log did not begin anew in {ENOUGH} commits")

    def write(self, size: int = 3_000) -> None:
        self.connection.execute("INSERT INTO said VALUES (?)", ("x" * size,))
        self.rows += 1
        self.checkpointer.committed(1, self.connection)

    def _salt(self) -> bytes:
        return self._log.read_bytes()[16:24]  # https://sqlite.org/fileformat2.html#walformat: another one each time


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[Writing]:
    path = tmp_path / "carevia.db"
    opened = Writing(path, Checkpointer(partial(connect, path), plenty, PAGES))
    yield opened
    opened.checkpointer.close()
    opened.connection.close()


def stored(writing: Writing) -> int:
    return int(writing.connection.execute("SELECT count(*) FROM said").fetchone()[0])


def test_the_log_begins_anew_again_and_again_and_nothing_is_lost(writing: Writing) -> None:
    for _ in range(5):
        writing.begins_anew()
    assert stored(writing) == writing.rows


def test_works_that_write_nothing_move_the_log_of_a_process_before_as_well(writing: Writing) -> None:
    """The disk was full at the start, and what came next had all been there before: no row was written in this log."""
    writing.checkpointer.disk_full(writing.connection)
    writing.checkpointer.committed(0, writing.connection)
    writing.begins_anew()
    assert stored(writing) == writing.rows


def test_on_a_small_disk_the_log_takes_a_part_of_it_only(tmp_path: Path) -> None:
    path = tmp_path / "carevia.db"
    writing = Writing(path, Checkpointer(partial(connect, path), lambda: 2_000_000))
    for _ in range(3):
        assert writing.begins_anew() * 4_096 < 2_000_000
    writing.checkpointer.close()
    writing.connection.close()


def test_on_a_full_disk_the_log_begins_anew_before_it_has_its_length(tmp_path: Path) -> None:
    """It took all the room that was made, and the disk was full again."""
    path = tmp_path / "carevia.db"
    writing = Writing(path, Checkpointer(partial(connect, path), plenty, 100 * ENOUGH))
    writing.write()
    writing.checkpointer.disk_full(writing.connection)
    writing.begins_anew()
    assert stored(writing) == writing.rows
    writing.checkpointer.close()
    writing.connection.close()


def test_where_no_commit_finds_room_any_more_the_log_is_moved_all_the_same(writing: Writing) -> None:
    """It waited for a COMMIT that went well: with the room in the log none ever did, until an operator made more."""
    for _ in range(5):
        writing.write()
    before = writing._salt()
    writing.checkpointer.disk_full(writing.connection)
    writing.write()
    assert writing._salt() != before
    assert stored(writing) == writing.rows


def test_the_room_that_was_made_is_the_databases_before_anything_else_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log was moved beside the commits, and forty payments at once took all the room before it was."""
    path = tmp_path / "carevia.db"
    writing = Writing(path, Checkpointer(partial(pytest.fail, "nothing is left to a thread"), plenty, 100 * ENOUGH))
    writing.write()
    with monkeypatch.context() as full:
        full.setattr(checkpointer, "checkpoint", lambda *_: 0)
        writing.checkpointer.disk_full(writing.connection)
    before = writing._salt()
    writing.write()
    writing.write()
    assert writing._salt() != before
    writing.checkpointer.close()
    writing.connection.close()


def test_while_somebody_reads_the_log_grows_and_afterwards_begins_anew(writing: Writing, tmp_path: Path) -> None:
    writing.begins_anew()
    reader = connect(tmp_path / "carevia.db")
    reader.execute("BEGIN")
    seen = reader.execute("SELECT count(*) FROM said").fetchone()
    for _ in range(10 * PAGES):
        writing.write()
    assert reader.execute("SELECT count(*) FROM said").fetchone() == seen
    reader.close()
    writing.begins_anew()
    assert stored(writing) == writing.rows


def test_what_could_not_be_moved_is_said_and_moved_another_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "carevia.db"
    refused = iter([sqlite3.OperationalError("unable to open database file")])

    def refuses_once() -> sqlite3.Connection:
        for error in refused:
            raise error
        return connect(path)

    writing = Writing(path, Checkpointer(refuses_once, plenty, PAGES))
    with caplog.at_level(logging.ERROR, "carevia.store"):
        for _ in range(3):
            writing.begins_anew()
    writing.checkpointer.close()
    assert [record.getMessage() for record in caplog.records] == [
        "store: the log could not be moved: unable to open database file"
    ]
    assert stored(writing) == writing.rows
    writing.connection.close()


def test_while_the_system_gives_no_thread_commits_go_on_and_afterwards_the_log_begins_anew(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as refused:
        refused.setattr(Thread, "start", no_thread)
        for _ in range(10 * PAGES):
            writing.write()
        writing.checkpointer.close()
    writing.begins_anew()
    assert stored(writing) == writing.rows


def test_where_the_disk_has_little_room_the_log_waits_for_no_thread(tmp_path: Path) -> None:
    """It came too late on a busy machine: forty payments at once filled what had just been freed."""
    asked: list[bool] = []

    def thread() -> sqlite3.Connection:
        asked.append(True)
        raise sqlite3.OperationalError("too late")

    opened = Writing(tmp_path / "carevia.db", Checkpointer(thread, lambda: 1_000_000))
    assert max(opened.begins_anew() for _ in range(3)) <= 64
    opened.checkpointer.close()
    opened.connection.close()
    assert not asked


def test_the_log_never_takes_the_room_that_the_database_needs_for_it(tmp_path: Path) -> None:
    """One row of a hundred pages, then payments: the log had all that was free, could not be moved and stayed."""
    path = tmp_path / "carevia.db"
    writing = Writing(path, Checkpointer(partial(connect, path), lambda: 600_000))
    writing.write()
    before = writing._salt()
    writing.write(400_000)
    assert path.stat().st_size > 400_000
    writing.write()
    assert writing._salt() != before
    writing.checkpointer.close()
    writing.connection.close()


def test_where_the_disk_has_little_room_the_log_waits_for_who_reads_just_now(tmp_path: Path) -> None:
    """While anybody reads it does not begin anew. On a busy machine somebody did whenever it should have, until it had
    all the room: then it could not be moved any more, for the database had none to grow."""
    path = tmp_path / "carevia.db"
    opened = Writing(path, Checkpointer(partial(connect, path), lambda: 1_000_000))
    opened.begins_anew()
    reader = sqlite3.connect(path, check_same_thread=False)
    reader.execute("BEGIN").execute("SELECT * FROM said").fetchone()
    leaves = Timer(0.3, reader.close)
    leaves.start()
    assert opened.begins_anew() <= 64
    leaves.join()
    opened.checkpointer.close()
    opened.connection.close()
