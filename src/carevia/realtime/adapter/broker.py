"""What carries messages between servers: publish and subscribe, at most once, in the order of one publisher.

Nothing is kept for who is away. `MemoryBroker` joins the servers of one process; RedisBroker (redis.py) joins
processes. tests/realtime/adapter/test_contract.py holds both to the same words.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

Heard = Callable[[str, bytes], None]
"""Called with the channel and the message; it raises nothing and does not wait."""


class BrokerUnavailable(ConnectionError):
    """The broker is out of reach: what needs an answer from it cannot be had now."""


class Broker(Protocol):
    """`subscribe` first, then `start`; `stop` ends everything."""

    @property
    def connected(self) -> bool:
        """Whether what is published now is likely to arrive."""

    def subscribe(self, channel: str, heard: Heard) -> None:
        """Hear one channel."""

    def subscribe_pattern(self, pattern: str, heard: Heard) -> None:
        """Hear the channels that fit a glob pattern; signs of the pattern are escaped by a backslash."""

    def publish(self, channel: str, data: bytes) -> bool:
        """Pass it on soon, to the publisher too if it subscribes. False where it was dropped at once. Never waits and
        never raises."""

    async def subscribers(self, *channels: str) -> list[int]:
        """How many hear each channel (not by pattern). Raises BrokerUnavailable."""

    async def start(self) -> None:
        """Begin; subscriptions stand when this returns, if the broker can be reached."""

    async def stop(self) -> None:
        """Nothing is heard afterwards."""


class MemoryBus:
    """What several MemoryBrokers of one loop share."""

    def __init__(self) -> None:
        self.members: list[MemoryBroker] = []


class MemoryBroker:
    """For servers of one process. `cut` and `heal` play a broker that is gone."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self._channels: dict[str, Heard] = {}
        self._patterns: dict[str, Heard] = {}
        self._up = False

    @property
    def connected(self) -> bool:
        return self._up

    def subscribe(self, channel: str, heard: Heard) -> None:
        self._channels[channel] = heard

    def subscribe_pattern(self, pattern: str, heard: Heard) -> None:
        self._patterns[pattern.removesuffix("*").replace("\\", "")] = heard

    def publish(self, channel: str, data: bytes) -> bool:
        if not self._up:
            return False
        loop = asyncio.get_running_loop()
        for member in self._bus.members:
            loop.call_soon(member.hear, channel, data)
        return True

    def hear(self, channel: str, data: bytes) -> None:
        if not self._up:
            return
        if channel in self._channels:
            self._channels[channel](channel, data)
        for prefix, heard in self._patterns.items():
            if channel.startswith(prefix):
                heard(channel, data)

    async def subscribers(self, *channels: str) -> list[int]:
        if not self._up:
            raise BrokerUnavailable("cut off")
        return [sum(channel in member._channels for member in self._bus.members) for channel in channels]

    async def start(self) -> None:
        self.heal()

    async def stop(self) -> None:
        self.cut()

    def cut(self) -> None:
        self._up = False
        if self in self._bus.members:
            self._bus.members.remove(self)

    def heal(self) -> None:
        if not self._up:
            self._up = True
            self._bus.members.append(self)
