"""Suite G: the engine with all that `carevia serve` has switched on, and limits out of reach, for measuring.

Recovery (a signed pid for every socket), limits per address, person and socket, rooms and counters are those of
`carevia serve` itself. BENCH_PING_INTERVAL: another heartbeat than 25 s. BENCH_NAMESPACES: how many (/n0, /n1, ...)
there are beside the main one. BENCH_REDIS_URL: one of several servers.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from carevia.api.auth import Identity
from carevia.api.doorman import Doorman
from carevia.api.limits import AddressLimits, TooFast, begin_budget
from carevia.api.seats import Seat, Seats, person_of
from carevia.domain.people import Person
from carevia.realtime import Namespace, Server, ServerConfig, Socket
from carevia.realtime.adapter.redis import RedisBroker
from carevia.realtime.adapter.roster import Roster
from carevia.realtime.asgi import ASGIApp, Receive, Scope, Send
from carevia.realtime.engine import Engine
from carevia.service.relay import Relay
from carevia.service.replay import Replay
from carevia.store.store import Store
from tests.conformance.engineio import nothing_else

FAR = 10**9  # a limit that counts and is never met
Handler = Callable[..., Any]


class House:
    """What stands on the engine in `carevia serve`: who sits where, and how much each may do."""

    def __init__(self) -> None:
        self.doorman = Doorman(AddressLimits(FAR, FAR))
        self.seats = Seats(FAR, Roster("bench"), lambda: time.time_ns() // 1_000_000)
        self.counts: dict[str, int] = {}
        self.joining: asyncio.Task[None] | None = None

    def furnish(self, namespace: Namespace) -> None:
        """Recovery, seats and limits of a namespace."""
        nothing: Any = SimpleNamespace(epoch="bench", position=0)  # a journal in which nothing happens
        namespace.recovery = Replay(cast("Store", nothing), cast("Relay", nothing), b"bench", person_of)
        namespace.use(self.identify)
        namespace.on("connect")(lambda socket, _: self.seats.take(socket))
        namespace.on("disconnect")(lambda socket, _: self.seats.give_up(socket))

    def identify(self, socket: Socket, auth: Mapping[str, Any]) -> None:
        self.doorman.proved(socket.session)
        person = Person(socket.session.id, "user", None, None)
        socket.data = Seat(Identity(person, None, FAR))

    def limited(self, name: str, handler: Handler) -> Handler:
        """As api/events.py spends and counts."""

        def handle(socket: Socket, *given: Any) -> Any:
            self.counts[name] = self.counts.get(name, 0) + 1
            now = time.monotonic()
            try:
                (socket.session.data or begin_budget(socket.session, FAR, now)).spend(FAR, now)
            except TooFast:
                socket.session.close("too many events")
            return handler(socket, *given)

        return handle


# What the server only passes on stays as it came.
TYPES: Mapping[str, tuple[Any, ...]] = {
    **dict.fromkeys(("pub", "pub2", "pub5", "pub10", "echo"), (msgspec.Raw,)),
    "join": (str,),
    "pubroom": (str, msgspec.Raw),
}


def events(namespace: Namespace) -> dict[str, Handler]:
    """The suite's events."""

    def publish(times: int) -> Handler:
        def pub(socket: Socket, payload: Any = None) -> None:
            for _ in range(times):
                namespace.emit("booking", payload)

        return pub

    def echo(socket: Socket, payload: Any = None) -> tuple[Any]:
        return (payload,)

    def join(socket: Socket, room: str) -> None:
        socket.join(room)

    def pubroom(socket: Socket, room: str, payload: Any = None) -> None:
        namespace.to(room).emit("booking", payload)

    pubs = {"pub": publish(1), "pub2": publish(2), "pub5": publish(5), "pub10": publish(10)}
    return {**pubs, "echo": echo, "join": join, "pubroom": pubroom}


def build() -> tuple[Engine, ASGIApp]:
    """The server with the suite's events."""
    house = House()
    config = ServerConfig(
        ping_interval=float(os.environ.get("BENCH_PING_INTERVAL") or 25),
        origins=("*",),
        max_rooms=100,
    )
    server = Server(config, house.doorman.admit, watch=house.doorman)
    namespace = server.namespace("/")
    beside = [server.namespace(f"/n{number}") for number in range(int(os.environ.get("BENCH_NAMESPACES") or 0))]
    for space in (namespace, *beside):
        house.furnish(space)
        for name, handler in events(space).items():
            space.on(name, *TYPES[name])(house.limited(name, handler))
    if url := os.environ.get("BENCH_REDIS_URL"):
        broker = RedisBroker(url)
        server.join_cluster(broker)
        house.joining = asyncio.get_running_loop().create_task(broker.start())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/emit-booking" and scope["method"] == "POST":
            body = bytearray()
            more = True
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
            namespace.emit("booking", msgspec.json.decode(body))
        await nothing_else(scope, receive, send)

    return server.engine, server.asgi(app)
