"""The WebSocket transport: an asyncio protocol set on the connection that uvicorn accepted. No task, no queue, no
timer of its own."""

import asyncio
from typing import TYPE_CHECKING, Any, cast

from carevia.protocol import engineio, websocket
from carevia.protocol.websocket import BINARY, CLOSE, FAIL, PING, TEXT
from carevia.realtime.message import Message

if TYPE_CHECKING:
    from carevia.realtime.deadlines import Bucket
    from carevia.realtime.engine import Engine
    from carevia.realtime.session import Session

_PROBE_PONG = websocket.frame(TEXT, engineio.PROBE_PONG)


class WebSocketTransport(asyncio.Protocol):
    """Frames between one TCP connection and one session.

    A `probing` transport belongs to a session that still lives on polling: it may only send its probe and then the
    upgrade.
    """

    __slots__ = (
        "_bucket",
        "_buffer_size",
        "_closing",
        "_connections",
        "_drained",
        "_paused",
        "_reader",
        "_transport",
        "engine",
        "probing",
        "session",
        "write",
    )

    name = "websocket"

    def __init__(self, engine: "Engine", session: "Session | None" = None) -> None:
        self.engine = engine
        self.session = session
        self.probing = session is not None
        self._reader = websocket.Reader(engine.config.max_payload)
        self._closing = False
        self._paused = False
        self._drained: asyncio.Future[None] | None = None
        self._bucket: Bucket[WebSocketTransport] | None = None
        if self.probing:
            self._bucket = engine.upgrades.set(self)

    def attach(self, transport: asyncio.Transport, connections: set[Any]) -> None:
        """Take the connection over. `connections` is the HTTP server's set, which it waits for when it stops."""
        self._transport = transport
        self._connections = connections
        self.write = transport.write
        self._buffer_size = transport.get_write_buffer_size
        connections.add(self)
        transport.set_protocol(self)

    # Out.

    def send(self, message: Message) -> None:
        if self._paused:
            if message.volatile:
                self.engine.stats.dropped += 1
                return
            self._check_buffer(len(message.frames))
            if self._closing:
                return
        self.write(message.frames)

    def _check_buffer(self, more: int) -> None:
        limit = self.engine.config.buffer_limit
        if limit and self._buffer_size() + more > limit and self.session is not None:
            self.engine.stats.slow += 1
            self.session.close("slow reader", code=websocket.POLICY)
            self._transport.abort()  # what it did not read in time it will get again by recovery

    def close(self, final: bytes = b"", code: int = websocket.NORMAL, reason: str = "") -> None:
        """Send the closing frame, stop reading, and give the peer a moment to hang up first (RFC 6455 7.1.1)."""
        if self._closing:
            return
        self._closing = True
        if self._bucket is not None:
            self._bucket.discard(self)
        self.write(websocket.close_frame(code, reason))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._bucket = self.engine.lingers.set(self)

    def abort(self) -> None:
        """Drop the connection now."""
        self._transport.abort()

    def expire_upgrade(self, code: int = websocket.NORMAL) -> None:
        """The upgrade took too long, or failed: the session goes on where it is."""
        if self.probing:
            if self.session is not None and self.session.upgrading is self:
                self.session.upgrading = None
            self.close(code=code)

    def shutdown(self) -> None:
        """The HTTP server stops (uvicorn calls this): close without a DISCONNECT, so that the client comes back by
        itself."""
        if self.session is not None and not self.probing:
            self.session.close("server shutting down", code=websocket.GOING_AWAY)
        else:
            self.close(code=websocket.GOING_AWAY)

    async def drain(self) -> None:
        if self._paused and not self._closing:
            if self._drained is None:
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # In: asyncio's side.

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        session = self.session
        for opcode, payload, code in self._reader.feed(data):
            if opcode == TEXT and not self.probing and session is not None:
                session.receive(payload)
            elif opcode == BINARY and not self.probing and session is not None:
                session.receive_binary(payload)
            else:
                self._special(opcode, payload, code)
            if self._closing:
                return

    def _special(self, opcode: int, payload: bytes, code: int) -> None:
        if opcode == PING:
            self.write(websocket.frame(websocket.PONG, payload))
        elif opcode == CLOSE:
            self._end("transport close", code)
        elif opcode == FAIL:
            self._end("parse error", code)
        elif opcode == TEXT:
            self._probe(payload)
        elif opcode == BINARY:
            self.expire_upgrade()  # a probe is text

    def _probe(self, packet: bytes) -> None:
        session = self.session
        if session is None or session.closed:
            self.close()
        elif packet == engineio.PROBE_PING and session.upgrading is None:
            self.write(_PROBE_PONG)
            session.probed(self)
        elif packet == engineio.UPGRADE and session.upgrading is self:
            self.probing = False
            if self._bucket is not None:
                self._bucket.discard(self)
                self._bucket = None
            session.upgraded()
        else:
            self.expire_upgrade()

    def _end(self, reason: str, code: int = websocket.NORMAL) -> None:
        if self.session is None or self.probing:
            self.expire_upgrade(code)
            self.close(code=code)
        else:
            self.session.close(reason, code=code)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def eof_received(self) -> None:
        return None  # the transport closes itself

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._bucket is not None:
            self._bucket.discard(self)
            self._bucket = None
        if not self._closing:
            self._closing = True
            if self.probing:
                if self.session is not None and self.session.upgrading is self:
                    self.session.upgrading = None
            elif self.session is not None:
                self.session.close("transport close" if exc is None else "transport error")
        self.session = None
        self.resume_writing()
        self.write = cast("Any", _nowhere)


def _nowhere(data: bytes) -> None:
    """Where a lost connection's writes go."""
