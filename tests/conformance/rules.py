"""The rules that suites A (Engine.IO) and B (Socket.IO) share, asserted from outside on a running program.

Times: a malformed message must close within AT_ONCE, while the heartbeat would close at 500 ms; so "closed at once" and
"ignored until it timed out" cannot be taken for each other. A heartbeat may come a fiftieth early (the engine's timers)
and, on a busy machine, LATE seconds late.
"""

import asyncio
import json
import time
from typing import Any

from tests.realtime.rawclient import (
    Connection,
    Polling,
    RawWebSocket,
    request,
)

AT_ONCE = 0.25
INTERVAL, TIMEOUT = 0.3, 0.2
LATE = 0.15
EARLIEST = 1 - 1 / 50

KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


def check_open_packet(packet: str, upgrades: list[str]) -> None:
    """A1: exactly these keys, exactly these values."""
    assert packet[0] == "0"
    said: dict[str, Any] = json.loads(packet[1:])
    assert set(said) == KEYS
    assert isinstance(said["sid"], str) and len(said["sid"]) >= 16
    assert {name: said[name] for name in said if name != "sid"} == {
        "upgrades": upgrades,
        "pingInterval": 300,
        "pingTimeout": 200,
        "maxPayload": 1_000_000,
    }


class Clock:
    """When something was asked for, and when it was `heard` that it has begun. On a busy machine these are far apart:
    what comes too early is told from the first, what comes too late from the second."""

    def __init__(self) -> None:
        self._asked = self._heard = time.monotonic()

    def heard(self) -> None:
        self._heard = time.monotonic()

    def check(self, due: float, beats: int = 1) -> None:
        """It happens now, and was due so many seconds after the beginning, after so many exchanges."""
        now = time.monotonic()
        assert now - self._asked >= due * EARLIEST - 0.005, f"{now - self._asked:.3f} s, early"
        assert now - self._heard <= due + beats * LATE, f"{now - self._heard:.3f} s, late"


class Rules:
    """The rules on one program: its port and path."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.path = path
        self.ws = f"{path}?EIO=4&transport=websocket"

    def polling(self) -> Polling:
        return Polling(self.port, self.path)

    async def handshake_over_polling(self) -> None:
        answer = await request(self.port, "GET", f"{self.path}?EIO=4&transport=polling")
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        check_open_packet(answer.text, ["websocket"])
        again = await request(self.port, "GET", f"{self.path}?EIO=4&transport=polling")
        assert again.text != answer.text

    async def handshake_over_websocket(self) -> None:
        async with RawWebSocket(self.port, self.ws) as ws:
            assert ws.status == 101
            check_open_packet(str(await ws.receive()), [])

    async def bad_queries(self) -> None:
        for query in ("transport=polling", "EIO=abc&transport=polling", "EIO=3&transport=polling", "EIO=4",
                      "EIO=4&transport=abc", ""):  # fmt: skip
            assert (await request(self.port, "GET", f"{self.path}?{query}")).status == 400, query
        for method in ("POST", "PUT"):
            answer = await request(self.port, method, f"{self.path}?EIO=4&transport=polling", b"4x")
            assert answer.status == 400, method
        for query in ("transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"):
            async with RawWebSocket(self.port, f"{self.path}?{query}") as ws:
                assert ws.status == 400, query
                assert await ws.closed() < AT_ONCE

    async def unknown_session(self) -> None:
        answer = await request(self.port, "GET", f"{self.path}?EIO=4&transport=polling&sid=unknown")
        assert (answer.status, answer.json) == (400, {"code": 1, "message": "Session ID unknown"})

    async def ping_and_pong_over_polling(self, beats: int) -> None:
        clock = Clock()
        async with self.polling() as polling:
            clock.heard()
            for beat in range(1, beats + 1):
                assert (await polling.get()).text == "2"
                clock.check(beat * INTERVAL, beat)
                assert (await polling.post("3")).text == "ok"

    async def ping_and_pong_over_websocket(self, beats: int) -> None:
        clock = Clock()
        async with RawWebSocket(self.port, self.ws) as ws:
            await ws.receive()
            clock.heard()
            for beat in range(1, beats + 1):
                assert await ws.receive() == "2"
                clock.check(beat * INTERVAL, beat)
                ws.send("3")

    async def silence_over_polling_is_dead_at_500_ms(self) -> None:
        async with self.polling() as polling:
            await asyncio.sleep(0.5)  # not a wait for something: the rule is about this very moment
            assert (await polling.get()).status == 400

    async def silence_is_not_dead_too_early(self) -> None:
        clock = Clock()
        async with self.polling() as polling:
            clock.heard()
            assert (await polling.get()).text == "2"
            answer = await polling.get()
            assert answer.text == "1", "the waiting poll is answered when the session ends"
            clock.check(INTERVAL + TIMEOUT)

    async def silence_over_websocket_closes_at_500_ms(self) -> None:
        clock = Clock()
        async with RawWebSocket(self.port, self.ws) as ws:
            await ws.receive()
            clock.heard()
            await ws.ended()
            clock.check(INTERVAL + TIMEOUT)

    async def close_over_polling(self) -> None:
        async with self.polling() as polling:
            polling.ask()
            began = time.monotonic()
            posted = await polling.post("1")
            assert (posted.status, posted.text) == (200, "ok")
            answer = await polling.answer()
            assert (answer.status, answer.text) == (200, "6")
            assert time.monotonic() - began < AT_ONCE
            assert (await polling.get()).status == 400

    async def close_over_websocket(self) -> None:
        async with RawWebSocket(self.port, self.ws) as ws:
            await ws.receive()
            ws.send("1")
            assert (await ws.ended()).took < AT_ONCE

    async def upgrade(self, hello: str, echoed: str) -> None:
        """A10, whole: `hello` is a packet that is answered by `echoed`."""
        async with self.polling() as polling, RawWebSocket(self.port, polling.ws_target) as ws:
            ws.send("2probe")
            assert await ws.receive() == "3probe"
            answer = await polling.get()  # one that comes after the probe
            assert (answer.status, answer.text) == (200, "6")
            ws.send("5")
            ws.send(hello)
            said = str(await ws.receive())
            assert said.startswith(echoed), said
            assert (await polling.get()).status == 400

    async def upgrade_lets_a_waiting_poll_go(self) -> None:
        async with self.polling() as polling:
            polling.ask()
            async with RawWebSocket(self.port, polling.ws_target) as ws:
                ws.send("2probe")
                assert await ws.receive() == "3probe"
                answer = await polling.answer(AT_ONCE)
                assert (answer.status, answer.text) == (200, "6")

    async def nothing_else_is_taken_after_an_upgrade(
        self, hello: str, echoed: str, again: str, answered: str, *, eager: bool
    ) -> None:
        """`eager`: the client does not wait for the answer to its probe. The echo tells that the upgrade has arrived:
        what comes on two connections has no order."""
        async with self.polling() as polling, RawWebSocket(self.port, polling.ws_target) as ws:
            ws.send("2probe")
            if not eager:
                assert await ws.receive() == "3probe"
            ws.send("5")
            ws.send(hello)
            if eager:
                assert await ws.receive() == "3probe"
            assert str(await ws.receive()).startswith(echoed)
            assert (await polling.get()).status == 400
            async with RawWebSocket(self.port, polling.ws_target) as second:
                assert second.status == 101  # and not refused: a client waits for the close
                assert await second.closed() < AT_ONCE
            ws.send(again)
            while not str(await ws.receive()).startswith(answered):
                continue  # a ping, or what follows CONNECT

    async def overlapping_polls(self) -> None:
        async with self.polling() as polling, Connection(self.port) as other:
            polling.ask()
            await asyncio.sleep(0.005)  # the rule's own distance
            second = await other.request("GET", polling.target)
            assert second.status == 400
            first = await polling.answer(AT_ONCE)
            assert (first.status, first.text) == (200, "1")
            assert (await polling.get()).status == 400

    async def an_aborted_poll(self) -> None:
        async with self.polling() as polling:
            polling.ask()
            await asyncio.sleep(0.02)  # let it arrive: what a client cannot see
            polling.abort()
            began = time.monotonic()
            while (answer := await request(self.port, "POST", polling.target, b"3")).status == 200:
                assert time.monotonic() - began < AT_ONCE, "the session lives on"
            assert answer.status == 400
            assert (await request(self.port, "GET", polling.target)).status == 400
