"""The polling transport from outside: bodies over the limit, polls that overlap or break off, the end of a session."""

import asyncio
import time
from typing import Any

import httpx2
import pytest

from carevia.realtime import Server, Socket
from tests.realtime.rawclient import Connection, Polling, deadline, request, until
from tests.realtime.serving import Site, descriptors, make, run, serving

QUERY = "/socket.io/?EIO=4&transport=polling"
LIMIT = 1_000_000
AT_ONCE = 0.25  # the demand is 100 ms; the rest is for a loaded machine


@pytest.fixture(params=["direct", "asgi"], autouse=True)
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here holds for both ways in which a polling request is served."""
    if request.param == "asgi":
        monkeypatch.setattr("carevia.realtime.uvicorn._is_plain", lambda http: False)


def echoing(**settings: object) -> Server:
    server = make(**settings)  # type: ignore[arg-type]
    server.namespace("/").on("echo")(lambda socket, *args: args)
    return server


# Bodies over the limit.


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
                began = time.monotonic()
                answer = await client.post(f"http://127.0.0.1:{site.port}{polling.target}", content=b"4" * size)
                took = time.monotonic() - began
                assert answer.status_code == 413
                assert answer.content == b"", "as the reference server answers, and its client's own suite asserts"
                assert answer.headers["connection"] == "close"
                assert took < AT_ONCE

    run(main())


def test_a_slow_sender_reads_413_while_it_still_sends() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("POST", polling.target, b"4", content_length=str(LIMIT + 1))
            answer = await connection.answer(within=AT_ONCE)
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
            began = time.monotonic()
            connection.ask("POST", polling.target, b"4", content_length=length)
            assert (await connection.answer()).status == 413
            assert time.monotonic() - began < AT_ONCE
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
            assert (await connection.answer(within=AT_ONCE)).status == 413
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
            assert (await connection.answer(within=AT_ONCE)).status == 413

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


# Bodies that are none.


@pytest.mark.parametrize(
    "body", [b"", b"abc", b"4\xff", b"4a\x1e", b"bA", b"b!!!!", b"\x1e\x1e", b"7", b"2", b"0", b"5", b"6", b"40\x1eabc"]
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
            began = time.monotonic()
            answer = await polling.post(b"40", content_type=kind)
            assert answer.status == 400 and time.monotonic() - began < AT_ONCE
            assert (await polling.get()).status == 400

    run(main())


def test_the_type_of_a_text_body_does_not_matter() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            for kind in ("text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "nonsense"):
                assert (await polling.post("3", content_type=kind)).text == "ok"

    run(main())


# Polls.


async def waiting(site: Site, polling: Polling) -> None:
    """Wait until the GET has arrived."""
    await until(lambda: polling.sid not in site.engine.polls or site.engine.polls[polling.sid].waiting, "no poll")


def test_a_second_poll_ends_the_session() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            polling.ask()
            await waiting(site, polling)
            second = await request(site.port, "GET", polling.target)
            assert second.status == 400
            first = await polling.answer()
            assert (first.status, first.text) == (200, "1")
            assert (await polling.get()).status == 400
            await site.quiet_sessions()

    run(main())


@pytest.mark.parametrize("how", ["reset", "hang up"])
def test_an_aborted_poll_ends_the_session_at_once(how: str) -> None:
    async def main() -> None:
        server = echoing()
        reasons: list[str] = []
        server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            polling.ask()
            await waiting(site, polling)
            began = time.monotonic()
            if how == "reset":
                polling.abort()
            else:
                await polling._get.hang_up()
            await until(lambda: not site.engine.sessions, "the session lives on")
            assert time.monotonic() - began < AT_ONCE
            assert reasons == ["transport close"]
            assert (await request(site.port, "GET", polling.target)).status == 400

    run(main())


@pytest.mark.parametrize("behind", [1, 3])
def test_an_aborted_poll_with_requests_behind_it_ends_the_session_too(behind: int) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            polling.ask()
            await waiting(site, polling)
            for _ in range(behind):
                polling._get.ask("GET", "/elsewhere")
            await polling._get.writer.drain()
            await polling._get.hang_up()
            await until(lambda: not site.engine.sessions, "the session lives on", within=1)
            assert (await polling.post("40")).status == 400

    run(main())


def test_requests_behind_a_poll_are_answered_after_it() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            polling.ask()
            await waiting(site, polling)
            for _ in range(20):
                polling._get.ask("GET", "/elsewhere")
            polling.ask()
            await polling.post("40")
            assert (await polling.answer()).text.startswith("40{")
            assert [(await polling.answer()).status for _ in range(20)] == [404] * 20
            site.server.namespace("/").emit("e", 1)
            assert (await polling.answer()).text == '42["e",1]'

    run(main())


@pytest.mark.parametrize(
    ("agent", "most"),
    [("python-requests/2.32", 16), ("", 16), ("node-XMLHttpRequest", 100), ("Mozilla/5.0 (X11; Linux x86_64)", 100)],
)
def test_between_two_polls_a_client_may_take_its_time(agent: str, most: int) -> None:
    """python-engineio's client takes no more than 16 packets in one payload, socket.io-client any number."""

    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Polling(site.port, **{"User-Agent": agent}) as polling:
            await polling.post("40")
            await polling.packets()
            for number in range(100):
                server.namespace("/").emit("e", number)
                await asyncio.sleep(0)
            got: list[str] = []
            sizes = []
            while len(got) < 100:
                packets = await polling.packets()
                sizes.append(len(packets))
                got += packets
            assert max(sizes) == most
            assert got == [f'42["e",{number}]' for number in range(100)]

    run(main())


def test_nothing_is_lost_or_doubled_when_events_race_with_polls() -> None:
    async def main() -> None:
        server = echoing()
        got: list[str] = []
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()

            async def emit() -> None:
                for number in range(500):
                    server.namespace("/").emit("e", number)
                    await asyncio.sleep(0 if number % 7 else 0.0005)

            task = asyncio.create_task(emit())
            while len(got) < 500:
                got += [packet for packet in await polling.packets() if packet != "2"]
            await task
            assert got == [f'42["e",{number}]' for number in range(500)]

    run(main())


def test_a_client_says_close() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            polling.ask()
            await waiting(site, polling)
            answer = await polling.post("1")
            assert (answer.status, answer.text) == (200, "ok")
            assert (await polling.answer()).text == "6"
            assert (await polling.get()).status == 400

    run(main())


def test_what_follows_a_close_in_a_payload_is_ignored() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            assert (await polling.post("40\x1e1\x1e42[]\x1e1")).text == "ok"
            assert not site.engine.sessions

    run(main())


def test_a_server_that_closes_answers_every_waiting_poll() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as one, Polling(site.port) as two:
            await one.post("40")
            await one.packets()
            for polling in (one, two):
                polling.ask()
                await waiting(site, polling)
            site.server.close()
            assert [(await polling.answer(AT_ONCE)).text for polling in (one, two)] == ["1", "1"]
            assert (await one.get()).status == 400
            await site.quiet_sessions()

    run(main())


def kicking(**settings: object) -> Server:
    """`kick` and `bye` end the whole connection, at once and after a word."""
    server = echoing(**settings)
    space = server.namespace("/")
    space.on("kick")(lambda socket: socket.disconnect(close=True))

    @space.on("bye")
    async def bye(socket: Socket) -> None:
        socket.emit("bye")
        await asyncio.sleep(0.01)
        socket.disconnect(close=True)

    return server


def test_a_client_that_polls_is_told_that_it_was_disconnected_for_good() -> None:
    """The session was forgotten before its client could fetch the DISCONNECT: it took the end for an accident and came
    back, again and again."""

    async def main() -> None:
        async with serving(kicking()) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            assert (await polling.post('42["kick"]')).text == "ok", "as for every packet that was understood"
            assert not site.engine.sessions
            assert [(await polling.get()).text for _ in range(2)] == ["41", "1"]
            assert (await polling.get()).status == 400

    run(main())


@pytest.mark.parametrize("word", ["kick", "bye"])
def test_what_was_said_before_a_disconnect_and_the_end_come_one_after_the_other(word: str) -> None:
    async def main() -> None:
        async with serving(kicking()) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            polling.ask()
            await waiting(site, polling)
            await polling.post(f'42["{word}"]')
            got = [(await polling.answer()).text]
            await until(lambda: not site.engine.sessions, "it was not disconnected")
            while got[-1] != "1":
                got.append((await polling.get()).text)
            assert got == (['42["bye"]', "41", "1"] if word == "bye" else ["41", "1"])
            assert (await polling.get()).status == 400
            assert not site.engine.farewells

    run(main())


def test_events_never_come_with_the_end_whoever_ends_it() -> None:
    """socket.io-client takes the end at once and events a tick later: they came again by recovery."""

    async def main() -> None:
        async with serving(kicking()) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            polling.ask()
            await waiting(site, polling)
            site.server.namespace("/").emit("e", 1)
            site.server.fanout.flush()
            site.engine.sessions[polling.sid].close("an accident")
            assert (await polling.answer()).text == '42["e",1]'
            assert (await polling.get()).status == 400

    run(main())


def test_a_farewell_that_nobody_fetches_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carevia.realtime.engine._FAREWELL_SECONDS", 0.1)

    async def main() -> None:
        async with serving(kicking()) as site, Polling(site.port) as polling:
            await polling.post('40\x1e42["kick"]')
            assert site.engine.farewells
            assert (await polling.post("1")).text == "ok", "a client that has read it already says that it goes"
            await until(lambda: not site.engine.farewells, "it is kept")
            assert (await polling.get()).status == 400

    run(main())


def test_what_a_farewell_holds_counts_as_unsent() -> None:
    async def main() -> None:
        server = kicking(total_buffer_limit=200_000)
        async with serving(server) as site, Polling(site.port) as leaving, Polling(site.port) as staying:
            for polling in (leaving, staying):
                await polling.post("40")
                await polling.packets()
            server.namespace("/").emit("e", "x" * 90_000)
            await leaving.post('42["kick"]')
            assert site.engine.farewells
            engine, most = site.engine, 0
            while engine.farewells and engine.sessions:
                server.namespace("/").emit("e", "x" * 10_000)
                await asyncio.sleep(0)
                most = max(most, sum(held.unsent for held in (*engine.polls.values(), *engine.farewells.values())))
            assert 150_000 < most <= 200_000, "then the one that is furthest behind is dropped"

    run(main())


def test_hundreds_of_clients_that_come_and_go_in_every_way_leave_nothing() -> None:
    async def main() -> None:
        async with serving(echoing()) as site:
            await request(site.port, "GET", QUERY)
            site.server.close()
            before = descriptors()

            async def client(number: int) -> None:
                async with Polling(site.port) as polling:
                    await polling.post("40")
                    await polling.packets()
                    polling.ask()
                    await waiting(site, polling)
                    match number % 4:
                        case 0:
                            await polling.post("1")
                        case 1:
                            polling.abort()
                        case 2:
                            await polling.post("junk")
                        case _:
                            await request(site.port, "GET", polling.target)

            for start in range(0, 200, 20):
                await asyncio.gather(*(client(number) for number in range(start, start + 20)))
            # A session whose client went between two polls ends with its heartbeat: here, by the server's word.
            site.server.close()
            async with deadline(5, "something is left"):
                await site.quiet()
            await until(lambda: descriptors() <= before, "descriptors are left")

    run(main())
