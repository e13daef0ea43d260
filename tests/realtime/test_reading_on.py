"""How clients are read: one whose handlers are behind is not, nor taken for dead, and it can acknowledge; one that
sends without end is read in portions."""

import asyncio
import contextlib
import socket
from collections import Counter
from typing import Any

import pytest

from carevia.protocol.websocket import Reader as FrameReader
from carevia.realtime import Handshake, Refusal, Server, Socket
from carevia.realtime.portions import AT_ONCE
from carevia.realtime.testing import TestClient, virtual_time
from tests.realtime.kit import TRANSPORTS, quiet
from tests.realtime.rawclient import Connection, Tab, until
from tests.realtime.serving import make, run, serving


def asking(**settings: Any) -> Server:
    """Each `ask` is acknowledged once the client has acknowledged `sure?`."""
    server = make(**settings)

    @server.namespace("/").on("ask")
    async def ask(socket: Socket, number: int, *padding: Any) -> int:
        await socket.call("sure?", number)
        return number

    return server


async def assent(client: TestClient) -> None:
    """Acknowledge every question."""
    while True:
        (await client.receive("sure?")).answer("yes")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_handlers_that_call_are_answered_though_many_events_wait(transport: Any) -> None:
    """Past 64 the client was not read, and the acknowledgement that the first handler waited for stood behind them."""

    async def main() -> None:
        server = asking()
        async with TestClient(server, transport=transport) as client:
            answers = asyncio.create_task(assent(client))
            asked = [asyncio.create_task(client.call("ask", number)) for number in range(300)]
            assert await asyncio.gather(*asked) == [[number] for number in range(300)]
            answers.cancel()
        await quiet(server)

    run(main())


def test_a_call_that_begins_while_the_client_is_not_read_is_answered() -> None:
    async def main() -> None:
        server = make(max_queued=2_000)
        gate = asyncio.Event()

        @server.namespace("/").on("wait")
        async def wait(socket: Socket) -> None:
            await gate.wait()

        async with serving(server) as site, Tab(site.port) as tab:
            [socket] = server.namespace("/").sockets.values()
            tab.emit("wait")
            for _ in range(100):
                tab.emit("wait")
            await until(lambda: socket.client.paused, "it is still read")
            for number in range(50):
                call = asyncio.create_task(socket.call("sure?"))
                tab.send(f'43{(await tab.hear()).removeprefix("2").partition("[")[0]}["yes"]')
                assert await call == ["yes"], number
            tab.emit("wait")
            await until(lambda: socket.client.paused, "it is read on for ever")
            gate.set()
            await until(lambda: not socket.client.paused, "it is not read again")

    run(main())


def test_acknowledgements_in_one_namespace_come_though_another_is_behind() -> None:
    async def main() -> None:
        server = make()
        gate = asyncio.Event()
        server.namespace("/").on("wait")(lambda socket: gate.wait())
        server.namespace("/other").on("echo")(lambda socket, *args: args)
        async with TestClient(server) as client:
            client.say("0/other,")
            for _ in range(100):
                client.emit("wait")
            [other] = await until_one(server, "/other")
            await until(lambda: other.client.paused, "it is still read")
            call = asyncio.create_task(other.call("sure?"))
            await until(lambda: any("sure?" in str(packet) for packet in client.transcript), "nobody was asked")
            client.say('3/other,0["yes"]')
            assert await call == ["yes"]
            gate.set()
        await quiet(server)

    run(main())


async def until_one(server: Server, name: str) -> list[Socket]:
    await until(lambda: server.namespace(name).sockets, "nobody came")
    return list(server.namespace(name).sockets.values())


@pytest.mark.parametrize(("size", "count"), [(1, 1100), (20_000, 200)], ids=["too many", "too large"])
def test_what_is_read_on_is_bounded(size: int, count: int) -> None:
    async def main() -> None:
        server = asking(errors=[])
        async with TestClient(server) as client:
            [socket] = server.namespace("/").sockets.values()
            for number in range(count):
                client.say(f'2["ask",{number},"{"x" * size}",{"9" * 100}]')
            closed = await client.ended()
            assert closed.why == "too many events at once"
            assert len(socket._jobs or ()) <= 1001
            assert server.engine.stats.limits == {"queue": 1}
        await until(lambda: not server.tasks, "a handler is left")
        await quiet(server)

    run(main())


def test_a_client_that_is_not_read_is_not_taken_for_dead() -> None:
    """It answered every ping, and was closed for silence: the answers stood unread."""

    async def main() -> None:
        server = make()
        space = server.namespace("/")
        done: list[int] = []

        @space.on("work")
        async def work(socket: Socket, number: int) -> None:
            await asyncio.sleep(1)
            done.append(number)

        async with TestClient(server) as client:
            for number in range(300):
                client.emit("work", number)
            for _ in range(50):
                before = client.transcript.count("2")
                await asyncio.sleep(45)  # as long as the client waits for a ping
                assert client.connected and client.transcript.count("2") > before
            assert done == list(range(300))
            client.answers_pings = False
            await client.ended(within=46)
        await quiet(server)

    with virtual_time() as clock:
        clock.run(main())


def test_a_client_that_sends_without_end_leaves_every_turn_of_the_loop_to_the_others_too() -> None:
    """A single read held so many frames, and so many reads came in a row, that nobody else was served for seconds."""

    async def main() -> None:
        server = make()
        heard: Counter[int] = Counter()
        turn = 0

        async def turns() -> None:
            nonlocal turn
            while True:
                turn += 1
                await asyncio.sleep(0)

        @server.namespace("/").on("say")
        def say(socket: Socket) -> None:
            heard[turn] += 1

        async with serving(server) as site, Tab(site.port) as tab:
            counting = asyncio.create_task(turns())
            for _ in range(20_000):
                tab.send('42["say"]')
            await until(lambda: heard.total() == 20_000, "some are lost")
            counting.cancel()
            slice_ = 1 + AT_ONCE // len(b'......42["say"]')
            assert max(heard.values()) <= 2 * slice_  # the last of one read, and the first of the next

    run(main())


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_portion_that_cannot_be_read_ends_the_connection(monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    """Memory was short for a moment; what came next was put together with what had come before."""
    feed, read = FrameReader.feed, 0

    def short_of_memory(reader: FrameReader, data: bytes) -> list[Any]:
        nonlocal read
        read += len(data) == AT_ONCE
        if read == lost:
            raise MemoryError
        return feed(reader, data)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        monkeypatch.setattr(FrameReader, "feed", short_of_memory)
        async with serving(make()) as site, Tab(site.port) as tab:
            tab.emit("say", "x" * 10 * AT_ONCE)
            assert (await tab.ended()).code is None

    run(main())


def test_requests_without_end_on_one_connection_leave_every_turn_of_the_loop_to_the_others_too() -> None:
    """A read may hold thousands of them, each answered as it was found."""
    poll = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n"
    count = 2_000

    async def main() -> None:
        turn = 0
        begun: Counter[int] = Counter()

        def admit(handshake: Handshake) -> Refusal:
            begun[turn] += 1
            return Refusal(429, "Not now", 1)

        async def turns() -> None:
            nonlocal turn
            while True:
                turn += 1
                await asyncio.sleep(0)

        async with serving(make(admit)) as site, Connection(site.port) as connection:
            counting = asyncio.create_task(turns())
            connection.write(poll * count)
            for _ in range(count):
                assert (await connection.answer()).status == 429
            counting.cancel()
            assert begun.total() == count
            assert max(begun.values()) <= 2 * (1 + AT_ONCE // len(poll))

    run(main())


def test_a_large_request_and_those_behind_it_are_read_whole_over_many_turns() -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            body = b"4" + b"x" * 900_000
            head = (
                b"POST /socket.io/?EIO=4&transport=polling&sid=none HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
            )
            small = b"GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n"
            connection.write((head % len(body) + body + small) * 3)
            assert [(await connection.answer()).status for _ in range(6)] == [400, 404] * 3

    run(main())


@pytest.mark.parametrize("target", ["/elsewhere", "/socket.io/?EIO=3&transport=polling"])
def test_who_sends_requests_without_reading_the_answers_is_not_read_for_ever(target: str) -> None:
    """One connection took 240 MB for 3 MB of requests: all were taken apart, and waited, or their answers did."""

    async def main() -> None:
        async with serving(make()) as site:
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", site.port))
                client.setblocking(False)
                await flood(client, memoryview(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * 300_000))
                http: Any = next(iter(site.uvicorn.server_state.connections))
                assert len(http.pipeline) + len(http._ahead) < 2 * AT_ONCE / 30
                assert http.transport.get_write_buffer_size() < 1_000_000

    run(main())


async def flood(client: socket.socket, data: memoryview) -> None:
    """As much of it as is taken, before nothing more is for half a second."""
    with contextlib.suppress(TimeoutError):
        while data:
            async with asyncio.timeout(0.5):
                await asyncio.get_running_loop().sock_sendall(client, data[:AT_ONCE])
            data = data[AT_ONCE:]


def test_many_requests_in_a_row_are_all_answered() -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            connection.write(b"GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n" * 3_000)
            assert {(await connection.answer()).status for _ in range(3_000)} == {404}

    run(main())
