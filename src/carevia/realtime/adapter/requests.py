"""Requests to other servers, and the answers that belong to them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from carevia.realtime.adapter import wire
from carevia.realtime.adapter.broker import Broker
from carevia.realtime.adapter.wire import Channels, Refused
from carevia.realtime.ids import Ids
from carevia.realtime.operations import AckTimeout

_MOST_ANSWERS: Final = 100_000  # clients' acknowledgements of one broadcast
Answer = Mapping[str, Any]


class _Asked:
    """One request: what has come of `expected` answers."""

    __slots__ = ("answers", "done", "expected")

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.answers: list[Any] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def hear(self, answer: Answer) -> None:
        self.answers.append(answer)
        self.check()

    def check(self) -> None:
        if len(self.answers) >= self.expected and not self.done.done():
            self.done.set_result(None)


class _Gathered(_Asked):
    """A broadcast with acknowledgements: servers say how many clients they asked, clients answer."""

    __slots__ = ("clients", "servers")

    def __init__(self, servers: int) -> None:
        super().__init__(0)
        self.servers: float = servers  # that have not said yet
        self.clients = 0

    def hear(self, answer: Answer) -> None:
        kind, count = answer.get("type"), answer.get("clientCount")
        if kind == wire.BROADCAST_CLIENT_COUNT and type(count) is int and count >= 0:
            self.asked(count)
        elif kind == wire.BROADCAST_ACK and len(self.answers) < _MOST_ANSWERS:
            self.answered(answer.get("packet"))

    def asked(self, clients: int) -> None:
        self.servers -= 1
        self.clients += clients
        self.check()

    def answered(self, said: Any) -> None:
        self.answers.append(said)
        self.check()

    def check(self) -> None:
        if self.servers <= 0 and len(self.answers) >= self.clients and not self.done.done():
            self.done.set_result(None)


class Requests:
    """`timeout` in seconds. Answers to nobody's question are refused."""

    def __init__(self, broker: Broker, channels: Channels, uid: str, timeout: float) -> None:
        self._broker = broker
        self._channels = channels
        self._uid = uid
        self._timeout = timeout
        self._ids = Ids()
        self._open: dict[str, _Asked] = {}

    def tell(self, kind: int, **fields: Any) -> None:
        """A request without an answer."""
        self._broker.publish(self._channels.request, wire.encode_json({"uid": self._uid, "type": kind, **fields}))

    async def ask(self, kind: int, *, within: float | None = None, **fields: Any) -> list[Answer]:
        """The answers of all other servers. Raises BrokerUnavailable, and AckTimeout with those that came."""
        (everybody,) = await self._broker.subscribers(self._channels.request)
        request = {"uid": self._uid, "type": kind, **fields}
        return await self._wait(_Asked(everybody - 1), self._channels.request, request, within or self._timeout)

    async def count(self, others: int, within: float) -> list[Answer]:
        """See Adapter.count."""
        return await self._wait(_Asked(others), self._channels.count, {"uid": self._uid}, within)

    async def _wait(self, asked: _Asked, channel: str, request: dict[str, Any], within: float) -> list[Answer]:
        if asked.expected <= 0:
            return []
        request["requestId"] = name = self._ids.new()
        self._open[name] = asked
        try:
            self._broker.publish(channel, wire.encode_json(request))
            async with asyncio.timeout(within):
                await asked.done
        except TimeoutError:
            text = f"{len(asked.answers)} of {asked.expected} servers answered within {within:g} s"
            raise AckTimeout(text, asked.answers) from None
        finally:
            del self._open[name]
        return asked.answers

    async def gather(
        self, packet: Any, opts: Any, timeout: float, ask_ours: Callable[[Callable[[Any], None]], int]
    ) -> list[Any]:
        """Emit to the clients of every server: their answers. Raises as `ask`."""
        (everybody,) = await self._broker.subscribers(self._channels.request)
        gathered = _Gathered(max(everybody, 1))
        name = self._ids.new()
        self._open[name] = gathered
        request = {
            "uid": self._uid, "requestId": name, "type": wire.BROADCAST, "packet": packet, "opts": opts,
        }  # fmt: skip
        try:
            self._broker.publish(self._channels.request, wire.encode(request))
            gathered.asked(ask_ours(gathered.answered))
            async with asyncio.timeout(timeout):
                await gathered.done
        except TimeoutError:
            text = f"{len(gathered.answers)} of {gathered.clients} clients acknowledged within {timeout:g} s"
            raise AckTimeout(text, gathered.answers) from None
        finally:
            del self._open[name]
        return gathered.answers

    @property
    def longest(self) -> int:
        """Bytes of an answer that is worth reading: all that a server has to say, where anybody has asked."""
        return wire.MAX_ANSWER if self._open else wire.MAX_BYTES

    def hear(self, answer: Answer) -> None:
        """An answer to one of ours, or to nobody's: on the channel that all servers share that is no fault."""
        name = answer.get("requestId")
        asked = self._open.get(name) if isinstance(name, str) else None
        if asked is not None:
            asked.hear(answer)
        elif not isinstance(name, str):
            raise Refused("answer")

    def respond(self, request: Mapping[str, Any], data: bytes) -> None:
        """To the server that asked, where it says who it is."""
        uid = request.get("uid")
        channel = self._channels.response
        self._broker.publish(f"{channel}{uid}#" if isinstance(uid, str) else channel, data)
