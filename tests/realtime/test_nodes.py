"""Sessions that need no sticky balancing: every request may reach any node. Two whole servers in one loop, each with
its own port; on one host they share a folder, as two hosts they know each other's address."""

import asyncio
import errno
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from carevia.realtime import Server, Socket
from carevia.realtime.nodes import Links, came
from carevia.realtime.nodes.handover import Folder, Letterbox, hand_over
from carevia.realtime.testing.wire import MemoryTransport, Way
from tests.realtime.at_once import at_once
from tests.realtime.rawclient import Connection, Polling, RawWebSocket, Response, Tab, request, until, upgrade
from tests.realtime.serving import Site, make, run, serving

KEY = b"a key that all nodes share"
FAR = ("one host", "two hosts")


class Pair(NamedTuple):
    """`home` holds the sessions; requests reach `other`."""

    home: Site
    other: Site
    seen: list[str]  # addresses of the clients that connected at home

    def moved(self) -> int:
        links = self.other.engine.links
        assert links is not None
        return links.handed + links.tunnelled


class Phonebook:
    """What Redis will know: where the nodes of other hosts are."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, int]] = {}

    def address(self, node: str) -> tuple[str, int] | None:
        return self.known.get(node)


def served(links: Links, seen: list[str], **settings: Any) -> Server:
    server = make(links=links, **settings)
    server.namespace("/").on("echo")(lambda socket, *args: args)

    def connecting(socket: Socket, _: Any) -> None:
        asking = getattr(socket.session.transport, "request", None)
        seen.append(asking.address if asking is not None else "")

    server.namespace("/").use(connecting)
    return server


@asynccontextmanager
async def pair(tmp_path: Path, how: str, **settings: Any) -> AsyncIterator[Pair]:
    far, seen, book = how == "two hosts", list[str](), Phonebook()
    links = [Links(tmp_path / (name if far else "nodes"), KEY) for name in ("a", "b")]
    home, other = (served(link, seen, **settings) for link in links)
    async with serving(home) as first, serving(other) as second:
        for link, site in zip(links, (first, second), strict=True):
            link.nodes = book if far else None
            book.known[link.id] = ("127.0.0.1", site.port)
        yield Pair(first, second, seen)


@asynccontextmanager
async def opened(both: Pair) -> AsyncIterator[Polling]:
    """A session at home, on polling, with its CONNECT answered."""
    async with Polling(both.home.port) as polling:
        await polling.post("40")
        assert (await polling.packets())[0].startswith("40{")
        yield polling


@pytest.mark.parametrize("how", FAR)
def test_polls_reach_their_session_wherever_they_arrive(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        async with pair(tmp_path, how) as both, opened(both) as polling, Connection(both.other.port) as elsewhere:
            polling.ask()  # it waits at home, while the POST comes by way of the other one
            answer = await elsewhere.request("POST", polling.target, b'420["echo","\xe2\x9c\x93"]')
            assert (answer.status, answer.text) == (200, "ok")
            assert (await polling.answer()).text == '430["✓"]'
            for number in range(3):
                await polling.post(f'42{number}["echo",{number}]')
                got = await request(both.other.port, "GET", polling.target)
                assert (got.status, got.text) == (200, f"43{number}[{number}]")
            assert both.moved() == 4
            assert len(both.home.engine.sessions) == 1 and not both.other.engine.sessions

    run(main())


@pytest.mark.parametrize("how", FAR)
def test_a_body_in_pieces_comes_whole_and_one_that_is_too_large_is_refused(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        async with pair(tmp_path, how, max_payload=300_000) as both, opened(both) as polling:
            text = "x" * 250_000
            body = f'421["echo","{text}"]'.encode()
            async with Connection(both.other.port) as elsewhere:
                head = f"POST {polling.target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                for piece in (head[:30], head[30:], body[:1000], body[1000:100_000], body[100_000:]):
                    elsewhere.write(piece)
                    await asyncio.sleep(0.02)
                assert (await elsewhere.answer()).text == "ok"
            assert await polling.packets() == [f'431["{text}"]']
            refused = await request(both.other.port, "POST", polling.target, b"x" * 300_001)
            assert refused.status == 413

    run(main())


@pytest.mark.parametrize("how", FAR)
def test_an_upgrade_reaches_its_session_wherever_it_arrives(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        async with (
            pair(tmp_path, how) as both,
            opened(both) as polling,
            RawWebSocket(both.other.port, polling.ws_target) as ws,
        ):
            ws.send("2probe")
            assert await ws.receive() == "3probe"
            assert (await request(both.other.port, "GET", polling.target)).text == "6"
            ws.send("5")
            ws.send('427["echo","here"]')
            assert await ws.receive() == '437["here"]'
            big = "y" * 400_000
            ws.send(f'428["echo","{big}"]')
            assert await ws.receive() == f'438["{big}"]'
            (session,) = both.home.engine.sessions.values()
            assert session.transport.name == "websocket"

    run(main())


def test_a_kept_connection_serves_one_session_after_the_other(tmp_path: Path) -> None:
    """As a proxy's pool does: whoever's request comes next, it goes to its own node, and back."""

    async def main() -> None:
        async with pair(tmp_path, "one host") as both, opened(both) as at_home, Polling(both.other.port) as there:
            await there.post("40")
            await there.packets()
            async with Connection(both.other.port) as pooled:
                for number in range(4):
                    for polling in (at_home, there):
                        answer = await pooled.request("POST", polling.target, f'42{number}["echo"]'.encode())
                        assert answer.text == "ok"
                        assert (await pooled.request("GET", polling.target)).text == f"43{number}[]"
                upgrade = await pooled.request("GET", "/elsewhere")
                assert upgrade.status == 404

    run(main())


def test_the_client_keeps_its_address(tmp_path: Path) -> None:
    """Which no client can claim: the line of a tunnel is signed."""

    async def connect(port: int, target: str, source: str) -> None:
        with socket.socket() as plain:
            plain.bind((source, 0))
            plain.connect(("127.0.0.1", port))
            plain.sendall(f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40".encode())
            plain.setblocking(False)
            assert b" 200 " in await asyncio.get_running_loop().sock_recv(plain, 1000)

    async def main(how: str) -> None:
        async with pair(tmp_path / how, how) as both:
            opened = await request(both.home.port, "GET", "/socket.io/?EIO=4&transport=polling")
            sid = json.loads(opened.text[1:])["sid"]
            await connect(both.other.port, f"/socket.io/?EIO=4&transport=polling&sid={sid}", "127.0.0.7")
            await until(lambda: both.seen, "it connected")
            assert both.seen == ["127.0.0.7"], how
            (session,) = both.home.engine.sessions.values()
            forged = came.write(b"another key", came.Came("10.1.1.1", "https"))
            for line in (forged, forged[:20], b"CAREVIA-TUNNEL " + b"x" * 500):
                async with Connection(both.home.port) as liar:
                    liar.write(line + b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
                    await liar.closed()
            async with Connection(both.home.port) as liar:  # nor is a line hoarded that has no end
                liar.write(b"CAREVIA-TUNNEL " + b"x" * 500)
                async with at_once():
                    await liar.closed()
            assert list(both.home.engine.sessions.values()) == [session]

    for how in FAR:
        run(main(how))


def test_what_a_tunnel_says_of_the_client_is_believed_with_the_key_only() -> None:
    line = came.write(KEY, came.Came("10.1.1.1", "http"), lambda: 1_000.0).rstrip(b"\r\n")
    assert came.read(KEY, line, lambda: 1_050.0) == came.Came("10.1.1.1", "http")
    assert came.read(KEY, line, lambda: 1_070.0) is None
    assert came.read(b"another", line, lambda: 1_000.0) is None
    assert came.read(KEY, line[:-1], lambda: 1_000.0) is None
    assert came.read(KEY, came.MAGIC, lambda: 1_000.0) is None


@pytest.mark.parametrize("secure", [False, True])
def test_a_tunnel_says_whether_its_client_came_by_https(tmp_path: Path, secure: bool) -> None:
    """Else a page of the other node's own origin would be a stranger there."""

    async def main() -> None:
        first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            first.set_result(await reader.readline())
            writer.close()

        async with await asyncio.start_server(take, "127.0.0.1", 0) as node:
            client = MemoryTransport(lambda _: None, Way(lambda _: None, lambda: None), "10.1.1.1", secure)
            Links(tmp_path, KEY).tunnel(node.sockets[0].getsockname(), client, b"", set())
            line = await first
            await client.gone.wait()
        assert came.read(KEY, line.rstrip()) == came.Came("10.1.1.1", "https" if secure else "http")

    run(main())


@pytest.mark.parametrize("how", FAR)
@pytest.mark.parametrize("sid", ["", "gone.", "../x.", "%2e%2e/"])
def test_an_unknown_or_dead_node_is_said_at_once(tmp_path: Path, how: str, sid: str) -> None:
    async def main() -> None:
        async with pair(tmp_path, how) as both:
            dead = socket.socket(socket.AF_UNIX)
            folder = tmp_path / ("b" if how == "two hosts" else "nodes")
            dead.bind(str(folder / "gone.sock"))  # as a killed process leaves it: a file on which nobody listens
            dead.close()
            target = f"/socket.io/?EIO=4&transport=polling&sid={sid}AAAAAAAAAAAAAAAAAAAA"
            answers: list[Response] = [await request(both.other.port, kind, target, b"") for kind in ("GET", "POST")]
            for answer in answers:
                assert answer.status == 400
                assert answer.json == {"code": 1, "message": "Session ID unknown"}
            websocket = target.replace("polling", "websocket")
            assert (await upgrade(both.other.port, websocket)).status == 400

    run(main())


def test_a_node_that_dies_with_a_poll_that_came_by_another_one_makes_that_one_hang_up_on_nobody(tmp_path: Path) -> None:
    """nginx counts who hangs up instead of answering as away: five polls of a host that is killed took both away."""

    async def main() -> None:
        async with pair(tmp_path, "two hosts") as both:

            async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                writer.transport.abort()

            links = both.other.engine.links
            assert links is not None and isinstance(links.nodes, Phonebook)
            async with await asyncio.start_server(die, "127.0.0.1", 0) as dying:
                links.nodes.known["dying"] = dying.sockets[0].getsockname()
                target = "/socket.io/?EIO=4&transport=polling&sid=dying.AAAAAAAAAAAAAAAAAAAA"
                for kind in ("GET", "POST"):
                    answer = await request(both.other.port, kind, target, b"")
                    assert (answer.status, answer.json) == (400, {"code": 1, "message": "Session ID unknown"})

    run(main())


@pytest.mark.parametrize("how", FAR)
def test_who_hangs_up_elsewhere_has_gone_from_home(tmp_path: Path, how: str) -> None:
    async def main() -> None:
        async with pair(tmp_path, how) as both:
            async with opened(both) as polling:
                away = Connection(both.other.port)
                async with away:
                    away.ask("GET", polling.target)
                    await until(lambda: next(iter(both.home.engine.polls.values())).waiting, "it waits at home")
                    away.abort()
                    await until(lambda: not both.home.engine.sessions, "the session has ended")
            await both.other.quiet_sessions()

    run(main())


def test_a_drain_takes_no_new_session_and_lets_the_others_go_in_waves(tmp_path: Path) -> None:
    async def main() -> None:
        async with pair(tmp_path, "one host") as both:
            tabs = [Tab(both.home.port) for _ in range(20)]
            for tab in tabs:
                await tab.__aenter__()
            loop = asyncio.get_running_loop()
            begun, left = loop.time(), list[int]()
            draining = asyncio.create_task(both.home.server.drain(rate=20, seconds=5))
            while not draining.done():
                left.append(len(both.home.engine.sessions))
                refused = await request(both.home.port, "GET", "/socket.io/?EIO=4&transport=polling")
                assert (refused.status, refused.headers["retry-after"]) == (503, "1")
                await asyncio.sleep(0.05)
            assert 0.6 <= loop.time() - begun <= 2, "20 at 20 a second"
            assert len(set(left)) >= 4, "not all at once"
            for tab in tabs:
                assert (await tab.ended()).code == 1001, "and no DISCONNECT before"
                await tab.__aexit__(None, None, None)
            begun = loop.time()
            await both.other.server.drain(rate=1, seconds=0.2)
            assert loop.time() - begun < 0.5

    run(main())


def test_who_is_out_of_descriptors_rests_between_two_attempts_to_take_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop came back at once, and again: a core was burnt until descriptors were free."""
    attempts: list[object] = []

    def no_more(listener: socket.socket) -> None:
        attempts.append(listener)
        raise OSError(errno.EMFILE, "too many open files")

    def take(connection: socket.socket, data: bytes, came: object) -> None:
        connection.close()
        taken.append(data)

    async def main() -> None:
        folder = Folder(tmp_path)
        box = Letterbox(folder, "node", take)
        box.open()
        with monkeypatch.context() as patch:
            patch.setattr(socket.socket, "accept", no_more)
            link = folder.reach("node")
            assert link is not None
            await until(lambda: attempts, "nobody was asked to take it")
            for _ in range(100):
                await asyncio.sleep(0)
            assert len(attempts) <= 2
        near, far = socket.socketpair()
        with near, far:
            await hand_over(link, far.fileno(), b"read so far", None)
        await until(lambda: taken == [b"read so far"], "it was not taken")
        box.close()
        folder.close()

    taken: list[bytes] = []
    run(main())
