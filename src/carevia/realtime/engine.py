"""The Engine.IO server: who may come in, the table of sessions, and the timers they share."""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from carevia.deadlines import Bucket, Deadlines
from carevia.protocol import engineio, websocket
from carevia.realtime.asgi import ASGIApp
from carevia.realtime.config import Refusal, ServerConfig
from carevia.realtime.direct import DirectCycle
from carevia.realtime.exchange import BODY_SECONDS
from carevia.realtime.frames import LINGER_SECONDS, WebSocketConnection
from carevia.realtime.handshake import Handshake, TrustedProxies
from carevia.realtime.ids import Ids
from carevia.realtime.nodes import Links
from carevia.realtime.polling import PollingApp, PollingTransport
from carevia.realtime.session import FdChanges, Listener, Session, Transport, Watch
from carevia.realtime.websocket import TextTransport, Unwanted, WebSocketTransport

_LINE_END = re.compile(rb"[\r\n\0]")
_FULL_SECONDS = 2  # until a client that found the server full may ask again
_MOVED_SECONDS = 1  # until one may that came to a server about to end: there are others
_FAREWELL_SECONDS = 5.0  # in which what was sent before the end can still be fetched
# From the answer to a probe until the client's poll is let go, and from there to the next: as the reference server's.
_CHANGE_SECONDS = 0.1
Admit = Callable[[Handshake], Refusal | None]


@dataclass(slots=True)
class Stats:
    """What the engine counts, from its start."""

    opened: int = 0
    refused: dict[str, int] = field(default_factory=dict)  # handshakes: stopping, full, or by `admit`: admission
    received: int = 0  # Socket.IO packets
    dropped: int = 0  # volatile messages that a client could not take
    slow: int = 0  # sessions closed because their buffer was full
    unknown: int = 0  # events without a handler
    ended: dict[str, int] = field(default_factory=dict)  # sessions, by the reason of their end
    limits: dict[str, int] = field(default_factory=dict)  # how often one was met: payload, packets, attachments...

    def met(self, limit: str) -> None:
        """A client has met a limit of this name."""
        self.limits[limit] = self.limits.get(limit, 0) + 1


class Lagging(Protocol):
    """A transport whose client does not take what is sent as quickly as it is sent."""

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client."""

    def give_up(self) -> None:
        """Drop the client, with a reason."""


class Engine:
    """Sessions by id. Belongs to one event loop: its timers begin with the first session.

    `accept` gives every new session its listener; `admit` may turn a handshake away before a session exists;
    `watch` is told of those that do.
    """

    def __init__(
        self,
        config: ServerConfig,
        accept: Callable[[Session], Listener],
        admit: Admit | None = None,
        links: Links | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.config = config
        self.links = links
        self.draining = False  # the process is about to end: no new session
        self._node = "" if links is None else f"{links.id}."  # what its sessions' ids begin with
        self.stats = Stats()
        self.fd_changes = FdChanges()
        self.ids = Ids()
        self._open_packets: dict[str, bytes] = {}  # by transport, with %s for the id
        self.proxies = TrustedProxies(config.trusted_proxies)
        self.sessions: dict[str, Session] = {}
        self.polls: dict[str, PollingTransport] = {}
        # Of sessions that have ended, whose clients may still fetch the rest.
        self.farewells: dict[str, PollingTransport] = {}
        self._released: list[PollingTransport] = []  # whose GETs are answered at the end of this turn
        self.lagging: set[Lagging] = set()
        self._allowance = 0  # bytes that may be left waiting before it is worth adding up again
        self._accept = accept
        self._admit = admit
        self._watch = watch
        self._started = False
        path = config.path.encode()
        self._paths = (path, path.rstrip(b"/"))

    def start(self) -> None:
        """Make the timers on the running loop; safe to call again."""
        if self._started:
            return
        self._started = True
        loop, config = asyncio.get_running_loop(), self.config
        self.pings: Deadlines[Session] = Deadlines(config.ping_interval, Session.ping, loop)
        self.pongs: Deadlines[Session] = Deadlines(config.ping_timeout, _silent, loop)
        upgrades: Callable[[WebSocketTransport], None] = WebSocketTransport.expire_upgrade
        self.upgrades: Deadlines[WebSocketTransport] = Deadlines(config.upgrade_timeout, upgrades, loop)
        changes: Callable[[WebSocketTransport], None] = WebSocketTransport.let_poll_go
        self.changes: Deadlines[WebSocketTransport] = Deadlines(_CHANGE_SECONDS, changes, loop)
        self.lags: Deadlines[Lagging] = Deadlines(config.lag_timeout, _give_up, loop)
        forgotten: Callable[[PollingTransport], None] = PollingTransport.forgotten
        self.last_polls: Deadlines[PollingTransport] = Deadlines(_FAREWELL_SECONDS, forgotten, loop)
        self.bodies: Deadlines[DirectCycle] = Deadlines(BODY_SECONDS, DirectCycle.expire, loop)
        self.lingers: Deadlines[WebSocketConnection] = Deadlines(LINGER_SECONDS, WebSocketConnection.abort, loop)

    def asgi(self, app: ASGIApp) -> ASGIApp:
        """Polling in front of an application."""
        return PollingApp(self, app)

    # Coming in.

    def takes(self, path: bytes) -> bool:
        """Whether this path, with its slash or without, is the engine's."""
        return path in self._paths

    def greeting(self, handshake: Handshake) -> Collection[tuple[bytes, bytes]]:
        """What `ServerConfig.greeting` adds to the answer; nothing for a session that changes its transport."""
        if self.config.greeting is None or "sid" in handshake.query:
            return ()
        found = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.config.greeting(handshake)]
        if any(_LINE_END.search(text) for header in found for text in header):
            raise ValueError("a header of the greeting holds the end of a line")
        return found

    def check(self, query: Mapping[str, str], transport: str) -> tuple[int, str] | None:
        """What is wrong with a request's query, in the protocol's words."""
        if query.get("transport") != transport:
            return engineio.UNKNOWN_TRANSPORT if query.get("transport") != "websocket" else engineio.BAD_REQUEST
        if query.get("EIO") != engineio.PROTOCOL:
            return engineio.UNSUPPORTED_VERSION
        return None

    def admit(self, handshake: Handshake) -> Refusal | None:
        """Ask whoever runs the server whether this client may have a session."""
        most = self.config.max_sessions
        if self.draining:
            why, refusal = "stopping", Refusal(503, "The server is stopping. Try again.", _MOVED_SECONDS)
        elif most and len(self.sessions) >= most:
            why, refusal = "full", Refusal(503, "The server is full. Try again in a moment.", _FULL_SECONDS)
        else:
            why, asked = "admission", self._admit(handshake) if self._admit else None
            if asked is None:
                return None
            refusal = asked
        self.stats.refused[why] = self.stats.refused.get(why, 0) + 1
        return refusal

    def upgrade(self, handshake: Handshake) -> WebSocketConnection | Refusal:
        """A WebSocket request: the transport to set on its connection, or why not."""
        if not handshake.origin_allowed(self.config.origins):
            return Refusal(403, engineio.FORBIDDEN[1])
        query = handshake.query
        if error := self.check(query, "websocket"):
            return Refusal(400, error[1])
        sid = query.get("sid")
        if sid is None:
            return self.admit(handshake) or _transport(query)(self)
        session = self.sessions.get(sid)
        if session is None:
            return Refusal(400, engineio.UNKNOWN_SID[1])
        if not self.config.allow_upgrades:
            return Refusal(400, engineio.BAD_REQUEST[1])
        if sid not in self.polls or session.upgrading is not None:
            return Unwanted(self)
        return _transport(query)(self, session)

    def polling(self, sid: str) -> "PollingTransport | None":
        """Of a session that lives, or says farewell: one that is to end by now has ended, though this request was read
        first."""
        self.pongs.catch_up()
        return self.polls.get(sid) or self.farewells.get(sid)

    def open(self, handshake: Handshake, transport: Transport) -> Session:
        """A new session on this transport; `listen` follows as soon as the transport knows it. `start` came before."""
        sid = self._node + self.ids.new()
        session = self.sessions[sid] = Session(self, sid, handshake, transport)
        self.stats.opened += 1
        if self._watch is not None:
            self._watch.opened(session)
        return session

    def open_polling(self, handshake: Handshake) -> Session:
        """A new session on polling, with its listener."""
        self.start()
        transport = PollingTransport(self)
        session = transport.session = self.open(handshake, transport)
        self.polls[session.id] = transport
        self.listen(session)
        return session

    def listen(self, session: Session) -> None:
        """Give a new session its listener."""
        session.listener = self._accept(session)

    def open_packet(self, sid: str, transport: str) -> bytes:
        """The packet that tells a client its session."""
        packet = self._open_packets.get(transport)
        if packet is None:
            config = self.config
            upgrades = ["websocket"] if transport == "polling" and config.allow_upgrades else []
            packet = self._open_packets[transport] = engineio.open_packet(
                "%s", upgrades, config.ping_interval, config.ping_timeout, config.max_payload
            )
        return packet % sid.encode()

    def at_turns_end(self, transport: PollingTransport) -> None:
        """Answer its GET at the end of this turn of the loop."""
        self._released.append(transport)
        if len(self._released) == 1:
            asyncio.get_running_loop().call_soon(self._answer_released)

    def _answer_released(self) -> None:
        released, self._released = self._released, []
        for transport in released:
            transport.finish()

    # Going.

    def forget(self, session: Session, reason: str, farewell: bool) -> None:
        """A session has ended (sessions call this)."""
        self.sessions.pop(session.id, None)
        polling = self.polls.pop(session.id, None)
        if farewell and polling is not None:
            self.farewells[session.id] = polling
            self.last_polls.set(polling)
        self.stats.ended[reason] = self.stats.ended.get(reason, 0) + 1
        if self._watch is not None:
            self._watch.ended(session)

    # Back-pressure.

    def lags_behind(self, transport: Lagging) -> Bucket[Lagging] | None:
        """A client has begun to lag: it has `lag_timeout` to catch up. Discard it from the bucket when it has; None
        where there is no such limit."""
        self.lagging.add(transport)
        self._allowance -= transport.unsent
        return self.lags.set(transport) if self.config.lag_timeout else None

    def has_room(self, transport: Lagging, more: int) -> bool:
        """Whether this many bytes may wait for a client; one message alone may be larger. Where all clients together
        hold too much, the one that is furthest behind is dropped."""
        limit, total = self.config.buffer_limit, self.config.total_buffer_limit
        held = transport.unsent
        if limit and held and held + more > limit:
            return False
        self._allowance -= more
        while total and self._allowance < 0:
            behind = {*self.lagging, *self.polls.values(), *self.farewells.values()}
            self._allowance = total - more - sum(other.unsent for other in behind)
            if self._allowance < 0:
                furthest = max(behind, key=lambda other: other.unsent, default=transport)
                if furthest.unsent <= held:
                    return not held
                furthest.give_up()
        return True

    def close(self) -> None:
        """End every session by closing its transport."""
        for session in list(self.sessions.values()):
            session.close("server shutting down", code=websocket.GOING_AWAY, farewell=True)

    def stop(self) -> None:
        """Forget the timers: nothing of the engine runs afterwards."""
        if self._started:
            for deadlines in (
                self.pings,
                self.pongs,
                self.upgrades,
                self.changes,
                self.lags,
                self.last_polls,
                self.bodies,
                self.lingers,
            ):
                deadlines.close()
            self._started = False


def _give_up(transport: Lagging) -> None:
    transport.give_up()


def _transport(query: Mapping[str, str]) -> type[WebSocketTransport]:
    return TextTransport if query.get("b64") else WebSocketTransport


def _silent(session: Session) -> None:
    """No pong in time. Where it is we who do not read it may stand there unread; and the client waits for pings."""
    if session.listener.paused:
        session.ping()
    else:
        session.close("ping timeout")
