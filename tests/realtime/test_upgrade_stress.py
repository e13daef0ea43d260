"""Nothing said during upgrades at any moment is lost, doubled or out of order."""

import asyncio
import json
import random
import time
from typing import Any

from carevia.realtime import Socket
from tests.realtime.rawclient import Polling, RawWebSocket, fence, until
from tests.realtime.serving import Site, echoing, run, serving


class Upgrading:
    """A client over polling that upgrades at a moment of its own; every number it was sent, in the order it came."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        self.site = site
        self.chance = chance
        self.got: list[int] = []

    def take(self, packets: list[str]) -> None:
        for packet in packets:
            assert packet[0] in "246", packet
            if packet[0] == "4":
                name, number = json.loads(packet[2:])
                assert name == "e"
                self.got.append(number)

    async def pause(self) -> None:
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0 if self.chance.random() < 0.7 else 0.002)

    async def live(self, last: int) -> None:
        async with Polling(self.site.port) as polling:
            await polling.post("40")
            first, *others = await polling.packets()
            assert first.startswith("40{")
            self.take(others)
            for _ in range(self.chance.randrange(3)):
                self.take(await polling.packets())
            polling.ask()
            await self.pause()
            async with RawWebSocket(self.site.port, polling.ws_target) as ws:
                await self.pause()
                ws.send("2probe")
                assert await ws.receive() == "3probe"
                self.take((await polling.answer()).text.split("\x1e"))
                for _ in range(self.chance.randrange(2)):
                    self.take(await polling.packets())
                await self.pause()
                ws.send("5")
                while not self.got or self.got[-1] != last:
                    self.take([str(await ws.receive())])
                await fence(ws)


def test_events_emitted_during_upgrades_arrive_once_and_in_order() -> None:
    seed = int(time.time())
    print("seed", seed)

    async def main() -> None:
        server = echoing()
        space = server.namespace("/")
        chance = random.Random(seed)
        began: dict[str, int] = {}
        emitted = 0

        @space.on("connect")
        def connected(socket: Socket, auth: Any) -> None:
            began[socket.id] = emitted + 1

        async with serving(server) as site:
            clients = [Upgrading(site, random.Random(chance.random())) for _ in range(40)]
            last = 2000
            tasks = [asyncio.create_task(client.live(last)) for client in clients]
            await until(lambda: len(began) > 5, "nobody came")
            while emitted < last:
                if emitted < last - 1 or len(began) == len(clients):
                    emitted += 1
                    space.emit("e", emitted)
                if chance.random() < 0.3:
                    await asyncio.sleep(0.001 if chance.random() < 0.3 else 0)
            await asyncio.gather(*tasks)
            starts = sorted(client.got[0] for client in clients)
            assert starts == sorted(began.values()), "nobody missed what was said after CONNECT"
            for client in clients:
                assert client.got == list(range(client.got[0], last + 1))
            await site.quiet_sessions()

    run(main(), within=30)
