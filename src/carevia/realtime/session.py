"""One Engine.IO session: it outlives the change of transport, beats its heart, and ends once.

States: open on one transport; `upgrading` while a WebSocket that has sent its probe stands beside the polling
transport; closed.
"""

from typing import TYPE_CHECKING, Any, Protocol

from carevia.protocol import engineio, websocket
from carevia.realtime.descriptor import Outlet
from carevia.realtime.message import Message

if TYPE_CHECKING:
    from carevia.deadlines import Bucket
    from carevia.realtime.engine import Engine
    from carevia.realtime.handshake import Handshake
    from carevia.realtime.websocket import WebSocketTransport

_PING = Message(engineio.PING)


class FdChanges:
    """How often the `fd` of any session has changed, so that whoever keeps some knows whether they are still good."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Listener(Protocol):
    """What stands on a session: it gets every message, and the end once."""

    paused: bool
    """Whether it has the transport take nothing from the client just now."""

    def text(self, data: bytes) -> None:
        """A text message (UTF-8, without the packet's digit)."""

    def binary(self, data: bytes) -> None:
        """A binary message."""

    def closed(self, reason: str) -> None:
        """The session is over; nothing comes after it."""


class Watch(Protocol):
    """Who is told of every session, whatever comes of it."""

    def opened(self, session: "Session") -> None:
        """It begins; nothing has come on it yet."""

    def ended(self, session: "Session") -> None:
        """It is over."""


class Transport(Protocol):
    """What a session asks of polling and WebSocket alike."""

    name: str

    def send(self, message: Message, taken: int | None = None) -> None:
        """Pass it on, or hold it; ends the session where too much is held already. `taken`: `Session.fd` was written
        to, and took only so many bytes of it."""

    def close(self, final: bytes = ..., code: int = ..., reason: str = ...) -> None:
        """No more is sent. `final` answers a waiting poll; `code` and `reason` go into a closing frame."""

    async def drain(self) -> None:
        """Wait until the client has taken most of what was sent (or is gone)."""

    def pause_reading(self) -> None:
        """Take nothing more from the client until `resume_reading`."""

    def resume_reading(self) -> None:
        """Take again."""


class _Ended:
    """Stands for both of them when a session is over. They know it, and handlers may for a while: if it knew them, too,
    all that belongs to a connection would wait for the collector, which hardly ever looks at what is old."""

    __slots__ = ("name",)
    paused = False

    def __init__(self, name: str) -> None:
        self.name = name

    def text(self, data: bytes) -> None: ...

    binary = text

    def closed(self, reason: str) -> None: ...

    def send(self, message: Message, taken: int | None = None) -> None: ...

    def close(self, final: bytes = b"", code: int = 0, reason: str = "") -> None: ...

    async def drain(self) -> None: ...

    def pause_reading(self) -> None: ...

    resume_reading = pause_reading


class Session:
    """Made by the engine; whoever listens calls `send` and `close`."""

    __slots__ = (
        "_outlet",
        "closed",
        "data",
        "engine",
        "fd",
        "handshake",
        "id",
        "listener",
        "transport",
        "upgrading",
        "wait",
    )

    listener: Listener
    # Finished frames may be put here (realtime.descriptor); None where more than that is to be asked (polling, TLS, a
    # reader that lags, the end). Fan-out uses it without a detour: each step between would be taken for every client.
    # `lead_to` sets it.
    fd: int | None

    def __init__(self, engine: "Engine", sid: str, handshake: "Handshake", transport: Transport) -> None:
        self.engine = engine
        self.id = sid
        self.handshake = handshake
        self.transport = transport
        self.upgrading: WebSocketTransport | None = None
        self.closed = False
        self.data: Any = None  # the application's; it outlives the sockets that come and go on the session
        self.fd = None
        self._outlet: Outlet | None = None
        self.wait: Bucket[Session] | None = engine.pings.set(self)  # for the next ping or for its pong

    def lead_to(self, fd: int | None) -> None:
        """From now on it is written to there."""
        self.fd = fd
        self._outlet = None
        self.engine.fd_changes.count += 1

    def outlet(self, fd: int) -> Outlet:
        """Of its `fd`, for who sends to many."""
        if self._outlet is None:
            self._outlet = Outlet(fd)
        return self._outlet

    # What the transports bring.

    def receive(self, packet: bytes) -> None:
        """One text packet from the client."""
        kind = packet[:1]
        if kind == engineio.MESSAGE:
            self.listener.text(packet[1:])
        elif kind == engineio.PONG:
            self.heard()
        elif kind == engineio.CLOSE:
            self.close("transport close", final=engineio.NOOP)
        elif kind != engineio.NOOP:  # an open packet, a ping or an upgrade has no place here
            self.close("parse error", code=websocket.PROTOCOL_ERROR)

    def receive_binary(self, data: bytes) -> None:
        """One binary message from the client."""
        self.listener.binary(data)

    def ping(self) -> None:
        """The interval is over: the server asks, the client has `ping_timeout` to answer."""
        self.wait = self.engine.pongs.set(self, since=self.engine.pings.due)
        self.transport.send(_PING)

    def heard(self) -> None:
        """The client is there: the next ping is an interval away."""
        if self.wait is not None:
            self.wait.discard(self)
        self.wait = self.engine.pings.set(self)

    # Upgrade.

    def probed(self, candidate: "WebSocketTransport") -> None:
        """The candidate has been answered: soon the client's poll is let go, so that it can change over."""
        self.upgrading = candidate
        self.engine.changes.set(candidate)

    def stay(self) -> None:
        """The upgrade has failed: the session goes on where it is."""
        self.upgrading = None

    def upgraded(self, candidate: "WebSocketTransport") -> None:
        """The client has changed over: what the polling transport still holds goes out on the WebSocket."""
        self.upgrading = None
        self.transport = candidate
        for message in self.engine.polls.pop(self.id).detach():
            candidate.send(message)
        candidate.settle()

    # What the listener asks for.

    def send(self, message: Message) -> None:
        """Send one message on the present transport; nothing after the end."""
        if not self.closed:
            self.transport.send(message)

    def close(
        self,
        reason: str,
        *,
        final: bytes = engineio.CLOSE,
        code: int = websocket.NORMAL,
        farewell: bool = False,
    ) -> None:
        """End it, once. The client sees a closed transport (never a Socket.IO DISCONNECT) and may come back. With a
        `farewell` a client on polling may still fetch what was sent before; a WebSocket brings that anyway."""
        if self.closed:
            return
        self.closed = True
        self.lead_to(None)
        if self.wait is not None:
            self.wait.discard(self)
            self.wait = None
        # A client whose poll was let go has paused polling: it learns of the end on the WebSocket, and only once it has
        # changed over (closed before that, it would take the probe for failed, and listen nowhere until its own ping
        # timeout). The candidate closes then, or when its time is over. Who left by itself knows.
        candidate, self.upgrading = self.upgrading, None
        if candidate is not None and final == engineio.NOOP:
            candidate.close()
        self.engine.forget(self, reason, farewell)
        self.transport.close(final, code, reason)
        self.listener.closed(reason)
        self.transport = self.listener = _Ended(self.transport.name)
