"""Clients that do not read: what they may hold, for how long, alone and together; the others notice nothing."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any, Literal

import pytest

from carevia.protocol.websocket import PING, PONG
from carevia.realtime.process import resident
from carevia.realtime.testing import TestClient
from tests.protocol.frames import client_frame
from tests.realtime.rawclient import Polling, Tab, until
from tests.realtime.serving import echoing, make, run, serving
from tests.realtime.test_limits import only, shrink


def test_a_client_that_leaves_things_unread_is_dropped_in_time_though_it_holds_little() -> None:
    async def main() -> None:
        server = echoing(lag_timeout=0.5)
        async with serving(server) as site, Tab(site.port) as slow:
            socket = only(server)
            shrink(slow)
            reasons: list[str] = []
            server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))
            while not site.engine.lagging:
                socket.emit("e", "x" * 10_000)
                await asyncio.sleep(0)
            began = time.monotonic()
            await until(lambda: not socket.connected, "the lagging client stays")
            assert 0.4 < time.monotonic() - began < 1.5
            assert reasons == ["slow reader"]
            assert not site.engine.lagging

    run(main())


def test_a_client_that_catches_up_in_time_stays() -> None:
    async def main() -> None:
        server = echoing(lag_timeout=1.0)
        async with serving(server) as site, Tab(site.port) as slow:
            socket = only(server)
            slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
            sent = 0
            while not site.engine.lagging:
                socket.emit("e", "x" * 10_000)
                sent += 1
                await asyncio.sleep(0)
            slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(sent):
                await slow.event()
            await until(lambda: not site.engine.lagging, "it still counts as lagging")
            await asyncio.sleep(1.2)  # past the time it had
            assert await slow.call("echo", 1) == [1]

    run(main())


class Narrow(Tab):
    takes = 4_096


def test_pings_that_nobody_reads_the_pongs_of_cost_one_pong() -> None:
    """Each was answered, past every limit: 594 MB in two seconds."""

    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Narrow(site.port) as slow:
            transport: Any = only(server).session.transport
            slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
            most = sent = 0
            while not transport._paused or sent % 20_000:
                slow.write(b"".join(client_frame(PING, b"%0125d" % number) for number in range(sent, sent + 1_000)))
                sent += 1_000
                await slow.writer.drain()
                most = max(most, transport.unsent)
            slow.emit("echo", 1)
            slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
            while True:
                opcode, payload = await slow.frame()
                if opcode == PONG and int(payload) == sent - 1:
                    break
            assert most < 100_000, "what the system does not take of one pong, or a read of them"
            assert site.engine.stats.slow == 0 and not transport._paused

    run(main())


def test_a_polling_client_that_does_not_fetch_is_dropped_in_time() -> None:
    async def main() -> None:
        server = echoing(lag_timeout=0.3)
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            for _ in range(8):
                server.namespace("/").emit("e", "x" * 10_000)
                await asyncio.sleep(0)
            assert len(site.engine.lagging) == 1
            await until(lambda: not site.engine.sessions, "the lagging client stays")
            assert not site.engine.lagging

    run(main())


def test_together_they_hold_no_more_than_allowed_and_the_furthest_behind_goes_first() -> None:
    async def main() -> None:
        server = echoing(buffer_limit=1_000_000, total_buffer_limit=1_500_000)
        async with serving(server) as site, AsyncExitStack() as stack:
            tabs = [await stack.enter_async_context(Tab(site.port)) for _ in range(3)]
            sockets = [server.namespace("/").sockets[tab.sid] for tab in tabs]
            for tab in tabs:
                shrink(tab)
            for number, socket in enumerate(sockets):  # each a little further behind than the one before it
                while len(site.engine.lagging) <= number:
                    socket.emit("e", "x" * 10_000)
                    await asyncio.sleep(0)
                for _ in range(10 * number):
                    socket.emit("e", "x" * 10_000)
                    await asyncio.sleep(0)
            while all(socket.connected for socket in sockets):
                server.namespace("/").emit("e", "x" * 10_000)
                await asyncio.sleep(0)
                assert sum(lagging.unsent for lagging in site.engine.lagging) <= 1_500_000
            assert [socket.connected for socket in sockets] == [True, True, False]

    run(main())


def test_what_waits_for_polls_counts_too_however_little_it_is_of_each() -> None:
    async def main() -> None:
        server = make(total_buffer_limit=200_000)
        space = server.namespace("/")
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(TestClient(server, transport="polling")) for _ in range(10)]
            for client in clients:
                client.pause()
            space.emit("e")  # takes the poll that waits
            await asyncio.sleep(0.01)
            for number, client in enumerate(clients):
                for _ in range(20 + number):
                    space.to(client.sid).emit("e", "x" * 1_000)
                await asyncio.sleep(0)
            assert sum(polling.unsent for polling in server.engine.polls.values()) <= 200_000
            assert [client.sid in space.sockets for client in clients] == 7 * [True] + [False, False, True]
        await server.stop()

    run(main())


def test_a_hundred_megabytes_to_a_client_that_does_not_read_cost_five_at_most() -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Tab(site.port) as slow, Tab(site.port) as quick:
            shrink(slow)
            await quick.call("echo", 1)
            before = most = resident()
            for number in range(10_000):
                server.namespace("/").to(slow.sid).emit("e", f"{number}" + "x" * 10_000)
                if number % 100 == 0:
                    assert await quick.call("echo", number) == [number]
                    most = max(most, resident())
            assert slow.sid not in server.namespace("/").sockets
            assert most - before <= 5_000_000

    run(main())


def test_what_many_clients_have_not_read_of_one_message_is_there_once() -> None:
    """Each got a copy of what was left for it: 20 clients and 10 MB were 120 MB."""

    async def main() -> None:
        server = echoing(buffer_limit=0, lag_timeout=0)
        async with serving(server) as site, AsyncExitStack() as stack:
            tabs = [await stack.enter_async_context(Tab(site.port)) for _ in range(20)]
            for tab in tabs:
                shrink(tab)
            before = resident()
            for number in range(4):
                server.namespace("/").emit("e", f"{number}" * 2_500_000)
            await asyncio.sleep(0.1)
            assert len(site.engine.lagging) == 20
            assert resident() - before <= 40_000_000  # what the clients of this process hold is among it

    run(main())


@pytest.mark.parametrize("others", [0, 10, 70])
@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_volatile_event_is_dropped_though_one_of_the_same_turn_is_kept(
    transport: Literal["websocket", "polling"], others: int
) -> None:
    """They left as one, which was kept: typing filled the buffer and closed the client."""

    async def main() -> None:
        server = echoing(buffer_limit=200_000)
        space = server.namespace("/")
        async with AsyncExitStack() as stack:
            for _ in range(others):
                await stack.enter_async_context(TestClient(server))
            slow = await stack.enter_async_context(TestClient(server, transport=transport))
            socket = space.sockets[slow.sid]
            slow.pause()
            while not server.engine.lagging:
                socket.emit("kept", "x" * 10_000)
                await asyncio.sleep(0)
            for _ in range(20):
                space.emit("kept", 1)
                space.volatile.emit("typing", "x" * 10_000)
                await asyncio.sleep(0)
            assert socket.connected and server.engine.stats.dropped == 20
        await server.stop()

    run(main())


def test_a_volatile_event_of_which_a_client_has_taken_a_part_comes_whole() -> None:
    async def main() -> None:
        server = echoing(buffer_limit=10_000_000)
        async with serving(server) as site, Tab(site.port) as client:
            more_than_a_socket_takes = "x" * 8_000_000
            server.namespace("/").volatile.emit("typing", more_than_a_socket_takes)
            assert await client.event() == ["typing", more_than_a_socket_takes]
            assert await client.call("echo", 1) == [1]

    run(main())


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_client_that_reads_gets_a_message_larger_than_the_buffer(transport: Literal["websocket", "polling"]) -> None:
    """Over polling it was closed for it, though its poll waited."""

    async def main() -> None:
        server = echoing(buffer_limit=100_000, total_buffer_limit=1_000_000)
        space = server.namespace("/")
        async with TestClient(server, transport=transport) as client:
            await asyncio.sleep(0.01)  # its poll waits
            space.emit("e", "x" * 200_000)
            space.volatile.emit("typing", "x")
            assert len((await client.receive("e")).args[0]) == 200_000
            assert not server.engine.lagging
            client.pause()
            while client.sid in space.sockets:
                space.emit("e", "z" * 200_000)
                await asyncio.sleep(0)
                assert sum(lagging.unsent for lagging in server.engine.lagging) < 500_000
            assert server.engine.stats.slow == 1
        await server.stop()

    run(main())


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_who_is_dropped_while_it_joins_has_never_been_there(transport: Literal["websocket", "polling"]) -> None:
    """It was told "disconnect", then "connect": who kept a list of sockets kept this one for ever."""

    async def main() -> None:
        server = make(buffer_limit=200_000)
        space, other = server.namespace("/"), server.namespace("/other")
        said: list[str] = []
        other.use(lambda socket, auth: space.emit("e", "x" * 200_000))
        other.on("connect")(lambda socket, auth: said.append("connect"))
        other.on("disconnect")(lambda socket, reason: said.append("disconnect"))
        async with TestClient(server, transport=transport) as slow:
            slow.pause()
            while not server.engine.lagging:
                space.emit("e", "x" * 10_000)
                await asyncio.sleep(0)
            slow.say("0/other,")
            await until(lambda: not server.engine.sessions, "it stays")
            assert said == [] and not other.sockets
        await server.stop()

    run(main())
