"""What a connection says first, and how long it may take to say it."""

import asyncio
import inspect
import socket
from contextlib import AsyncExitStack
from typing import cast

import httptools
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from carevia.realtime import doorway, patience
from carevia.realtime.handshake import Handshake, TrustedProxies
from carevia.realtime.opening import Endpoint
from tests.realtime.rawclient import Connection, RawWebSocket, until
from tests.realtime.serving import Site, make, run, serving

WS = "/socket.io/?EIO=4&transport=websocket"
HEAD = b"GET " + WS.encode() + b" HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
REST = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"


def test_uvicorn_makes_what_it_is_given_with_these_words() -> None:
    source = inspect.getsource(uvicorn.Server.startup)
    words = ("config=config", "server_state=self.server_state", "app_state=self.lifespan.state", "_loop=_loop")
    assert all(word in source for word in words) and "config.http_protocol_class(" in source


async def said(site: Site, *pieces: bytes) -> bytes:
    """What comes back on a connection that says these pieces, each in a packet of its own, until it is quiet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    heard = b""
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.02)
    try:
        async with asyncio.timeout(0.3):
            while piece := await reader.read(65536):
                heard += piece
    except TimeoutError:
        pass
    writer.close()
    return heard


def test_an_upgrade_that_comes_in_pieces_is_taken_like_a_whole_one() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            for pieces in ((HEAD + REST,), (HEAD, REST), (b"G", HEAD[1:] + REST[:-1], b"\n")):
                assert (await said(site, *pieces)).startswith(b"HTTP/1.1 101 "), pieces

    run(main())


def test_two_requests_in_one_packet_are_never_taken_for_one_upgrade() -> None:
    """The head of the second once counted as the first one's, and the poll was left without an answer."""

    async def main() -> None:
        poll = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: here\r\n\r\n"
        async with serving(make()) as site:
            heard = await said(site, poll + HEAD + REST)
            assert heard.startswith(b"HTTP/1.1 200 ") and b"upgrades" in heard

    run(main())


def test_heads_that_take_too_long_are_closed_wherever_they_stand_and_others_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.4)

    async def main() -> None:
        async with serving(make()) as site, AsyncExitStack() as stack:
            silent, first, second, good = [await stack.enter_async_context(Connection(site.port)) for _ in range(4)]
            tab = await stack.enter_async_context(RawWebSocket(site.port, WS))
            first.writer.write(HEAD)
            assert (await second.request("GET", "/elsewhere")).status == 404
            second.writer.write(b"GET /elsewhere HTTP/1.1\r\nX-Slow: ")
            for _ in range(12):  # a byte now and then buys no time
                for slow in (first, second):
                    if not slow.writer.is_closing():
                        slow.writer.write(b"x")
                assert (await good.request("GET", "/elsewhere")).status == 404
                await asyncio.sleep(0.05)
            for slow in (silent, first, second):
                assert await slow.closed() < 1
            assert (await good.request("GET", "/elsewhere")).status == 404
            assert str(await tab.receive())[0] == "0", "a connection that has spoken has no deadline"

    run(main())


POLL = b"/socket.io/?EIO=4&transport=polling"
EARLY = {
    "a POST to nobody": b"POST " + POLL + b"&sid=none HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n",
    "a GET with a body": b"GET " + POLL + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n",
    "in chunks": b"GET /elsewhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n63\r\n",
    "elsewhere": b"POST /elsewhere HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n",
}


@pytest.mark.parametrize("head", EARLY.values(), ids=EARLY)
def test_a_body_that_trickles_in_after_its_answer_has_a_deadline(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte called the keep-alive off, and nothing else ended the connection."""
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)

    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as slow, Connection(site.port) as good:
            for connection in (slow, good):
                connection.write(head)
                await connection.answer()
            for number in range(14):  # 0.7 seconds: longer than it may take, and shorter than the body is
                if not slow.writer.is_closing():
                    slow.write(b"x")
                if number < 3:
                    good.write(b"x" * 33 + (b"\r\n0\r\n\r\n" if number == 2 and b"chunked" in head else b""))
                await asyncio.sleep(0.05)
            await slow.closed(within=0.1)
            assert (await good.request("GET", "/elsewhere")).status == 404, "what came in time is a request like others"

    run(main())


@pytest.mark.parametrize("head", EARLY.values(), ids=EARLY)
def test_a_body_that_never_comes_after_its_answer_has_the_same(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.2)

    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            connection.write(head)
            await connection.answer()
            assert await connection.closed(within=1) > 0.1

    run(main())


def test_what_was_answered_before_it_was_whole_is_kept_alive_no_longer_than_others() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            site.uvicorn.config.timeout_keep_alive = 0.2  # type: ignore[assignment]
            async with Connection(site.port) as connection:
                connection.write(EARLY["elsewhere"])
                await connection.answer()
                connection.write(b"x" * 99)
                assert await connection.closed(within=2) > 0.1

    run(main())


def test_a_websocket_on_a_connection_that_was_used_before_has_no_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.1)

    async def main() -> None:
        async with serving(make()) as site:
            ws = RawWebSocket(site.port, WS)
            await Connection.__aenter__(ws)
            assert (await ws.request("GET", "/elsewhere")).status == 404
            await ws.open()
            await ws.receive()
            with pytest.raises(AssertionError, match="within"):
                await ws.frame(0.3)
            await ws.hang_up()

    run(main())


def test_nothing_is_kept_of_a_connection_that_says_nothing_and_goes() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            async with Connection(site.port):
                await until(lambda: bool(site.uvicorn.server_state.connections), "it was not accepted")
            await until(lambda: not site.uvicorn.server_state.connections, "it is still counted")

    run(main())


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"Upgrade: websocket\r\n", b"Upgrade: websocket\r\nX-Folded: one\r\n two\r\n"),
        HEAD.replace(b"Host: here\r\n", b"Host : here\r\n"),
        HEAD.replace(b"Host: here\r\n", b"Host: here\n"),
        HEAD.replace(b"Host: here\r\n", b"Host: here\r\nX-Odd: a\0b\r\n"),
        HEAD.replace(b" HTTP/1.1", b" HTTP/1.0"),
        HEAD.replace(b"Host: here\r\n", b""),
        HEAD + b"Content-Length: 2\r\n",
        HEAD.replace(b"Connection: Upgrade\r\n", b"Connection: x-upgrade\r\n"),
        HEAD.replace(b"Upgrade: websocket\r\n", b""),
        HEAD.replace(WS.encode(), b"/elsewhere"),
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_left_to_the_http_parser(head: bytes) -> None:
    class Everything:
        def takes(self, path: bytes) -> bool:
            return path == b"/socket.io/"

    endpoint = cast("Endpoint", Everything())
    assert doorway._upgrade(endpoint, HEAD + REST) is not None
    assert doorway._upgrade(endpoint, head + REST) is None


class Seen:
    """Takes all that a parser finds, and as an endpoint what is its own."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def takes(self, path: bytes) -> bool:
        return path == b"/socket.io/"

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))


MORE = b"Cookie: a=b;  c=d \t\r\nX-None:\r\nX-Letters:\t \xc3\xa4\r\nCONNECTION: keep-alive , UPGRADE\r\nx-none: 2\r\n"


def assert_both_read_the_same(data: bytes) -> None:
    seen = Seen()
    found = doorway._upgrade(cast("Endpoint", seen), data)
    assert found is not None
    with pytest.raises(httptools.HttpParserUpgrade):
        httptools.HttpRequestParser(seen).feed_data(data)
    target, lines = found
    handshake = Handshake(lines, b"", "", "", TrustedProxies(()))
    assert target == seen.target
    assert list(handshake.raw) == seen.headers
    for name, value in dict(reversed(seen.headers)).items():
        assert handshake.header(name) == value.rstrip(b" \t").decode("latin-1")
    assert handshake.header(b"x-missing") == ""


def test_a_plain_upgrade_is_read_as_the_http_parser_reads_it() -> None:
    assert_both_read_the_same(HEAD + MORE + REST)


SIGNS = [b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b"\0"]
EDITS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(SIGNS) | st.binary(max_size=2)), max_size=3
)


@given(EDITS)
def test_whatever_is_taken_for_a_plain_upgrade_the_http_parser_reads_in_the_same_way(
    edits: list[tuple[int, int, bytes]],
) -> None:
    data = HEAD + MORE + REST
    for at, gone, new in edits:
        data = data[:at] + new + data[at + gone :]
    if doorway._upgrade(cast("Endpoint", Seen()), data) is not None:
        assert_both_read_the_same(data)
