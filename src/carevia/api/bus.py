"""The house's part in a cluster of nodes: what may come from others, and the hint after a commit.

Redis holds no truth. Facts reach every node through the journal; a hint only says when to look, and without it the
relay looks twice a second. Typing and its like go to all nodes' sockets as they are said, and may be lost. Whoever
reaches Redis can speak to our clients, as with any Socket.IO cluster: but no fact comes that way, and no right. What
nodes say to each other (the roster: who is where) bears a seal that only they can make.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from carevia.api.limits import AddressLimits
from carevia.api.metrics import counted
from carevia.api.seats import person_of
from carevia.api.shared_limits import SharedHandshakes
from carevia.domain.chat import desk_side
from carevia.domain.events import EVENTS
from carevia.domain.people import DESK
from carevia.errors import ConfigError
from carevia.realtime import Server, Socket
from carevia.realtime.adapter.membership import Membership
from carevia.realtime.adapter.roster import Roster
from carevia.service.relay import Relay, visitors
from carevia.store.store import Store

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from carevia.realtime.adapter.redis import RedisBroker

HINTS: Final = "carevia-hint#"
_REST: Final = 0.005  # s between hints: more of them say nothing more
# Facts come from the journal only, and the rest each node says to its own sockets, but for what these two may lose.
_OUR_OWN: Final = {event.name for event in EVENTS if event.direction == "server"} - {"user_typing", "noticed"}


class Bus:
    """Nothing happens without `url`: this node stands alone. `start` after the relay, `stop` before it. `key` is what
    all nodes share."""

    def __init__(
        self, url: str | None, server: Server, relay: Relay, store: Store, roster: Roster, limits: AddressLimits,
        key: bytes,
    ) -> None:  # fmt: skip
        self._server = server
        self._relay = relay
        self._store = store
        self._name = secrets.token_bytes(8)
        self._resting = False
        self._again = False
        self._echo: asyncio.Future[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._roster = roster
        self.broker = self._join(url) if url is not None else None
        self._membership = Membership(roster, self.broker, key) if self.broker is not None else None
        self._handshakes = SharedHandshakes(limits, self.broker, key) if self.broker is not None else None
        self.watch = self.trouble if self.broker is not None else None
        """For health: `trouble`, where there is a bus to watch; and `echo`."""
        self.listens = self.echo if self.broker is not None else None

    def _join(self, url: str) -> "RedisBroker":
        from carevia.realtime.adapter.redis import RedisBroker

        try:
            broker = RedisBroker(url)
        except ValueError:  # its text may hold the password
            raise ConfigError(
                "CAREVIA_REDIS_URL cannot be read: write redis://[:password@]host:port or unix:///path."
            ) from None
        broker.subscribe(HINTS, self._hear_hint)
        broker.connects.append(self._relay.wake)  # hints that we did not hear
        self._server.join_cluster(broker, refuses=_OUR_OWN.__contains__, protects=protects)
        return broker

    async def start(self) -> None:
        if self.broker is not None and self._membership is not None:
            self._unsubscribe = self._store.subscribe(self._committed)
            self.broker.connects.append(self._membership.resume)
            await self.broker.start()
            self._membership.start()

    async def stop(self) -> None:
        self._unsubscribe()
        if self._handshakes is not None:
            await self._handshakes.stop()
        if self._membership is not None:
            await self._membership.stop()
        if self.broker is not None:
            await self.broker.stop()

    def trouble(self) -> str | None:
        """What is wrong, in words."""
        if self.broker is None or self.broker.away is None:
            return None
        return "Other nodes are heard late: Redis is out of reach."

    async def echo(self) -> None:
        """Say something to ourselves by way of Redis; returns when it has come back."""
        if self.broker is not None:
            self._echo = asyncio.get_running_loop().create_future()
            self.broker.publish(HINTS, self._name)
            await self._echo

    # Hints: at once, and once more after a rest if there was more to say.

    def _committed(self, _: Sequence[Any]) -> None:
        if self._resting:
            self._again = True
        else:
            self._hint()

    def _hint(self) -> None:
        if self.broker is not None:
            self.broker.publish(HINTS, self._name)
        self._resting = True
        asyncio.get_running_loop().call_later(_REST, self._rested)

    def _rested(self) -> None:
        self._resting = False
        if self._again:
            self._again = False
            self._hint()

    def _hear_hint(self, _: str, name: bytes) -> None:
        if name != self._name:
            self._relay.wake()
        elif self._echo is not None and not self._echo.done():
            self._echo.set_result(None)

    def collect(self) -> "Iterator[Metric]":
        """For /metrics."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

        broker = self.broker
        if broker is None:
            return
        yield GaugeMetricFamily("carevia_bus_connected", "1 while Redis is there", int(broker.connected))
        for name, about, value in (
            ("connections", "Connections made to Redis", broker.connections),
            ("heard", "Messages heard", broker.heard),
            ("dropped", "Messages not sent because Redis was away", broker.dropped),
        ):
            yield CounterMetricFamily(f"carevia_bus_{name}", about, value)
        refused = Counter({f"node: {reason}": count for reason, count in self._roster.refused.items()})
        for namespace in self._server.namespaces.values():
            if namespace.adapter is not None:
                refused.update(namespace.adapter.refused)
        yield counted("carevia_bus_refused", "Messages refused", ("reason",), refused)
        yield GaugeMetricFamily("carevia_nodes", "Nodes that live, as far as this one hears", len(self._roster.nodes))
        yield CounterMetricFamily("carevia_nodes_lost", "Nodes that went without a word", self._roster.fell_silent)


def protects(socket: Socket, room: str) -> bool:
    """Memberships that are rights are given by this node alone, and nobody hears less by one: a room with a socket's id
    is left out of what that socket says. Other rooms may be given by anybody on the bus; should one of them turn out to
    be a person's conversation, who came so gets none of its facts there (see the relay)."""
    person = person_of(socket)
    if room == DESK or room.endswith(desk_side("")) or (person is not None and room == person.id):
        return True
    if room in socket.namespace.sockets:
        return True
    if room not in socket.rooms:
        socket.join(visitors(room))
    return False
