"""The WebSocket transport: Engine.IO packets on a WebSocket connection."""

from typing import TYPE_CHECKING

from carevia.protocol import engineio, websocket
from carevia.protocol.websocket import TEXT
from carevia.realtime.descriptor import put
from carevia.realtime.frames import WebSocketConnection
from carevia.realtime.message import InText, Message

if TYPE_CHECKING:
    from carevia.deadlines import Deadlines
    from carevia.realtime.engine import Engine
    from carevia.realtime.handshake import Handshake
    from carevia.realtime.session import Session

_PROBE_PONG = websocket.frame(TEXT, engineio.PROBE_PONG)


class WebSocketTransport(WebSocketConnection):
    """Between one WebSocket connection and one session.

    A `probing` transport belongs to a session that still lives on polling: it may only send its probe and then the
    upgrade.
    """

    __slots__ = ("engine", "probing", "session")

    name = "websocket"

    def __init__(self, engine: "Engine", session: "Session | None" = None) -> None:
        super().__init__(engine.config.max_payload)
        self.engine = engine
        self.session = session
        self.probing = session is not None
        if self.probing:
            self._bucket = engine.upgrades.set(self)

    @property
    def lingers(self) -> "Deadlines[WebSocketConnection]":
        return self.engine.lingers

    def opened(self, handshake: "Handshake", head: bytes) -> None:
        """A new session begins here, unless one comes over from polling."""
        if self.session is not None:
            self.write(head)
            return
        session = self.session = self.engine.open(handshake, self)
        self.write(head + websocket.frame(TEXT, self.engine.open_packet(session.id, self.name)))
        self.engine.listen(session)
        self.settle()

    # Out.

    def settle(self) -> None:
        """The session lives here now: while the client keeps up, it is written to directly."""
        if self.session is not None and not self._closing and not self.probing:
            self.session.lead_to(self._fd)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.session is not None and not self.probing and not self._closing:
            self.session.lead_to(None)
            self._call_off()
            self._bucket = self.engine.lags_behind(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._paused:
            return
        self.engine.lagging.discard(self)
        if not self._closing and not self.probing:
            self._call_off()
            self.settle()

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client."""
        return self._buffer_size()

    def send(self, message: Message, taken: int | None = None) -> None:
        frames = message.frames
        if taken is None and self._fd is not None:
            taken = put(self._fd, frames)
        if taken == len(frames) or self._closing:
            return
        behind = self._paused or taken is not None
        if behind and message.volatile and not taken:
            self.engine.stats.dropped += 1
        elif self._paused and not self.engine.has_room(self, len(frames)):
            self.give_up()
        else:
            self.leave(memoryview(frames)[taken:] if taken else frames)

    def give_up(self) -> None:
        """The client lags too far behind: it is dropped, and gets what it missed by recovery."""
        self.engine.lagging.discard(self)
        if self.session is not None and not self._closing:
            self.engine.stats.slow += 1
            self.session.close("slow reader", code=websocket.POLICY)
            self._transport.abort()

    # In.

    def text(self, data: bytes) -> None:
        session = self.session
        if self.probing:
            self._probe(data)
        elif session is None:
            return
        elif data[:1] == engineio.MESSAGE:  # nearly every packet
            session.listener.text(data[1:])
        elif data[:1] == b"b":
            self._base64(session, data)
        else:
            session.receive(data)

    def binary(self, data: bytes) -> None:
        if self.probing:
            self.expire_upgrade()  # a probe is text
        elif self.session is not None:
            self.session.receive_binary(data)

    def _base64(self, session: "Session", data: bytes) -> None:
        """A binary message from a client that can send text alone."""
        try:
            session.receive_binary(engineio.decode_binary(data))
        except engineio.ParseError:
            session.close("parse error", code=websocket.PROTOCOL_ERROR)

    def let_poll_go(self) -> None:
        """The client has had its time to hear what was on its way: its poll is let go, and so is, at this pace, each
        that it sends before it has heard the answer to its probe."""
        session = self.session
        if session is not None and session.upgrading is self:
            self.engine.polls[session.id].release()
            self.engine.changes.set(self)

    def _probe(self, packet: bytes) -> None:
        session = self.session
        if session is None or session.closed:
            last = self.engine.farewells.pop(session.id, None) if session and packet == engineio.UPGRADE else None
            for message in last.detach() if last is not None else ():
                self.send(message)
            self.close()
        elif session.upgrading not in (None, self) or session.id not in self.engine.polls:
            self.expire_upgrade()  # another one is about to take its place, or has
        elif packet == engineio.PROBE_PING and session.upgrading is None:
            self.write(_PROBE_PONG)
            session.probed(self)
        elif packet == engineio.UPGRADE:  # without a probe too, as elephant.io (PHP) has it
            self.probing = False
            self._call_off()
            session.upgraded(self)
        else:
            self.expire_upgrade()

    # Going.

    def expire_upgrade(self) -> None:
        """The upgrade took too long, or failed: the session goes on where it is."""
        if self.probing:
            self.close()
            self.ended("upgrade failed")

    def overrun(self) -> None:
        self.engine.stats.met("payload")

    def ended(self, reason: str) -> None:
        session = self.session
        if session is None:
            return
        if not self.probing:
            session.close(reason)
        elif session.upgrading is self:
            session.stay()

    def shutdown(self) -> None:
        """Without a DISCONNECT, so that the client comes back by itself."""
        if self.session is not None and not self.probing:
            self.session.close("server shutting down", code=websocket.GOING_AWAY)
        else:
            self.close(code=websocket.GOING_AWAY)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.session = None


class TextTransport(WebSocketTransport):
    """For a client that asked for `b64`: what is binary goes out as base64 in text frames, as in a polling payload."""

    __slots__ = ()

    def settle(self) -> None:
        """The session is not written to directly: finished frames may be binary."""

    def send(self, message: Message, taken: int | None = None) -> None:
        super().send(InText(message))


class Unwanted(WebSocketConnection):
    """A second WebSocket of a session: opened and closed at once, as the protocol's reference server does, so that its
    client sees a WebSocket that ended and not a server that failed."""

    __slots__ = ("_engine",)

    def __init__(self, engine: "Engine") -> None:
        super().__init__(engine.config.max_payload)
        self._engine = engine

    @property
    def lingers(self) -> "Deadlines[WebSocketConnection]":
        return self._engine.lingers

    def opened(self, handshake: "Handshake", head: bytes) -> None:
        self.write(head)
        self.close()
