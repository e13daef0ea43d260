"""Several servers of ours in the test's own loop, joined by a broker, with clients on them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from carevia.realtime import Namespace, Server
from carevia.realtime.adapter import Adapter, Broker
from carevia.realtime.testing import TestClient
from tests.realtime.rawclient import until
from tests.realtime.serving import make

MakeBroker = Callable[[], Broker]


class Cluster:
    """`spaces[n]` is namespace `/` of server n."""

    def __init__(self) -> None:
        self.servers: list[Server] = []
        self.brokers: list[Broker] = []
        self._stack = AsyncExitStack()

    @property
    def spaces(self) -> list[Namespace]:
        return [server.namespace("/") for server in self.servers]

    def adapter(self, number: int) -> Adapter:
        found = self.spaces[number].adapter
        assert found is not None
        return found

    async def add(self, make_broker: MakeBroker, **options: Any) -> Server:
        server, broker = make(), make_broker()
        space = server.namespace("/")
        space.on("join")(lambda socket, *rooms: [socket.join(room) for room in rooms] and None)
        space.on("fence")(lambda socket: "fence")
        server.join_cluster(broker, **options)
        await broker.start()
        self.servers.append(server)
        self.brokers.append(broker)
        return server

    async def client(self, number: int, *rooms: str) -> TestClient:
        """On server `number`, in these rooms."""
        client = await self._stack.enter_async_context(TestClient(self.servers[number]))
        await client.call("join", *rooms)
        return client

    async def clients(self, *rooms: str) -> list[TestClient]:
        """One on each server, in the rooms that its letters name."""
        return [await self.client(number, *letters) for number, letters in enumerate(rooms)]

    async def close(self) -> None:
        await self._stack.aclose()
        for broker in self.brokers:
            await broker.stop()
        for server in self.servers:
            await server.stop()


@asynccontextmanager
async def cluster(make_broker: MakeBroker, count: int = 2, **options: Any) -> AsyncIterator[Cluster]:
    made = Cluster()
    try:
        for _ in range(count):
            await made.add(make_broker, **options)
        yield made
    finally:
        await made.close()


async def heard(client: TestClient, end: str = "end") -> list[Any]:
    """The first argument of every event before the one that is named `end`."""
    found: list[Any] = []
    while (event := await client.receive()).name != end:
        found.append(event.args[0] if event.args else None)
    return found


async def counted(adapter: Adapter, reason: str, times: int = 1) -> None:
    await until(lambda: adapter.refused[reason] == times, f"{reason} was not counted: {adapter.refused}")
