"""Strangers and handshakes of one address over two nodes, these counted in a real Valkey; without it each node counts
for itself."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from carevia.api import shared_limits
from carevia.api.limits import AddressLimits
from carevia.api.shared_limits import SharedHandshakes, strangers_of
from carevia.realtime.adapter.redis import RedisBroker
from carevia.realtime.adapter.roster import Message, Roster
from tests.aio import run
from tests.api.desk import until
from tests.harness.valkey import Valkey

RATE = 16
KEY = b"what both nodes share"


class Pair(NamedTuple):
    one: AddressLimits
    two: AddressLimits


@asynccontextmanager
async def pair(valkey: Valkey) -> AsyncIterator[Pair]:
    brokers = [RedisBroker(valkey.unix_url) for _ in range(2)]
    limits = [AddressLimits(RATE, 0) for _ in brokers]
    shared = [SharedHandshakes(each, broker, KEY) for each, broker in zip(limits, brokers, strict=True)]
    for broker in brokers:
        await broker.start()
    try:
        yield Pair(*limits)
    finally:
        for each in shared:
            await each.stop()
        for broker in brokers:
            await broker.stop()


def _names(valkey: Valkey) -> list[str]:
    """Of the counters on it."""
    return [word for word in valkey.command("KEYS", "*").decode().split() if word.startswith("carevia-handshakes#")]


def test_two_nodes_together_take_as_many_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limits, "_WINDOW", 60_000)  # ms: a second that a slow machine gets through

    async def main() -> None:
        with Valkey() as valkey:
            async with pair(valkey) as (one, two):
                now = time.monotonic()
                assert not any(one.refuses("10.0.0.1", now) for _ in range(RATE // 2))
                await until(lambda: _names(valkey))
                assert not any(two.refuses("10.0.0.1", now) for _ in range(RATE // 2))
                await until(lambda: two._closed)
                assert two.refuses("10.0.0.1", now)
                for each in (one, two):
                    assert not each.refuses("10.0.0.2", now)
                assert not any(one.refuses("10.0.0.3", now) for _ in range(RATE // 2)), "each address for itself"
                assert not one.refuses("10.0.0.1", now), "a node learns it with its next handshake"
                await until(lambda: one._closed)
                assert one.refuses("10.0.0.1", now)
                for each in (one, two):
                    assert not each.refuses("10.0.0.1", now + 200), "its second is over"
                await until(lambda: len(_names(valkey)) > 1)
                names = _names(valkey)
                assert len(names) == 2, "few handshakes are not worth a word"
                assert not any("10.0.0" in name for name in names)

    run(main())


def test_proof_gives_back_on_all_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limits, "_WINDOW", 60_000)

    async def main() -> None:
        with Valkey() as valkey:
            async with pair(valkey) as (one, two):
                now = time.monotonic()
                for _ in range(RATE - 1):
                    assert not one.refuses("10.0.0.1", now)
                await until(lambda: _names(valkey))
                for _ in range(RATE - 1):
                    one.proved("10.0.0.1")
                [name] = _names(valkey)
                await until(lambda: valkey.command("GET", name) == b"$1\r\n0\r\n")
                assert not any(two.refuses("10.0.0.1", now) for _ in range(RATE - 1))

    run(main())


def test_nobody_on_redis_closes_an_address_for_longer_than_its_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a counter is what Redis says, and whoever reaches Redis may set it to any time."""
    monkeypatch.setattr(shared_limits, "_WINDOW", 60_000)

    async def main() -> None:
        with Valkey() as valkey:
            async with pair(valkey) as (one, _):
                now = time.monotonic()
                assert not any(one.refuses("10.0.0.1", now) for _ in range(RATE // 2))
                await until(lambda: _names(valkey))
                [name] = _names(valkey)
                valkey.command("SET", name, "1000", "PX", "999999999999")
                assert not one.refuses("10.0.0.1", now)
                await until(lambda: one._closed)
                assert not one.refuses("10.0.0.1", now + 200)
                assert int(valkey.command("PTTL", name)[1:]) <= 60_000

    run(main())


@pytest.mark.parametrize("away", [True, False], ids=["away", "refusing"])
def test_without_redis_each_node_counts_for_itself(caplog: pytest.LogCaptureFixture, away: bool) -> None:
    async def main() -> None:
        with Valkey() as valkey:
            async with pair(valkey) as (one, two):
                if away:
                    valkey.kill()
                else:
                    valkey.command("ACL", "SETUSER", "default", "-incrby")
                now = time.monotonic()
                for each in (one, two):
                    assert [each.refuses("10.0.0.1", now) for _ in range(RATE + 1)] == [False] * RATE + [True]
                await asyncio.sleep(0.1)
                assert not two.refuses("10.0.0.1", now + 1)

    run(main())
    gc.collect()
    assert not [record for record in caplog.records if record.name == "asyncio"], "nor is each a fault in the log"


def test_strangers_are_those_of_all_nodes_that_are_heard() -> None:
    said: list[Message] = []
    rosters = [Roster(name) for name in ("one", "two")]
    one, two = (strangers_of(roster, 0, 8) for roster in rosters)
    for roster in rosters:
        roster.carry(said.append, lambda: None)
        roster.join(0.0)

    def full(limits: AddressLimits) -> bool:
        while said:
            message = said.pop(0)
            for roster in rosters:
                roster.hear(message, 0.0)
                roster.flush()
        return limits.refuses("10.0.0.1", 0.0)

    def strangers(limits: AddressLimits, *, came: int = 0, went: int = 0) -> None:
        for _ in range(came):
            limits.stranger_came("10.0.0.1")
        for _ in range(went):
            limits.stranger_went("10.0.0.1")
        for roster in rosters:
            roster.flush()

    strangers(one, came=7)
    strangers(two, came=1)
    assert [full(one), full(two)] == [False, True], "a single stranger is not worth a word"
    rosters[1].hears = lambda: False
    assert not full(two), "what was said before is not of now"
    rosters[1].hears = lambda: True
    strangers(two, came=6)
    strangers(one, went=6)
    assert full(two), "the last of many is"
    strangers(one, went=1)
    assert not full(two)
