"""The journal's promise under any mixture of works: gapless in commit order, nothing of what failed, all the rest."""

import asyncio
import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from carevia.errors import BadInput
from carevia.store.journal import JournalRow
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.store.opened import file_of, opened, query

ROOMS = st.sampled_from(["desk", "u1", "u2"])
WORKS = st.lists(st.tuples(st.lists(ROOMS, max_size=4), st.booleans()), max_size=40)
"""A work appends to some rooms, and then fails or not."""


class Append:
    def __init__(self, number: int, rooms: list[str], fails: bool) -> None:
        self.number, self.rooms, self.fails = number, rooms, fails

    def __call__(self, tx: Transaction) -> list[JournalRow]:
        rows = [tx.append(room, "said", {"work": self.number, "n": n}, now=1) for n, room in enumerate(self.rooms)]
        if self.fails:
            raise BadInput("as planned")
        return rows


@settings(max_examples=60)
@given(WORKS, st.integers(1, 3))
def test_seq_is_gapless_in_commit_order_whatever_fails_and_however_many_processes_write(
    works: list[tuple[list[str], bool]], processes: int
) -> None:
    async def main(folder: Path) -> None:
        async with opened(folder) as first, opened(folder) as second, opened(folder) as third:
            stores = [first, second, third][:processes]
            heard: list[list[JournalRow]] = [[] for _ in stores]
            for store, rows in zip(stores, heard, strict=True):
                store.subscribe(rows.extend)
            jobs = [Append(number, rooms, fails) for number, (rooms, fails) in enumerate(works)]
            asked = [stores[job.number % processes].write(job) for job in jobs]
            results = await asyncio.gather(*asked, return_exceptions=True)

            kept = await stores[0].events_after(0, None, 1000)
            assert [row.seq for row in kept] == list(range(1, len(kept) + 1))
            for job, result in zip(jobs, results, strict=True):
                if job.fails:
                    assert isinstance(result, BadInput)
                else:
                    assert isinstance(result, list) and [row.room for row in result] == job.rooms
                    assert all(kept[row.seq - 1] == row for row in result)
            assert sum(len(job.rooms) for job in jobs if not job.fails) == len(kept)
            assert sorted((row for rows in heard for row in rows), key=lambda row: row.seq) == kept
            assert all([row.seq for row in rows] == sorted(row.seq for row in rows) for rows in heard)
            for room in ("desk", "u1"):
                assert await stores[-1].events_after(0, [room], 1000) == [row for row in kept if row.room == room]

    with tempfile.TemporaryDirectory() as name:
        run(main(Path(name)))


def test_numbers_go_on_where_they_stopped_after_reopening(tmp_path: Path) -> None:
    async def main() -> None:
        for expected in (1, 2, 3):
            async with opened(tmp_path) as store:
                assert (await store.write(lambda tx: tx.append("desk", "said", {}, now=1))).seq == expected

    run(main())


def test_waiting_works_share_one_commit(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            batches: list[int] = []
            store.subscribe(lambda rows: batches.append(len(rows)))
            await asyncio.gather(*(store.write(lambda tx: tx.append("desk", "said", {}, now=1)) for _ in range(200)))
            assert sum(batches) == 200
            assert len(batches) < 20

    run(main())


def test_the_file_is_in_wal_mode_and_whole(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            assert await store.write(lambda tx: tx.append("desk", "said", {}, now=1))
            assert query(tmp_path, "PRAGMA journal_mode") == [("wal",)]
            assert query(tmp_path, "PRAGMA integrity_check") == [("ok",)]
            assert file_of(tmp_path).stat().st_mode & 0o077 == 0

    run(main())


def test_once_it_is_closed_all_of_it_is_in_the_one_file(tmp_path: Path) -> None:
    """A connection that ended in the same moment as the last one left a log behind, every tenth time."""

    async def main() -> None:
        for _ in range(60):
            async with opened(tmp_path) as store:
                await store.write(lambda tx: tx.append("desk", "said", {}, now=1))
                await asyncio.gather(*(store.bounds() for _ in range(8)))
            assert sorted(os.listdir(tmp_path)) == ["carevia.db", "carevia.db.lock"]

    run(main())
