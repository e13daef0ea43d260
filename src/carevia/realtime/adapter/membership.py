"""A roster over a broker: beats by the clock, and a seal on every message, so that only who has the key is a node.

The seal is a MAC over a time and the message: what was overheard opens nothing a minute later, and what it can repeat
until then has no effect that the roster's numbers do not refuse.
"""

import asyncio
import contextlib
import hmac
import logging
import time
from typing import Final

import msgspec

from carevia.realtime.adapter.broker import Broker, BrokerUnavailable
from carevia.realtime.adapter.roster import Message, Roster
from carevia.realtime.adapter.wire import MAX_BYTES, Refused
from carevia.tasks import end

CHANNEL: Final = "carevia-nodes#"
BEAT: Final = 1.0  # s
_SOON: Final = 0.02  # s in which changes are gathered
_LAST_WORD: Final = 0.5  # s that it may take
_GOOD_FOR: Final = 60  # s; the hosts' clocks may differ a little
_MAC: Final = 32
_log = logging.getLogger("carevia.realtime")


class _Sealed(msgspec.Struct, array_like=True, frozen=True):
    time: int
    message: Message


_decode = msgspec.msgpack.Decoder(_Sealed).decode


class Membership:
    """Made before `broker.start()`; then `start` it, and `stop` it before the broker. `resume` when the broker is
    there again."""

    def __init__(self, roster: Roster, broker: Broker, key: bytes) -> None:
        self._roster = roster
        self._broker = broker
        self._key = key
        self._flushing: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        broker.subscribe(CHANNEL, self._hear)
        roster.hears = lambda: broker.connected
        roster.carry(self._send, self._news)

    def start(self) -> None:
        self.resume()
        self._task = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        if self._task is not None:
            await end(self._task)
            self._task = None
            self._roster.leave()
            with contextlib.suppress(BrokerUnavailable, TimeoutError):
                async with asyncio.timeout(_LAST_WORD):
                    await self._broker.subscribers(CHANNEL)  # answered when what was said before has left
        if self._flushing is not None:
            self._flushing.cancel()

    def resume(self) -> None:
        self._roster.join(self._now())

    async def _beat(self) -> None:
        while True:
            try:
                self._roster.beat(self._now())
            except Exception:  # of who listens to a table: a node without a beat would be gone for all others
                _log.exception("a beat failed")
            await asyncio.sleep(BEAT)

    def _news(self) -> None:
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(_SOON, self._flush)

    def _flush(self) -> None:
        self._flushing = None
        self._roster.flush()

    def _send(self, message: Message) -> None:
        self._broker.publish(CHANNEL, seal(self._key, message, time.time()))

    def _hear(self, _: str, data: bytes) -> None:
        try:
            self._roster.hear(unseal(self._key, data, time.time()), self._now())
        except Refused as refused:
            self._roster.refused[str(refused)] += 1

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def seal(key: bytes, message: Message, now: float) -> bytes:
    """`now` is seconds since 1970."""
    body = msgspec.msgpack.encode(_Sealed(int(now), message))
    return _sign(key, body) + body


def unseal(key: bytes, data: bytes, now: float) -> Message:
    """Raises Refused."""
    if len(data) > MAX_BYTES:
        raise Refused("size")
    body = data[_MAC:]
    if not hmac.compare_digest(_sign(key, body), data[:_MAC]):
        raise Refused("seal")
    try:
        sealed = _decode(body)
    except (msgspec.MsgspecError, RecursionError):
        raise Refused("format") from None
    if abs(now - sealed.time) > _GOOD_FOR:
        raise Refused("age")
    return sealed.message


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, b"carevia node\0" + body, "sha256")
