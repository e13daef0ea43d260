"""Stand-ins for the hub's side of relay and replay: they record what would go out."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec

from carevia.domain.people import Person


@dataclass
class Sent:
    """One emit, as a client would see it."""

    name: str
    payload: Any
    offset: str | None


def plain(payload: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(payload))


@dataclass
class FakeTransport:
    async def drain(self) -> None:
        await asyncio.sleep(0)


@dataclass
class FakeSession:
    transport: FakeTransport = field(default_factory=FakeTransport)


@dataclass(eq=False)
class FakeSocket:
    """A socket of `hub`: it hears its rooms once it has joined them."""

    hub: "FakeHub"
    id: str = "sid"
    data: Person | None = None
    connected: bool = True
    recovery: Any = None
    session: FakeSession = field(default_factory=FakeSession)
    got: list[Sent] = field(default_factory=list)

    def emit(self, name: str, payload: Any, *, offset: str | None = None) -> None:
        self.got.append(Sent(name, plain(payload), offset))

    def join(self, room: str) -> None:
        self.hub.rooms.setdefault(room, []).append(self)


class FakeHub:
    """A namespace of which only rooms are asked."""

    def __init__(self) -> None:
        self.rooms: dict[str, list[FakeSocket]] = {}

    def to(self, room: str) -> "FakeTarget":
        return FakeTarget(self, room, ())


@dataclass
class FakeTarget:
    hub: FakeHub
    room: str
    but: tuple[str, ...]

    def except_(self, *ids: str) -> "FakeTarget":
        return FakeTarget(self.hub, self.room, ids)

    def emit(self, name: str, payload: Any, *, offset: str | None = None) -> None:
        for socket in self.hub.rooms.get(self.room, []):
            if socket.id not in self.but:
                socket.emit(name, payload, offset=offset)
