"""A client that comes back as socket.io-client does, and a server that remembers it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from carevia.realtime import MemoryRecovery, Namespace, Server
from tests.realtime.rawclient import Tab, until
from tests.realtime.serving import Site, make


class Client(Tab):
    """Keeps pid and offset as socket.io-client does."""

    def __init__(self, port: int, auth: dict[str, Any] | None = None) -> None:
        super().__init__(port, auth=auth)
        self.pid = self.offset = ""

    async def connect(self, namespace: str = "/", auth: Any = None) -> str:
        said = await super().connect(namespace, auth)
        self.pid = json.loads(said[1:]).get("pid", "")
        return said

    async def heard(self) -> list[Any]:
        """The next event without its offset, which is kept."""
        *event, self.offset = await self.event()
        assert isinstance(self.offset, str), event
        return event

    @property
    def ticket(self) -> dict[str, str]:
        return {"pid": self.pid} | ({"offset": self.offset} if self.offset else {})


def remembering(buffer_limit: int = 1_000_000, **settings: Any) -> tuple[Server, Namespace]:
    """`settings` are the log's."""
    server = make(buffer_limit=buffer_limit)
    space = server.namespace("/")
    space.recovery = MemoryRecovery(**settings)
    space.on("echo")(lambda socket, *args: args)
    return server, space


async def gone(space: Namespace) -> None:
    await until(lambda: not space.sockets, "the socket is still there")


@asynccontextmanager
async def back(site: Site, ticket: dict[str, str], recovered: bool = True) -> AsyncIterator[Client]:
    """A client that comes with what another kept."""
    async with Client(site.port, ticket) as client:
        [socket] = site.server.namespace("/").sockets.values()
        assert socket.recovered is recovered
        assert (client.pid == ticket["pid"]) is recovered
        yield client


async def nothing_more(client: Tab) -> None:
    assert await client.call("echo", "fence") == ["fence"]
