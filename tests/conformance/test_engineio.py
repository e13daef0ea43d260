"""Suite A: the echo server, judged from outside."""

import asyncio
import base64
import os
import time
from collections.abc import Iterator

import pytest

from tests.conformance.programs import program
from tests.conformance.rules import AT_ONCE, Rules
from tests.protocol.frames import client_frame
from tests.realtime.rawclient import RawWebSocket, request

PATH = "/engine.io/"


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    with program("engineio") as port:
        yield Rules(port, PATH)


def test_a1_handshakes(rules: Rules) -> None:
    asyncio.run(rules.handshake_over_polling())
    asyncio.run(rules.handshake_over_websocket())


def test_a2_bad_queries_and_methods_are_400(rules: Rules) -> None:
    asyncio.run(rules.bad_queries())
    asyncio.run(rules.unknown_session())


def test_a3_text_and_binary_over_polling(rules: Rules) -> None:
    async def main() -> None:
        async with rules.polling() as polling:
            posted = await polling.post("4hello")
            assert (posted.status, posted.body) == (200, b"ok")
            answer = await polling.get()
            assert (answer.status, answer.body) == (200, b"4hello")
            assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
            await polling.post("4one\x1e4two\x1ebAQIDBA==\x1e4\xe9\u2615")
            assert (await polling.get()).text == "4one\x1e4two\x1ebAQIDBA==\x1e4\xe9\u2615"
            data = base64.b64encode(os.urandom(1000)).decode()
            await polling.post("b" + data)
            assert (await polling.get()).text == "b" + data

    asyncio.run(main())


def test_a3_a_waiting_poll_is_answered_at_once(rules: Rules) -> None:
    async def main() -> None:
        async with rules.polling() as polling:
            polling.ask()
            await polling.post("4now")
            began = time.monotonic()
            assert (await polling.answer()).text == "4now"
            assert time.monotonic() - began < AT_ONCE

    asyncio.run(main())


def test_a4_a_body_that_is_no_packet_ends_the_session(rules: Rules) -> None:
    async def main() -> None:
        async with rules.polling() as polling:
            began = time.monotonic()
            assert (await polling.post("abc")).status == 400
            assert (await polling.get()).status == 400
            assert time.monotonic() - began < AT_ONCE

    asyncio.run(main())


def test_a5_two_polls_at_once_end_the_session(rules: Rules) -> None:
    asyncio.run(rules.overlapping_polls())


def test_a6_an_aborted_poll_ends_the_session_at_once(rules: Rules) -> None:
    asyncio.run(rules.an_aborted_poll())


def test_a7_text_and_binary_over_websocket(rules: Rules) -> None:
    async def main() -> None:
        async with RawWebSocket(rules.port, rules.ws) as ws:
            await ws.receive()
            for message in ("4hello", "4", "4\u2615", b"\x01\x02\x03", b"", "4" + "x" * 70_000, os.urandom(70_000)):
                ws.send(message)
                assert await ws.receive() == message

    asyncio.run(main())


@pytest.mark.parametrize("text", ["abc", "", "7", "2", "0", "5", "b!"])
def test_a7_a_message_that_is_no_packet_closes_at_once(rules: Rules, text: str) -> None:
    async def main() -> None:
        async with RawWebSocket(rules.port, rules.ws) as ws:
            await ws.receive()
            ws.send(text)
            assert (await ws.ended()).took < AT_ONCE

    asyncio.run(main())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (client_frame(1, b"4x", mask=None), 1002),
        (client_frame(1, b"4x", rsv=4), 1002),
        (client_frame(3, b"x"), 1002),
        (client_frame(1, b"4\xff"), 1007),
        (client_frame(2, b"x" * 1_000_001), 1009),
    ],
    ids=["unmasked", "reserved bit", "reserved opcode", "no UTF-8", "too big"],
)
def test_a7_a_broken_frame_closes_at_once_with_its_code(rules: Rules, data: bytes, code: int) -> None:
    async def main() -> None:
        async with RawWebSocket(rules.port, rules.ws) as ws:
            await ws.receive()
            ws.write(data)
            ended = await ws.ended()
            assert ended.code == code and ended.took < AT_ONCE

    asyncio.run(main())


def test_a8_heartbeats_are_answered(rules: Rules) -> None:
    async def main() -> None:
        await asyncio.gather(rules.ping_and_pong_over_polling(3), rules.ping_and_pong_over_websocket(3))

    asyncio.run(main())


def test_a8_silence_ends_at_500_ms(rules: Rules) -> None:
    async def main() -> None:
        await asyncio.gather(
            rules.silence_over_polling_is_dead_at_500_ms(),
            rules.silence_is_not_dead_too_early(),
            rules.silence_over_websocket_closes_at_500_ms(),
        )

    asyncio.run(main())


def test_a8_many_silent_sessions_all_end_at_500_ms(rules: Rules) -> None:
    async def main() -> None:
        await asyncio.gather(*(rules.silence_over_polling_is_dead_at_500_ms() for _ in range(30)))
        await asyncio.gather(*(rules.silence_over_websocket_closes_at_500_ms() for _ in range(30)))

    asyncio.run(main())


def test_a9_close(rules: Rules) -> None:
    asyncio.run(rules.close_over_polling())
    asyncio.run(rules.close_over_websocket())


def test_a10_upgrade(rules: Rules) -> None:
    asyncio.run(rules.upgrade("4hello", "4hello"))
    asyncio.run(rules.upgrade_lets_a_waiting_poll_go())
    for eager in (False, True):
        asyncio.run(rules.nothing_else_is_taken_after_an_upgrade("4hello", "4hello", "4again", "4again", eager=eager))


def test_cors_is_open_to_all(rules: Rules) -> None:
    async def main() -> None:
        target = f"{PATH}?EIO=4&transport=polling"
        answer = await request(rules.port, "GET", target, origin="http://anywhere.example")
        assert answer.headers["access-control-allow-origin"] == "*"
        preflight = await request(rules.port, "OPTIONS", target, origin="http://anywhere.example")
        assert preflight.status == 204 and preflight.headers["access-control-allow-origin"] == "*"

    asyncio.run(main())
