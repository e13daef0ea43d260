"""What only PostgreSQL promises: several nodes on one journal, and nodes that hang."""

import asyncio

import psycopg
import pytest

from carevia.errors import BadInput, Unavailable
from carevia.store import postgres_database
from carevia.store.journal import JournalRow
from carevia.store.postgres import PostgresStore
from carevia.store.postgres_connection import WRITING
from carevia.store.postgres_migrate import prepare
from carevia.store.postgres_search import FIND, FIND_RECENT, match
from carevia.store.tables import meta
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.harness.postgres import ask
from tests.store.nodes import SOON, opened, say, sleep

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

    async def found() -> list[int]:
        async with opened(url) as [store]:
            return await store.read(lambda tx: tx.find_texts(["rare1999"], None, 20))

    assert run(found()) == [*range(19_999, 19_989, -1), 1_999], "the old too, where the newest are not enough"


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
                sleep(1.5)

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
