"""The store's contract: the journal, who hears of its rows, and what is forgotten."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from carevia.errors import BadInput
from carevia.store.journal import JournalRow
from carevia.store.store import Store
from carevia.store.tables import journal
from carevia.store.transaction import Transaction
from carevia.store.works import bounds
from tests.aio import run
from tests.contract.works import opened, say


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
            await store.forget_before(1003, now=9999)
            everything = await store.events_after(0, None, 10)
            assert [row.seq for row in everything] == [3, 4, 5]
            assert await store.missed(2, ["desk", "u1"], 10) == (3, everything[1:])
            assert await store.missed(2, ["desk", "u1"], 1) == (3, everything[1:2])
            assert await store.missed(4, ["desk"], 10) == (3, [])
            assert await store.missed(0, [], 10) == (3, [])

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
            assert await store.forget_before(1005, now=9999) == 4
            assert await store.bounds() == (5, 10)
            assert await store.forget_before(9999, now=9999) == 5
            assert await store.bounds() == (10, 10)
            assert (await store.write(say(11))).seq == 11

    run(main())


async def write_each(store: Store, works: Sequence[Callable[[Transaction], object]]) -> None:
    """In parts: thousands in one work take a busy machine longer than whoever asks for it waits."""
    for at in range(0, len(works), 250):
        await store.write(do_all(works[at : at + 250]))


def do_all(works: Sequence[Callable[[Transaction], object]]) -> Callable[[Transaction], object]:
    return lambda tx: [work(tx) for work in works]


def test_others_write_while_much_is_forgotten(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            await write_each(store, [say(n) for n in range(1, 3_002)])
            forgetting = asyncio.ensure_future(store.forget_before(9_999, now=9_999))
            await asyncio.sleep(0)
            oldest, _ = await store.write(bounds)
            assert oldest <= 1_001
            assert await forgetting == 3_000

    run(main())


@pytest.mark.parametrize("wrong", [9, 5_009])
def test_rows_of_a_clock_that_was_ahead_are_as_old_as_those_after_them(make: Callable[[], Store], wrong: int) -> None:
    """No row behind one from the year 2100 was ever forgotten."""

    def say_at(now: int) -> Callable[[Transaction], object]:
        return lambda tx: tx.append("desk", "m", {}, now=now)

    async def main() -> None:
        async with opened(make) as store:
            await write_each(store, [say_at(4_102_444_800_000)] * wrong + [say_at(1000 + n) for n in range(1, 5)])
            assert await store.forget_before(1001, now=2000) == 0  # they may be as young as the row behind them
            assert await store.forget_before(1003, now=2000) == wrong + 2
            assert await store.bounds() == (wrong + 3, wrong + 4)

    run(main())


def test_a_young_row_keeps_the_older_ones_behind_it(make: Callable[[], Store]) -> None:
    """As nodes write them whose clocks are a little apart."""

    async def main() -> None:
        async with opened(make) as store:
            for n in (1, 5, 2, 6):
                await store.write(say(n))
            assert await store.forget_before(1003, now=2000) == 1

    run(main())


def test_a_clock_that_went_back_forgets_nothing(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with opened(make) as store:
            for n in range(1, 5):
                await store.write(say(n))
            assert await store.forget_before(-500, now=500) == 0

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
