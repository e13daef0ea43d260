"""Suite G: the server by which speed is measured must do what the measurements suppose."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.conformance.programs import program
from tests.realtime.rawclient import Tab, request


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with program("bench") as port:
        yield port


def test_each_pub_reaches_everybody_as_often_as_it_says(port: int) -> None:
    async def main() -> None:
        async with Tab(port) as one, Tab(port) as two:
            for event, times in (("pub", 1), ("pub2", 2), ("pub5", 5), ("pub10", 10)):
                one.emit(event, {"id": event})
                for tab in (one, two):
                    assert [await tab.event() for _ in range(times)] == [["booking", {"id": event}]] * times
            assert await one.call("echo", {"a": [1]}) == [{"a": [1]}]
            assert await two.call("echo", "nothing more came") == ["nothing more came"]

    asyncio.run(main())


def test_a_post_is_emitted_to_everybody(port: int) -> None:
    async def main() -> None:
        async with Tab(port) as one, Tab(port) as two:
            answer = await request(port, "POST", "/emit-booking", b'{"trackingId": "CV-1"}')
            assert answer.status == 200
            for tab in (one, two):
                assert await tab.event() == ["booking", {"trackingId": "CV-1"}]
            assert (await request(port, "GET", "/")).status == 200

    asyncio.run(main())


def test_the_heartbeat_is_the_usual_one(port: int) -> None:
    async def main() -> None:
        async with Tab(port) as tab:
            assert (tab.handshake["pingInterval"], tab.handshake["pingTimeout"]) == (25_000, 20_000)

    asyncio.run(main())
