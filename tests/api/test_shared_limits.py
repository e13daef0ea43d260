"""Handshakes of one address over two nodes, counted in a real Valkey; without it each node counts for itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from carevia.api import shared_limits
from carevia.api.limits import AddressLimits
from carevia.api.shared_limits import SharedHandshakes
from carevia.realtime.adapter.redis import RedisBroker
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


def test_two_nodes_together_take_as_many_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limits, "_WINDOW", 60_000)  # ms: a second that a slow machine gets through

    async def main() -> None:
        with Valkey() as valkey:
            async with pair(valkey) as (one, two):
                now = time.monotonic()
                assert not any(one.refuses("10.0.0.1", now) for _ in range(RATE // 2))
                assert not any(two.refuses("10.0.0.1", now) for _ in range(RATE // 2))
                await until(lambda: two._closed)
                assert two.refuses("10.0.0.1", now)
                assert not one.refuses("10.0.0.1", now), "a node learns it with its next handshake"
                await until(lambda: one._closed)
                assert one.refuses("10.0.0.1", now)
                for each in (one, two):
                    assert not each.refuses("10.0.0.2", now)
                    assert not each.refuses("10.0.0.1", now + 200), "its second is over"
                names = valkey.command("KEYS", "*").decode()
                assert names.count("carevia-handshakes#") == 1, "few handshakes are not worth a word"
                assert "10.0.0.1" not in names

    run(main())


def test_proof_gives_back_on_all_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limits, "_WINDOW", 60_000)

    async def main() -> None:
        with Valkey() as valkey:
            async with pair(valkey) as (one, two):
                now = time.monotonic()
                for _ in range(RATE - 1):
                    assert not one.refuses("10.0.0.1", now)
                await until(lambda: b"carevia" in valkey.command("KEYS", "*"))
                for _ in range(RATE - 1):
                    one.proved("10.0.0.1")
                name = valkey.command("KEYS", "*").decode().split("\r\n")[2]
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
                await until(lambda: b"carevia" in valkey.command("KEYS", "*"))
                name = valkey.command("KEYS", "*").decode().split("\r\n")[2]
                valkey.command("SET", name, "1000", "PX", "999999999999")
                assert not one.refuses("10.0.0.1", now)
                await until(lambda: one._closed)
                assert not one.refuses("10.0.0.1", now + 200)
                assert int(valkey.command("PTTL", name)[1:]) <= 60_000

    run(main())


def test_without_redis_each_node_counts_for_itself() -> None:
    async def main() -> None:
        with Valkey() as valkey:
            async with pair(valkey) as (one, two):
                valkey.kill()
                now = time.monotonic()
                for each in (one, two):
                    assert [each.refuses("10.0.0.1", now) for _ in range(RATE + 1)] == [False] * RATE + [True]
                await asyncio.sleep(0.1)
                assert not two.refuses("10.0.0.1", now + 1)

    run(main())
