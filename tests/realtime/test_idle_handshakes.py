"""Handshakes that nobody follows up: what 2,000 of them cost, and that all are gone after the connection timeout."""

import asyncio
import gc
import tracemalloc

from carevia.realtime import Handshake, Server, ServerConfig
from carevia.realtime.handshake import TrustedProxies
from carevia.realtime.testing import virtual_time

COUNT = 2_000


def handshake(number: int) -> Handshake:
    """As a browser sends it; every request brings headers of its own."""
    headers = [
        (b"host", b"desk.example"),
        (b"user-agent", f"Mozilla/5.0 (X11; Linux x86_64) Browser/{number}".encode() + b" " * 60),
        (b"accept", b"*/*"),
        (b"accept-language", b"en-GB,en;q=0.9,bn;q=0.8"),
        (b"origin", b"https://desk.example"),
        (b"cookie", f"__Host-carevia={number:043}".encode()),
    ]
    return Handshake(headers, b"EIO=4&transport=polling", "127.0.0.1", "http", TrustedProxies(()))


def test_two_thousand_idle_handshakes_cost_4_kb_each_at_most_and_are_gone_after_45_s() -> None:
    async def main() -> None:
        server = Server(ServerConfig(ping_interval=3600.0))  # so that it is not the heartbeat that ends them
        server.namespace("/")
        server.engine.start()
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for number in range(COUNT):
            server.engine.open_polling(handshake(number))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(server.engine.sessions) == COUNT
        assert (after - before) / COUNT <= 4_000
        await asyncio.sleep(44)
        assert len(server.engine.sessions) == COUNT
        await asyncio.sleep(1.1)
        assert not server.engine.sessions and not server.engine.polls and not server.clients
        await server.stop()

    with virtual_time() as clock:
        clock.run(main())
