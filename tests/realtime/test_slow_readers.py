"""Answers that nobody reads: to clients of plain HTTP, for WebSockets see test_backpressure.py."""

import asyncio
import socket
import sys

import pytest

from carevia.realtime import patience
from carevia.realtime.asgi import Receive, Scope, Send
from tests.realtime.rawclient import until
from tests.realtime.serving import make, run, serving

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what was read")
SMALL, LARGE = 300_000, 16_000_000  # bytes: what the system takes into its own hands, and more than that
LOOK = 0.1  # s
CLOSED = 7  # TCP_CLOSE of linux/tcp_states.h
UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers as many bytes as the path says."""
    size = int(scope["path"][1:])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
    await send({"type": "http.response.body", "body": bytes(size)})


def ask(port: int, size: int, connection: str = "keep-alive") -> socket.socket:
    """Somebody who has asked, and reads nothing yet."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET /{size} HTTP/1.1\r\nHost: a\r\nConnection: {connection}\r\n\r\n".encode())
    client.setblocking(False)
    return client


async def read(client: socket.socket, most: int, pause: float = 0.0) -> int:
    """How many bytes come, until they are `most` or the connection ends; with a rest after each piece."""
    loop, count = asyncio.get_running_loop(), 0
    try:
        while count < most and (piece := await loop.sock_recv(client, 65536)):
            count += len(piece)
            await asyncio.sleep(pause)
    except ConnectionResetError:
        pass
    return count


def reset(client: socket.socket) -> bool:
    """Whether the server has dropped the connection, and all that was on its way."""
    return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == CLOSED


@pytest.mark.parametrize(("size", "connection"), [(SMALL, "keep-alive"), (LARGE, "keep-alive"), (LARGE, "close")])
def test_who_reads_nothing_of_an_answer_is_closed_and_who_reads_slowly_gets_it_all_and_may_stay(
    size: int, connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing ended such a connection as long as the client kept it open, and its answer stayed in memory."""
    monkeypatch.setattr(patience, "LOOK_SECONDS", LOOK)

    async def main() -> None:
        async with serving(make(), large) as site:
            with ask(site.port, size, connection) as silent, ask(site.port, SMALL) as slow:
                reading = asyncio.create_task(read(slow, SMALL, pause=LOOK / 10))
                await until(lambda: reset(silent), "it was not closed")
                assert await read(silent, size) < size
                assert await reading >= SMALL
                await asyncio.sleep(5 * LOOK)
                assert not reset(slow)

    run(main())


def test_an_application_that_streams_waits_for_who_does_not_read() -> None:
    piece, sent = bytes(65_536), 0

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while sent < LARGE:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            sent += len(piece)
        await send({"type": "http.response.body", "body": b""})

    async def main() -> None:
        async with serving(make(), stream) as site:
            with ask(site.port, LARGE) as client:
                await until(lambda: sent, "nothing was sent")
                assert sent < LARGE
                assert await read(client, LARGE) >= LARGE

    run(main())


def test_clients_of_a_trusted_proxy_are_its_own_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK_SECONDS", LOOK)

    async def main() -> None:
        async with serving(make(trusted_proxies=("127.0.0.1",)), large) as site:
            with ask(site.port, SMALL) as client:
                await asyncio.sleep(8 * LOOK)
                assert await read(client, SMALL) >= SMALL

    run(main())


def test_a_websocket_behind_an_answer_that_is_not_read_yet_is_the_engines_concern(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "LOOK_SECONDS", LOOK)

    async def main() -> None:
        async with serving(make(), large) as site:
            with ask(site.port, SMALL) as client:
                await until(lambda: site.uvicorn.server_state.total_requests, "it was not answered")
                client.send(UPGRADE)
                await until(lambda: site.engine.sessions, "it was not taken")
                await asyncio.sleep(8 * LOOK)
                assert site.engine.sessions
                assert await read(client, SMALL) >= SMALL

    run(main())
