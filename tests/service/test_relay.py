"""Journal to hub: after commit, in order, once; staff names never reach a customer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from carevia.realtime import Server
from carevia.realtime.testing import TestClient
from carevia.service.relay import Relay
from carevia.store.journal import JournalRow
from carevia.store.sqlite import SqliteStore
from carevia.store.store import Store
from carevia.store.tables import journal
from carevia.store.transaction import Transaction
from tests.service.hub import a_hub, heard, seated

NOW = 1_800_000_000_000


@asynccontextmanager
async def running(folder: Path, poll_seconds: float = 0.05) -> AsyncIterator[tuple[Store, Server, Relay]]:
    """A real store and a relay in front of a real hub."""
    errors: list[Exception] = []
    store, hub = SqliteStore(folder / "relay.db"), a_hub(errors)
    await store.open()
    relay = Relay(store, hub.namespace("/"), poll_seconds)
    await relay.start()
    try:
        yield store, hub, relay
    finally:
        await relay.stop()
        await hub.stop()
        await store.close()
    assert not errors


def event(room: str, n: int, name: str = "customer_added", **more: Any) -> Callable[[Transaction], int]:
    def work(tx: Transaction) -> int:
        return tx.append(room, name, {"n": n, **more}, now=NOW).seq

    return work


def poison(tx: Transaction) -> None:
    """A row whose payload is no JSON any more, as a damaged disk or a hand in the database leaves it."""
    seq = tx.append("rima", "receive_message", {}, now=NOW).seq
    tx.run(update(journal).where(journal.c.seq == seq).values(payload="{"))


def test_whoever_waits_for_a_commit_is_answered_before_its_rows_are_emitted(tmp_path: Path) -> None:
    async def body() -> None:
        async with running(tmp_path, 60) as (store, _, relay):
            before = relay.position
            seq = await store.write(event("rima", 1))
            assert (relay.position, seq) == (before, before + 1)
            await until(lambda: relay.position == seq)

    run(body())


def test_rows_wait_for_the_writes_that_are_under_way_but_not_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body() -> None:
        async with running(tmp_path, 60) as (store, _, relay):
            turns: list[int] = []
            relay.listen(lambda row: turns.append(row.seq), "customer_added")
            monkeypatch.setattr(SqliteStore, "writing", True)
            monkeypatch.setattr("carevia.service.relay.HELD", 0.5)  # a slow machine is not a long time
            first = await store.write(event("rima", 1))
            await asyncio.sleep(0)
            assert turns == [], "others are being committed: one write for all"
            await until(lambda: turns == [first])
            monkeypatch.setattr(SqliteStore, "writing", False)
            second = await store.write(event("rima", 2))
            await until(lambda: turns == [first, second])

    run(body())


async def until(done: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.005)


def run(body: Coroutine[Any, Any, None]) -> None:
    asyncio.run(body)


def test_rows_reach_their_room_in_order_and_once(tmp_path: Path) -> None:
    async def body() -> None:
        async with running(tmp_path) as (store, hub, relay), TestClient(hub) as desk, TestClient(hub) as other:
            seated(hub, desk, "desk")
            seated(hub, other, "customer")
            await asyncio.gather(*(store.write(event("desk", n)) for n in range(50)))
            await until(lambda: relay.position == 50)
            got = await heard(desk)
            assert [sent.offset for sent in got] == [f"{store.epoch}.{seq}" for seq in range(1, 51)]
            assert sorted(sent.payload["n"] for sent in got) == list(range(50))
            assert await heard(other) == []

    run(body())


def test_nothing_is_emitted_for_a_transaction_that_fails(tmp_path: Path) -> None:
    def failing(tx: Transaction) -> None:
        tx.append("desk", "customer_added", {"n": 1}, now=NOW)
        raise RuntimeError("the transaction fails after the event was appended")

    async def body() -> None:
        async with running(tmp_path) as (store, hub, relay), TestClient(hub) as desk:
            seated(hub, desk, "desk")
            with pytest.raises(RuntimeError):
                await store.write(failing)
            await store.write(event("desk", 2))
            await until(lambda: relay.position == 1)
            assert [sent.payload for sent in await heard(desk)] == [{"n": 2}]

    run(body())


def test_rows_of_another_process_are_found_by_the_poll(tmp_path: Path) -> None:
    async def body() -> None:
        async with running(tmp_path) as (store, hub, relay), TestClient(hub) as desk:
            neighbour = SqliteStore(tmp_path / "relay.db")
            await neighbour.open()
            seated(hub, desk, "desk")
            await neighbour.write(event("desk", 1))
            await until(lambda: relay.position == 1)
            await neighbour.write(event("desk", 2))
            await store.write(event("desk", 3))  # its wake-up has a gap before it: both come, in order
            await until(lambda: relay.position == 3)
            assert [sent.payload["n"] for sent in await heard(desk)] == [1, 2, 3]
            await neighbour.close()

    run(body())


def test_the_sender_of_a_message_does_not_get_it_back(tmp_path: Path) -> None:
    async def body() -> None:
        async with running(tmp_path) as (store, hub, relay), TestClient(hub) as sender, TestClient(hub) as listener:
            seated(hub, sender, "rima")
            seated(hub, listener, "rima")
            message = {"id": "1", "roomId": "rima", "senderId": "rima", "senderName": "Rima", "text": "hello"}
            await store.write(lambda tx: tx.append("rima", "receive_message", message, now=NOW, sender=sender.sid).seq)
            await until(lambda: relay.position == 1)
            assert (len(await heard(sender)), len(await heard(listener))) == (0, 1)

    run(body())


def test_a_customer_reads_carevia_support_where_staff_read_the_name(tmp_path: Path) -> None:
    async def body() -> None:
        async with running(tmp_path) as (store, hub, relay), TestClient(hub) as customer, TestClient(hub) as colleague:
            seated(hub, customer, "rima")
            seated(hub, colleague, "rima/desk")
            message = {"id": "1", "roomId": "rima", "senderId": "staff-1", "senderName": "Rafiq", "text": "hello"}
            await store.write(lambda tx: tx.append("rima", "receive_message", message, now=NOW).seq)
            await until(lambda: relay.position == 1)
            assert [sent.payload["senderName"] for sent in await heard(customer)] == ["Carevia Support"]
            assert [sent.payload["senderName"] for sent in await heard(colleague)] == ["Rafiq"]

    run(body())


def test_a_row_that_cannot_be_emitted_is_set_aside_and_the_next_ones_go_on(tmp_path: Path) -> None:
    async def body() -> None:
        async with running(tmp_path) as (store, hub, relay), TestClient(hub) as desk:
            seated(hub, desk, "desk")
            neighbour = SqliteStore(tmp_path / "relay.db")  # a row of our own would come from memory, undamaged
            await neighbour.open()
            await neighbour.write(poison)
            await neighbour.close()
            await store.write(event("desk", 2))
            await until(lambda: relay.position == 2)
            assert relay.poison.count == 1
            assert [sent.payload["n"] for sent in await heard(desk)] == [2]

    run(body())


def test_a_row_that_a_listener_cannot_read_is_set_aside_and_the_others_go_on(tmp_path: Path) -> None:
    """Say of a newer version, or written by hand: it is JSON, and yet not what whoever is told of it expects."""

    def refuse(row: JournalRow) -> None:
        raise ValueError("this row says too little")

    async def body() -> None:
        async with running(tmp_path) as (store, hub, relay), TestClient(hub) as desk:
            seated(hub, desk, "desk")
            relay.listen(refuse, "odd")
            neighbour = SqliteStore(tmp_path / "relay.db")
            await neighbour.open()
            await neighbour.write(event("desk", 1, "odd"))
            await neighbour.close()
            await store.write(event("desk", 2, "odd"))
            await store.write(event("desk", 3))
            await until(lambda: relay.position == 3)
            assert relay.poison.count == 2
            assert [sent.payload["n"] for sent in await heard(desk)] == [1, 2, 3], "and nobody hears of one twice"

    run(body())


def test_a_relay_that_is_not_running_says_so(tmp_path: Path) -> None:
    async def body() -> None:
        async with running(tmp_path) as (_, _, relay):
            assert relay.trouble() is None
            await relay.stop()
            assert relay.trouble() == "the relay is not running"

    run(body())


def test_a_listener_that_cannot_take_a_row_holds_up_neither_the_others_nor_the_next_row(tmp_path: Path) -> None:
    """One row of ended credentials that could not be read stopped every desk, and whoever could read it got it again
    at every poll."""

    def cannot(row: JournalRow) -> None:
        if row.seq == 1:
            raise ValueError("not for me")

    async def body() -> None:
        async with running(tmp_path) as (store, hub, relay), TestClient(hub) as desk:
            seated(hub, desk, "desk")
            told: list[int] = []
            relay.listen(cannot, "customer_added")
            relay.listen(lambda row: told.append(row.seq), "customer_added")
            for n in (1, 2):
                await store.write(event("desk", n))
            await until(lambda: relay.position == 2)
            assert [sent.payload["n"] for sent in await heard(desk)] == told == [1, 2]
            assert [row.seq for row in relay.poison] == [1]

    run(body())
