"""Connections to PostgreSQL: those that die, those that lie, and a database that was replaced under the server."""

import asyncio
import os
import random
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from sqlalchemy import text, update

from carevia.errors import Unavailable
from carevia.store import postgres_connection, postgres_database, postgres_hints
from carevia.store.journal import JournalRow
from carevia.store.postgres import PostgresStore
from carevia.store.postgres_hints import Hints
from carevia.store.tables import journal, meta
from tests.aio import run
from tests.harness.postgres import Postgres, ask
from tests.store.nodes import SOON, VALUE, opened, say, sleep
from tests.store.opened import given_up

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'carevia'"
LET_GO = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


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
            await asyncio.gather(*(store.read(lambda tx: sleep(0.1)) for _ in range(3)))
            await asyncio.to_thread(ask, url, CUT)
            assert await store.write(say()) == 2
            assert [await store.bounds() for _ in range(6)] == [(1, 2)] * 6
            assert store.failed_commits == 0

    run(main())


def test_whoever_connects_as_the_hints_are_cut_off_and_gets_their_descriptor_s_number_is_read(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop stopped reading it: a webhook that came with PostgreSQL's end got no answer, and was reset after 8 s."""
    lost: list[psycopg.Connection[Any]] = []

    def connect(url: str) -> psycopg.Connection[Any]:
        lost.append(postgres_connection.connect(url))
        return lost[-1]

    monkeypatch.setattr(postgres_hints, "connect", connect)

    async def main() -> None:
        loop, heard, came = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        hints = Hints(url, own=lambda: 0, heard=heard.set)
        hints.start()
        await asyncio.wait_for(heard.wait(), SOON)
        number = lost[0].fileno()
        heard.clear()
        cut = asyncio.create_task(asyncio.to_thread(ask, url, CUT))
        async with asyncio.timeout(SOON):
            while is_open(number):
                await asyncio.sleep(0)
        near, far = socket.socketpair()
        with far, socket.socket(fileno=os.dup2(near.detach(), number)) as taken:
            transport, _ = await loop.connect_accepted_socket(lambda: Listening(came), taken)
            await cut
            await asyncio.wait_for(heard.wait(), SOON)
            far.send(b"Hello")
            await asyncio.wait_for(came.wait(), SOON)
            transport.close()
        await hints.stop()

    run(main())


class Listening(asyncio.Protocol):
    def __init__(self, came: asyncio.Event) -> None:
        self._came = came

    def data_received(self, data: bytes) -> None:
        self._came.set()


def is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def test_a_connection_that_dies_within_a_batch_answers_none_of_it_as_stored(url: str) -> None:
    def dies(tx: Any) -> None:
        tx._connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async def main() -> None:
        async with opened(url) as [store]:
            await store.write(say())
            blocker = store.write(lambda tx: sleep(0.1))
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


def test_a_commit_that_is_let_go_before_the_standby_has_it_is_not_answered_as_stored() -> None:
    """By who cancels what waits for a standby that is away: PostgreSQL answers COMMIT, with a warning."""

    def waits(tx: Any) -> None:
        tx.append("desk", "said", {}, now=1)
        tx._connection.execute("SET LOCAL synchronous_commit = on")

    with Postgres(durable=False) as postgres:
        url = postgres.prepared()
        ask(url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        ask(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = local")
        postgres.stop()
        postgres.start()

        async def main() -> None:
            async with opened(url) as [store]:
                waiting = asyncio.create_task(store.write(waits))
                async with asyncio.timeout(SOON):
                    while not await asyncio.to_thread(ask, url, LET_GO):
                        pass
                with pytest.raises(Unavailable):
                    await waiting
                assert await store.write(say()) == 2

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
            await asyncio.to_thread(ask, url, CUT)
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
            await asyncio.to_thread(ask, url, CUT)
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


def test_a_node_that_comes_late_to_a_copy_that_was_behind_finds_its_numbers_given_to_others_and_begins_a_new_epoch(
    url: str,
) -> None:
    """The other node had seen nothing of what was lost: it was there first, and wrote. Whoever reads is as late."""

    async def main() -> None:
        async with opened(url, url) as [late, first]:
            await first.write(say())
            await late.write(say())
            await asyncio.to_thread(ask, url, "DELETE FROM journal WHERE seq > 1")
            await asyncio.to_thread(ask, url, CUT)
            for number in (2, 3):
                assert await first.write(say()) == number
            with pytest.raises(Unavailable, match="restart the server"):
                await late.events_after(2, None, 10)
            with pytest.raises(Unavailable, match="restart the server"):
                await late.write(say())
            with pytest.raises(Unavailable, match="restart the server"):
                await first.check()

    run(main())
