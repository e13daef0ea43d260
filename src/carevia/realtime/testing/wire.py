"""A connection without a network: two directions that a test can hold, cut and tamper with, and the server's end as an
asyncio transport.

What is sent arrives in a later turn of the loop, as from a network, in pieces of at most one read.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any, cast

Tamper = Callable[[list[bytes]], list[bytes]]
"""What happens to the units (WebSocket frames, polling packets) that would arrive together in one turn of the loop."""

READ = 65_536  # bytes that arrive in one turn
KERNEL_BUFFER = 65_536  # bytes that the network takes from a server whose client reads nothing
_HIGH_WATER, _LOW_WATER = 65_536, 16_384  # of a transport's own buffer, as asyncio has them


def duplicate(units: list[bytes]) -> list[bytes]:
    """Everything arrives twice."""
    return [unit for unit in units for _ in range(2)]


def shuffle(seed: int) -> Tamper:
    """What arrives together comes in another order, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - a test that can be run again

    def shuffled(units: list[bytes]) -> list[bytes]:
        return dice.sample(units, len(units))

    return shuffled


class Way:
    """One direction. `arrive` gets the units of each turn, `ended` is called after the last of them, once."""

    def __init__(self, arrive: Callable[[list[bytes]], None], ended: Callable[[], None]) -> None:
        self.tamper: Tamper | None = None
        self.size = 0  # bytes in flight
        self._arrive = arrive
        self._end = ended
        self._units: list[bytes] = []
        self._holds: set[str] = set()
        self._ending = False
        self._scheduled = False

    def put(self, unit: bytes) -> None:
        """Send one unit."""
        if not self._ending:
            self._units.append(unit)
            self.size += len(unit)
            self._schedule()

    def hold(self, why: str) -> None:
        """Nothing arrives until everybody who holds it has released it."""
        self._holds.add(why)

    def release(self, why: str) -> None:
        """See `hold`."""
        self._holds.discard(why)
        self._schedule()

    def held(self, but: str = "") -> bool:
        """Whether somebody else than `but` holds it."""
        return bool(self._holds - {but})

    def end(self, drop: bool = False) -> None:
        """Nothing more is sent; what is in flight still arrives, unless it is dropped."""
        self._ending = True
        if drop:
            self._units, self.size = [], 0
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled and not self._holds and (self._units or self._ending):
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        if self._holds:
            return
        if self._units:
            units = self._take()
            self._arrive(self.tamper(units) if self.tamper is not None else units)
        if self._ending and not self._units and not self._holds:
            end, self._end = self._end, _nothing
            end()
        elif self._units:
            self._schedule()

    def _take(self) -> list[bytes]:
        taken = total = 0
        for unit in self._units:
            if taken and total + len(unit) > READ:
                break
            taken += 1
            total += len(unit)
        units, self._units = self._units[:taken], self._units[taken:]
        self.size -= total
        return units


def _nothing() -> None:
    pass


class MemoryTransport(asyncio.Transport):
    """The server's end of a connection: what it writes goes to `write_to`, and counts as its buffer until it has
    arrived, less what a kernel would take."""

    def __init__(self, write_to: Callable[[bytes], None], down: Way, peer: str, secure: bool) -> None:
        super().__init__({"peername": (peer, 50_000), "sslcontext": object() if secure else None})
        self.up = Way(self._read, self._eof)
        self.gone = asyncio.Event()  # the server knows that it is over
        self._write_to = write_to
        self._down = down
        self._protocol: asyncio.Protocol | None = None
        self._paused = False
        self._closing = False
        self._lost = False

    # What the server calls.

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return cast("asyncio.BaseProtocol", self._protocol)

    def write(self, data: Any) -> None:
        if self._lost:
            return
        self._write_to(bytes(data))
        if not self._paused and self._protocol is not None and self.get_write_buffer_size() > _HIGH_WATER:
            self._paused = True
            self._protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        return max(0, self._down.size - KERNEL_BUFFER)

    def pause_reading(self) -> None:
        self.up.hold("server")

    def resume_reading(self) -> None:
        self.up.release("server")

    def is_closing(self) -> bool:
        return self._closing

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self._down.end()

    def close(self) -> None:
        self._closing = True
        self._down.end()
        self.arrived()

    def abort(self) -> None:
        self._down.end(drop=True)
        self.lose(None)

    # What the network does.

    def arrived(self) -> None:
        """The client has taken something."""
        if self._closing and not self.get_write_buffer_size():
            self.lose(None)
        elif self._paused and self._protocol is not None and self.get_write_buffer_size() <= _LOW_WATER:
            self._paused = False
            self._protocol.resume_writing()

    def lose(self, error: Exception | None) -> None:
        """The connection is over for the server, once."""
        if not self._lost:
            self._lost = self._closing = True
            asyncio.get_running_loop().call_soon(self._tell, error)

    def _tell(self, error: Exception | None) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.connection_lost(error)
        self.gone.set()

    def _read(self, units: list[bytes]) -> None:
        if not self._closing and self._protocol is not None:
            self._protocol.data_received(b"".join(units))

    def _eof(self) -> None:
        if not self._closing and self._protocol is not None and not self._protocol.eof_received():
            self.close()
