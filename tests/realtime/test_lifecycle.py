"""How sessions live and end: heartbeats on time, transports that go, ghosts, a server that stops, nothing left."""

import asyncio
import contextlib
import gc
import signal
import time
from typing import Any

import pytest

from carevia.realtime import Handshake, Identity, Session, Socket
from carevia.realtime.client import Client
from carevia.realtime.polling import PollingTransport
from carevia.realtime.websocket import WebSocketTransport
from tests.protocol.frames import client_frame
from tests.realtime.at_once import at_once
from tests.realtime.rawclient import Polling, RawWebSocket, Tab, until
from tests.realtime.serving import descriptors, echoing, nothing_else, run, serving, uvicorn_server

WS = "/socket.io/?EIO=4&transport=websocket"
LATE = 0.25  # s that a machine with other work may add; a ping that was left out would come later than that


# Heartbeats, in fractions of a second.


@pytest.mark.parametrize(("interval", "timeout"), [(0.3, 0.2), (0.125, 0.0625)])
def test_pings_come_on_time_and_silence_ends_on_time(interval: float, timeout: float) -> None:
    async def main() -> None:
        settings = {"ping_interval": interval, "ping_timeout": timeout}
        # The server's clock starts between these two: too early is told from the first, too late from the second.
        async with serving(echoing(**settings)) as site:
            opening = time.monotonic()
            async with RawWebSocket(site.port, WS) as ws, RawWebSocket(site.port, WS) as on:
                await asyncio.gather(ws.receive(), on.receive())
                opened = time.monotonic()
                assert await ws.receive() == "2"
                assert time.monotonic() - opening >= interval * 0.98
                assert time.monotonic() - opened <= interval + LATE
                assert await on.receive() == "2"
                on.send("3")
                await ws.ended()
                assert time.monotonic() - opening >= (interval + timeout) * 0.98
                assert time.monotonic() - opened <= interval + timeout + LATE
                assert await on.receive() == "2", "the one that answered lives"

    run(main())


def test_a_pong_nobody_asked_for_harms_nothing() -> None:
    async def main() -> None:
        async with serving(echoing(ping_interval=0.2, ping_timeout=0.2)) as site, Tab(site.port) as tab:
            for _ in range(3):
                tab.send("3")
            assert await tab.call("echo", 1) == [1]
            assert await tab.receive() == "2"

    run(main())


def test_a_websocket_ping_is_answered_and_a_pong_ignored() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Tab(site.port) as tab:
            tab.write(client_frame(9, b"are you there") + client_frame(10, b"unasked"))
            assert await tab.call("echo", 1) == [1]
            assert list(tab.pongs) == [b"are you there"]

    run(main())


# Ends.


def test_every_way_to_go_tells_the_handler_once_why() -> None:
    async def main() -> None:
        server = echoing()
        reasons: list[str] = []
        server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))

        async def go(how: str) -> None:
            async with Tab(site.port) as tab:
                match how:
                    case "closing frame":
                        tab.write(client_frame(8, b"\x03\xe8"))
                        assert (await tab.ended()).code == 1000
                    case "engine close":
                        tab.send("1")
                        await tab.ended()
                    case "reset":
                        tab.abort()
                    case "broken frame":
                        tab.write(client_frame(1, b"x", mask=None))
                        assert (await tab.ended()).code == 1002
                    case "bad utf-8":
                        tab.write(client_frame(1, b"4\xff"))
                        assert (await tab.ended()).code == 1007
            await until(lambda: reasons, f"no reason for {how}")

        async with serving(server) as site:
            for how, reason in {
                "hang up": "transport close",
                "closing frame": "transport close",
                "engine close": "transport close",
                "reset": "transport",
                "broken frame": "parse error",
                "bad utf-8": "parse error",
            }.items():
                await go(how)
                assert len(reasons) == 1 and reasons.pop().startswith(reason), how
            await site.quiet()

    run(main())


def test_a_closing_frame_is_answered_with_its_code() -> None:
    async def main() -> None:
        async with serving(echoing()) as site:
            for payload, code in ((b"", 1005), (b"\x03\xe8", 1000), (b"\x03\xe9bye", 1001), (b"\x0f\xa0", 4000)):
                async with Tab(site.port) as tab:
                    tab.write(client_frame(8, payload))
                    async with at_once():
                        assert (await tab.ended()).code == code

    run(main())


def test_a_client_that_never_hangs_up_after_the_closing_frame_is_dropped() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Tab(site.port) as tab:
            [socket] = site.server.namespace("/").sockets.values()
            socket.session.close("enough")
            assert (await tab.ended()).code == 1000
            await until(lambda: not site.uvicorn.server_state.connections, "the connection is kept for ever")

    run(main())


def test_close_transport_lets_the_client_come_back() -> None:
    """Never a DISCONNECT: a client takes that for a final answer."""

    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Tab(site.port) as tab, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            polling.ask()
            await until(lambda: site.engine.polls[polling.sid].waiting, "the poll did not arrive")
            server.close()
            assert (await polling.answer()).text == "1"
            opcode, payload = await tab.frame()
            assert (opcode, payload[:2]) == (8, (1001).to_bytes(2, "big"))
            assert not site.engine.sessions

    run(main())


def test_what_was_emitted_before_the_close_still_arrives() -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Tab(site.port) as tab, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            polling.ask()
            await until(lambda: site.engine.polls[polling.sid].waiting, "the poll did not arrive")
            server.namespace("/").emit("last", 1)
            server.close()
            assert (await polling.answer()).text == '42["last",1]'
            assert (await polling.get()).text == "1", "the end never comes with what was said"
            assert await tab.event() == ["last", 1]

    run(main())


# Recovery: a ghost is replaced by the client that comes back.


class KnowsByToken:
    """Gives the socket id that the client asks for."""

    def identify(self, socket: Socket, auth: Any) -> Identity:
        sid = auth.get("pid")
        return Identity(sid or "first", "secret", sid is not None)


def test_a_ghost_is_replaced_by_the_client_that_comes_back() -> None:
    async def main() -> None:
        server = echoing()
        space = server.namespace("/")
        space.recovery = KnowsByToken()
        story: list[str] = []
        space.on("connect")(lambda socket, auth: story.append(f"connect {socket.recovered}"))
        space.on("disconnect")(lambda socket, reason: story.append(reason))
        async with serving(server) as site, Tab(site.port) as ghost:
            ghost_socket = space.sockets["first"]
            ghost_socket.join("room")
            async with Tab(site.port, auth={"pid": "first"}) as back:
                assert back.sid == ghost.sid == "first"
                assert story == ["connect False", "recovered elsewhere", "connect True"]
                assert len(space.sockets) == server.client_count == 1
                assert space.sockets["first"] is not ghost_socket
                assert not space.rooms, "its rooms are joined anew"
                await ghost.ended()
                space.to("first").emit("e", 1)
                assert await back.event() == ["e", 1]
            await site.quiet_sessions()

    run(main())


def test_with_recovery_the_reply_has_a_pid_and_durable_events_end_in_their_offset() -> None:
    async def main() -> None:
        server = echoing()
        space = server.namespace("/")
        space.recovery = KnowsByToken()
        async with serving(server) as site, RawWebSocket(site.port, WS) as ws:
            await ws.receive()
            ws.send("40")
            assert await ws.receive() == '40{"sid":"first","pid":"secret"}'
            space.emit("durable", {"n": 1}, offset="e.5")
            space.emit("passing", "text")
            space.emit("passing", 7)
            assert await ws.receive() == '42["durable",{"n":1},"e.5"]'
            assert await ws.receive() == '42["passing","text",null]', "no client takes this text for an offset"
            assert await ws.receive() == '42["passing",7]'

    run(main())


# A server that stops.


def test_uvicorn_stops_soon_though_clients_hang_on() -> None:
    async def main() -> None:
        server = echoing()
        program = uvicorn_server(server.engine, server.asgi(nothing_else))
        program.config.port = 0
        task = asyncio.create_task(program._serve())
        await until(lambda: program.started, "it did not start")
        port = program.servers[0].sockets[0].getsockname()[1]
        async with Tab(port) as tab, Polling(port) as waits, RawWebSocket(port, waits.ws_target) as ready:
            waits.ask()
            await until(lambda: server.engine.polls[waits.sid].waiting, "the poll did not arrive")
            began = time.monotonic()
            program.handle_exit(signal.SIGTERM, None)
            server.close()
            assert (await waits.answer()).text == "1"
            opcode, payload = await tab.frame()
            assert (opcode, payload[:2]) == (8, (1001).to_bytes(2, "big"))
            await ready.ended()
            await asyncio.gather(tab.hang_up(), waits._get.hang_up(), waits._post.hang_up(), ready.hang_up())
            await task
            assert time.monotonic() - began < 1.5
        await server.stop()

    run(main())


def test_stop_ends_handlers_and_timers_and_the_server_may_start_again() -> None:
    async def main() -> None:
        server = echoing()

        @server.namespace("/").on("forever")
        async def forever(socket: Socket) -> None:
            await asyncio.Event().wait()

        for _ in range(2):
            async with serving(server) as site, Tab(site.port) as tab:
                tab.emit("forever")
                await until(lambda: server.tasks, "the handler did not start")
                await server.stop()
                assert not server.tasks and not server.clients and not site.engine.sessions
                await tab.ended()

    run(main())


# Nothing left behind.


@pytest.mark.parametrize("how", ["hang up", "reset", "engine close", "junk", "binary under way", "call under way"])
def test_clients_that_go_leave_nothing(how: str) -> None:
    async def main() -> None:
        server = echoing()
        space = server.namespace("/")

        @space.on("ask")
        async def ask(socket: Socket) -> None:
            socket.join("room")
            with contextlib.suppress(ConnectionError):
                await socket.call("question", timeout=60)

        async def client() -> None:
            async with Tab(site.port) as tab:
                match how:
                    case "reset":
                        tab.abort()
                    case "engine close":
                        tab.send("1")
                    case "junk":
                        tab.send("junk")
                    case "binary under way":
                        tab.send('452-["echo",{"_placeholder":true,"num":0}]')
                        tab.send(b"one of two")
                    case "call under way":
                        tab.emit("ask")
                        assert (await tab.hear()).endswith('["question"]')

        async with serving(server) as site:
            before = descriptors()
            for _ in range(5):
                await asyncio.gather(*(client() for _ in range(20)))
            await site.quiet()
            await until(lambda: descriptors() <= before, "descriptors are left")
            for deadlines in (site.engine.pings, site.engine.pongs, server.connects, server.attachments):
                assert not any(deadlines._buckets), "a timer still knows somebody"

    run(main())


@pytest.mark.parametrize("transport", ["websocket", "polling", "upgraded"])
def test_what_has_ended_does_not_wait_for_the_collector(transport: str) -> None:
    """It comes seldom (see `tune_collector`), and hardly ever to what has lived for a while: a server of many weeks
    kept all that belonged to connections long gone."""

    async def client(port: int) -> None:
        if transport == "websocket":
            async with Tab(port):
                return
        async with Polling(port) as polling:
            await polling.post("40")
            if transport == "polling":
                await polling.post("1")
                return
            async with RawWebSocket(port, polling.ws_target) as ws:
                ws.send("5")
                assert isinstance(await ws.receive(), str)

    async def main() -> None:
        async with serving(echoing()) as site:
            gc.disable()
            try:
                for _ in range(5):
                    await client(site.port)
                await site.quiet()
                kept = (Session, Client, Handshake, WebSocketTransport, PollingTransport)
                assert not [thing for thing in gc.get_objects() if isinstance(thing, kept)]
            finally:
                gc.enable()

    run(main())
