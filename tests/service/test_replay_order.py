"""What a client that comes back is sent and what not: its order beside live events, its pages, in whose words."""

from pathlib import Path
from typing import Any

import pytest

from carevia.store.transaction import Transaction
from tests.service.hub import heard
from tests.service.test_relay import event, run, until
from tests.service.test_replay import CUSTOMER, STAFF, many, numbers, replaying


def test_a_customer_who_comes_back_reads_no_name_of_staff(tmp_path: Path) -> None:
    message = {"id": "1", "roomId": "rima", "senderId": "staff-1", "senderName": "Rafiq", "text": "hello"}

    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            door.rooms = {"rima": "rima"}
            pids = [(await door.come(person)).pid for person in (CUSTOMER, STAFF)]
            await store.write(lambda tx: tx.append("rima", "receive_message", message, now=0))
            await until(lambda: relay.position == 1)
            names = []
            for person, pid in zip((CUSTOMER, STAFF), pids, strict=True):
                [sent] = await heard(await door.come(person, pid))
                names.append(sent.payload["senderName"])
            assert names == ["Carevia Support", "Rafiq"]

    run(body())


def test_who_said_something_is_not_told_it_again_after_coming_back(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            client = await door.come(STAFF)

            def two(tx: Transaction) -> None:
                tx.append("desk", "said", {"n": 0}, sender=client.sid, now=0)
                tx.append("desk", "said", {"n": 1}, sender="another socket", now=0)

            await store.write(two)
            await until(lambda: relay.position == 2)
            assert await numbers(await door.come(STAFF, client.pid)) == [1]

    run(body())


def test_who_missed_nothing_of_its_own_comes_back_to_silence_and_hears_what_comes_next(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            door.rooms = {"rima": "rima"}
            pid = (await door.come(CUSTOMER)).pid
            await store.write(event("karim", 0))
            await until(lambda: relay.position == 1)
            relay._recent.clear()  # as in a process that started since
            client = await door.come(CUSTOMER, pid)
            assert await numbers(client) == []
            await store.write(event("rima", 1))
            await until(lambda: relay.position == 2)
            assert await numbers(client) == [1]

    run(body())


def test_many_small_rows_come_in_pages_of_five_hundred_at_most(tmp_path: Path) -> None:
    pages: list[int] = []

    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            missed = store.missed

            async def counted(seq: int, rooms: Any, limit: int) -> Any:
                oldest, rows = await missed(seq, rooms, limit)
                pages.append(len(rows))
                return oldest, rows

            pid = (await door.come(STAFF)).pid
            await store.write(many(2_000, 1))
            await until(lambda: relay.position == 2_000)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(store, "missed", counted)
                assert await numbers(await door.come(STAFF, pid)) == list(range(2_000))
            assert max(pages) == 500

    run(body())


def test_what_is_committed_while_a_client_catches_up_comes_once_and_behind_what_it_missed(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            await store.write(many(100, 1))
            await until(lambda: relay.position == 100)
            relay._recent.clear()  # as in a process that started since
            missed = store.missed

            async def and_one_more(seq: int, rooms: Any, limit: int) -> Any:
                page = await missed(seq, rooms, limit)
                newest = await store.write(event("desk", relay.position))
                await until(lambda: relay.position == newest)
                return page

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(store, "missed", and_one_more)
                got = await numbers(await door.come(STAFF, pid))
            assert got == list(range(relay.position)) and len(got) > 100

    run(body())


def test_a_reset_comes_before_what_is_committed_meanwhile(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            catch_up = door.replay.catch_up

            async def late(*words: Any) -> None:
                await store.write(event("desk", 0))
                await until(lambda: relay.position == 1)
                await catch_up(*words)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(door.replay, "catch_up", late)
                got = await heard(await door.come(STAFF, "not a pid"))
            told = [(sent.name, sent.offset) for sent in got]
            assert told == [("reset", f"{store.epoch}.0"), ("customer_added", f"{store.epoch}.1")]

    run(body())
