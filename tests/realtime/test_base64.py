"""Clients that can send and take text alone (`b64`, forceBase64 of engine.io-client): binary as base64 in text."""

import asyncio
import base64

import pytest

from tests.realtime.at_once import at_once
from tests.realtime.rawclient import Polling, RawWebSocket, Tab
from tests.realtime.serving import make, run, serving

WS = "/socket.io/?EIO=4&transport=websocket"
PLACE = '{"_placeholder":true,"num":0}'


async def joined(ws: RawWebSocket) -> None:
    assert str(await ws.receive()).startswith("0")
    ws.send("40")
    assert str(await ws.receive()).startswith("40")


@pytest.mark.parametrize("query", ["&b64=1", ""])
def test_an_attachment_in_base64_is_an_attachment_whatever_the_client_said_at_first(query: str) -> None:
    async def main() -> None:
        server = make()
        server.namespace("/").on("size")(lambda socket, data: len(data))
        async with serving(server) as site, RawWebSocket(site.port, WS + query) as ws:
            await joined(ws)
            ws.send(f'451-7["size",{PLACE}]')
            ws.send("bAQIDBA==")
            assert await ws.receive() == "437[4]"

    run(main())


def test_the_java_client_breaks_base64_into_lines_of_76_characters() -> None:
    async def main() -> None:
        server = make()
        server.namespace("/").on("size")(lambda socket, data: len(data))
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            lines = base64.encodebytes(bytes(100)).decode()
            assert lines.count("\n") == 2 and lines.endswith("\n")
            assert (await polling.post(f'451-7["size",{PLACE}]\x1eb{lines}')).text == "ok"
            assert await polling.packets() == ["437[100]"]

    run(main())


def test_who_asked_for_base64_gets_it_and_the_others_of_the_room_get_binary_frames() -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")
        async with serving(server) as site, RawWebSocket(site.port, WS + "&b64=1") as text, Tab(site.port) as tab:
            await joined(text)
            await asyncio.sleep(0)
            for _ in range(2):
                space.emit("e", b"\x01\x02\x03\x04")
                space.emit("after", 1)
                said = [await text.receive() for _ in range(3)]
                assert said == [f'451-["e",{PLACE}]', "bAQIDBA==", '42["after",1]']
                assert [await tab.hear(), await tab.receive()] == [f'51-["e",{PLACE}]', b"\x01\x02\x03\x04"]
                assert await tab.hear() == '2["after",1]'

    run(main())


@pytest.mark.parametrize("bad", ["b!", "bAQI", "b====", "bAQID\t"])
def test_what_is_no_base64_closes_at_once(bad: str) -> None:
    async def main() -> None:
        async with serving(make()) as site, RawWebSocket(site.port, WS) as ws:
            await joined(ws)
            ws.send(bad)
            async with at_once():
                assert (await ws.ended()).code == 1002

    run(main())
