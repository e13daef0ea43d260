"""A WebSocket connection (RFC 6455) and nothing above it: frames in, frames out, control frames, the closing handshake.

It is an asyncio protocol set on a connection that an HTTP server accepted. No task, no queue, no timer of its own.
Whoever stands on it derives from it and says what messages mean; realtime/websocket.py is the Engine.IO transport.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from carevia.protocol import websocket
from carevia.protocol.websocket import BINARY, CLOSE, FAIL, PING, TEXT, TOO_BIG
from carevia.realtime.descriptor import descriptor, put
from carevia.realtime.portions import AT_ONCE, Portions

if TYPE_CHECKING:
    from carevia.deadlines import Bucket, Deadlines
    from carevia.realtime.handshake import Handshake

LINGER_SECONDS = 2.0


class WebSocketConnection(Portions, asyncio.Protocol):
    """One client's connection. A subclass gives `text`, `binary`, `ended` and `lingers`.

    `write` takes finished frames (protocol.websocket makes them) until the connection is lost, then it takes anything
    and does nothing; nobody writes once `_closing` is set.
    """

    __slots__ = (
        "_bucket",
        "_buffer_size",
        "_closing",
        "_connections",
        "_drained",
        "_fd",
        "_paused",
        "_pong",
        "_reader",
        "_transport",
    )

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._reader = websocket.Reader(limit)
        self._closing = False
        self._paused = False
        self._pong: bytes | None = None  # for when the peer has taken what was sent before
        self._fd: int | None = None  # to write to directly, while the transport holds nothing back
        self._drained: asyncio.Future[None] | None = None
        self._bucket: Bucket[Any] | None = None

    # What a subclass says.

    @property
    def lingers(self) -> "Deadlines[WebSocketConnection]":
        """How long a peer may take to hang up after the closing handshake: deadlines that call `abort`."""
        raise NotImplementedError

    def opened(self, handshake: "Handshake", head: bytes) -> None:
        """Write the head that answers the opening handshake; the first frame may go out in the same write."""
        self.write(head)

    def text(self, data: bytes) -> None:
        """A text message, valid UTF-8."""
        raise NotImplementedError

    def binary(self, data: bytes) -> None:
        """A binary message."""
        raise NotImplementedError

    def overrun(self) -> None:
        """A message was over the limit; the end follows."""

    def ended(self, reason: str) -> None:
        """The peer has closed, broken the protocol or gone; a closing frame is on its way where one is due. Not called
        for a connection that was closed from here."""

    # Coming and going.

    def attach(self, transport: asyncio.Transport, connections: set[Any]) -> None:
        """Take the connection over. `connections` is the HTTP server's set, which it waits for when it stops."""
        self._transport = transport
        self._connections = connections
        self._buffer_size = transport.get_write_buffer_size
        connections.add(self)
        transport.set_protocol(self)
        self._fd = descriptor(transport)
        if self._fd is not None:
            transport.set_write_buffer_limits(0)  # it pauses us as soon as the system does not take everything

    def close(self, final: bytes = b"", code: int = websocket.NORMAL, reason: str = "") -> None:
        """Send the closing frame, stop reading, and give the peer a moment to hang up first (RFC 6455 7.1.1)."""
        if self._closing:
            return
        self._closing = True
        self._call_off()
        self.write(websocket.close_frame(code, reason))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()  # so that the peer's end is seen
        self._bucket = self.lingers.set(self)

    def abort(self) -> None:
        """Drop the connection now."""
        self._transport.abort()

    def shutdown(self) -> None:
        """The HTTP server stops (uvicorn calls this)."""
        self.close(code=websocket.GOING_AWAY)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._call_off()
        if not self._closing:
            self._closing = True
            self.ended("transport close" if exc is None else "transport error")
        self.resume_writing()
        self._fd = None

    def eof_received(self) -> None:
        return None  # the transport closes itself

    def _call_off(self) -> None:
        if self._bucket is not None:
            self._bucket.discard(self)
            self._bucket = None

    # In.

    def data_received(self, data: bytes) -> None:
        if len(data) > AT_ONCE and not self._closing:
            data = self.portion(data, self._go_on)
        if self._closing:
            return  # 5.5.1: what comes after a close is not looked at
        texts = self._reader.texts(data)
        if texts is not None:
            for text in texts:
                if self._closing:
                    return
                self.text(text)
            return
        for opcode, payload, code in self._reader.feed(data):
            if opcode == TEXT:
                self.text(payload)
            elif opcode == BINARY:
                self.binary(payload)
            elif opcode == PING:
                self._answer_ping(websocket.frame(websocket.PONG, payload))
            elif opcode in (CLOSE, FAIL):
                if opcode == FAIL and code == TOO_BIG:
                    self.overrun()
                self.close(code=code)  # 5.5.1: a close is answered by its own code
                self.ended("transport close" if opcode == CLOSE else "parse error")
            if self._closing:
                return

    def _go_on(self) -> None:
        self.data_received(self.rest())

    def _answer_ping(self, pong: bytes) -> None:
        """A peer that does not read gets one pong when it does: for the newest of its pings (RFC 6455 5.5.3)."""
        if self._paused:
            self._pong = pong
        else:
            self.write(pong)

    # Out: how much the peer has not taken yet.

    def write(self, data: bytes) -> None:
        """Now where the system takes it; the transport keeps the rest, and pauses us meanwhile."""
        fd = self._fd
        if fd is None:
            if not self._transport.is_closing():
                self._transport.write(data)
        elif (taken := put(fd, data)) < len(data):
            self.leave(memoryview(data)[taken:])

    def leave(self, data: bytes | memoryview) -> None:
        """The system does not take this now: the transport sends it when it can. A view of a message is nobody's own:
        what a thousand clients have not read of one is there once."""
        direct, self._fd = self._fd is not None, None
        self._transport.write(data)
        if direct and not self._paused:  # it could after all
            self.resume_writing()

    def pause_writing(self) -> None:
        self._paused = True
        self._fd = None

    def resume_writing(self) -> None:
        self._paused = False
        self._fd = None if self._transport.is_closing() else descriptor(self._transport)
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        pong, self._pong = self._pong, None
        if pong is not None and not self._closing:
            self.write(pong)  # which may pause again

    async def drain(self) -> None:
        if self._paused and not self._closing:
            if self._drained is None:
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)
