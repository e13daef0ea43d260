"""The store's contract, the same for every implementation: each database has an address, None is SQLite's.

What only SQLite promises (locks, full disks, kill -9 of its writer) is in tests/store.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import bindparam, func, select, update

from carevia.domain.search import words
from carevia.errors import BadInput, Unavailable
from carevia.store.journal import JournalRow
from carevia.store.store import Store, open_store
from carevia.store.tables import journal, meta
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.store.opened import store_threads

VALUE = select(meta.c.value).where(meta.c.key == bindparam("wanted"))
COUNT = select(func.count().label("rows")).select_from(meta)
SET = update(meta).where(meta.c.key == bindparam("wanted")).values(value=bindparam("new_value"))


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """A function that makes an unopened store, always on the same database."""
    url = request.getfixturevalue("postgres").prepared() if request.param == "postgresql" else None
    return lambda: open_store(url, tmp_path)


@asynccontextmanager
async def opened(make: Callable[[], Store]) -> AsyncIterator[Store]:
    store = make()
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def put(key: str, value: str) -> Callable[[Transaction], None]:
    return lambda tx: tx.insert(meta, key=key, value=value)


def get(key: str) -> Callable[[Transaction], str | None]:
    def work(tx: Transaction) -> str | None:
        row = tx.first(VALUE, wanted=key)
        return None if row is None else row.value

    return work


def claim(n: int) -> Callable[[Transaction], bool]:
    return lambda tx: tx.insert_new(meta, key="id", value=str(n))


def say(n: int, room: str = "desk") -> Callable[[Transaction], JournalRow]:
    return lambda tx: tx.append(room, "said", {"n": n}, now=1000 + n, sender=f"socket{n}")


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


def test_the_next_number_is_known_before_the_row_and_given_again_if_the_work_fails(make: Callable[[], Store]) -> None:
    def takes(tx: Transaction) -> tuple[int, int]:
        return tx.next_seq(), tx.append("desk", "said", {}, now=1).seq

    def fails(tx: Transaction) -> None:
        takes(tx)
        raise BadInput("no")

    async def main() -> None:
        async with opened(make) as store:
            results = await asyncio.gather(*map(store.write, [takes, fails, takes]), return_exceptions=True)
            assert [results[0], results[2]] == [(1, 1), (2, 2)]
            with pytest.raises(BadInput):
                await store.write(fails)
            assert await store.write(takes) == (3, 3)

    run(main())


def test_a_work_sees_the_rows_that_it_and_works_before_it_have_appended(make: Callable[[], Store]) -> None:
    rooms = select(journal.c.room).order_by(journal.c.seq)

    def looks(room: str) -> Callable[[Transaction], list[str]]:
        def work(tx: Transaction) -> list[str]:
            tx.append(room, "said", {}, now=1)
            tx.index_text(tx.next_seq(), "word")
            seen = [row.room for row in tx.all(rooms)]
            assert len(tx.find_texts(["word"], None, 10)) == len(seen)
            return seen

        return work

    async def main() -> None:
        async with opened(make) as store:
            seen = await asyncio.gather(*[store.write(looks(room)) for room in ("a", "b", "c")])
            assert seen == [["a"], ["a", "b"], ["a", "b", "c"]]
            assert await store.bounds() == (1, 3)

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


def test_a_read_cannot_write(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            for work in (put("a", "1"), say(1)):
                with pytest.raises(Exception):  # noqa: B017 - which one is the database's business
                    await store.read(work)
            assert await store.read(get("a")) is None

    run(main())


def test_the_journal_comes_back_as_it_was_written(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            first = await store.write(say(1))
            second = await store.write(lambda tx: tx.append("u1", "said", {"text": "আমি"}, now=5))
            assert await store.events_after(0, None, 10) == [first, second]
            assert (first.seq, first.room, first.name, first.time, first.sender) == (1, "desk", "said", 1001, "socket1")
            assert first.payload == b'{"n":1}'
            assert second.sender is None
            assert len({first.id, second.id}) == 2

    run(main())


def test_rows_know_the_request_that_made_them_and_only_those(make: Callable[[], Store]) -> None:
    def caused(tx: Transaction) -> list[JournalRow]:
        tx.cause = "request-1"
        return [say(1)(tx), say(2)(tx)]

    async def main() -> None:
        async with opened(make) as store:
            rows, other = await asyncio.gather(store.write(caused), store.write(say(3)))
            assert [row.cause for row in rows] == ["request-1", "request-1"]
            assert rows[0].id != rows[1].id
            assert other.cause is None, "committed in the same transaction, perhaps"
            assert [row.cause for row in await store.events_after(0, None, 10)] == ["request-1", "request-1", None]

    run(main())


def test_events_after_keeps_to_rooms_start_and_limit(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            for n, room in enumerate(["desk", "u1", "u2", "desk", "u1"], 1):
                await store.write(say(n, room))

            async def seqs(after: int, rooms: list[str] | None, limit: int = 100) -> list[int]:
                return [row.seq for row in await store.events_after(after, rooms, limit)]

            assert await seqs(0, None) == [1, 2, 3, 4, 5]
            assert await seqs(1, ["desk", "u1"]) == [2, 4, 5]
            assert await seqs(0, ["desk", "u1"], 2) == [1, 2]
            assert await seqs(0, ["u2"]) == [3]
            assert await seqs(0, []) == []
            assert await seqs(5, None) == []
            assert await store.bounds() == (1, 5)

    run(main())


def test_missed_rows_come_with_the_oldest_number_that_is_kept(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            assert await store.missed(0, ["desk"], 10) == (0, [])
            for n, room in enumerate(["desk", "u1", "u2", "desk", "u1"], 1):
                await store.write(say(n, room))
            await store.forget_before(1003)
            everything = await store.events_after(0, None, 10)
            assert [row.seq for row in everything] == [3, 4, 5]
            assert await store.missed(2, ["desk", "u1"], 10) == (3, everything[1:])
            assert await store.missed(2, ["desk", "u1"], 1) == (3, everything[1:2])
            assert await store.missed(4, ["desk"], 10) == (3, [])
            assert await store.missed(0, [], 10) == (3, [])

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


def test_listeners_get_committed_rows_in_order_and_never_failed_ones(make: Callable[[], Store]) -> None:
    def fails(tx: Transaction) -> None:
        tx.append("desk", "said", {"n": -1}, now=1)
        raise BadInput("no")

    async def main() -> None:
        async with opened(make) as store:
            heard: list[JournalRow] = []
            stop = store.subscribe(heard.extend)
            works = [fails if n % 3 == 0 else say(n) for n in range(60)]
            await asyncio.gather(*(store.write(work) for work in works), return_exceptions=True)
            assert [row.seq for row in heard] == list(range(1, 41))
            assert heard == await store.events_after(0, None, 100)
            stop()
            await store.write(say(99))
            assert len(heard) == 40

    run(main())


def test_a_listener_that_fails_disturbs_nobody(make: Callable[[], Store], caplog: pytest.LogCaptureFixture) -> None:
    def broken(rows: object) -> None:
        raise ValueError("broken")

    async def main() -> None:
        async with opened(make) as store:
            heard: list[JournalRow] = []
            store.subscribe(broken)
            store.subscribe(heard.extend)
            await store.write(say(1))
            assert len(heard) == 1

    run(main())
    assert "a listener failed" in caplog.text


def test_old_rows_are_forgotten_but_never_the_newest(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            for n in range(1, 11):
                await store.write(say(n))
            assert await store.forget_before(1005) == 4
            assert await store.bounds() == (5, 10)
            assert await store.forget_before(9999) == 5
            assert await store.bounds() == (10, 10)
            assert (await store.write(say(11))).seq == 11

    run(main())


def test_a_work_whose_caller_gave_up_is_not_begun(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            blocker = asyncio.create_task(store.write(lambda tx: _sleep(0.2)))
            await asyncio.sleep(0.05)
            given_up = asyncio.create_task(store.write(put("a", "1")))
            await asyncio.sleep(0.02)
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
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
            blocker = asyncio.create_task(store.write(lambda tx: _sleep(1.4)))
            await asyncio.sleep(0.05)
            began = asyncio.get_running_loop().time()
            with pytest.raises(Unavailable):
                await store.write(put("a", "1"))
            assert asyncio.get_running_loop().time() - began < 1.2
            await asyncio.gather(blocker, return_exceptions=True)
            await asyncio.sleep(0.5)
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


@pytest.mark.parametrize(("room", "text"), [("desk", "\ud800"), ("\ud800", "text")])
def test_a_poison_row_fails_alone(make: Callable[[], Store], room: str, text: str) -> None:
    async def main() -> None:
        async with opened(make) as store:
            poison = store.write(lambda tx: tx.append(room, "said", {"text": text}, now=1))
            results = await asyncio.gather(store.write(say(1)), poison, store.write(say(2)), return_exceptions=True)
            assert isinstance(results[1], UnicodeEncodeError)
            assert await store.bounds() == (1, 2)

    run(main())


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


# --- search -----------------------------------------------------------------------------------------------------

TEXTS = {
    2: "বুকিংয়ের তারিখ কবে?",
    3: "I PAID for the বুকিং, why is it 'pending'?",
    5: "আমি টাকা দিয়েছি। বুকিং নম্বর ৪২৭",
    8: "Crème brûlée & paidless: half\u0000hidden \\ back",
    9: "x" * 9_000 + " বুকিংটা",
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("বুকিং", [9, 5, 3, 2]),  # by their beginning, which is also how Bengali inflects
        ("বুক", [9, 5, 3, 2]),
        ("কিং", []),
        ("বুকিং টাকা", [5]),
        ("দিয\u09bcেছি", [5]),  # another keyboard's spelling
        ("৪২৭", [5]),
        ("paid", [8, 3]),
        ("PAID why pend", [3]),
        ("creme BRULEE", [8]),
        ("crème", [8]),
        ("'pending' \\ | ! & <-> :*", [3]),  # nothing is an operator
        ("hidden", [8]),
        ("x" * 200, [9]),
        ("nothing", []),
    ],
)
def test_texts_are_found_by_the_beginning_of_their_words(
    make: Callable[[], Store], query: str, found: list[int]
) -> None:
    async def main() -> None:
        async with opened(make) as store:
            for seq, text in TEXTS.items():
                await store.write(partial(lambda tx, seq, text: tx.index_text(seq, text), seq=seq, text=text))
            assert await store.read(lambda tx: tx.find_texts(words(query), None, 10)) == found
            for most in (1, 2):
                page: list[int] = []
                while more := await store.read(
                    lambda tx: tx.find_texts(words(query), page[-1] if page else None, most)  # noqa: B023
                ):
                    page += more
                assert page == found

    run(main())


def test_a_text_is_findable_with_the_commit_of_its_work_and_else_never(make: Callable[[], Store]) -> None:
    def fails(tx: Transaction) -> None:
        tx.index_text(1, "forgotten")
        assert tx.find_texts(["forgotten"], None, 9) == [1]
        raise BadInput("no")

    async def main() -> None:
        async with opened(make) as store:
            with pytest.raises(BadInput):
                await store.write(fails)
            assert await store.read(lambda tx: tx.find_texts(["forgotten"], None, 9)) == []
            await store.write(lambda tx: tx.index_text(1, "kept"))
            assert await store.read(lambda tx: tx.find_texts(["kept"], None, 9)) == [1]

    run(main())
