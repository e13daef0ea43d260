"""Bodies of POSTs: whole, over the limit, broken off, or none at all."""

import asyncio
from typing import Any

import httpx2
import pytest

from carevia.realtime.exchange import BODY_SECONDS, DRAIN_SECONDS
from tests.realtime.at_once import at_once
from tests.realtime.rawclient import Connection, Polling, until
from tests.realtime.serving import Site, echoing, make, run, serving

pytestmark = pytest.mark.usefixtures("driver")
LIMIT = 1_000_000


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT])
def test_a_body_of_the_limit_passes(size: int) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            text = "x" * (size - len('420["echo",""]'))
            answer = await polling.post(f'420["echo","{text}"]')
            assert answer.text == "ok"
            [said] = await polling.packets()
            assert said == f'430["{text}"]'

    run(main())


@pytest.mark.parametrize("size", [LIMIT + 1, 5 * LIMIT])
def test_a_body_over_the_limit_is_413_for_an_ordinary_client(size: int) -> None:
    async def main() -> None:
        ordinary = httpx2.AsyncClient(trust_env=False)
        async with serving(echoing()) as site, Polling(site.port) as polling, ordinary as client:
            for _ in range(3):
                async with at_once():
                    answer = await client.post(f"http://127.0.0.1:{site.port}{polling.target}", content=b"4" * size)
                assert answer.status_code == 413
                assert answer.content == b"", "as the reference server answers, and its client's own suite asserts"
                assert answer.headers["connection"] == "close"

    run(main())


def test_a_slow_sender_reads_413_while_it_still_sends() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("POST", polling.target, b"4", content_length=str(LIMIT + 1))
            async with at_once():
                answer = await connection.answer()
            assert (answer.status, answer.body) == (413, b"")
            for _ in range(10):
                connection.write(b"4" * 100_000)
                await asyncio.sleep(0)
            assert await connection.closed(within=3) < 2
            await until(lambda: not site.uvicorn.server_state.tasks, "the request did not end")

    run(main())


@pytest.mark.parametrize("length", ["1000000000000", "1000001", "9" * 18])
def test_a_length_over_the_limit_is_413_at_the_header(length: str) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("POST", polling.target, b"4", content_length=length)
            async with at_once():
                assert (await connection.answer()).status == 413
            assert await connection.closed(within=3) < 2, "and the connection is closed, though the body never comes"

    run(main())


@pytest.mark.parametrize("length", ["2 ", "2\t", "0000002", "0" * 5000 + "2"])
def test_a_length_with_blanks_behind_it_or_noughts_before_it_is_a_length(length: str) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            assert (await polling.post("40", content_length=length)).text == "ok"

    run(main())


def test_a_chunked_body_over_the_limit_is_413() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("POST", polling.target, b"", transfer_encoding="chunked")
            chunk = b"186a0\r\n" + b"4" * 100_000 + b"\r\n"
            for _ in range(11):
                connection.write(chunk)
                await connection.writer.drain()
            async with at_once():
                assert (await connection.answer()).status == 413
            await connection.closed(within=3)

    run(main())


def test_a_body_that_never_arrives_is_408_and_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carevia.realtime.engine.BODY_SECONDS", 0.1)
    monkeypatch.setattr("carevia.realtime.polling.BODY_SECONDS", 0.1)

    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("POST", polling.target, b"4h", content_length="6")
            assert (await connection.answer(within=3)).status == 408
            await connection.closed(within=3)
            await site.quiet_sessions()

    run(main())


def test_a_slow_body_and_what_is_read_on_after_its_refusal_take_less_than_ten_seconds() -> None:
    assert BODY_SECONDS + DRAIN_SECONDS < 10


def test_a_chunked_body_under_the_limit_passes() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("POST", polling.target, b"", transfer_encoding="chunked")
            for piece in (b"2\r\n40\r\n", b"1\r\n\x1e\r\n", b"1\r\n3\r\n", b"0\r\n\r\n"):
                connection.write(piece)
                await asyncio.sleep(0)
            assert (await connection.answer()).text == "ok"
            assert (await polling.packets())[0].startswith("40{")

    run(main())


def test_an_expecting_client_over_the_limit_is_told_before_it_sends() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("POST", polling.target, b"", content_length=str(LIMIT * 2), expect="100-continue")
            async with at_once():
                assert (await connection.answer()).status == 413

    run(main())


def test_an_expecting_client_is_asked_for_its_body() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("POST", polling.target, b"", content_length="2", expect="100-continue")
            async with at_once():
                assert (await connection.answer()).status == 100
            connection.write(b"40")
            assert (await connection.answer()).text == "ok"

    run(main())


def under_way(site: Site) -> bool:
    """Whether some request's body has begun to arrive."""
    protocols: Any = site.uvicorn.server_state.connections
    cycles = [getattr(protocol, "cycle", None) for protocol in protocols]
    direct = any(cycle is not None and cycle.body for cycle in cycles)
    return direct or bool(site.uvicorn.server_state.tasks)


def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    async def main() -> None:
        heard: list[str] = []
        server = echoing()
        server.namespace("/").on("say")(lambda socket, text: heard.append(text))
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            async with Connection(site.port) as connection:
                connection.ask("POST", polling.target, b'42["say","half"]', content_length="100")
                await until(lambda: under_way(site), "the request did not arrive")
            await until(lambda: not site.engine.sessions, "the session was kept")
            assert heard == []

    run(main())


@pytest.mark.parametrize(
    "body", [b"", b"abc", b"4\xff", b"4a\x1e", b"bA", b"b!!!!", b"\x1e\x1e", b"7", b"2", b"0", b"5", b"40\x1eabc"]
)
def test_a_body_that_is_no_payload_is_400_and_ends_the_session(body: bytes) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            answer = await polling.post(body)
            assert (answer.status, answer.json["code"]) == (400, 3)
            assert (await polling.get()).json == {"code": 1, "message": "Session ID unknown"}
            await site.quiet_sessions()

    run(main())


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/octet-stream; charset=binary"])
def test_an_octet_stream_is_400_at_once(kind: str) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            async with at_once():
                assert (await polling.post(b"40", content_type=kind)).status == 400
            assert (await polling.get()).status == 400

    run(main())


def test_the_type_of_a_text_body_does_not_matter() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            for kind in ("text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "nonsense"):
                assert (await polling.post("3", content_type=kind)).text == "ok"

    run(main())


def test_a_poll_with_a_large_body_is_followed_by_other_requests() -> None:
    """Of a body that nobody wants no more is read than may wait, until the poll has its answer."""

    async def main() -> None:
        async with serving(make()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            await polling.post("40")
            await polling.packets()
            [session] = site.engine.sessions.values()
            connection.ask("GET", polling.target, b"x" * 900_000)
            await until(lambda: site.engine.polls[session.id].waiting, "the poll waits")
            site.server.namespace("/").emit("news")
            assert (await connection.answer()).text == '42["news"]'
            assert (await connection.request("GET", "/elsewhere")).status == 404

    run(main())
