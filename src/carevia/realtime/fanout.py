"""Rooms to sockets to bytes: what is emitted within one turn of the loop leaves as one write per client.

Everything a server says goes through here in the order it was said. A change of membership flushes first, so an event
reaches exactly
those who were in its rooms when it was emitted.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, cast

from carevia.realtime.descriptor import put_all
from carevia.realtime.message import Message

if TYPE_CHECKING:
    from carevia.realtime.session import Session
    from carevia.realtime.socket import Socket

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
            _send(first, [message for _, message in entries])
        else:
            _send_mixed(entries)

    def _turn(self) -> None:
        self._scheduled = False
        self.flush()


def _send(sockets: "Collection[Socket]", messages: list[Message]) -> None:
    message = merge(messages)
    fds = [socket.session.fd for socket in sockets]
    if None in fds:
        _send_one_by_one([socket.session for socket in sockets], message)
        return
    size = len(message.frames)
    taken = put_all(cast("list[int]", fds), message.frames)
    if taken.count(size) != len(taken):
        # A session that is closed for reading too slowly leaves its rooms while we walk them.
        for socket, count in zip(tuple(sockets), taken, strict=True):
            if count < size:
                socket.session.transport.send(message, count)


def _send_one_by_one(sessions: "Iterable[Session]", message: Message) -> None:
    for session in sessions:
        session.send(message)


def _send_mixed(entries: list[Entry]) -> None:
    """Different receivers: collect for each client, then write each once."""
    everyone: set[Socket] = set()
    if len(everyone.union(*[sockets for sockets, _ in entries])) == sum([len(sockets) for sockets, _ in entries]):
        for sockets, message in entries:  # nobody gets two
            _send(sockets, [message])
        return
    queues: dict[Session, tuple[Message, ...]] = {}
    for sockets, message in entries:
        for socket in sockets:
            session = socket.session
            before = queues.get(session)
            queues[session] = (message,) if before is None else (*before, message)
    merged: dict[tuple[Message, ...], Message] = {}  # clients with the same messages share the merged bytes
    for session, messages in queues.items():
        if len(messages) == 1:
            session.send(messages[0])
            continue
        found = merged.get(messages)
        if found is None:
            found = merged[messages] = merge(messages)
        session.send(found)


def merge(messages: Sequence[Message]) -> Message:
    """Several messages as one write. A merged message is volatile only where all of them are."""
    if len(messages) == 1:
        return messages[0]
    return Batch(messages)


class Batch(Message):
    """Messages that leave together: volatile only where all of them are."""

    __slots__ = ("_messages",)

    def __init__(self, messages: Sequence[Message]) -> None:
        super().__init__(b"", (), all([message.volatile for message in messages]))
        self._messages = messages
        self._frames = b"".join([message.frames for message in messages])

    @property
    def whole(self) -> Sequence[Message]:
        return self._messages

    @property
    def parts(self) -> list[bytes]:
        return [part for message in self._messages for part in message.parts]
