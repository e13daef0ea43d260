"""Between hosts: a client's connection, byte by byte, to the node that holds its session.

No HTTP here: the other node sees the connection as if the client had opened it there, behind one signed line that says
where it comes from. Neither side reads faster than the other one writes, so little is held.
"""

import asyncio
from typing import Any, cast

from carevia.protocol import engineio

CONNECT_SECONDS = 2.0


class Side(asyncio.Protocol):
    """One end of a tunnel."""

    def __init__(self, connections: set[Any] | None = None) -> None:
        self.other: Side | None = None
        self.transport: asyncio.Transport | None = None
        self._connections = connections

    def attach(self, transport: asyncio.Transport) -> None:
        """Stand on a connection that is open already."""
        self.transport = transport
        transport.set_protocol(self)
        if self._connections is not None:
            self._connections.add(self)  # the HTTP server's set of what it shuts down, and waits for

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        other = self.other.transport if self.other is not None else None
        if other is not None and not other.is_closing():
            other.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connections is not None:
            self._connections.discard(self)
        other, self.other, self.transport = self.other, None, None
        if other is not None and other.transport is not None:
            other.transport.close()  # what it still has to write is written

    def close(self) -> None:
        """End it from here: both sides hang up."""
        if self.transport is not None:
            self.transport.close()

    shutdown = close  # what the HTTP server calls when it stops


class _Far(Side):
    """At the other host. A node that dies with its answer unsaid has no sessions any more, and this one is well: who
    hung up on a proxy's request would be taken for ill itself."""

    answered = False

    def data_received(self, data: bytes) -> None:
        self.answered = True
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None and not self.answered:
            refuse(self.other.transport)
        super().connection_lost(exc)


async def connect(near: Side, address: tuple[str, int], first: bytes) -> bool:
    """Join the client's side to that address, where `first` is written before anything else. False: nobody takes it
    there, and the client was told that its session is unknown."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, far = await loop.create_connection(_Far, *address)
    except (OSError, TimeoutError):
        refuse(near.transport)
        return False
    if near.transport is None or far.transport is None or near.transport.is_closing():
        far.close()
        return False
    near.other, far.other = far, near
    far.transport.write(first)
    near.transport.resume_reading()
    return True


def refuse(transport: asyncio.Transport | None) -> None:
    """The words for a session that nobody has: the client begins a new one at once."""
    if transport is None or transport.is_closing():
        return
    body = engineio.error_body(*engineio.UNKNOWN_SID)
    head = (
        b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
    )
    transport.write(head % len(body) + body)
    transport.close()
