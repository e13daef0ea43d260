"""Rooms to sockets to bytes: what is emitted within one turn of the loop leaves as one write per client.

Everything a server says goes through here in the order it was said. A change of membership flushes first, so an event
reaches exactly those who were in its rooms when it was emitted.
"""

import asyncio
import contextlib
import logging
from array import array
from collections.abc import Collection, Sequence
from itertools import groupby, repeat
from typing import TYPE_CHECKING, cast

from carevia.realtime.descriptor import Outlet, put, put_all, send_all
from carevia.realtime.message import Message
from carevia.realtime.ring import ROOM, Ring, open_ring

if TYPE_CHECKING:
    from carevia.realtime.session import FdChanges, Session
    from carevia.realtime.socket import Socket

_FEW = 8  # receivers for which lists are not worth their making
_RINGFUL = 16  # receivers for which a ring is cheaper than a call for each
_MANY, _KEPT = 64, 16  # receivers whose lists are worth keeping, and how many such collections
_EQUIPPED = 500  # receivers that get an outlet with one event: 1.4 µs each, for which the event waits
_TOGETHER = 65_536  # bytes joined for one client: more take as long to copy as the calls that they spare
_BACKLOG = 2_000_000  # bytes that may wait for later turns
_log = logging.getLogger("carevia.realtime")
OFF_LOOP = (
    "the sockets belong to the event loop: from a thread use loop.call_soon_threadsafe(space.emit, ...), "
    "or make the endpoint async"
)
_REPEATED = 8  # of so many receivers one may get two writes, where that spares the others their lists
Entry = tuple["Collection[Socket]", Message]


class Fanout:
    """The outgoing queue of one server. `fd_changes` says when a session is to be written to in another way than
    before."""

    __slots__ = (
        "_ahead",
        "_entries",
        "_fd_changes",
        "_known",
        "_looked",
        "_ring",
        "_scheduled",
        "_sending",
        "_size",
        "_when",
        "thread",
    )

    def __init__(self, fd_changes: "FdChanges") -> None:
        self.thread: int | None = None  # which the event loop runs in, once it is known
        self._entries: list[Entry] = []
        self._ahead: list[Entry] = []  # behind what is being sent: whose receivers have not been looked at yet
        self._size = 0  # of what waits, in bytes
        self._scheduled = False
        self._sending = False
        self._fd_changes = fd_changes
        self._ring: Ring | None = None
        self._looked = False  # whether there is one
        self._when = 0  # what `fd_changes` said when these were found
        self._known: dict[int, tuple[Collection[Socket], _Receivers]] = {}  # of large collections, by their identity

    def push(self, sockets: "Collection[Socket]", message: Message) -> None:
        """Send to these sockets at the end of the turn. The collection is read then, so it must change only after
        `settle`."""
        if not self._scheduled:
            _loop().call_soon(self._turn)  # before anything has changed: in a thread there is none
            self._scheduled = True
        self._entries.append((sockets, message))
        self._size += message.size

    def settle(self) -> None:
        """Send what waits: who is in a room changes now."""
        if self._sending:  # a client that was dropped goes: the rest is for those who are there at this moment
            for waiting in (self._ahead, self._entries):
                waiting[:] = [(tuple(sockets), message) for sockets, message in waiting]
        elif self._entries:
            self.flush()
        self._known.clear()

    def flush(self) -> None:
        """Send what waits, now; what is being sent, and all behind it, keeps its order."""
        if not self._sending:
            while self._entries:
                self._send_portion()

    def _turn(self) -> None:
        """In a flood a portion for each turn: who reads has taken it before the next one comes. But who says more in a
        turn than that may not fill the memory."""
        self._scheduled = False
        if self._entries:
            self._send_portion()
        while self._size > _BACKLOG:
            self._send_portion()
        if self._entries and not self._scheduled:  # what was said meanwhile has seen to it
            self._scheduled = True
            _loop().call_soon(self._turn)

    def _send_portion(self) -> None:
        """One function for most of the way: between two reads the interpreter grows cold, and each call counts."""
        entries = self._entries
        if self._size <= _TOGETHER or len(entries) == 1:
            self._entries, self._size = [], 0
        else:
            entries = self._cut()
        self._sending = True
        try:
            if len(entries) == 1:
                self._send(*entries[0])
            elif entries[0][0] is not entries[1][0] and max([len(sockets) for sockets, _ in entries]) < _MANY:
                self._send_together(entries)
            else:
                self._send_large(_runs(entries))
        finally:
            self._sending = False

    def _cut(self) -> list[Entry]:
        """The beginning of what waits, as far as nobody gets more than `_TOGETHER` of it, or one message alone."""
        entries, count, taken = self._entries, 0, 0
        while count < len(entries) and (not count or taken + entries[count][1].size <= _TOGETHER):
            taken += entries[count][1].size
            count += 1
        self._entries, self._size = entries[count:], self._size - taken
        return entries[:count]

    def _send(self, sockets: "Collection[Socket]", message: Message) -> None:
        frames = message.frames
        if len(sockets) < _FEW:
            for socket in tuple(sockets):  # who is dropped meanwhile leaves the collection
                session = socket.session
                fd = session.fd
                if fd is None:
                    _pass_on(session, message)
                elif (count := put(fd, frames)) < len(frames):
                    _leave(session, message, count)
            return
        receivers = self._receivers(sockets)
        if len(receivers.fds) >= _RINGFUL and len(frames) <= ROOM and (ring := self._usable_ring()) is not None:
            taken = ring.send(receivers.fds, frames)
        elif (outlets := receivers.outlets) is not None:
            taken = send_all(outlets, repeat(frames))
        else:
            taken = put_all(receivers.fds, repeat(frames))
        if taken.count(len(frames)) != len(taken):
            for session, count in zip(receivers.direct, taken, strict=True):
                if count < len(frames):
                    _leave(session, message, count)
        for session in receivers.others:
            _pass_on(session, message)

    def _receivers(self, sockets: "Collection[Socket]") -> "_Receivers":
        """Of many, they are kept until somebody comes, goes or is to be written to in another way."""
        if len(sockets) < _MANY:
            return _Receivers(sockets)
        if self._when != self._fd_changes.count or len(self._known) > _KEPT:
            self._when = self._fd_changes.count
            self._known.clear()
        found = self._known.get(id(sockets))
        if found is None:
            found = self._known[id(sockets)] = sockets, _Receivers(sockets)
        elif found[1].outlets is None and self._usable_ring() is None:
            found[1].equip()
        return found[1]

    def _send_large(self, entries: list[Entry]) -> None:
        """Different receivers, many of one of them: to each by itself where hardly anybody can get two."""
        sizes = [len(sockets) for sockets, _ in entries]
        largest = max(sizes)
        if (sum(sizes) - largest) * _REPEATED <= largest:
            self._ahead = entries
            while entries:
                self._send(*entries.pop(0))
        else:
            self._send_together(entries)

    def _send_together(self, entries: list[Entry]) -> None:
        """One write for each who is written to on a descriptor, all of them in one loop in C or in one call."""
        queues: dict[int, bytes] = {}
        others: list[tuple[Session, Message]] = []
        for sockets, message in entries:
            frames = message.frames
            for socket in sockets:
                fd = socket.session.fd
                if fd is None:
                    others.append((socket.session, message))
                else:
                    queues[fd] = queues.get(fd, b"") + frames  # of who gets one, the bytes are shared and not copied
        sizes = list(map(len, queues.values()))
        if len(sizes) >= _RINGFUL and sum(sizes) <= ROOM and (ring := self._usable_ring()) is not None:
            taken = ring.send_each(array("i", queues), queues.values(), sizes)
        else:
            taken = put_all(queues, queues.values())
        if taken != sizes:
            _leave_to_transports(entries, taken, sizes)
        for session, message in others:
            _pass_on(session, message)

    def _usable_ring(self) -> Ring | None:
        if not self._looked:
            self._looked, self._ring = True, open_ring()
        elif self._ring is not None and self._ring.broken:
            self._ring = None
        return self._ring


class _Receivers:
    """The sessions of some sockets: those that are written to on their descriptors, and the others."""

    __slots__ = ("_made", "direct", "fds", "others", "outlets")

    def __init__(self, sockets: "Collection[Socket]") -> None:
        sessions = [socket.session for socket in sockets]
        fds = [session.fd for session in sessions]
        self.others: list[Session] = []
        if None in fds:
            self.others = [session for session in sessions if session.fd is None]
            sessions = [session for session in sessions if session.fd is not None]
            fds = [session.fd for session in sessions]
        self.direct = sessions
        self.fds = array("i", cast("list[int]", fds))
        self.outlets: list[Outlet] | None = None  # of all of `direct`, once they have been made
        self._made: list[Outlet] = []

    def equip(self) -> None:
        """They are sent to again: the next of them get an outlet. Where one of them breaks off at this very moment
        there is none to be had for it."""
        part = slice(len(self._made), len(self._made) + _EQUIPPED)
        with contextlib.suppress(OSError):
            pairs = zip(self.direct[part], self.fds[part], strict=True)
            self._made += [session.outlet(fd) for session, fd in pairs]
        if len(self._made) == len(self.direct):
            self.outlets = self._made


def _runs(entries: list[Entry]) -> list[Entry]:
    """What goes to the very same receivers, one after the other, as one."""
    runs = [list(run) for _, run in groupby(entries, lambda entry: id(entry[0]))]
    return [(run[0][0], merge([message for _, message in run])) for run in runs]


def _leave_to_transports(entries: list[Entry], taken: list[int], sizes: list[int]) -> None:
    """What the system did not take whole, of the descriptors in the order in which `entries` first name them."""
    messages: dict[Session, list[Message]] = {}
    for sockets, message in entries:
        for socket in sockets:
            if socket.session.fd is not None:
                messages.setdefault(socket.session, []).append(message)
    for session, count, size in zip(messages, taken, sizes, strict=True):
        if count < size:
            _leave(session, merge(messages[session]), count)


def _pass_on(session: "Session", message: Message) -> None:
    """One that is not written to directly: each event in it waits, or is dropped, by itself."""
    try:
        for event in message.whole:
            session.send(event)
    except Exception:
        _failed(session)


def _leave(session: "Session", message: Message, taken: int) -> None:
    """The same where the system took only so many bytes of it."""
    try:
        for event in message.whole:
            size = len(event.frames)
            session.transport.send(event, min(taken, size))
            taken = max(0, taken - size)
    except Exception:
        _failed(session)


def _failed(session: "Session") -> None:
    """One of the receivers raised, or what its end set off: the others get theirs all the same."""
    _log.exception("an event failed on session %s", session.id)


def _loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(OFF_LOOP) from None


def merge(messages: Sequence[Message]) -> Message:
    """Several messages as one write."""
    return messages[0] if len(messages) == 1 else Batch(messages)


class Batch(Message):
    """Messages that leave in one write."""

    __slots__ = ("_messages",)

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._frames = b"".join([message.frames for message in messages])

    @property
    def whole(self) -> Sequence[Message]:
        return self._messages
