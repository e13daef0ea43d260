"""What disks, other programs and SIGKILL do to the store: nothing that was answered is lost."""

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from carevia.errors import Unavailable
from carevia.store.store import Store, open_store
from carevia.store.tables import meta
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.store.opened import file_of, given_up, opened, query

SOURCE = Path(__file__).resolve().parents[2] / "src"


def say(text: str = "x") -> Any:
    return lambda tx: tx.append("desk", "said", {"text": text}, now=1).seq


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Writes beyond `size` fail for this whole process, as they do on a broken disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def leave_pages(tx: Any, count: int) -> None:
    """So many more, and the disk is full."""
    pages = tx._connection.execute("PRAGMA page_count").fetchone()[0]
    tx._connection.execute(f"PRAGMA max_page_count={pages + count}")


def room_again(tx: Any) -> None:
    tx._connection.execute("PRAGMA max_page_count=1000000")


async def seqs(store: Store) -> list[int]:
    return [row.seq for row in await store.events_after(0, None, 10_000)]


def test_a_write_error_answers_and_tells_nothing_and_the_store_recovers_by_itself(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            told: list[int] = []
            store.subscribe(lambda rows: told.extend(row.seq for row in rows))
            acked = [await store.write(say()) for _ in range(20)]
            assert await seqs(store) == acked  # and a reader is there: else whoever closes the database moves its log
            log = file_of(tmp_path).with_name("carevia.db-wal")
            written = log.stat().st_size
            with file_size_limit(written):
                results = await asyncio.gather(
                    *(store.write(say("y" * 9000)) for _ in range(5)), return_exceptions=True
                )
                assert all(isinstance(result, Unavailable) for result in results)
            acked.append(await store.write(say()))
            assert log.stat().st_size < written  # that the disk has all of it was proven by moving it
            await store.check()
            assert await seqs(store) == told == acked == list(range(1, 22))
        assert query(tmp_path, "PRAGMA integrity_check") == [("ok",)]

    run(main())


def test_a_full_disk_fails_the_whole_batch_and_heals_when_there_is_room(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            acked = [await store.write(say())]
            await store.write(partial(leave_pages, count=0))
            small, big = store.write(say()), store.write(say("y" * 50_000))
            results = await asyncio.gather(small, big, return_exceptions=True)
            assert all(isinstance(result, Unavailable) and "disk is full" in str(result) for result in results)
            assert await seqs(store) == acked  # reading goes on
            await store.write(room_again)
            acked.append(await store.write(say()))
            assert await seqs(store) == acked == [1, 2]

    run(main())


def test_the_last_bytes_of_a_disk_prove_nothing_to_who_could_not_store_a_payment(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await store.write(partial(leave_pages, count=5))
            await store.check()  # nobody knows yet
            for _ in range(2):
                with pytest.raises(Unavailable, match="disk is full"):
                    await store.write(say("y" * 50_000))
                assert await store.write(say("small"))
                with pytest.raises(Unavailable, match="disk is full"):
                    await store.check()
            with pytest.raises(Unavailable, match="disk is full"):
                await store.check()  # though nobody tried since
            await store.write(room_again)
            await store.check()
            await store.write(say("y" * 50_000))

    run(main())


def test_commits_that_fail_all_the_time_are_told_though_ours_come_back(tmp_path: Path) -> None:
    huge = say("y" * 2_000_000)

    async def main() -> None:
        async with opened(tmp_path) as store:
            await store.write(partial(leave_pages, count=200))
            for red in (False, True, True):
                with pytest.raises(Unavailable, match="disk is full"):
                    await store.write(huge)
                with pytest.raises(Unavailable, match="disk is full") if red else nullcontext():
                    await store.check()
            await store.check()  # nobody failed since

    run(main())


def test_a_work_that_hides_a_full_disk_cannot_write_outside_of_its_transaction(tmp_path: Path) -> None:
    def hides(tx: Any) -> str:
        leave_pages(tx, 0)
        try:
            tx.insert(meta, key="big", value="y" * 50_000)
        except sqlite3.Error:
            tx._connection.execute("ROLLBACK")
        tx.insert(meta, key="outside", value="1")
        return "stored"

    async def main() -> None:
        async with opened(tmp_path) as store:
            with pytest.raises(Unavailable):
                await store.write(hides)
            assert query(tmp_path, "SELECT * FROM meta WHERE key IN ('big', 'outside')") == []
            assert await store.write(say()) == 1

    run(main())


def test_another_program_s_lock_is_waited_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            other = sqlite3.connect(file_of(tmp_path), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(store.write(say()))
            await asyncio.sleep(0.3)
            assert not writing.done()
            other.execute("COMMIT")
            other.close()
            assert await writing == 1

    run(main())


def test_a_lock_that_stays_is_unavailable_and_nothing_is_run_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carevia.store.connection.BUSY_SECONDS", 0.1)

    async def main() -> None:
        store = open_store(None, tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr("carevia.store.threaded.PATIENCE", 0.2)
            await store.open()
        other = sqlite3.connect(file_of(tmp_path), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await store.write(say())
        with pytest.raises(Unavailable):
            await store.check()
        other.execute("COMMIT")
        other.close()
        await store.close()  # whatever it has begun is over
        async with opened(tmp_path) as patient:
            assert await patient.write(say()) == 1, "what was refused was run late"

    run(main())


def test_a_database_file_that_went_away_takes_no_money_until_it_is_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            assert await store.write(say()) == 1
            kept = file_of(tmp_path).rename(tmp_path / "away.db")
            for _ in range(2):
                with pytest.raises(Unavailable):
                    await store.write(say())
            assert not file_of(tmp_path).exists()
            kept.rename(file_of(tmp_path))
            assert await store.write(say()) == 2

    run(main())


def test_a_database_file_that_was_replaced_is_not_written(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await store.write(say())
            copy = tmp_path / "copy.db"
            copy.write_bytes(file_of(tmp_path).read_bytes())
            copy.rename(file_of(tmp_path))
            for _ in range(2):
                with pytest.raises(Unavailable, match="replaced"):
                    await store.write(say())

    run(main())


def test_a_log_that_was_taken_away_takes_no_money_and_keeps_what_was_answered(tmp_path: Path) -> None:
    """Payments answered into a deleted log were gone with the process, all of them."""

    async def main() -> None:
        async with opened(tmp_path) as store:
            assert await store.write(say()) == 1
            file_of(tmp_path).with_name("carevia.db-wal").unlink()
            for _ in range(3):
                with pytest.raises(Unavailable, match="taken away"):
                    await store.write(say())
            with pytest.raises(Unavailable, match="taken away"):
                await store.check()
            (tmp_path / "killed").mkdir()
            shutil.copy(file_of(tmp_path), file_of(tmp_path / "killed"))
            assert query(tmp_path / "killed", "SELECT seq FROM journal") == [(1,)]
        async with opened(tmp_path) as store:
            assert await seqs(store) == [1]
            assert await store.write(say()) == 2

    run(main())


def test_a_log_that_is_back_is_written_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            assert await store.write(say()) == 1
            log = file_of(tmp_path).with_name("carevia.db-wal")
            kept = log.rename(tmp_path / "away")
            with pytest.raises(Unavailable, match="taken away"):
                await store.write(say())
            kept.rename(log)
            assert await store.write(say()) == 2

    run(main())


WRITER = """
import asyncio, pathlib, sys
from carevia.store.store import open_store

async def main():
    store = open_store(None, pathlib.Path(sys.argv[1]))
    await store.open()
    print("open", flush=True)
    async def one(name):
        while True:
            row = await store.write(lambda tx: tx.append("desk", "said", {"by": name}, now=1))
            print(row.seq, row.id, flush=True)
    await asyncio.gather(*(one(name) for name in range(8)))

asyncio.run(main())
"""


def test_kill_9_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    acked: dict[int, str] = {}
    for round_ in range(8):
        acked |= _write_until_killed(tmp_path, seconds=0.05 + 0.03 * round_)
    kept = dict(query(tmp_path, "SELECT seq, id FROM journal ORDER BY seq"))
    assert len(acked) > 100
    assert {seq: kept.get(seq) for seq in acked} == acked
    assert list(kept) == list(range(1, len(kept) + 1))
    assert query(tmp_path, "PRAGMA integrity_check") == [("ok",)]


def test_a_commit_waits_for_the_disk_itself_on_macos_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:

            def settings(tx: Any) -> list[int]:
                ask = tx._connection.execute
                return [ask(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "fullfsync")]

            assert await store.write(settings) == [2, 1]

    run(main())


def _write_until_killed(folder: Path, seconds: float) -> dict[int, str]:
    """The ledger outside of the system: what the process said it had stored before it was killed."""
    words = [sys.executable, "-c", WRITER, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            time.sleep(seconds)
        finally:
            process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().splitlines(keepends=True)
    said = [line.split() for line in lines if line.endswith("\n")]
    return {int(seq): id_ for seq, id_ in said}


def test_two_processes_at_their_first_start_make_one_schema_and_one_epoch(tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from carevia.store.store import open_store\n"
        "async def main():\n"
        "    store = open_store(None, pathlib.Path(sys.argv[1]))\n"
        "    await store.open()\n"
        "    print(store.epoch, (await store.write(lambda tx: tx.append('desk', 'x', {}, now=1))).seq)\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    words = [sys.executable, "-W", "error", "-c", script, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    started = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    said = [process.communicate(timeout=60)[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len({epoch for epoch, _ in said}) == 1
    assert sorted(int(seq) for _, seq in said) == [1, 2, 3]


def test_a_transaction_is_over_when_its_work_has_returned(tmp_path: Path) -> None:
    kept: list[Transaction] = []

    async def main() -> None:
        async with opened(tmp_path) as store:
            await store.write(kept.append)
            with pytest.raises(sqlite3.Error):
                kept[0].insert(meta, key="late", value="1")

    run(main())


def test_a_commit_that_wrote_nothing_proves_nothing(tmp_path: Path) -> None:
    """A thousand duplicates of an old webhook change no page, and would hide a full disk."""

    async def main() -> None:
        async with opened(tmp_path) as store:
            writer: Any = store._writer  # type: ignore[attr-defined]
            await store.write(say())
            assert writer.last_commit > 0
            writer.last_commit = 0.0
            assert await store.write(lambda tx: tx.insert_new(meta, key="epoch", value="x")) is False
            assert writer.last_commit == 0.0
            await store.check()
            assert writer.last_commit > 0

    run(main())


def test_a_row_that_is_no_text_does_not_take_its_page_with_it(tmp_path: Path) -> None:
    def broken(tx: Any) -> None:
        tx.append("desk", "said", {}, now=1)
        tx.flush()
        tx._connection.execute("UPDATE journal SET payload = CAST(x'7bff' AS TEXT), name = CAST(x'ff' AS TEXT)")

    async def main() -> None:
        async with opened(tmp_path) as store:
            await store.write(broken)
            await store.write(say())
            rows = await store.events_after(0, None, 10)
            assert [row.payload for row in rows] == [b"{\xff", b'{"text":"x"}']

    run(main())


def test_a_read_that_nobody_waits_for_any_more_holds_up_nobody(tmp_path: Path) -> None:
    """It went on to its end, and so did those who asked again: all threads that read were taken by the gone."""
    endless = text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS found FROM n")

    async def main() -> None:
        async with opened(tmp_path) as store:
            await given_up(store, lambda tx: tx.all(endless))
            assert await store.read(lambda tx: 1) == 1

    run(main())
