"""Rooms to sockets to bytes: what is emitted within one turn of the loop leaves as one write per client.

Everything a server says goes through here in the order it was said. A change of membership flushes first, so an event
reaches exactly those who were in its rooms when it was emitted.
"""

import asyncio
from collections.abc import Collection, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, cast

from carevia.realtime.descriptor import put, put_all
from carevia.realtime.message import Message

if TYPE_CHECKING:
    from carevia.realtime.session import Session, Ways
    from carevia.realtime.socket import Socket

_FEW = 8  # receivers for which lists are not worth their making
_MANY, _KEPT = 64, 16  # receivers whose lists are worth keeping, and how many such collections
_REPEATED = 8  # one in so many receivers may get two writes before messages are put together for each
Entry = tuple["Collection[Socket]", Message]


class Fanout:
    """The outgoing queue of one server. `ways` says when a session is to be written to in another way than before."""

    __slots__ = ("_entries", "_known", "_scheduled", "_ways", "_when")

    def __init__(self, ways: "Ways") -> None:
        self._entries: list[Entry] = []
        self._scheduled = False
        self._ways = ways
        self._when = 0  # what `ways` said when these were found
        self._known: dict[int, tuple[Collection[Socket], _Receivers]] = {}  # of large collections, by their identity

    def push(self, sockets: "Collection[Socket]", message: Message) -> None:
        """Send to these sockets at the end of the turn. The collection is read then, so it must change only after
        `settle`."""
        self._entries.append((sockets, message))
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def settle(self) -> None:
        """Send what waits: who is in a room changes now."""
        self.flush()
        self._known.clear()

    def flush(self) -> None:
        """Send what waits, now."""
        entries = self._entries
        if not entries:
            return
        self._entries = []
        first = entries[0][0]
        if len(entries) == 1:
            self._send(first, entries[0][1])
        elif all(sockets is first for sockets, _ in entries):
            self._send(first, merge([message for _, message in entries]))
        else:
            self._send_mixed(entries)

    def _turn(self) -> None:
        self._scheduled = False
        self.flush()

    def _send(self, sockets: "Collection[Socket]", message: Message) -> None:
        if len(sockets) < _FEW:
            for session in [socket.session for socket in sockets]:
                _deliver(session, message)
            return
        receivers = self._receivers(sockets)
        frames = message.frames
        taken = put_all(receivers.fds, repeat(frames))
        if taken.count(len(frames)) != len(taken):
            for session, count in zip(receivers.direct, taken, strict=True):
                if count < len(frames):
                    session.transport.send(message, count)
        for session in receivers.others:
            session.send(message)

    def _receivers(self, sockets: "Collection[Socket]") -> "_Receivers":
        """Of many, they are kept until somebody comes, goes or is to be written to in another way."""
        if len(sockets) < _MANY:
            return _Receivers(sockets)
        if self._when != self._ways.changes or len(self._known) > _KEPT:
            self._when = self._ways.changes
            self._known.clear()
        found = self._known.get(id(sockets))
        if found is None:
            found = self._known[id(sockets)] = sockets, _Receivers(sockets)
        return found[1]

    def _send_mixed(self, entries: list[Entry]) -> None:
        """Different receivers."""
        sessions: list[Session] = []
        messages: list[Message] = []
        for sockets, message in entries:
            for socket in sockets:
                sessions.append(socket.session)
                messages.append(message)
        repeated = len(sessions) - len(set(sessions))
        if repeated == 0:
            _put_each(sessions, messages)
        elif repeated * _REPEATED <= len(sessions):
            for sockets, message in entries:
                self._send(sockets, message)
        else:
            _put_each(*_put_together(sessions, messages))


class _Receivers:
    """The sessions of some sockets: those that are written to on their descriptors, and the others."""

    __slots__ = ("direct", "fds", "others")

    def __init__(self, sockets: "Collection[Socket]") -> None:
        sessions = [socket.session for socket in sockets]
        fds = [session.fd for session in sessions]
        self.others: list[Session] = []
        if None in fds:
            self.others = [session for session in sessions if session.fd is None]
            sessions = [session for session in sessions if session.fd is not None]
            fds = [session.fd for session in sessions]
        self.direct = sessions
        self.fds = cast("list[int]", fds)


def _put_each(sessions: "Sequence[Session]", messages: Sequence[Message]) -> None:
    """A message to each; nobody is among them twice."""
    fds = [session.fd for session in sessions]
    if None in fds:
        for session, message in zip(sessions, messages, strict=True):
            _deliver(session, message)
        return
    frames = [message.frames for message in messages]
    taken = put_all(cast("list[int]", fds), frames)
    if taken != list(map(len, frames)):
        for session, message, count in zip(sessions, messages, taken, strict=True):
            if count < len(message.frames):
                session.transport.send(message, count)


def _deliver(session: "Session", message: Message) -> None:
    fd = session.fd
    if fd is None:
        session.send(message)
        return
    frames = message.frames
    taken = put(fd, frames)
    if taken < len(frames):
        session.transport.send(message, taken)


def _put_together(
    sessions: "Sequence[Session]", messages: Sequence[Message]
) -> "tuple[Sequence[Session], Sequence[Message]]":
    """What each session gets as one message. Those who get the same share its bytes."""
    queues: dict[Session, list[Message]] = {}
    for session, message in zip(sessions, messages, strict=True):
        queue = queues.get(session)
        if queue is None:
            queues[session] = [message]
        else:
            queue.append(message)
    merged: dict[tuple[Message, ...], Message] = {}
    for same in map(tuple, queues.values()):
        if same not in merged:
            merged[same] = merge(same)
    return list(queues), [merged[tuple(queue)] for queue in queues.values()]


def merge(messages: Sequence[Message]) -> Message:
    """Several messages as one write."""
    return messages[0] if len(messages) == 1 else Batch(messages)


class Batch(Message):
    """Messages that leave together: volatile only where all of them are."""

    __slots__ = ("_messages",)

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._frames = b"".join([message.frames for message in messages])

    @property
    def volatile(self) -> bool:  # type: ignore[override]
        """Asked only for a client that lags."""
        return all([message.volatile for message in self._messages])

    @property
    def whole(self) -> Sequence[Message]:
        return self._messages

    @property
    def parts(self) -> list[bytes]:
        return [part for message in self._messages for part in message.parts]
