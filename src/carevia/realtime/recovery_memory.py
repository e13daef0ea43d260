"""Recovery from this process's memory: who left a moment ago gets its id and rooms back, and what it missed, in order.

One per namespace. Nothing outlives the process; what is older than `max_age` seconds, or too much to keep, is
forgotten, and a client that would need it gets a new identity instead of a stream with a hole.
"""

import asyncio
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from carevia.realtime.recovery import EventLog, Identity

if TYPE_CHECKING:
    from carevia.realtime.message import Message
    from carevia.realtime.socket import Socket


class _Trail:
    """What is noted about one socket, as long as it lives or is kept."""

    __slots__ = ("joined", "owner", "pid", "since", "start")

    def __init__(self, pid: str, start: int, owner: Any) -> None:
        self.pid = pid
        self.start = start  # the event that was the newest when it first came
        self.since = start  # the one after which it is replayed
        self.owner = owner
        self.joined: dict[str, int] = {}  # room -> the newest event when it was joined


class _Entry(NamedTuple):
    at: float
    size: int
    message: "Message"
    rooms: tuple[str, ...] | None
    but: tuple[str, ...]


class _Kept(NamedTuple):
    """A socket that has gone."""

    until: float
    trail: _Trail
    rooms: tuple[str, ...]
    data: Any


def _time() -> float:
    """The loop's, by which everything else here waits: a test may have it leap. Before it runs, the one it goes by."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return time.monotonic()


class MemoryRecovery(EventLog):
    """Keeps the last events and the sockets that have gone: both for `max_age` seconds, and at most so many.

    `owner(socket)` says whose socket it is once the middlewares have let it in: a pid of somebody else is not honoured.
    `needs_offset` refuses, as socket.io's own memory does, a client that was cut before its first event; else it is
    replayed from its CONNECT on. `socket.data` comes back where no middleware has set it anew.
    """

    def __init__(
        self,
        max_age: float = 120.0,
        max_events: int = 10_000,
        max_bytes: int = 64_000_000,
        max_sockets: int = 10_000,
        *,
        needs_offset: bool = False,
        owner: Callable[["Socket"], Any] = lambda socket: None,
        now: Callable[[], float] = _time,
    ) -> None:
        self._max_age = max_age
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._max_sockets = max_sockets
        self._needs_offset = needs_offset
        self._owner = owner
        self._now = now
        self._epoch = secrets.token_urlsafe(6)
        self._last = 0  # the number of the newest event
        self._bytes = 0
        self._events: deque[_Entry] = deque()  # the last of them is number `_last`
        self._kept: dict[str, _Kept] = {}  # by socket id, in the order of their going

    # CONNECT.

    def identify(self, socket: "Socket", auth: Mapping[str, Any]) -> Identity:
        """See `Recovery`."""
        self._forget()
        found = self._trail(socket, auth.get("pid"))
        if found is not None:
            trail, rooms = found
            since = self._since(trail, auth.get("offset"))
            if since is not None and self._within_limits(socket, self._missed(trail, rooms, since)):
                trail.since, socket.recovery = since, trail
                return Identity(_sid(trail.pid), trail.pid, True)
        sid = secrets.token_urlsafe(15)
        pid = f"{sid}.{secrets.token_urlsafe(15)}"
        socket.recovery = _Trail(pid, self._last, self._owner(socket))
        return Identity(sid, pid, False)

    def _trail(self, socket: "Socket", pid: object) -> tuple[_Trail, tuple[str, ...]] | None:
        """The trail behind a pid, and the rooms: of a socket that has gone or whose going has not been noticed yet."""
        if not isinstance(pid, str):
            return None
        kept = self._kept.get(_sid(pid))
        ghost = socket.namespace.sockets.get(_sid(pid))
        trail: _Trail | None = kept.trail if kept else ghost.recovery if ghost else None
        if trail is None or not hmac.compare_digest(trail.pid.encode(), pid.encode(errors="replace")):
            return None
        rooms = kept.rooms if kept else ghost.rooms if ghost else ()
        return (trail, rooms) if trail.owner == self._owner(socket) else None

    def _since(self, trail: _Trail, offset: object) -> int | None:
        """The number after which the client is owed everything; None where that is not kept any more."""
        epoch, _, digits = offset.rpartition(".") if isinstance(offset, str) else ("", "", "")
        if epoch == self._epoch and digits.isascii() and digits.isdigit() and len(digits) < 16:
            since = max(int(digits), trail.start)  # a client keeps the offset of an earlier identity
        elif self._needs_offset:
            return None
        else:
            since = trail.start
        return since if self._last - len(self._events) <= since <= self._last else None

    def _within_limits(self, socket: "Socket", missed: "Iterator[Message]") -> bool:
        """What it missed must fit into its buffer, else it would be cut again, and again."""
        limit = socket.client.server.config.buffer_limit
        return not limit or sum(map(_size, missed)) <= limit

    def restore(self, socket: "Socket") -> None:
        """See `EventLog`."""
        kept = self._kept.pop(socket.id, None)
        trail: _Trail = socket.recovery
        if kept is None:
            return
        joined = _joined(trail, kept.rooms)
        missed = list(self._missed(trail, kept.rooms, trail.since))
        for room in kept.rooms:
            socket.join(room)
        trail.joined = joined
        if socket.data is None:
            socket.data = kept.data
        for message in missed:
            socket.namespace.fanout.push((socket,), message)

    # What happens meanwhile.

    def next_offset(self) -> str:
        """See `EventLog`."""
        return f"{self._epoch}.{self._last + 1}"

    def record(self, message: "Message", rooms: tuple[str, ...] | None, but: tuple[str, ...]) -> None:
        """See `EventLog`."""
        size = _size(message)
        self._events.append(_Entry(self._now(), size, message, rooms, but))
        self._last += 1
        self._bytes += size
        self._forget()

    def entered(self, socket: "Socket", room: str) -> None:
        """See `EventLog`."""
        trail: _Trail = socket.recovery
        trail.joined[room] = self._last
        if len(trail.joined) > 2 * len(socket.joined) + 16:  # rooms that it has left since
            trail.joined = {room: trail.joined[room] for room in socket.joined}

    def left(self, socket: "Socket") -> None:
        """See `EventLog`."""
        self._kept.pop(socket.id, None)
        self._kept[socket.id] = _Kept(self._now() + self._max_age, socket.recovery, socket.rooms, socket.data)
        self._forget()

    def _missed(self, trail: _Trail, rooms: tuple[str, ...], since: int) -> "Iterator[Message]":
        """What a socket in these rooms is owed of the events after that one."""
        sid, joined = _sid(trail.pid), _joined(trail, rooms)
        before = self._last - len(self._events)  # the newest event that is not kept any more
        for number, entry in enumerate(islice(self._events, max(since - before, 0), None), max(since, before) + 1):
            if _owed(entry, number, sid, joined):
                yield entry.message

    def _forget(self) -> None:
        """Let go what is too old or too much."""
        events, kept, now = self._events, self._kept, self._now()
        while events and (
            events[0].at < now - self._max_age or len(events) > self._max_events or self._bytes > self._max_bytes
        ):
            self._bytes -= events.popleft().size
        while kept:
            sid, oldest = next(iter(kept.items()))
            if oldest.until >= now and len(kept) <= self._max_sockets:
                break
            del kept[sid]


def _sid(pid: str) -> str:
    return pid.partition(".")[0]


def _size(message: "Message") -> int:
    """What it holds, in bytes: its frames are kept beside it."""
    return 2 * len(message.packet) + sum(map(len, message.attachments))


def _joined(trail: _Trail, rooms: tuple[str, ...]) -> dict[str, int]:
    """Of each room the event that was the newest when it was joined."""
    return {room: trail.joined.get(room, trail.start) for room in rooms}


def _owed(entry: _Entry, number: int, sid: str, joined: Mapping[str, int]) -> bool:
    """Whether this event went to the socket, or would have, had it been here."""

    def inside(room: str) -> bool:
        return room == sid or joined.get(room, number) < number

    return (entry.rooms is None or any(map(inside, entry.rooms))) and not any(map(inside, entry.but))
