"""A PostgreSQL database as one file and back, also from and to SQLite."""

import sqlite3
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from carevia.errors import BadInput, ConfigError, Conflict
from carevia.store import postgres_backup, postgres_connection
from carevia.store.postgres import PostgresStore
from carevia.store.postgres_connection import in_use
from carevia.store.postgres_migrate import prepare
from carevia.store.tables import login_failures, messages, metadata, users
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.harness.postgres import Postgres, ask
from tests.service.house import house, paid_event
from tests.store.copies import quiet
from tests.store.opened import file_of, opened

pytestmark = pytest.mark.usefixtures("elsewhere")
back_up = partial(postgres_backup.back_up, files=Path("no attachments"))
restore = partial(postgres_backup.restore, files=Path("no attachments"))


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but the epoch and the probe."""
    found = {
        table.name: sorted(ask(url, f'SELECT * FROM "{table.name}"'), key=repr) for table in metadata.sorted_tables
    }
    found["meta"] = [row for row in found["meta"] if row[0] not in ("epoch", "probe")]
    return found


def epoch_of(url: str) -> str:
    return str(ask(url, "SELECT value FROM meta WHERE key = 'epoch'")[0][0])


def fill(url: str, *works: Callable[[Transaction], object]) -> None:
    async def main() -> None:
        store = PostgresStore(url)
        await store.open()
        try:
            for work in works:
                await store.write(work)
        finally:
            await store.close()

    run(main())


def failure(n: int) -> Callable[[Transaction], object]:
    return lambda tx: tx.insert(login_failures, key=f"k{n}", time=n)


def person(n: int) -> Callable[[Transaction], object]:
    return lambda tx: tx.insert(users, id=f"u{n}", name="নুসরাত\n\\N \t''", role="user", created=2**40 + n)


def message(n: int, text: str) -> Callable[[Transaction], object]:
    def work(tx: Transaction) -> None:
        row = tx.append("desk", "said", {"n": n}, now=n)
        tx.insert(messages, seq=row.seq, room_id="u1", id=f"m{n}", sender_id="u1", sender_name="", sender_role="user",
                  text=text, time=n, status="sent")  # fmt: skip
        tx.index_text(row.seq, text)

    return work


def said(n: int) -> Callable[[Transaction], object]:
    return lambda tx: tx.append("desk", "said", {"n": n, "text": 'a "quoted" \\ line\n'}, now=n)


MANY_LONG_MESSAGES = """
INSERT INTO messages (seq, room_id, id, sender_id, sender_name, sender_role, text, time, status)
SELECT n, 'u1', 'm' || n, 'u1', 'Nusrat', 'user', repeat('ab ', 1000), 1, 'sent' FROM generate_series(1, 5000) n"""


def test_a_copy_grows_on_the_disk_and_not_in_memory(postgres: Postgres, tmp_path: Path) -> None:
    url, told = postgres.prepared(), list[int]()
    ask(url, MANY_LONG_MESSAGES)
    tracemalloc.start()
    try:
        back_up(url, tmp_path / "copy", lambda stage, done, _: told.append(done) if stage == "copying" else None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told[-1] > 12_000_000
    assert peak < 10_000_000


def test_what_was_backed_up_is_what_comes_back_under_a_new_epoch(url: str, tmp_path: Path) -> None:
    fill(url, person(1), person(2), said(1), said(2), failure(1))
    before, epoch, file = contents(url), epoch_of(url), tmp_path / "copy.db"
    assert back_up(url, file, quiet)[1:] == (0, 2, (0, 0))
    assert file.stat().st_mode & 0o077 == 0
    fill(url, person(3), said(3), failure(2))
    found, kept = restore(url, file, quiet, epoch="e2", stamp="20260101T000000Z")
    assert found.newest == 2
    assert contents(url) == before
    assert epoch_of(url) == "e2" != epoch
    assert kept == "carevia_before_restore_20260101t000000z"
    assert ask(url, f"SELECT max(seq) FROM {kept}.journal") == [(3,)]
    assert ask(url, "SELECT count(*) FROM pg_namespace WHERE nspname = 'carevia_restoring'") == [(0,)]
    fill(url, failure(3), said(4))  # numbers go on above those that were loaded
    assert ask(url, "SELECT max(seq) FROM journal") == [(3,)]


def test_what_was_restored_is_planned_for_as_what_it_is_from_the_first_search_on(url: str, tmp_path: Path) -> None:
    fill(url, *map(person, range(30)), message(1, "বাবা"))
    file = tmp_path / "copy.db"
    back_up(url, file, quiet)
    restore(url, file, quiet, epoch="e2", stamp="20260101T000000Z")
    some = "'{journal, message_words, users}'::regclass[]"
    known = f"SELECT reltuples FROM pg_class WHERE oid = ANY({some}) ORDER BY relname"
    assert ask(url, known) == [(1,), (1,), (30,)]


def test_a_restore_of_the_same_second_as_another_is_refused_in_words(url: str, tmp_path: Path) -> None:
    """What the first one has kept has that name. After all of it was loaded there was a traceback."""
    fill(url, said(1))
    file = tmp_path / "copy.db"
    back_up(url, file, quiet)
    restore(url, file, quiet, epoch="e2", stamp="20260101T000000Z")
    with pytest.raises(Conflict, match="Nothing was changed"):
        restore(url, file, quiet, epoch="e3", stamp="20260101T000000Z")
    assert epoch_of(url) == "e2"


def test_a_backup_is_one_moment_while_others_write(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(url, said(1))
    copy_table: Any = postgres_backup._copy_table_out

    def meanwhile(connection: Any, table: Any, file: Any) -> None:
        if table is metadata.sorted_tables[1]:
            fill(url, person(9), said(2))
        copy_table(connection, table, file)

    monkeypatch.setattr(postgres_backup, "_copy_table_out", meanwhile)
    assert back_up(url, tmp_path / "copy.db", quiet).newest == 1
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM users").fetchone() == (0,)
    assert ask(url, "SELECT count(*) FROM users") == [(1,)]


def test_a_house_moves_from_sqlite_to_postgresql_and_back(url: str, postgres: Postgres, tmp_path: Path) -> None:
    async def live() -> None:
        async with house(tmp_path) as home:
            await home.deliver(paid_event("u1"))
            await home.deliver(paid_event("u2"))
            await home.store.write(message(1, "বুকিংয়ের তারিখ"))

    run(live())
    with closing(sqlite3.connect(file_of(tmp_path))) as log:
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    found, kept = restore(url, file_of(tmp_path), quiet, epoch="moved", stamp="x")
    assert (found.bookings, kept) == (2, None)
    fill(url, message(2, "বুকিং by phone"))
    assert back_up(url, tmp_path / "copy.db", quiet).bookings == 2
    again = postgres.database()
    restore(again, tmp_path / "copy.db", quiet, epoch="e", stamp="x")
    assert contents(again) == contents(url)

    async def at_home() -> None:
        folder = tmp_path / "home"
        folder.mkdir()
        (tmp_path / "copy.db").rename(file_of(folder))
        async with opened(folder) as store:
            assert store.epoch == "moved"
            assert len(await store.read(lambda tx: tx.find_texts(["বুক"], None, 9))) == 2, "both databases' messages"
            assert [row.seq for row in await store.events_after(0, None, 100)] == [
                row[0] for row in ask(url, "SELECT seq FROM journal ORDER BY seq")
            ]

    run(at_home())


def test_a_restore_is_refused_while_a_server_is_connected_and_changes_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connection, "LEAVING", "100ms")
    fill(url, said(1))
    back_up(url, tmp_path / "copy.db", quiet)

    async def main() -> None:
        store = PostgresStore(url)
        await store.open()
        try:
            await store.write(said(2))
            with pytest.raises(Conflict, match="stop it on every host"):
                restore(url, tmp_path / "copy.db", quiet, epoch="e", stamp="x")
            assert await store.bounds() == (1, 2)
        finally:
            await store.close()

    run(main())


def test_a_restore_waits_until_the_database_has_noticed_that_the_last_server_left(url: str, tmp_path: Path) -> None:
    """A closed connection keeps its locks until its server process has run once more."""
    fill(url, said(1))
    back_up(url, tmp_path / "copy.db", quiet)
    with psycopg.connect(url, autocommit=True) as leaving:
        assert in_use(leaving)
        timer = threading.Timer(0.3, leaving.close)
        timer.start()
        assert restore(url, tmp_path / "copy.db", quiet, epoch="e", stamp="x")[0].newest == 1
        timer.join()


@pytest.mark.parametrize(
    "limit", ["idle_in_transaction_session_timeout", "idle_session_timeout", "transaction_timeout"]
)
def test_a_backup_and_a_restore_take_as_long_as_they_take_whatever_limit_the_database_sets(
    url: str, tmp_path: Path, limit: str
) -> None:
    fill(url, said(1))
    before = contents(url)
    ask(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET {limit} = '200ms'")

    def slow() -> Callable[..., None]:
        pauses = iter([0.4])
        return lambda *_: time.sleep(next(pauses, 0))

    back_up(url, tmp_path / "copy.db", slow())
    restore(url, tmp_path / "copy.db", slow(), epoch="e", stamp="x")
    assert contents(url) == before


def test_what_a_newer_version_wrote_is_told_by_its_name(url: str, tmp_path: Path) -> None:
    prepare(url, "e")
    back_up(url, tmp_path / "copy.db", quiet)
    with closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None)) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match=r"^The backup was written by a newer version of Carevia \(schema 9999"):
        restore(url, tmp_path / "copy.db", quiet, epoch="e", stamp="x")
    ask(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BadInput, match=r"another version's schema \(9999, .*make the backup with that version"):
        back_up(url, tmp_path / "another.db", quiet)


def test_a_restore_that_fails_leaves_everything_as_it_was(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(url, said(1), person(1))
    back_up(url, tmp_path / "copy.db", quiet)
    fill(url, said(2))
    before = contents(url)

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    for name in ("_continue_numbers", "_move"):
        with monkeypatch.context() as patch, pytest.raises(RuntimeError):
            patch.setattr(postgres_backup, name, broken)
            restore(url, tmp_path / "copy.db", quiet, epoch="e", stamp="x")
        assert contents(url) == before
        assert ask(url, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'carevia%'") == [(0,)]


def test_what_is_no_backup_is_refused_in_words(url: str, tmp_path: Path) -> None:
    prepare(url, "e")
    (tmp_path / "list").write_text("a shopping list, and not a database\n" * 100)
    with pytest.raises(BadInput, match="There is no file"):
        restore(url, tmp_path / "nothing", quiet, epoch="e", stamp="x")
    with pytest.raises(BadInput, match="damaged or none"):
        restore(url, tmp_path / "list", quiet, epoch="e", stamp="x")
    with pytest.raises(Conflict, match="--force"):
        back_up(url, tmp_path / "list", quiet)
    with pytest.raises(BadInput, match="no folder"):
        back_up(url, tmp_path / "nowhere" / "copy.db", quiet)
    assert (tmp_path / "list").read_text().startswith("a shopping list")
