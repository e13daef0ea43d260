"""Connection state recovery: who a coming socket is, and whether it is one that was here before.

The engine asks at CONNECT, before it answers. What the socket missed is replayed by whoever owns the log: a log of the
application's own (it emits with `offset=` and replays in its "connect" handler) is a `Recovery` and no more; one that
the engine fills and replays is an `EventLog` (realtime/recovery_memory.py). Events that wait for an acknowledgement
are sent again by the engine itself with either.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from carevia.realtime.message import Message
    from carevia.realtime.socket import Socket


class Identity(Struct, frozen=True):
    """`sid`: the socket's id, kept where it is recovered. `pid`: the private token of the CONNECT reply; None gives
    none."""

    sid: str
    pid: str | None
    recovered: bool


class Recovery(Protocol):
    """What a namespace may be given. Raises nothing: what cannot be honoured is a new identity."""

    def identify(self, socket: "Socket", auth: Mapping[str, Any]) -> Identity:
        """Called after the middlewares let the socket in; `auth` may carry `pid` and `offset`.

        What it puts into `socket.recovery` is its own; a socket that has something there may come back.
        """
        ...


class EventLog(ABC):
    """A Recovery that the engine fills: every event that is neither volatile nor acknowledged, in the order of the
    emits. Raises nothing."""

    @abstractmethod
    def identify(self, socket: "Socket", auth: Mapping[str, Any]) -> Identity:
        """See `Recovery`."""

    @abstractmethod
    def next_offset(self) -> str:
        """What the next event recorded will end in."""

    @abstractmethod
    def record(self, message: "Message", rooms: tuple[str, ...] | None, but: tuple[str, ...]) -> None:
        """An event (which ends in `next_offset`) goes out: to these rooms or socket ids (None: to all), but not to
        those."""

    @abstractmethod
    def entered(self, socket: "Socket", room: str) -> None:
        """A socket has joined a room: of its events it is owed those that come from now on."""

    @abstractmethod
    def left(self, socket: "Socket") -> None:
        """A socket has gone, and may come back; it still has its rooms."""

    @abstractmethod
    def restore(self, socket: "Socket") -> None:
        """A socket that was recovered has its CONNECT reply: give it its rooms and what it missed, in order."""
