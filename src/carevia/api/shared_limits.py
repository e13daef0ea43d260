"""The limits of one address over all nodes: strangers by the roster, handshakes by counters in Redis.

No handshake waits for Redis: what was counted here is told to it a moment later, and where all nodes together are at
the limit, the address is closed until its second is over. While Redis is away each node counts for itself.
"""

import asyncio
import contextlib
import hmac
import time
from typing import TYPE_CHECKING, Final

from carevia.api.limits import AddressLimits
from carevia.realtime.adapter import BrokerUnavailable
from carevia.realtime.adapter.roster import Roster

if TYPE_CHECKING:
    from carevia.realtime.adapter.redis import RedisBroker

_SOON: Final = 0.02  # s in which handshakes are gathered
_WINDOW: Final = 1_000  # ms


def strangers_of(roster: Roster, handshakes: int, connections: int) -> AddressLimits:
    """Limits whose strangers are counted over all nodes."""
    strangers = roster.table("guests", int)

    def elsewhere(address: str) -> int:
        return sum(strangers.values(address)) if roster.hears() else 0

    def changed(address: str, count: int) -> None:
        if count > 0:
            strangers.set(address, count)
        else:
            strangers.drop(address)

    return AddressLimits(handshakes, connections, elsewhere, changed)


class SharedHandshakes:
    """Tells Redis what `limits` count. `key` makes of an address a name that says nothing."""

    def __init__(self, limits: AddressLimits, broker: "RedisBroker", key: bytes) -> None:
        self._limits = limits
        self._broker = broker
        self._key = key
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        limits.touched = self._touched

    async def stop(self) -> None:
        self._limits.touched = None
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _touched(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SOON, self._share)

    def _share(self) -> None:
        self._timer = None
        for address, more in self._limits.to_share():
            task = asyncio.create_task(self._count(address, more))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _count(self, address: str, more: int) -> None:
        from redis.exceptions import RedisError

        digest = hmac.digest(self._key, b"carevia address\0" + address.encode(), "sha256").hex()[:24]
        name, execute = f"carevia-handshakes#{digest}", self._broker.execute
        with contextlib.suppress(BrokerUnavailable, RedisError):
            _, count, left = await asyncio.gather(
                execute("SET", name, 0, "NX", "PX", _WINDOW), execute("INCRBY", name, more), execute("PTTL", name)
            )
            # It ended between the two, and began again without an end; or somebody else has set it.
            if not 0 <= int(left) <= _WINDOW:
                await execute("PEXPIRE", name, _WINDOW)
            if int(count) >= self._limits.rate:
                self._limits.close(address, time.monotonic() + min(max(0, int(left)), _WINDOW) / 1000)
