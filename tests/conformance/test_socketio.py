"""Suite B: the Socket.IO server, judged from outside. "Closed" means at once, not by heartbeat."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from tests.conformance.programs import program
from tests.conformance.rules import AT_ONCE, Clock, Rules
from tests.realtime.rawclient import RawWebSocket

PATH = "/socket.io/"
PLACE = '{"_placeholder":true,"num":%d}'


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    with program("socketio") as port:
        yield Rules(port, PATH)


class Client(RawWebSocket):
    """Comes in over WebSocket; `connect` goes through CONNECT and the "auth" event."""

    async def open(self) -> None:
        await super().open()
        assert str(await self.receive())[0] == "0"

    async def connect(self) -> None:
        self.send("40")
        assert str(await self.receive()).startswith('40{"sid":"')
        assert await self.receive() == '42["auth",{}]'

    async def usable(self) -> None:
        self.send('42["message","fence"]')
        assert await self.receive() == '42["message-back","fence"]'


def client(rules: Rules) -> Client:
    return Client(rules.port, rules.ws)


# What A says, on this path.


def test_a1_a2_handshakes_and_bad_queries(rules: Rules) -> None:
    asyncio.run(rules.handshake_over_polling())
    asyncio.run(rules.handshake_over_websocket())
    asyncio.run(rules.bad_queries())
    asyncio.run(rules.unknown_session())


def test_a5_a6_polls(rules: Rules) -> None:
    asyncio.run(rules.overlapping_polls())
    asyncio.run(rules.an_aborted_poll())


def test_a8_heartbeats(rules: Rules) -> None:
    async def main() -> None:
        await asyncio.gather(
            rules.ping_and_pong_over_polling(2),  # a third would meet the connection timeout on a busy machine
            rules.ping_and_pong_over_websocket(2),
            rules.silence_over_polling_is_dead_at_500_ms(),
            rules.silence_is_not_dead_too_early(),
            rules.silence_over_websocket_closes_at_500_ms(),
        )

    asyncio.run(main())


def test_a9_close(rules: Rules) -> None:
    asyncio.run(rules.close_over_polling())
    asyncio.run(rules.close_over_websocket())


def test_a10_upgrade(rules: Rules) -> None:
    asyncio.run(rules.upgrade("40", '40{"sid":"'))
    asyncio.run(rules.upgrade_lets_a_waiting_poll_go())
    for eager in (False, True):
        again = '427["message-with-ack"]', "437[]"
        asyncio.run(rules.nothing_else_is_taken_after_an_upgrade("40", '40{"sid":"', *again, eager=eager))


# CONNECT.


@pytest.mark.parametrize("namespace", ["", "/custom,"])
@pytest.mark.parametrize("payload", [None, {}, {"token": "123", "n": [1, {"x": None}]}])
def test_connect_is_answered_with_exactly_a_sid_and_then_auth(
    rules: Rules, namespace: str, payload: dict[str, object] | None
) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            ws.send(f"40{namespace}{'' if payload is None else json.dumps(payload)}")
            said = str(await ws.receive())
            assert said.startswith(f"40{namespace}")
            reply = json.loads(said[2 + len(namespace) :])
            assert list(reply) == ["sid"] and isinstance(reply["sid"], str)
            event = str(await ws.receive())
            assert event == f"42{namespace}" + json.dumps(["auth", payload or {}], separators=(",", ":"))

    asyncio.run(main())


def test_an_unknown_namespace_is_refused_word_for_word(rules: Rules) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            ws.send("40/random")
            assert await ws.receive() == '44/random,{"message":"Invalid namespace"}'
            ws.send("40/random,")
            assert await ws.receive() == '44/random,{"message":"Invalid namespace"}'
            await ws.connect()

    asyncio.run(main())


def test_without_connect_it_is_closed_within_a_second_though_it_answers_pings(rules: Rules) -> None:
    async def main() -> None:
        clock = Clock()
        async with client(rules) as ws:
            clock.heard()
            with pytest.raises(ConnectionError):
                while await ws.receive() == "2":
                    ws.send("3")
            clock.check(1)

    asyncio.run(main())


CLOSES = [
    "4abc",
    "4",
    "42{}",
    "42abc[]",
    '42abc["message"]',
    '42["message"',
    "42[1]",
    '42["connect"]',
    '40"x"',
    "40[]",
    '41{"x":1}',
    '44{"message":"x"}',
    "43[]",
    '450-["message"]',
    '451["message"]',
    '4599999-["message"]',
    '45x-["message"]',
    '412345678901["message"]',
    '42["message",NaN]',
    '42["message","\\ud800"]',
    '42["message",' + "9" * 5000 + "]",
    '42["message",' + "[" * 100_000,
    '42["message",' + "[" * 900 + "]" * 900 + "]",
    "47[]",
]


@pytest.mark.parametrize("text", CLOSES, ids=[text[:14] for text in CLOSES])
def test_a_malformed_packet_closes_at_once_before_connect_and_after(rules: Rules, text: str) -> None:
    async def main() -> None:
        async with client(rules) as before, client(rules) as after:
            await after.connect()
            for ws in (before, after):
                ws.send(text)
                assert (await ws.ended()).took < AT_ONCE

    asyncio.run(main())


@pytest.mark.parametrize("text", ['42["message"]', "41", "431[]", '451-["message",{"_placeholder":true,"num":0}]'])
def test_a_packet_before_connect_closes_at_once(rules: Rules, text: str) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            ws.send(text)
            assert (await ws.ended()).took < AT_ONCE

    asyncio.run(main())


@pytest.mark.parametrize("text", ["40", '42/custom,["message"]', "41/custom,", '42/random,["message"]'])
def test_a_second_connect_or_a_namespace_not_joined_closes_at_once(rules: Rules, text: str) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            await ws.connect()
            ws.send(text)
            assert (await ws.ended()).took < AT_ONCE

    asyncio.run(main())


# DISCONNECT.


def test_disconnect_leaves_the_namespace_and_the_transport_stays(rules: Rules) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            await ws.connect()
            ws.send("41")
            assert await ws.receive() == "2", "the next thing that comes is the ping"
            ws.send("3")
            await ws.connect()

    asyncio.run(main())


def test_leaving_custom_leaves_main_usable(rules: Rules) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            await ws.connect()
            assert await ws.receive() == "2"
            ws.send("3")
            ws.send("40/custom")
            assert str(await ws.receive()).startswith('40/custom,{"sid":"')
            assert await ws.receive() == '42/custom,["auth",{}]'
            ws.send("41/custom")
            await ws.usable()
            ws.send("40/custom,")
            assert str(await ws.receive()).startswith('40/custom,{"sid":"')

    asyncio.run(main())


# Events.


def test_events_and_acknowledgements_byte_for_byte(rules: Rules) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            await ws.connect()
            ws.send('42["message",1,"2",{"3":[true]}]')
            assert await ws.receive() == '42["message-back",1,"2",{"3":[true]}]'
            ws.send('42["message", {"z": 1, "a": 2.5, "m": null}]')
            assert await ws.receive() == '42["message-back",{"z":1,"a":2.5,"m":null}]'
            ws.send('42456["message-with-ack",1,"2",{"3":[false]}]')
            assert await ws.receive() == '43456[1,"2",{"3":[false]}]'
            ws.send('420["message-with-ack"]')
            assert await ws.receive() == "430[]"
            ws.send('42["message","\u2615 \\u00e9"]')
            assert await ws.receive() == '42["message-back","\u2615 \xe9"]'

    asyncio.run(main())


def test_binary_events_and_acknowledgements_byte_for_byte(rules: Rules) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            await ws.connect()
            places = f"{PLACE % 0},{PLACE % 1}"
            ws.send(f'452-["message",{places}]')
            ws.send(b"\x01\x02\x03")
            ws.send(b"\x04\x05\x06")
            assert await ws.receive() == f'452-["message-back",{places}]'
            assert [await ws.receive(), await ws.receive()] == [b"\x01\x02\x03", b"\x04\x05\x06"]
            ws.send(f'452-789["message-with-ack",{places}]')
            ws.send(b"\x01\x02\x03")
            ws.send(b"\x04\x05\x06")
            assert await ws.receive() == f"462-789[{places}]"
            assert [await ws.receive(), await ws.receive()] == [b"\x01\x02\x03", b"\x04\x05\x06"]

    asyncio.run(main())


def test_the_same_over_polling(rules: Rules) -> None:
    async def main() -> None:
        async with rules.polling() as polling:
            assert (await polling.post("40")).text == "ok"
            connected, event = await polling.packets()
            assert connected.startswith('40{"sid":"') and event == '42["auth",{}]'
            await polling.post('42["message",1]\x1e427["message-with-ack",2]')
            assert await polling.packets() == ['42["message-back",1]', "437[2]"]
            await polling.post(f'451-["message",{PLACE % 0}]\x1ebAQID')
            assert await polling.packets() == [f'451-["message-back",{PLACE % 0}]', "bAQID"]
            assert (await polling.post("42abc[]")).status == 400
            assert (await polling.get()).status == 400

    asyncio.run(main())


def test_an_unknown_event_is_never_acknowledged(rules: Rules) -> None:
    async def main() -> None:
        async with client(rules) as ws:
            await ws.connect()
            ws.send('421["unknown"]')
            await ws.usable()

    asyncio.run(main())
