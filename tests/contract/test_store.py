"""The store's contract, the same for every implementation: each database has an address, None is SQLite's.

What only SQLite promises (locks, full disks, kill -9 of its writer) is in tests/store.
"""

import asyncio
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import bindparam, func, select, update

from carevia.errors import BadInput, Unavailable
from carevia.store.store import Store
from carevia.store.tables import journal, meta
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.contract.works import claim, get, opened, put, say
from tests.store.opened import store_threads

COUNT = select(func.count().label("rows")).select_from(meta)
SET = update(meta).where(meta.c.key == bindparam("wanted")).values(value=bindparam("new_value"))


def test_a_write_is_seen_by_the_next_read_and_after_reopening(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            await store.write(put("a", "1"))
            assert await store.read(get("a")) == "1"
            epoch = store.epoch
        async with opened(make) as store:
            assert await store.read(get("a")) == "1"
            assert store.epoch == epoch

    run(main())


def test_the_result_of_a_work_is_the_result_of_write(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            assert await store.write(lambda tx: {"any": "thing"}) == {"any": "thing"}
            assert await store.read(lambda tx: 7) == 7

    run(main())


def test_rows_have_their_columns_as_attributes(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            await store.write(put("a", "1"))
            row = await store.read(lambda tx: tx.first(select(meta).where(meta.c.key == "a")))
            assert row is not None
            assert (row.key, row.value) == ("a", "1") == tuple(row)

    run(main())


def test_a_failing_work_is_rolled_back_alone_and_its_error_delivered(make: Callable[[], Store]) -> None:
    def fails(tx: Transaction) -> None:
        tx.insert(meta, key="lost", value="1")
        tx.append("desk", "said", {}, now=1)
        raise BadInput("no")

    async def main() -> None:
        async with opened(make) as store:
            works = [put("a", "1"), fails, put("b", "1"), fails, put("c", "1")]
            results = await asyncio.gather(*map(store.write, works), return_exceptions=True)
            assert [type(result) for result in results] == [type(None), BadInput, type(None), BadInput, type(None)]
            assert [await store.read(get(key)) for key in ("a", "b", "c", "lost")] == ["1", "1", "1", None]
            assert await store.bounds() == (0, 0)

    run(main())


@pytest.mark.parametrize("error", [StopIteration(), KeyError("x"), SystemExit(3), asyncio.CancelledError()])
def test_whatever_a_work_raises_reaches_its_caller_and_the_store_goes_on(
    make: Callable[[], Store], error: BaseException
) -> None:
    def fails(tx: Transaction) -> None:
        raise error

    async def main() -> None:
        async with opened(make) as store:
            for ask in (store.write, store.read):
                with pytest.raises(KeyError if isinstance(error, KeyError) else RuntimeError):
                    await ask(fails)
            await store.write(put("a", "1"))
            assert await store.read(get("a")) == "1"

    run(main())


def test_a_claim_is_won_once_however_many_try(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            won = await asyncio.gather(*(store.write(claim(n)) for n in range(50)))
            assert sum(won) == 1
            assert await store.read(get("id")) == str(won.index(True))

    run(main())


def test_a_sum_of_whole_numbers_is_a_whole_number(make: Callable[[], Store]) -> None:
    sums = select(func.sum(journal.c.seq).label("all"), func.sum(journal.c.seq - 1).label("less"))

    async def main() -> None:
        async with opened(make) as store:
            for n in range(3):
                await store.write(say(n))
            assert [type(value) for value in await store.read(lambda tx: tx.all(sums)[0])] == [int, int]
            assert await store.read(lambda tx: tx.all(sums)[0]) == (6, 3)

    run(main())


def test_run_tells_how_many_rows_it_touched(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            await store.write(put("a", "1"))
            assert await store.write(lambda tx: tx.run(SET, wanted="a", new_value="2")) == 1
            assert await store.write(lambda tx: tx.run(SET, wanted="b", new_value="2")) == 0
            assert await store.read(get("a")) == "2"

    run(main())


def test_a_read_sees_one_snapshot_from_beginning_to_end(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            loop = asyncio.get_running_loop()
            between = asyncio.Event()
            written = threading.Event()

            def work(tx: Transaction) -> tuple[int, int]:
                first = tx.all(COUNT)[0].rows
                loop.call_soon_threadsafe(between.set)
                assert written.wait(10)
                return first, tx.all(COUNT)[0].rows

            reading = asyncio.create_task(store.read(work))
            await between.wait()
            await store.write(put("a", "1"))
            written.set()
            first, second = await reading
            assert first == second

    run(main())


def test_long_reads_hold_up_nobody_but_each_other(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            await store.write(say(1))
            over = threading.Event()
            searches = [asyncio.create_task(store.read(lambda tx: over.wait(10), long=True)) for _ in range(8)]
            await asyncio.sleep(0)
            async with asyncio.timeout(3):
                assert await store.bounds() == (1, 1)
                assert len(await store.events_after(0, ["desk"], 10)) == 1
                assert await store.read(get("a")) is None
            over.set()
            assert await asyncio.gather(*searches) == [True] * 8

    run(main())


def test_a_read_cannot_write(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            for work in (put("a", "1"), say(1)):
                with pytest.raises(Exception):  # noqa: B017 - which one is the database's business
                    await store.read(work)
            assert await store.read(get("a")) is None

    run(main())


def test_writing_is_said_while_a_write_is_under_way(make: Callable[[], Store]) -> None:
    async def main() -> None:
        store = make()
        assert not store.writing
        await store.open()
        written = asyncio.create_task(store.write(say(1)))
        await asyncio.sleep(0)
        assert store.writing
        await written
        assert not store.writing
        await store.close()
        assert not store.writing

    run(main())


def test_a_work_whose_caller_gave_up_is_not_begun(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            over = threading.Event()
            blocker = asyncio.create_task(store.write(lambda tx: over.wait(10)))
            await asyncio.sleep(0.05)
            given_up = asyncio.create_task(store.write(put("a", "1")))
            await asyncio.sleep(0.02)  # it waits behind the other
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
            over.set()
            await blocker
            await store.write(put("b", "1"))
            assert await store.read(get("a")) is None
            assert await store.read(get("b")) == "1"

    run(main())


def test_a_request_waits_a_bounded_time(make: Callable[[], Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carevia.store.threaded.PATIENCE", 1.0)

    async def main() -> None:
        async with opened(make) as store:
            await store.write(put("first", "1"))  # the writer is connected: how long that takes is not asked here
            over = threading.Event()
            blocker = asyncio.create_task(store.write(lambda tx: over.wait(10)))
            await asyncio.sleep(0.05)
            with pytest.raises(Unavailable):
                await store.write(put("a", "1"))
            over.set()
            await asyncio.gather(blocker, return_exceptions=True)
            await store.write(put("b", "1"))  # what stood before it in the queue has been dealt with
            assert await store.read(get("a")) is None

    run(main())


def test_closing_finishes_what_waits_and_leaves_no_thread(make: Callable[[], Store]) -> None:
    async def main() -> None:
        store = make()
        await store.open()
        assert store_threads()
        waiting = [asyncio.create_task(store.write(put(str(n), "1"))) for n in range(100)]
        await asyncio.sleep(0)
        await store.close()
        assert store_threads() == []
        assert await asyncio.gather(*waiting) == [None] * 100
        with pytest.raises(Unavailable):
            await store.write(put("late", "1"))
        with pytest.raises(Unavailable):
            await store.read(get("late"))
        await store.close()
        async with opened(make) as again:
            assert (await again.read(lambda tx: tx.all(COUNT)[0].rows)) >= 100
            assert await again.read(get("late")) is None

    run(main())


def test_check_passes_while_the_store_can_commit(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            await store.check()
            await store.check()
        with pytest.raises(Unavailable):
            await store.check()

    run(main())
