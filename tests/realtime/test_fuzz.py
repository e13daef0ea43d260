"""10,000 mutated frames and payloads, over both transports, before and after CONNECT and during upgrades.

What must hold: nothing raises (handlers, the loop, the log), nothing is left behind (sessions, tasks, descriptors), and
the server answers. The seed is printed; `CAREVIA_FUZZ_SEED` runs it again, `CAREVIA_FUZZ_FRAMES` runs more.
"""

import asyncio
import logging
import os
import random
import secrets
from typing import Any

import pytest

from carevia.realtime import Server, Socket
from tests.protocol.frames import client_frame
from tests.realtime.rawclient import Polling, RawWebSocket, Tab, request, until
from tests.realtime.serving import Site, descriptors, make, run, serving

SEED = int(os.environ.get("CAREVIA_FUZZ_SEED") or secrets.randbits(32))  # read before a test clears the environment
FRAMES = int(os.environ.get("CAREVIA_FUZZ_FRAMES", "10000"))
WITHIN = 120.0  # s, for all of them
WS = "/socket.io/?EIO=4&transport=websocket"
PLACE = b'{"_placeholder":true,"num":0}'
SEEDS: list[bytes] = [
    b"40",
    b'40{"token":"x","n":[1,2.5e3,null,true]}',
    b"40/custom,",
    b"41",
    b"41/custom,",
    b'42["echo",1,"two",{"three":[3]}]',
    b'4212["echo","\xc3\xa9\xe2\x98\x95\\u00e9"]',
    b'42/custom,7["echo",-1.5e-7]',
    b'42["later",[[[[[[]]]]]]]',
    b'42["join","room"]',
    b'42["unknown"]',
    b'430["answer"]',
    b'451-["echo",' + PLACE + b"]",
    b'452-9["echo",' + PLACE + b',{"_placeholder":true,"num":1}]',
    b"461-0[" + PLACE + b"]",
    b"3",
    b"2probe",
    b"5",
    b"1",
    b"6",
]
SPICE = [
    b"\x1e",
    b"\x00",
    b"\xff",
    b"450-",
    b"999999999999",
    b'"',
    b"[" * 200,
    b"{",
    b"/",
    b",",
    b"-1",
    b"NaN",
    b"\\ud800",
]


class Mutator:
    """Valid packets made invalid: flipped bits, cuts, splices, repeats."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def mutate(self, data: bytes) -> bytes:
        chance = self.chance
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            at = chance.randrange(len(data) + 1)
            match chance.randrange(6):
                case 0 if data:
                    at = chance.randrange(len(data))
                    data = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
                case 1:
                    data = data[:at]
                case 2:
                    other = chance.choice(SEEDS)
                    data = data[:at] + other[chance.randrange(len(other)) :]
                case 3:
                    start = chance.randrange(at + 1)
                    data = data[:at] + data[start:at] * chance.choice((1, 2, 50)) + data[at:]
                case 4:
                    data = data[:at] + chance.choice(SPICE) + data[at:]
                case _:
                    data = data[at:] + data[:at]
        return data[:100_000]

    def packet(self) -> bytes:
        return self.mutate(self.chance.choice(SEEDS))

    def frame(self) -> bytes:
        chance = self.chance
        if chance.random() < 0.15:
            frame = client_frame(2, self.mutate(bytes(range(20))))
        else:
            frame = client_frame(chance.choice((1, 1, 1, 1, 2, 8, 9, 10)), self.packet()[: chance.choice((125, 5000))])
        return self.mutate(frame) if chance.random() < 0.3 else frame

    def payload(self) -> bytes:
        parts = [self.packet() for _ in range(self.chance.choice((1, 1, 2, 5)))]
        if self.chance.random() < 0.3:
            parts.append(b"bAQIDBA==")
        body = b"\x1e".join(parts)
        return self.mutate(body) if self.chance.random() < 0.3 else body


class Fuzz:
    """Takes frames from one budget; every client reconnects when it was closed."""

    def __init__(self, site: Site, chance: random.Random, frames: int) -> None:
        self.site = site
        self.chance = chance
        self.mutator = Mutator(random.Random(chance.random()))  # the same frames whenever a connection is closed
        self.left = frames
        self.closed = 0

    async def over_websocket(self) -> None:
        while self.left > 0:
            async with RawWebSocket(self.site.port, WS) as ws:
                if self.chance.random() < 0.7:
                    ws.write(client_frame(1, b"40"))
                    if self.chance.random() < 0.3:
                        ws.write(client_frame(1, b"40/custom,"))
                await self.send(ws)

    async def send(self, ws: RawWebSocket) -> None:
        """Frames until the server has closed, or 50."""
        for _ in range(50):
            if ws.reader.at_eof() or ws.writer.transport.is_closing() or self.left <= 0:
                break
            ws.write(self.mutator.frame())
            self.left -= 1
            for _ in range(3):
                await asyncio.sleep(0)
            ws.reader._buffer.clear()  # type: ignore[attr-defined]
            if ws.reader._eof:  # type: ignore[attr-defined]
                self.closed += 1
                break

    async def over_polling(self) -> None:
        while self.left > 0:
            async with Polling(self.site.port) as polling:
                if self.chance.random() < 0.7:
                    await polling.post("40")
                for _ in range(20):
                    self.left -= 1
                    if (await polling.post(self.mutator.payload())).status != 200:
                        self.closed += 1
                        break
                if self.chance.random() < 0.2:
                    polling.ask()
                    await asyncio.sleep(0)
                    polling.abort()
                if self.chance.random() < 0.3:
                    async with RawWebSocket(self.site.port, polling.ws_target) as ws:
                        if ws.status == 101:
                            ws.write(client_frame(1, b"2probe"))
                            await self.send(ws)
                await request(self.site.port, "POST", polling.target, b"1")


def busy() -> Server:
    """Everything a handler may do, so that whatever gets through does something."""
    server = make()  # what a handler raises fails the test
    for name in ("/", "/custom"):
        space = server.namespace(name)

        @space.on("echo")
        def echo(socket: Socket, *args: Any) -> tuple[Any, ...]:
            socket.emit("back", *args)
            return args

        @space.on("later")
        async def later(socket: Socket, *args: Any) -> tuple[Any, ...]:
            await asyncio.sleep(0)
            socket.namespace.to("room").emit("said", *args)
            return args

        @space.on("join")
        def join(socket: Socket, *rooms: Any) -> None:
            for room in rooms:
                if isinstance(room, str):
                    socket.join(room)

    return server


def test_ten_thousand_mutated_frames_harm_nothing(caplog: pytest.LogCaptureFixture) -> None:
    seed = SEED
    print("CAREVIA_FUZZ_SEED =", seed)
    chance = random.Random(seed)

    async def main() -> None:
        server = busy()
        async with serving(server) as site:
            async with Tab(site.port) as witness:
                before = descriptors()
                heard = asyncio.create_task(witness.event(WITHIN))  # it answers pings for as long as this takes
                fuzzes = [Fuzz(site, random.Random(chance.random()), FRAMES // 8) for _ in range(8)]
                await asyncio.gather(*(fuzz.over_websocket() for fuzz in fuzzes[:7]), fuzzes[7].over_polling())
                assert sum(fuzz.closed for fuzz in fuzzes) > FRAMES / 100, (
                    "hardly anything was closed: a fuzz that fits"
                )
                witness.emit("echo", "still here", ack=1)
                assert await heard == ["back", "still here"]
                assert await witness.hear() == '31["still here"]'
                await until_one(site)
                assert descriptors() <= before
            await site.quiet()

    with caplog.at_level(logging.WARNING):
        run(main(), WITHIN)
    assert not caplog.records, [record.getMessage() for record in caplog.records][:5]


async def until_one(site: Site) -> None:
    """Wait until only the witness is left."""
    await until(lambda: len(site.engine.sessions) == 1 and len(site.server.clients) == 1, "sessions are left")
    await until(lambda: len(site.uvicorn.server_state.connections) == 1, "connections are left")
    await until(lambda: not site.server.tasks, "handlers are left")
