"""How large a request's head may be: the parser of uvicorn has no limit of its own."""

import asyncio
from collections.abc import Callable

import pytest

from carevia.realtime.doorway import MOST_HEAD_BYTES, MOST_HEADERS
from tests.realtime.rawclient import Connection, Polling, opening_headers, until
from tests.realtime.serving import make, run, serving

POLL = "/socket.io/?EIO=4&transport=polling"
WS = "/socket.io/?EIO=4&transport=websocket"
PLAIN = f"GET {POLL} HTTP/1.1\r\nhost: a\r\n\r\n".encode()


def long_target(size: int) -> bytes:
    rest = len("\r\n\r\n") + len("host: a\r\n") + len("GET  HTTP/1.1\r\n")
    target = POLL + "&x="
    return f"GET {target}{'x' * (size - rest - len(target))} HTTP/1.1\r\nhost: a\r\n\r\n".encode()


def long_header(size: int, target: str = POLL, **headers: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", "host: a", *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items())]
    head = "\r\n".join(lines) + "\r\nx: "
    return (head + "x" * (size - len(head) - 4) + "\r\n\r\n").encode()


def many_headers(count: int) -> bytes:
    lines = [f"GET {POLL} HTTP/1.1", "host: a", *["x: y"] * (count - 1)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.fixture(autouse=True)
def closes_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carevia.realtime.uvicorn.DRAIN_SECONDS", 0.05)


SHAPES = [(long_target, MOST_HEAD_BYTES + 64), (long_header, MOST_HEAD_BYTES + 64), (many_headers, MOST_HEADERS + 1)]


@pytest.mark.parametrize(("shape", "most"), SHAPES)
def test_a_head_over_the_limit_is_431_and_the_connection_ends(shape: Callable[[int], bytes], most: int) -> None:
    async def main() -> None:
        async with serving(make()) as site:
            for before in (0, 1):  # the first request of a connection, and one that comes later
                async with Connection(site.port) as connection:
                    for _ in range(before):
                        connection.write(PLAIN)
                        assert (await connection.answer()).status == 200
                    connection.write(shape(most))
                    answer = await connection.answer()
                    assert (answer.status, answer.headers["connection"]) == (431, "close")
                    assert await connection.closed() < 1
            assert site.engine.stats.limits == {"head": 2}
            assert site.engine.stats.opened == 1

    run(main())


@pytest.mark.parametrize(
    ("shape", "most"), [(long_target, 33_792), (long_header, 33_792), (many_headers, MOST_HEADERS)]
)
def test_a_head_that_nginx_lets_through_is_served(shape: Callable[[int], bytes], most: int) -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            connection.write(shape(most))
            assert (await connection.answer()).status == 200
            head = shape(most)
            for start in range(0, len(head), 10_000):
                connection.write(head[start : start + 10_000])
                await connection.writer.drain()
            assert (await connection.answer()).status == 200
            connection.write(long_header(20_000) + PLAIN + long_header(20_000))
            assert [(await connection.answer()).status for _ in range(3)] == [200, 200, 200]
            connection.write(long_header(33_792, WS, **opening_headers()))
            assert (await connection.answer()).status == 101

    run(main())


def test_an_upgrade_over_the_limit_is_431_too() -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            connection.write(long_header(MOST_HEAD_BYTES + 64, WS, **opening_headers()))
            assert (await connection.answer()).status == 431

    run(main())


@pytest.mark.parametrize("line", [b"x: " + b"x" * 65_536, b"x: y\r\n" * 10_000], ids=["one header", "many"])
def test_a_head_without_an_end_is_not_hoarded(line: bytes) -> None:
    """150 MB of headers once took 1.1 GB, and one of 60 MB held the loop for seconds."""

    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            connection.write(PLAIN[:-2])
            sent = 0
            while not connection.reader.at_eof() and sent < 20_000_000:
                connection.write(line)
                sent += len(line)
                if connection.reader._buffer:  # type: ignore[attr-defined]
                    break
                await asyncio.sleep(0)
            assert (await connection.answer()).status == 431
            assert await connection.closed() < 1

    run(main())


def test_a_request_behind_another_one_has_the_same_limit() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            async with Connection(site.port) as connection:
                connection.write(PLAIN + long_header(MOST_HEAD_BYTES + 64))
                assert [(await connection.answer()).status for _ in range(2)] == [200, 431]
            async with Polling(site.port) as polling, Connection(site.port) as connection:
                connection.ask("GET", polling.target)
                connection.write(long_header(MOST_HEAD_BYTES + 64))
                assert not await connection.reader.read(), "no answer may come before the one that is due"
                await until(lambda: polling.sid not in site.engine.sessions, "the poll was not missed")

    run(main())


@pytest.mark.parametrize("wrong", [b"GET / HTTP/1.1\r\nno header\r\n\r\n", PLAIN.replace(b"host: a\r\n", b"")])
def test_a_bad_request_is_not_answered_before_the_one_that_came_first(wrong: bytes) -> None:
    async def main() -> None:
        async with serving(make()) as site, Polling(site.port) as polling:
            polling.ask()
            await until(lambda: site.engine.polls[polling.sid].waiting, "the poll did not arrive")
            polling._get.write(wrong)
            assert not await polling._get.reader.read()
            await until(lambda: not site.engine.sessions, "the poll was not missed")

    run(main())


def test_what_follows_a_refused_head_is_dropped() -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            connection.write(long_header(MOST_HEAD_BYTES + 64) + PLAIN)
            assert (await connection.answer()).status == 431
            connection.write(PLAIN)
            await connection.closed()
            assert not site.engine.stats.opened


@pytest.mark.parametrize("pieces", [b"x", b"x\r\n\r\n"], ids=["without an end", "ended after all"])
def test_a_head_that_goes_on_after_its_refusal_is_answered_once(pieces: bytes) -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            connection.write(long_header(MOST_HEAD_BYTES + 64)[:-4])
            assert (await connection.answer()).status == 431
            connection.write(pieces)
            assert not await connection.reader.read()
            assert site.engine.stats.limits == {"head": 1}

    run(main())


@pytest.mark.parametrize(
    "wrong", [b"chunked\r\n\r\n-1\r\n", b"chunked\r\n\r\n1\r\nxx0\r\n\r\n", b"gzip\r\n\r\n0\r\n\r\n"]
)
@pytest.mark.parametrize("session", ["a session of the engine", ""])
def test_a_body_that_is_none_is_400(wrong: bytes, session: str) -> None:
    """As the reference server answers; behind an answer that is still due none can be given."""

    async def main() -> None:
        async with serving(make()) as site, Polling(site.port) as polling:
            target = polling.target if session else "/elsewhere"
            bad = f"POST {target} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: ".encode() + wrong
            async with Connection(site.port) as connection:
                connection.write(bad)
                answer = await connection.answer()
                assert (answer.status, answer.headers["connection"]) == (400, "close")
                assert await connection.closed() < 1
            assert (polling.sid in site.engine.sessions) == (not session), "who breaks off a POST has left"
            async with Polling(site.port) as other, Connection(site.port) as connection:
                connection.ask("GET", other.target)
                connection.write(bad)
                assert not await connection.reader.read()

    run(main())
