"""Coming into a namespace and leaving it: CONNECT, middlewares, handlers, and packets that have no place."""

import asyncio
import json
from typing import Any

import pytest

from carevia.realtime import ConnectRefused, Socket
from carevia.realtime.testing import TestClient
from tests.realtime.rawclient import Polling, RawWebSocket, Tab, until
from tests.realtime.serving import echoing, make, run, serving

WS = "/socket.io/?EIO=4&transport=websocket"


def test_connect_is_answered_with_exactly_a_sid() -> None:
    async def main() -> None:
        async with serving(echoing("/custom")) as site, RawWebSocket(site.port, WS) as ws:
            opening = await ws.receive()
            ws.send("40")
            said = str(await ws.receive())
            assert said.startswith("40{")
            sid = json.loads(said[2:])
            assert list(sid) == ["sid"]
            assert sid["sid"] not in str(opening), "the public id is not the secret one of the session"

    run(main())


def test_two_namespaces_live_on_one_connection() -> None:
    async def main() -> None:
        async with serving(echoing("/custom")) as site, Tab(site.port) as tab:
            assert (await tab.connect("/custom")).startswith('0/custom,{"sid":"')
            assert site.server.client_count == 2
            assert await tab.call("echo", 1) == [1]
            tab.say('2/custom,7["echo","c"]')
            assert await tab.hear() == '3/custom,7["c"]'
            tab.say("1/custom,")
            assert await tab.call("echo", 2) == [2]
            assert not site.server.namespace("/custom").sockets

    run(main())


def test_an_unknown_namespace_is_refused_and_the_connection_lives() -> None:
    async def main() -> None:
        async with serving(echoing("/custom")) as site, Tab(site.port) as tab:
            assert await tab.connect("/random") == '4/random,{"message":"Invalid namespace"}'
            assert await tab.connect("/__proto__") == '4/__proto__,{"message":"Invalid namespace"}'
            assert await tab.call("echo", 1) == [1]

    run(main())


def test_the_connect_handler_gets_what_the_client_presented_and_speaks_after_the_reply() -> None:
    async def main() -> None:
        server = make()

        @server.namespace("/").on("connect")
        async def connected(socket: Socket, auth: dict[str, Any]) -> None:
            assert socket.connected and socket.id in server.namespace("/").sockets
            socket.emit("auth", auth)

        async with serving(server) as site:
            for auth in (None, {}, {"token": "t", "deep": [1]}):
                async with Tab(site.port, auth=auth) as tab:
                    assert await tab.event() == ["auth", auth or {}]

    run(main())


@pytest.mark.parametrize("data", [None, {"code": 7}, ["x"], 0])
@pytest.mark.parametrize("wait", [False, True])
def test_a_middleware_refuses_with_a_message_and_data(wait: bool, data: Any) -> None:
    async def main() -> None:
        server = echoing("/custom")
        namespace = server.namespace("/")
        asked: list[str] = []

        if wait:

            @namespace.use
            async def slow(socket: Socket, auth: dict[str, Any]) -> None:
                await asyncio.sleep(0)
                asked.append("slow")

        @namespace.use
        def door(socket: Socket, auth: dict[str, Any]) -> None:
            asked.append("door")
            if auth.get("token") != "right":
                raise ConnectRefused("Sign in first", data)
            socket.data = auth["token"]

        async with serving(server) as site, RawWebSocket(site.port, WS) as ws:
            await ws.receive()
            ws.send('40{"token":"wrong"}')
            expected = {"message": "Sign in first"} | ({} if data is None else {"data": data})
            said = str(await ws.receive())
            assert said[:2] == "44" and json.loads(said[2:]) == expected
            assert not namespace.sockets
            ws.send('40{"token":"right"}')  # the same connection may try again
            assert str(await ws.receive()).startswith('40{"sid"')
            assert [socket.data for socket in namespace.sockets.values()] == ["right"]
            assert asked == (["slow", "door"] if wait else ["door"]) * 2

    run(main())


def test_a_middleware_may_be_an_object_or_give_a_coroutine() -> None:
    """An async `__call__` that nobody awaits would let everybody in."""

    class Door:
        async def __call__(self, socket: Socket, auth: dict[str, Any]) -> None:
            await asyncio.sleep(0)
            raise ConnectRefused("closed")

    async def main() -> None:
        for middleware in (Door(), lambda socket, auth: Door()(socket, auth)):
            server = echoing("/custom")
            server.namespace("/").use(middleware)
            async with serving(server) as site, RawWebSocket(site.port, WS) as ws:
                await ws.receive()
                ws.send("40")
                assert await ws.receive() == '44{"message":"closed"}'
                assert not server.client_count

    run(main())


def test_a_middleware_that_fails_refuses_without_telling_why() -> None:
    async def main() -> None:
        errors: list[Exception] = []
        server = make(errors=errors)

        @server.namespace("/").use
        def broken(socket: Socket, auth: dict[str, Any]) -> None:
            raise KeyError("secret")

        async with serving(server) as site, RawWebSocket(site.port, WS) as ws:
            await ws.receive()
            ws.send("40")
            said = str(await ws.receive())
            assert said.startswith('44{"message":') and "secret" not in said
            assert [type(error) for error in errors] == [KeyError]

    run(main())


def test_a_client_that_leaves_while_a_middleware_waits_is_never_let_in() -> None:
    async def main() -> None:
        server = make()
        gate = asyncio.Event()
        events: list[str] = []

        @server.namespace("/").use
        async def slow(socket: Socket, auth: dict[str, Any]) -> None:
            await gate.wait()

        server.namespace("/").on("connect")(lambda socket, auth: events.append("connect"))
        server.namespace("/").on("disconnect")(lambda socket, reason: events.append("disconnect"))
        async with serving(server) as site:
            async with RawWebSocket(site.port, WS) as ws:
                await ws.receive()
                ws.send("40")
                await until(lambda: server.tasks, "the middleware was not asked")
            await until(lambda: not site.engine.sessions, "the session did not end")
            gate.set()
            await site.quiet()
            assert events == []

    run(main())


@pytest.mark.parametrize("packet", ["40", '42["echo"]', "41", "431[]", '451-["echo",{"_placeholder":true,"num":0}]'])
def test_while_a_middleware_waits_nothing_else_may_come(packet: str) -> None:
    async def main() -> None:
        server = make()

        @server.namespace("/").use
        async def slow(socket: Socket, auth: dict[str, Any]) -> None:
            await asyncio.Event().wait()

        async with serving(server) as site, RawWebSocket(site.port, WS) as ws:
            await ws.receive()
            ws.send("40")
            ws.send(packet)
            await ws.ended()
            await until(lambda: not server.clients, "the client was kept")

    run(main())


MALFORMED = [
    "4",
    "4abc",
    "42{}",
    "42",
    '42abc["x"]',
    '42["connect"]',
    "40[]",
    '41"x"',
    '44{"message":"x"}',
    '450-["x"]',
    '451["x"]',
    '412345678901["x"]',
    '42["x",NaN]',
    '42["x","\\ud800"]',
    '42["x",' + "9" * 5000 + "]",
    '42["x",' + "[" * 100_000 + "]" * 100_000 + "]",
    '42["x",' + "[" * 900 + "]" * 900 + "]",
    "47",
    "",
    "abc",
    "2",
    "0",
    "5",
    "7",
]
IDS = [text[:12] or "empty" for text in MALFORMED]


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("text", MALFORMED, ids=IDS)
def test_a_malformed_packet_closes_the_connection(text: str, joined: bool) -> None:
    async def main() -> None:
        async with serving(echoing("/custom")) as site, RawWebSocket(site.port, WS) as ws:
            await ws.receive()
            if joined:
                ws.send("40")
                await ws.receive()
            ws.send(text)
            ended = await ws.ended()
            assert ended.code is not None and ended.took < 1
            await ws.hang_up()
            await site.quiet()

    run(main())


@pytest.mark.parametrize(
    "text",
    ['42["echo"]', "41", "431[1]", '451-["x",{"_placeholder":true,"num":0}]', '42/custom,["echo"]', "41/custom,"],
)
def test_a_packet_before_connect_closes_the_connection(text: str) -> None:
    async def main() -> None:
        async with serving(echoing("/custom")) as site, RawWebSocket(site.port, WS) as ws:
            await ws.receive()
            ws.send(text)
            await ws.ended()

    run(main())


@pytest.mark.parametrize("text", ["40", '42/custom,["echo"]', "41/custom,", "43/custom,1[]"])
def test_a_second_connect_or_a_packet_elsewhere_closes_the_connection(text: str) -> None:
    async def main() -> None:
        async with serving(echoing("/custom")) as site, Tab(site.port) as tab:
            tab.send(text)
            await tab.ended()

    run(main())


def test_a_malformed_packet_over_polling_closes_the_session() -> None:
    async def main() -> None:
        async with serving(echoing("/custom")) as site, Polling(site.port) as polling:
            assert (await polling.post("42abc[]")).status == 400
            assert (await polling.get()).status == 400

    run(main())


@pytest.mark.parametrize(
    "data", [object(), {"a": b"bytes"}, "\ud800", {(1, 2): 3}], ids=["object", "bytes", "half", "key"]
)
@pytest.mark.parametrize("wait", [False, True])
def test_a_refusal_that_cannot_be_said_is_one_all_the_same(data: Any, wait: bool) -> None:
    async def main() -> None:
        errors: list[Exception] = []
        server = make(errors=errors)

        @server.namespace("/").use
        def check(socket: Socket, auth: Any) -> Any:
            if wait:
                return refuse()
            raise ConnectRefused("no", data)

        async def refuse() -> None:
            raise ConnectRefused("no", data)

        with pytest.raises(ConnectRefused, match="Something went wrong"):
            await TestClient(server).connect()
        assert len(errors) == 1 and isinstance(errors[0], TypeError | ValueError)
        await server.stop()

    run(main())


def test_a_name_without_a_slash_gets_one() -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("custom")
        assert server.namespace("/custom") is space and server.namespace("") is server.namespace("/")
        async with TestClient(server, namespace="/custom") as client:
            assert client.sid in space.sockets
        await server.stop()

    run(main())
