"""python-socketio's client against our engine: polling only, WebSocket only, and with the upgrade between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio

from carevia.realtime import ConnectRefused, Server, Socket
from tests.realtime.rawclient import deadline, until
from tests.realtime.serving import Site, make, run, serving

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


def everything() -> Server:
    server = make()
    for name in ("/", "/custom"):
        space = server.namespace(name)
        space.on("echo")(lambda socket, *args: args)
        space.on("join")(lambda socket, room: socket.join(room))

        @space.on("ask back")
        async def ask_back(socket: Socket, question: Any) -> list[Any]:
            return await socket.call("question", question, timeout=5)

    @server.namespace("/no").use
    async def never(socket: Socket, auth: dict[str, Any]) -> None:
        raise ConnectRefused("Not here", {"code": 7})

    return server


@asynccontextmanager
async def joined(site: Site, how: str, *namespaces: str) -> AsyncIterator[socketio.AsyncClient]:
    client = socketio.AsyncClient(reconnection=False)
    async with deadline(10, "the client did not connect"):
        await client.connect(
            f"http://127.0.0.1:{site.port}",
            transports=TRANSPORTS[how],
            namespaces=list(namespaces or ("/",)),
            wait_timeout=5,
        )
    try:
        yield client
    finally:
        await client.disconnect()
        await client.wait()


async def transport_is(site: Site, name: str) -> None:
    await until(
        lambda: {session.transport.name for session in site.engine.sessions.values()} == {name}, f"not over {name}"
    )


@pytest.mark.parametrize("how", TRANSPORTS)
def test_events_acknowledgements_binary_and_namespaces(how: str) -> None:
    async def main() -> None:
        server = everything()
        async with serving(server) as site:
            async with joined(site, how, "/", "/custom") as client:
                await transport_is(site, "polling" if how == "polling" else "websocket")
                got: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
                client.on("said", lambda *args: got.put_nowait(args))
                client.on("said", lambda *args: got.put_nowait(("custom", *args)), namespace="/custom")
                client.on("question", lambda question: (f"yes, {question}", b"\x00\xff"))

                assert await client.call("echo", ("one", 2, {"three": [None]})) == ("one", 2, {"three": [None]})
                assert await client.call("echo", "é☕𝄞", namespace="/custom") == "é☕𝄞"
                assert await client.call("echo", (b"\x00\x01", {"deep": [b"\xff" * 5000]})) == (
                    b"\x00\x01",
                    {"deep": [b"\xff" * 5000]},
                )
                assert await client.call("ask back", "really") == ["yes, really", b"\x00\xff"]

                await client.call("join", "room")
                server.namespace("/").to("room").emit("said", 1, b"\x01")
                server.namespace("/custom").emit("said", {"n": 2})
                server.namespace("/").emit("said", "x" * 100_000)
                async with deadline(5, "an event did not come"):
                    assert await got.get() == (1, b"\x01")
                    assert await got.get() == ("custom", {"n": 2})
                    assert await got.get() == ("x" * 100_000,)
            await site.quiet()

    run(main())


@pytest.mark.parametrize("how", TRANSPORTS)
def test_a_refusal_reaches_the_client(how: str) -> None:
    async def main() -> None:
        async with serving(everything()) as site:
            client = socketio.AsyncClient(reconnection=False)
            refused: list[Any] = []
            client.on("connect_error", refused.append, namespace="/no")
            with pytest.raises(socketio.exceptions.ConnectionError):
                await client.connect(
                    f"http://127.0.0.1:{site.port}", transports=TRANSPORTS[how], namespaces=["/no"], wait_timeout=5
                )
            await client.wait()
            assert refused == [{"message": "Not here", "data": {"code": 7}}]
            await site.quiet()

    run(main())


@pytest.mark.parametrize("how", TRANSPORTS)
def test_a_hundred_events_each_way_keep_their_order(how: str) -> None:
    async def main() -> None:
        server = everything()
        sent: list[int] = []
        server.namespace("/").on("n")(lambda socket, number: sent.append(number))
        async with serving(server) as site:
            async with joined(site, how) as client:
                got: list[int] = []
                client.on("n", got.append)
                for number in range(100):
                    server.namespace("/").emit("n", number)
                    await client.emit("n", number)
                await until(lambda: len(got) == len(sent) == 100, "not everything came")
                assert got == sent == list(range(100))
            await site.quiet()

    run(main())


@pytest.mark.parametrize("how", TRANSPORTS)
def test_it_stays_over_several_heartbeats(how: str) -> None:
    async def main() -> None:
        server = make(ping_interval=0.2, ping_timeout=5)  # a ping follows a pong: the beats say that they came
        server.namespace("/").on("echo")(lambda socket, *args: args)
        async with serving(server) as site:
            async with joined(site, how) as client:
                [session] = site.engine.sessions.values()
                beats = 0
                ping = site.engine.pings._expired

                def counted(session: Any) -> None:
                    nonlocal beats
                    beats += 1
                    ping(session)

                site.engine.pings._expired = counted
                await until(lambda: beats >= 4, "the heart does not beat")
                assert not session.closed
                assert await client.call("echo", 1) == 1
            await site.quiet()

    run(main())
