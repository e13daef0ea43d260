"""What only PostgreSQL promises: several nodes on one journal, connections that die, nodes that hang."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import bindparam, select, text, update

from carevia.errors import BadInput, Unavailable
from carevia.store import postgres_database
from carevia.store.journal import JournalRow
from carevia.store.postgres import PostgresStore
from carevia.store.postgres_connection import WRITING
from carevia.store.postgres_migrate import prepare
from carevia.store.postgres_search import FIND, FIND_RECENT, match
from carevia.store.tables import journal, meta
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.harness.postgres import Postgres, ask
from tests.store.opened import given_up

SOON = 5.0
VALUE = select(meta.c.value).where(meta.c.key == bindparam("wanted"))


@asynccontextmanager
async def opened(*urls: str) -> AsyncIterator[list[PostgresStore]]:
    stores = [PostgresStore(url) for url in urls]
    for store in stores:
        listens = asyncio.Event()
        way_out = store.on_hint(listens.set)
        await store.open()
        await asyncio.wait_for(listens.wait(), SOON)  # the first hint, for what came before it listened
        way_out()
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


def say(room: str = "desk") -> Callable[[Transaction], int]:
    return lambda tx: tx.append(room, "said", {"text": "x"}, now=1).seq


# --- search -----------------------------------------------------------------------------------------------------


def test_texts_are_found_by_the_index_and_a_frequent_word_without_gathering_all_of_them(url: str) -> None:
    prepare(url, "e")
    words = "array_to_tsvector(ARRAY['টাকা', 'rare' || n])"
    ask(url, f"INSERT INTO message_words SELECT n, {words} FROM generate_series(1, 20000) n")
    ask(url, "ANALYZE message_words")

    def plan(sql: str, word: str) -> str:
        with psycopg.connect(url) as connection:
            connection.execute("SET enable_seqscan = off")  # so few rows are looked through as quickly
            asked = {"wanted": match([word]), "before": 2**62, "most": 20}
            told = connection.execute(b"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + sql.encode(), asked)
            return "\n".join(line for (line,) in told.fetchall())

    assert "Bitmap Index Scan on ix_message_words_words" in plan(FIND, "rare77")
    recent = plan(FIND_RECENT, "টাক")
    assert "Index Scan Backward using message_words_pkey" in recent and "Sort" not in recent


# --- several nodes ----------------------------------------------------------------------------------------------


def test_the_journal_has_no_gaps_and_commit_order_is_number_order_over_nodes(url: str) -> None:
    """The reader remembers the highest number it saw, as a relay does: with a sequence it would lose rows."""

    def fails(tx: Transaction) -> None:
        tx.append("desk", "said", {}, now=1)
        raise BadInput("no")

    async def main() -> None:
        async with opened(url, url, url) as (one, two, reader):
            seen: list[int] = []

            async def read_along() -> None:
                while len(seen) < 200:
                    seen.extend(row.seq for row in await reader.events_after(seen[-1] if seen else 0, None, 1000))

            async def write(store: PostgresStore) -> None:
                for _ in range(10):
                    works = [store.write(fails if n == 3 else say()) for n in range(11)]
                    await asyncio.gather(*works, return_exceptions=True)

            async with asyncio.timeout(30):
                await asyncio.gather(read_along(), write(one), write(two))
            assert seen == list(range(1, 201))

    run(main())


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_nodes_take_turns_whatever_isolation_the_database_is_set_to(url: str, level: str) -> None:
    ask(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_isolation = '{level}'")

    async def one_after_the_other(store: PostgresStore) -> list[int]:
        return [await store.write(say()) for _ in range(10)]

    async def main() -> None:
        async with opened(url, url) as stores:
            ways = await asyncio.gather(*map(one_after_the_other, stores))
            assert sorted(seq for seqs in ways for seq in seqs) == list(range(1, 21))

    run(main())


def test_a_claim_is_won_once_over_nodes(url: str) -> None:
    async def main() -> None:
        async with opened(url, url) as stores:
            works = [store.write(lambda tx: tx.insert_new(meta, key="id", value="1")) for store in stores * 10]
            assert sum(await asyncio.gather(*works)) == 1

    run(main())


def test_a_node_is_hinted_at_the_commits_of_others_and_not_at_its_own(url: str) -> None:
    async def main() -> None:
        async with opened(url, url) as (one, two):
            await one.write(say())  # so that its connection is there
            hints, heard = asyncio.Event(), list[JournalRow]()
            way_out = one.on_hint(hints.set)
            one.subscribe(heard.extend)
            await one.write(say())
            await one.write(lambda tx: tx.insert(meta, key="no row", value="1"))
            await asyncio.sleep(0.2)
            assert not hints.is_set()
            await two.write(say())
            async with asyncio.timeout(SOON):
                await hints.wait()
            assert [row.seq for row in heard] == [2]
            way_out()

    run(main())


def test_the_hints_come_back_after_their_connection_was_lost(url: str) -> None:
    async def main() -> None:
        async with opened(url, url) as (one, two):
            hints = asyncio.Event()
            one.on_hint(hints.set)
            await asyncio.to_thread(
                ask, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )
            hints.clear()
            async with asyncio.timeout(SOON):
                await hints.wait()  # it listens again
            hints.clear()
            await two.write(say())
            async with asyncio.timeout(SOON):
                await hints.wait()

    run(main())


def test_a_node_that_hangs_in_its_transaction_loses_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that was stopped or cut off: nobody else could write any more."""
    monkeypatch.setattr(postgres_database, "_HELD", "300ms")

    async def main() -> None:
        async with opened(url, url) as (hung, other):
            begun = asyncio.Event()
            loop = asyncio.get_running_loop()

            def hangs(tx: Transaction) -> None:
                tx.append("desk", "said", {}, now=1)
                loop.call_soon_threadsafe(begun.set)
                _sleep(1.5)

            hanging = asyncio.create_task(hung.write(hangs))
            await begun.wait()
            assert await other.write(say()) == 1
            with pytest.raises(Unavailable):
                await hanging
            assert await hung.write(say()) == 2

    run(main())


def test_a_lock_that_stays_is_unavailable(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_database, "_PATIENCE", "200ms")

    async def main() -> None:
        async with opened(url) as [store]:
            with psycopg.connect(url) as other:
                other.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])
                with pytest.raises(Unavailable, match="Another process holds the database"):
                    await store.write(say())
            assert await store.write(say()) == 1
            assert store.failed_commits == 1

    run(main())


# --- connections ------------------------------------------------------------------------------------------------


def test_what_was_written_is_read_and_heard_of_although_a_standby_comes_first_in_the_address() -> None:
    """As after a failover: the server that was first is back, and follows the other one as well as it can."""
    with ExitStack() as stack:
        first, other = Postgres(durable=False), stack.enter_context(Postgres(durable=False))
        url = other.prepared()
        other.stop()
        first.become_standby_of(other)
        other.start()
        stack.enter_context(first)

        async def main() -> None:
            address = url.replace("@", f"@127.0.0.1:{first.port},")
            async with opened(address, url) as [store, another]:
                heard = asyncio.Event()
                store.on_hint(heard.set)
                assert await store.write(say()) == 1
                assert await store.bounds() == (1, 1)
                heard.clear()
                await another.write(say())
                await asyncio.wait_for(heard.wait(), SOON)

        run(main())


def test_connections_that_died_unused_cost_nobody_an_error(url: str) -> None:
    async def main() -> None:
        async with opened(url) as [store]:
            await store.write(say())
            await asyncio.gather(*(store.read(lambda tx: _sleep(0.1)) for _ in range(3)))
            await asyncio.to_thread(
                ask, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carevia'"
            )
            assert await store.write(say()) == 2
            assert [await store.bounds() for _ in range(6)] == [(1, 2)] * 6
            assert store.failed_commits == 0

    run(main())


def test_a_connection_that_dies_within_a_batch_answers_none_of_it_as_stored(url: str) -> None:
    def dies(tx: Any) -> None:
        tx._connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async def main() -> None:
        async with opened(url) as [store]:
            await store.write(say())
            blocker = store.write(lambda tx: _sleep(0.1))
            results = await asyncio.gather(blocker, store.write(say()), store.write(dies), return_exceptions=True)
            assert [type(result) for result in results] in (
                [type(None), Unavailable, Unavailable], [Unavailable, Unavailable, Unavailable],
            )  # fmt: skip
            assert "cannot be reached" in str(results[2])
            assert await store.bounds() == (1, 1)
            assert await store.write(say()) == 2

    run(main())


def test_a_commit_that_the_database_makes_a_rollback_is_no_commit(url: str) -> None:
    """PostgreSQL answers COMMIT with ROLLBACK, and without an error, where a statement before had failed."""

    def hides(tx: Any) -> None:
        tx.append("desk", "said", {}, now=1)
        with pytest.raises(psycopg.Error):
            tx._connection.execute("SELECT 1 / 0")

    async def main() -> None:
        async with opened(url) as [store]:
            with pytest.raises(RuntimeError, match="hid an error"):
                await store.write(hides)
            monkey: Any = postgres_database.PostgresSession.keep
            postgres_database.PostgresSession.keep = lambda self: None  # type: ignore[method-assign]
            try:
                with pytest.raises(Unavailable):
                    await store.write(hides)
            finally:
                postgres_database.PostgresSession.keep = monkey  # type: ignore[method-assign]
            assert await store.bounds() == (0, 0)
            assert await store.write(say()) == 1

    run(main())


def test_a_work_s_own_faults_are_its_own(url: str) -> None:
    """A key longer than an index can hold, a duplicate, and text that PostgreSQL cannot have."""
    long = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))

    async def main() -> None:
        async with opened(url) as [store]:
            works = [
                say(),
                lambda tx: tx.insert(meta, key=long, value="1"),
                lambda tx: tx.insert(meta, key="epoch", value="1"),
                lambda tx: tx.insert(meta, key="nul", value="a\0b"),
                say(),
            ]
            results = await asyncio.gather(*map(store.write, works), return_exceptions=True)
            assert (results[0], results[4]) == (1, 2)
            assert isinstance(results[1], psycopg.errors.ProgramLimitExceeded)
            assert isinstance(results[2], psycopg.errors.UniqueViolation)
            row = await store.read(lambda tx: tx.first(VALUE, wanted="nul"))
            assert row is not None and row.value == "a\ufffdb"

    run(main())


def test_a_database_replaced_under_the_server_is_not_written_to(url: str) -> None:
    async def main() -> None:
        async with opened(url) as [store]:
            await store.write(say())
            await asyncio.to_thread(ask, url, "UPDATE meta SET value = 'another' WHERE key = 'epoch'")
            await asyncio.to_thread(
                ask, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carevia'"
            )
            with pytest.raises(Unavailable, match="restart the server"):
                await store.write(say())

    run(main())


async def read_on(store: PostgresStore) -> list[JournalRow]:
    return await store.events_after(0, None, 10)


async def replayed(store: PostgresStore) -> list[JournalRow]:
    return (await store.missed(0, ["desk"], 10))[1]


@pytest.mark.parametrize(("which", "shown"), [(0, read_on), (1, read_on), (1, replayed)])
def test_a_database_that_has_lost_rows_is_not_written_to_and_begins_a_new_epoch(
    url: str, which: int, shown: Callable[[PostgresStore], Awaitable[list[JournalRow]]]
) -> None:
    """As after a failover to a copy that was behind: what was shown is not there, and its numbers come again."""

    async def main() -> None:
        async with opened(url, url) as stores:
            for _ in range(3):
                await stores[0].write(say())
            assert len(await shown(stores[1])) == 3
            await asyncio.to_thread(ask, url, "DELETE FROM journal WHERE seq > 2")
            await asyncio.to_thread(
                ask, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carevia'"
            )
            for store in (stores[which], stores[1 - which]):
                with pytest.raises(Unavailable, match="restart the server"):
                    await store.write(say())
            before = stores[0].epoch
        async with opened(url, url) as stores:
            assert before != stores[0].epoch == stores[1].epoch
            assert await stores[which].write(say()) == 3

    run(main())


def test_commits_reach_the_disk_although_the_server_is_set_to_answer_before(url: str, postgres: Postgres) -> None:
    name = url.rpartition("/")[2]
    ask(url, f"ALTER DATABASE {name} SET synchronous_commit = off")

    async def main() -> None:
        async with opened(url) as [store]:
            setting = await store.write(lambda tx: tx.all(text("SELECT current_setting('synchronous_commit') AS now")))
            assert setting[0].now == "on"

    run(main())


def test_a_commit_that_wrote_nothing_proves_nothing(url: str) -> None:
    async def main() -> None:
        async with opened(url) as [store]:
            writer: Any = store._writer
            await store.write(say())
            assert writer.last_commit > 0
            writer.last_commit = 0.0
            nothing = update(journal).where(journal.c.seq == -1).values(name="x")
            assert await store.write(lambda tx: tx.run(nothing)) == 0
            assert writer.last_commit == 0.0
            await store.check()
            assert writer.last_commit > 0

    run(main())


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def test_a_read_that_nobody_waits_for_any_more_ends_by_itself(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It went on to its end, and so did those who asked again: all threads that read were taken by the gone."""
    monkeypatch.setattr(postgres_database, "_PATIENCE", "300")
    asleep = text("SELECT pg_sleep(60) AS slept")

    async def main() -> None:
        async with opened(postgres.prepared()) as [store]:
            await given_up(store, lambda tx: tx.all(asleep))
            assert await store.read(lambda tx: 1) == 1

    run(main())
