"""Suite F: what engine.io-client's own tests ask of a server, by the real client and by hand."""

import asyncio
import json
import re
from collections.abc import Iterator

import pytest

from tests.conformance.foreign import judge
from tests.conformance.programs import program
from tests.conformance.rules import AT_ONCE
from tests.realtime.rawclient import Connection, Polling, RawWebSocket, request, upgrade

PATH = "/engine.io/"
WS = f"{PATH}?EIO=4&transport=websocket"
GET = f"{PATH}?EIO=4&transport=polling"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with program("engineio-client") as port:
        yield port


def test_the_real_client(port: int) -> None:
    rules = judge("engineio_client.mjs", port)
    assert len(rules) == 15
    assert {rule: why for rule, why in rules.items() if why} == {}


def test_the_settings(port: int) -> None:
    said = json.loads(asyncio.run(request(port, "GET", GET)).body[1:])
    assert (said["pingInterval"], said["pingTimeout"], said["maxPayload"]) == (500, 20_000, 100)


def test_four_cookies_come_with_the_first_answer_and_no_other(port: int) -> None:
    async def head(target: str, websocket: bool = False) -> list[str]:
        ws = RawWebSocket(port, target)
        await Connection.__aenter__(ws)
        if websocket:
            ws.ask("GET", target, connection="Upgrade", upgrade="websocket", sec_websocket_version="13",
                   sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==")  # fmt: skip
        else:
            ws.ask("GET", target)
        text = (await ws.reader.readuntil(b"\r\n\r\n")).decode()
        await ws.hang_up()
        return re.findall(r"(?mi)^set-cookie: (.*)\r$", text)

    async def main() -> None:
        for websocket, target in ((False, GET), (True, WS)):
            *fixed, last = await head(target, websocket)
            assert fixed == ["1=1; Max-Age=86400", "2=2; Path=/; HttpOnly; Secure; SameSite=Strict", "3=3; Max-Age=0"]
            assert re.fullmatch(r"4=4; Expires=\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", last)
        async with Polling(port, PATH) as polling:
            assert await head(polling.target) == []
            assert await head(polling.ws_target, websocket=True) == []

    asyncio.run(main())


@pytest.mark.parametrize("query", ["deny", "deny=", "deny=1"])
def test_deny_is_403_and_costs_no_session(port: int, query: str) -> None:
    for answer in (request(port, "GET", f"{GET}&{query}"), upgrade(port, f"{WS}&{query}")):
        got = asyncio.run(answer)
        assert (got.status, got.json) == (403, {"code": 4, "message": "Forbidden"})


def test_the_words(port: int) -> None:
    async def main() -> None:
        async with RawWebSocket(port, WS) as ws:
            assert str(await ws.receive())[0] == "0"
            assert await ws.receive() == "4hi"
            for word, answer in (
                ("4give binary", bytes(range(5))),
                ("4give utf8", "4пойду спать всем спокойной ночи"),
                ("4give", "4give"),
                (b"\x00\xff", b"\x00\xff"),
            ):
                ws.send(word)
                assert await ws.receive() == answer

    asyncio.run(main())


def test_the_headers_are_those_of_the_post_that_asked(port: int) -> None:
    async def main() -> None:
        async with Polling(port, PATH) as polling:
            assert await polling.packets() == ["4hi"]
            for number in ("1", "2"):
                await polling.post("4sendHeaders", x_number=number)
                [said] = await polling.packets()
                assert json.loads(said[1:])["x-number"] == number

    asyncio.run(main())


def test_100_bytes_pass_and_101_are_413_without_words_or_1009_without_words(port: int) -> None:
    async def main() -> None:
        async with Polling(port, PATH) as polling:
            assert (await polling.post("4" + "x" * 99)).status == 200
            answer = await polling.post("4" + "x" * 100)
            assert (answer.status, answer.body) == (413, b"")
        async with RawWebSocket(port, WS) as ws:
            await ws.receive()
            await ws.receive()
            ws.send("4" + "x" * 99)
            assert await ws.receive() == "4" + "x" * 99
            ws.send("4" + "x" * 100)
            assert await ws.frame() == (8, (1009).to_bytes(2, "big"))
            assert (await ws.ended()).took < AT_ONCE

    asyncio.run(main())


def test_an_unknown_session_is_400_in_json(port: int) -> None:
    for answer in (request(port, "GET", f"{GET}&sid=abc"), upgrade(port, f"{WS}&sid=abc")):
        got = asyncio.run(answer)
        assert got.status == 400
        assert got.json["message"] == "Session ID unknown"
    assert asyncio.run(request(port, "GET", f"{GET}&sid=abc")).body == b'{"code":1,"message":"Session ID unknown"}'
