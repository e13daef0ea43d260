"""The engine behaves the same over uvicorn's private seam (realtime/uvicorn.py) and over the class that uvicorn
documents (realtime/uvicorn_ws.py), with either of uvicorn's HTTP parsers."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import socketio
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol
from websockets.asyncio.client import connect

from carevia.protocol.websocket import TEXT
from carevia.realtime import Handshake, Refusal
from carevia.realtime.engine import Engine
from carevia.realtime.uvicorn import serve_protocol
from carevia.realtime.uvicorn_ws import websocket_protocol
from carevia.realtime.websocket import WebSocketTransport
from tests.protocol.frames import client_frame
from tests.realtime.rawclient import Connection, Polling, RawWebSocket, Tab, opening_headers, request, until, upgrade
from tests.realtime.serving import Ways, echoing, nothing_else, poll_waits, run, serving

WS = "/socket.io/?EIO=4&transport=websocket"

WAYS: dict[str, Callable[[Engine], Ways]] = {
    "seam": lambda engine: {"http": serve_protocol(engine), "ws": "none"},
    "documented": lambda engine: {"http": "httptools", "ws": websocket_protocol(engine)},
    "documented-h11": lambda engine: {"http": "h11", "ws": websocket_protocol(engine)},
}
over_every_way = pytest.mark.parametrize("way", WAYS)


@over_every_way
def test_connect_echo_and_goodbye(way: str) -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server, ways=WAYS[way](server.engine)) as site:
            async with Tab(site.port, x_one="1") as tab:
                for number in range(20):
                    assert await tab.call("echo", number) == [number]
                [socket] = server.namespace("/").sockets.values()
                assert socket.handshake.headers["x-one"] == "1" and socket.handshake.address == "127.0.0.1"
                assert not socket.handshake.secure
                raw: Any = socket.session.transport
                assert raw._transport.get_protocol() is raw, "nothing stands between any more"
                assert list(site.uvicorn.server_state.connections) == [raw]
            await site.quiet()
            tab = Tab(site.port)
            await tab.__aenter__()
            tab.abort()
            await site.quiet()

    run(main())


@over_every_way
def test_frames_that_follow_the_opening_handshake_at_once(way: str) -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server, ways=WAYS[way](server.engine)) as site, RawWebSocket(site.port, WS) as ws:
            ws.write(client_frame(TEXT, b"40"))
            ws.write(client_frame(TEXT, b'420["echo",1]'))
            assert [str(await ws.receive())[:2] for _ in range(3)] == ["0{", "40", "43"]

    run(main())


@over_every_way
def test_an_upgrade_from_polling(way: str) -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server, ways=WAYS[way](server.engine)) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("2probe")
                assert await ws.receive() == "3probe"
                ws.send("5")
                ws.send('421["echo","x"]')
                assert await ws.receive() == '431["x"]'
                assert isinstance(site.engine.sessions[polling.sid].transport, WebSocketTransport)

    run(main())


@over_every_way
def test_a_foreign_client_with_polling_and_upgrade(way: str) -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server, ways=WAYS[way](server.engine)) as site:
            client = socketio.AsyncClient(reconnection=False)
            await client.connect(f"http://127.0.0.1:{site.port}", wait_timeout=5)
            assert await client.call("echo", {"a": b"\x00"}, timeout=5) == {"a": b"\x00"}
            await until(lambda: [s.transport.name for s in site.engine.sessions.values()] == ["websocket"], "polling")
            await client.disconnect()
            await client.wait()

    run(main())


@over_every_way
def test_refusals_have_the_same_codes(way: str) -> None:
    def full(handshake: Handshake) -> Refusal | None:
        return Refusal(503, "Full", 7) if "x-full" in handshake.headers else None

    async def main() -> None:
        server = echoing(admit=full)
        async with serving(server, ways=WAYS[way](server.engine)) as site:
            port = site.port
            answers = [
                (await upgrade(port, "/socket.io/?EIO=3&transport=websocket"), 400, "Unsupported protocol version"),
                (await upgrade(port, f"{WS}&sid=unknown"), 400, "Session ID unknown"),
                (await upgrade(port, WS, origin="https://evil.example"), 403, "Forbidden"),
                (await upgrade(port, WS, x_full="1"), 503, "Full"),
                (await request(port, "POST", WS, b"", **opening_headers()), 400, "Bad handshake method"),
            ]
            for answer, status, message in answers:
                assert (answer.status, answer.json["message"]) == (status, message)
                assert answer.headers["connection"] == "close"
            assert answers[3][0].headers["retry-after"] == "7"
            for name, value, status in (("version", "12", 426), ("key", "short", 400)):
                headers = opening_headers() | {f"sec_websocket_{name}": value}
                async with Connection(port) as connection:
                    answer = await connection.request("GET", WS, **headers)
                    assert answer.status == status
                    assert (answer.headers.get("sec-websocket-version") == "13") == (status == 426)
                    await connection.closed()
            assert (await request(port, "GET", "/elsewhere", **opening_headers())).status == 404
            assert not server.engine.sessions
            await site.quiet()

    run(main())


@over_every_way
def test_behind_a_proxy_that_takes_off_a_prefix(way: str) -> None:
    async def main() -> None:
        server = echoing(origins=["https://shop.example"])
        ways = {**WAYS[way](server.engine), "root_path": "/shop"}
        async with serving(server, ways=ways) as site, Polling(site.port) as polling:
            await polling.post("40")
            assert (await polling.packets())[0].startswith("40{")
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("2probe")
                assert await ws.receive() == "3probe"
            answer = await request(site.port, "OPTIONS", polling.target, b"", origin="https://shop.example")
            assert answer.status == 204
            assert (await request(site.port, "GET", "/elsewhere")).status == 404

    run(main())


@over_every_way
def test_uvicorn_stops_soon_and_clients_are_told_to_come_back(way: str) -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server, ways=WAYS[way](server.engine)) as site:
            tabs = [await Tab(site.port).__aenter__() for _ in range(3)]
            for connection in list(site.uvicorn.server_state.connections):
                connection.shutdown()  # as uvicorn.Server.shutdown
            for tab in tabs:
                assert (await tab.ended()).code == 1001
                await tab.hang_up()
            await site.quiet()

    run(main())


def test_uvicorn_stops_and_clients_on_polling_are_told_at_once_too() -> None:
    """Of the seam alone: to what is served by ASGI uvicorn says nothing before it ends."""

    async def main() -> None:
        server = echoing()
        reasons: list[str] = []
        server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))
        async with serving(server, ways=WAYS["seam"](server.engine)) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            await poll_waits(site, polling)
            for connection in list(site.uvicorn.server_state.connections):
                connection.shutdown()  # as uvicorn.Server.shutdown
            assert (await polling.answer(1)).text == "1"
            assert reasons == ["server shutting down"]
            await site.quiet()

    run(main())


@over_every_way
def test_a_reader_that_is_slow_from_the_first_moment_is_bounded(way: str) -> None:
    """`pause_writing` must find its way, also in the turn of the opening handshake."""

    async def main() -> None:
        server = echoing(buffer_limit=100_000)
        server.namespace("/").on("connect")(lambda socket, auth: socket.emit("big", "x" * 9_000_000))
        async with serving(server, ways=WAYS[way](server.engine)) as site, RawWebSocket(site.port, WS) as ws:
            ws.writer.transport.pause_reading()  # type: ignore[attr-defined]
            ws.send("40")
            await until(lambda: server.namespace("/").sockets, "not connected")
            await asyncio.sleep(0)
            server.namespace("/").emit("one more", "x" * 200_000)
            await until(lambda: not server.engine.sessions, "the slow reader was kept")
            assert server.engine.stats.slow == 1

    run(main())


async def own_websocket(scope: Any, receive: Any, send: Any) -> None:
    """An application with a WebSocket of its own."""
    if scope["type"] != "websocket":
        await nothing_else(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": f"{scope['path']} {message['text']}"})


@pytest.mark.parametrize("way", ["seam", "documented"])
def test_the_application_keeps_its_own_websockets_at_other_paths(way: str) -> None:
    async def main() -> None:
        server = echoing()
        own: Any = AutoWebSocketsProtocol
        ways: Ways = (
            {"http": serve_protocol(server.engine), "ws": "auto"}
            if way == "seam"
            else {"http": "httptools", "ws": websocket_protocol(server.engine, elsewhere=own)}
        )
        async with serving(server, own_websocket, ways) as site, Tab(site.port) as tab:
            async with connect(f"ws://127.0.0.1:{site.port}/own") as client:
                await client.send("hello")
                assert await client.recv() == "/own hello"
            assert await tab.call("echo", 1) == [1]

    run(main())
