"""Rooms to sockets to bytes: what is emitted within one turn of the loop leaves as one write per client.

Everything a server says goes through here in the order it was said. A change of membership flushes first, so an event
reaches exactly
those who were in its rooms when it was emitted.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, cast

from carevia.realtime.descriptor import put, put_all
from carevia.realtime.message import Message

if TYPE_CHECKING:
    from carevia.realtime.session import Session
    from carevia.realtime.socket import Socket

_FEW = 8  # receivers for which lists are not worth their making
Entry = tuple["Collection[Socket]", Message]


class Fanout:
    """The outgoing queue of one server."""

    __slots__ = ("_entries", "_scheduled")

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._scheduled = False

    def push(self, sockets: "Collection[Socket]", message: Message) -> None:
        """Send to these sockets at the end of the turn. The collection is read then, so it must change only after
        `flush`."""
        self._entries.append((sockets, message))
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def flush(self) -> None:
        """Send what waits, now."""
        entries = self._entries
        if not entries:
            return
        self._entries = []
        first = entries[0][0]
        if len(entries) == 1 or all(sockets is first for sockets, _ in entries):
            _send(first, merge([message for _, message in entries]))
        else:
            _send_mixed(entries)

    def _turn(self) -> None:
        self._scheduled = False
        self.flush()


def _send(sockets: "Collection[Socket]", message: Message) -> None:
    if len(sockets) < _FEW:
        for socket in tuple(sockets):  # one that is closed for reading too slowly leaves its rooms while we walk them
            _deliver(socket.session, message)
        return
    fds = [socket.session.fd for socket in sockets]
    if None in fds:
        for session in [socket.session for socket in sockets]:
            _deliver(session, message)
        return
    size = len(message.frames)
    taken = put_all(cast("list[int]", fds), message.frames)
    if taken.count(size) != len(taken):
        for socket, count in zip(tuple(sockets), taken, strict=True):
            if count < size:
                socket.session.transport.send(message, count)


def _deliver(session: "Session", message: Message) -> None:
    fd = session.fd
    if fd is None:
        session.send(message)
        return
    frames = message.frames
    taken = put(fd, frames)
    if taken < len(frames):
        session.transport.send(message, taken)


def _send_mixed(entries: list[Entry]) -> None:
    """Different receivers: each is written to once."""
    everyone: set[Socket] = set()
    if len(everyone.union(*[sockets for sockets, _ in entries])) == sum([len(sockets) for sockets, _ in entries]):
        for sockets, message in entries:  # nobody gets two
            _send(sockets, message)
        return
    queues: dict[Session, list[Message]] = {}
    for sockets, message in entries:
        for socket in sockets:
            queue = queues.get(socket.session)
            if queue is None:
                queues[socket.session] = [message]
            else:
                queue.append(message)
    merged: dict[tuple[Message, ...], Message] = {}  # clients with the same messages share the merged bytes
    for session, messages in queues.items():
        if len(messages) == 1:
            _deliver(session, messages[0])
            continue
        key = tuple(messages)
        found = merged.get(key)
        if found is None:
            found = merged[key] = Batch(key)
        _deliver(session, found)


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
