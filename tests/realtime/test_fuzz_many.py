"""100,000 mutated frames, handed to the real transports without a network between: no crash, no exception, nothing left
behind, and no memory kept. `CAREVIA_FUZZ_SEED` runs a seed again. test_fuzz.py does a tenth of it over real sockets."""

import asyncio
import logging
import random
from typing import Any, cast

import pytest

from carevia.realtime import Handshake, Refusal, Server
from carevia.realtime.handshake import TrustedProxies
from carevia.realtime.process import resident
from tests.protocol.frames import client_frame
from tests.realtime.serving import run
from tests.realtime.test_fuzz import SEED, Mutator, busy

FRAMES = 100_000
HANDSHAKE = Handshake((), b"EIO=4&transport=websocket", "127.0.0.1", "http", TrustedProxies(()))


class Nowhere(asyncio.Transport):
    """A connection whose other end takes everything and says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.over = False

    def write(self, data: Any) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = cast("asyncio.Protocol", protocol)

    def is_closing(self) -> bool:
        return self.over

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self.over:
            self.over = True
            self.protocol.connection_lost(None)


async def connection(server: Server, chance: random.Random, mutator: Mutator) -> int:
    """One connection that sends until it is closed, or a hundred times: how many frames that was."""
    transport = server.engine.upgrade(HANDSHAKE)
    assert not isinstance(transport, Refusal)
    wire = Nowhere()
    transport.attach(wire, set())
    transport.opened(HANDSHAKE, b"")
    if chance.random() < 0.7:
        transport.data_received(client_frame(1, b"40"))
    sent = 0
    while sent < 100 and not transport._closing:
        transport.data_received(mutator.frame())
        sent += 1
    await asyncio.sleep(0)
    wire.abort()
    return sent


def test_a_hundred_thousand_mutated_frames_harm_nothing_and_leave_nothing(caplog: pytest.LogCaptureFixture) -> None:
    seed = SEED
    print("CAREVIA_FUZZ_SEED =", seed)
    chance = random.Random(seed)
    mutator = Mutator(random.Random(chance.random()))

    async def main() -> None:
        server = busy()
        server.engine.start()
        sent = before = 0
        while sent < FRAMES:
            sent += await connection(server, chance, mutator)
            if not before and sent > FRAMES // 10:
                before = resident()  # the allocators have had their fill
        for _ in range(5):
            await asyncio.sleep(0)
        assert resident() - before <= 10_000_000
        assert not server.engine.sessions and not server.clients
        await server.stop()
        assert not server.tasks

    with caplog.at_level(logging.WARNING):
        run(main(), within=120)
    assert [record for record in caplog.records if record.exc_info] == []
