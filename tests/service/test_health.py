"""Health tells the truth by itself: red within five seconds of the fault, green within five of its end."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest

from carevia.realtime import Server
from carevia.service.health import EVERY, Health
from carevia.service.relay import Relay
from carevia.store.sqlite import SqliteStore
from carevia.store.sqlite_database import SqliteDatabase
from carevia.store.threaded import READERS
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.service.hub import a_hub
from tests.store.opened import file_of

SOON = 5.0  # the promise, for red and for green


class Watched(NamedTuple):
    store: SqliteStore
    relay: Relay
    health: Health


@asynccontextmanager
async def watched(folder: Path, every: float = 0.2) -> AsyncIterator[Watched]:
    store, hub = SqliteStore(file_of(folder)), a_hub([])
    await store.open()
    relay = Relay(store, hub.namespace("/"), every)
    await relay.start()
    health = Health(store, relay, every)
    await health.start()
    try:
        yield Watched(store, relay, health)
    finally:
        await health.stop()
        await relay.stop()
        await hub.stop()
        await store.close()


async def becomes(health: Health, good: Callable[[str | None], bool]) -> str | None:
    async with asyncio.timeout(SOON):
        while not good(health.reason()):
            await asyncio.sleep(0.02)
    return health.reason()


async def red(health: Health) -> str:
    return str(await becomes(health, lambda reason: reason is not None))


async def green(health: Health) -> None:
    await becomes(health, lambda reason: reason is None)


def say(tx: Transaction) -> int:
    return tx.append("desk", "said", {"n": 1}, now=1).seq


def test_a_lock_that_stays_is_red_and_green_when_it_is_gone(tmp_path: Path) -> None:
    async def main() -> None:
        async with watched(tmp_path, EVERY) as (_, _, health):
            other = sqlite3.connect(file_of(tmp_path), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            assert "does not answer" in await red(health)
            assert health.well == {"store": False, "relay": True}
            other.execute("COMMIT")
            other.close()
            await green(health)

    run(main())


def deadly(tx: Any) -> None:
    tx._connection.execute("ROLLBACK")  # the transaction is over, so it is not this work's own affair
    raise SystemExit


def test_a_writer_that_died_is_red_and_another_does_what_waited(tmp_path: Path) -> None:
    async def main() -> None:
        async with watched(tmp_path) as (store, _, health):
            lost = asyncio.create_task(store.write(deadly))
            writer: Any = store._writer
            await asyncio.wait_for(asyncio.shield(writer.ended), SOON)
            waiting = asyncio.create_task(store.write(say))
            assert "died" in await red(health)
            await green(health)
            assert await waiting == 1
            lost.cancel()

    run(main())


def test_a_writer_that_died_while_the_system_gave_no_thread_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        async with watched(tmp_path) as (store, _, health):
            with monkeypatch.context() as refused:
                refused.setattr(Thread, "start", no_thread)
                lost = asyncio.create_task(store.write(deadly))
                assert "RuntimeError" in await red(health)
            await green(health)
            assert await store.write(say) == 1
            lost.cancel()

    run(main())


def test_threads_that_read_and_died_are_followed_by_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory was short for a moment, every later read was answered 503 until somebody started the server anew."""

    def no_memory(*_: object) -> bool:
        raise MemoryError

    async def main() -> None:
        async with watched(tmp_path) as (store, _, health):
            readers: Any = store._readers
            with monkeypatch.context() as short:
                short.setattr(SqliteDatabase, "from_outside", no_memory)
                lost = [asyncio.create_task(store.read(no_memory)) for _ in range(READERS)]
                await asyncio.wait_for(asyncio.shield(asyncio.gather(*readers.ended[:READERS])), SOON)
            await health.judge()
            async with asyncio.timeout(SOON):
                assert await store.read(lambda tx: 7) == 7
            for one in lost:
                one.cancel()

    run(main())


def test_a_relay_that_died_is_red_and_starts_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with watched(tmp_path) as (_, relay, health):
            task: Any = relay._task
            task.cancel()
            assert "the relay is not running" in await red(health)
            await green(health)
            neighbour = SqliteStore(file_of(tmp_path))  # its rows come by the poll only
            await neighbour.open()
            seq = await neighbour.write(say)
            await neighbour.close()
            async with asyncio.timeout(SOON):
                while relay.position < seq:
                    await asyncio.sleep(0.02)

    run(main())


def test_a_relay_that_stands_still_before_committed_rows_is_red_and_green_when_it_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(_: object, __: object) -> None:
        raise RuntimeError("stuck")

    async def main() -> None:
        async with watched(tmp_path, EVERY) as (store, _, health):
            with monkeypatch.context() as patch:
                patch.setattr(Relay, "_emit", stuck)
                await store.write(say)
                assert "1 wait in the journal" in await red(health)
                assert (health.well, health.behind) == ({"store": True, "relay": False}, 1)
            await green(health)
            assert health.behind == 0

    run(main())


def test_a_relay_that_cannot_read_is_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(*_: object) -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        async with watched(tmp_path) as (store, _, health):
            with monkeypatch.context() as patch:
                patch.setattr(store, "events_after", hangs)
                assert "cannot read the journal" in await red(health)

    run(main())


def test_a_watch_that_has_stopped_is_not_taken_for_health(tmp_path: Path) -> None:
    async def main() -> None:
        async with watched(tmp_path) as (_, _, health):
            await health.stop()
            health._judged_at -= 60
            assert "has stopped" in str(health.reason())

    run(main())


def test_an_idle_store_is_probed_and_a_busy_one_is_not(tmp_path: Path) -> None:
    probes = 0

    class Counted(SqliteStore):
        async def write(self, work: Callable[[Transaction], Any]) -> Any:
            nonlocal probes
            probes += 1
            return await super().write(work)

    async def main() -> None:
        store, hub = Counted(file_of(tmp_path)), Server()
        await store.open()
        relay = Relay(store, hub.namespace("/"))
        await relay.start()
        health = Health(store, relay)
        try:
            await health.judge()
            assert probes == 1
            await store.write(say)
            await health.judge()
            assert probes == 2  # the row that was said is proof enough
        finally:
            await relay.stop()
            await hub.stop()
            await store.close()

    run(main())


def test_a_node_that_does_not_hear_itself_on_the_bus_is_red_and_green_when_it_does_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with watched(tmp_path) as (store, relay, _):
            hears = asyncio.Event()
            hears.set()
            health = Health(store, relay, 0.2, echo=hears.wait)
            await health.start()
            try:
                await asyncio.sleep(0.5)
                assert health.reason() is None and health.well["bus"]
                hears.clear()  # no error, no answer
                assert "bus is silent" in await red(health)
                assert (health.well["bus"], health.deaf) == (False, 1)
                assert health.reason("bus") is None
                assert health.silence > 1
                hears.set()
                await green(health)
                assert health.deaf == 1
            finally:
                await health.stop()

    run(main())


def test_a_message_to_itself_that_was_lost_is_sent_again_before_the_node_counts_as_deaf(tmp_path: Path) -> None:
    """Redis came back between the two connections of a node: it was red for four seconds more, and well."""

    async def main() -> None:
        async with watched(tmp_path) as (store, relay, _):
            sent = 0

            async def every_other_comes_back() -> None:
                nonlocal sent
                sent += 1
                await asyncio.sleep(0 if sent % 2 else 60)

            health = Health(store, relay, 0.2, echo=every_other_comes_back)
            await health.start()
            try:
                async with asyncio.timeout(SOON):
                    while sent < 3:
                        await asyncio.sleep(0.05)
                assert health.reason() is None and health.deaf == 0
            finally:
                await health.stop()

    run(main())


def test_a_node_that_does_not_read_back_what_it_writes_to_the_journal_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No error anywhere: commits succeed, and reading answers as it did before, as of a replica that stands still."""
    monkeypatch.setattr("carevia.service.health._QUIET", 0.3)

    async def main() -> None:
        async with watched(tmp_path) as (store, relay, _):
            health = Health(store, relay, 0.2, now=lambda: 1)
            await health.start()
            try:
                async with asyncio.timeout(SOON):
                    while relay.position < 2:  # an idle journal gets a row every few seconds, and is heard by it
                        assert health.reason() is None
                        await asyncio.sleep(0.05)
                frozen = await store.bounds()
                with monkeypatch.context() as patch:

                    async def as_before() -> tuple[int, int]:
                        return frozen

                    patch.setattr(store, "bounds", as_before)
                    assert "journal is silent" in await red(health)
                    assert (health.well["journal"], health.well["store"], health.journal_deaf) == (False, True, 1)
                await green(health)
                assert health.journal_silence < SOON
            finally:
                await health.stop()

    run(main())


def test_a_store_that_is_away_is_not_taken_for_a_silent_journal(tmp_path: Path) -> None:
    async def main() -> None:
        async with watched(tmp_path) as (store, relay, _):
            health = Health(store, relay, 0.2, now=lambda: 1)
            await health.start()
            other = sqlite3.connect(file_of(tmp_path), isolation_level=None)
            try:
                other.execute("BEGIN IMMEDIATE")
                assert "does not answer" in await red(health)
                assert health.well == {"store": False, "relay": True, "journal": True}
            finally:
                other.execute("ROLLBACK")
                other.close()
                await green(health)
                await health.stop()

    run(main())
