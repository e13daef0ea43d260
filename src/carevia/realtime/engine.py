"""The Engine.IO server: who may come in, the table of sessions, and the timers they share."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from carevia.protocol import engineio
from carevia.realtime.config import Refusal, ServerConfig
from carevia.realtime.deadlines import Deadlines
from carevia.realtime.handshake import Handshake, TrustedProxies
from carevia.realtime.polling import ASGIApp, PollingApp, PollingTransport
from carevia.realtime.session import Listener, Session, Transport
from carevia.realtime.websocket import WebSocketTransport

Admit = Callable[[Handshake], Refusal | None]
_LINGER_SECONDS = 2.0


@dataclass(slots=True)
class Stats:
    """What the engine counts, from its start."""

    opened: int = 0
    closed: int = 0
    refused: int = 0
    received: int = 0  # Socket.IO packets
    dropped: int = 0  # volatile messages that a client could not take
    slow: int = 0  # sessions closed because their buffer was full
    unknown: int = 0  # events without a handler


class Engine:
    """Sessions by id. Belongs to one event loop: its timers begin with the first session.

    `accept` gives every new session its listener; `admit` may turn a handshake away before a session exists.
    """

    def __init__(self, config: ServerConfig, accept: Callable[[Session], Listener], admit: Admit | None = None) -> None:
        self.config = config
        self.stats = Stats()
        self.proxies = TrustedProxies(config.trusted_proxies)
        self.sessions: dict[str, Session] = {}
        self.polls: dict[str, PollingTransport] = {}
        self._accept = accept
        self._admit = admit
        self._started = False

    def start(self) -> None:
        """Make the timers on the running loop; safe to call again."""
        if self._started:
            return
        self._started = True
        loop, config = asyncio.get_running_loop(), self.config
        self.pings: Deadlines[Session] = Deadlines(config.ping_interval, Session.ping, loop)
        self.pongs: Deadlines[Session] = Deadlines(config.ping_timeout, _ping_timeout, loop)
        upgrades: Callable[[WebSocketTransport], None] = WebSocketTransport.expire_upgrade
        self.upgrades: Deadlines[WebSocketTransport] = Deadlines(config.upgrade_timeout, upgrades, loop)
        self.lingers: Deadlines[WebSocketTransport] = Deadlines(_LINGER_SECONDS, WebSocketTransport.abort, loop)

    def asgi(self, app: ASGIApp) -> ASGIApp:
        """Polling in front of an application."""
        return PollingApp(self, app)

    # Coming in.

    def check(self, handshake: Handshake, transport: str) -> tuple[int, str] | None:
        """What is wrong with a request's query, in the protocol's words."""
        query = handshake.query
        if query.get("transport") != transport:
            return engineio.UNKNOWN_TRANSPORT if query.get("transport") != "websocket" else engineio.BAD_REQUEST
        if query.get("EIO") != engineio.PROTOCOL:
            return engineio.UNSUPPORTED_VERSION
        return None

    def admit(self, handshake: Handshake) -> Refusal | None:
        """Ask whoever runs the server whether this client may have a session."""
        refusal = self._admit(handshake) if self._admit else None
        if refusal:
            self.stats.refused += 1
        return refusal

    def upgrade(self, handshake: Handshake) -> WebSocketTransport | Refusal:
        """A WebSocket request: the transport to set on its connection, or why not."""
        if not handshake.origin_allowed(self.config.origins):
            return Refusal(403, engineio.FORBIDDEN[1])
        if error := self.check(handshake, "websocket"):
            return Refusal(400, error[1])
        sid = handshake.query.get("sid")
        if sid is None:
            return self.admit(handshake) or WebSocketTransport(self)
        session = self.sessions.get(sid)
        if session is None:
            return Refusal(400, engineio.UNKNOWN_SID[1])
        if not self.config.allow_upgrades or sid not in self.polls or session.upgrading is not None:
            return Refusal(400, engineio.BAD_REQUEST[1])
        return WebSocketTransport(self, session)

    def open(self, handshake: Handshake, transport: Transport) -> Session:
        """A new session on this transport; `listen` follows as soon as the transport knows it."""
        self.start()
        sid = secrets.token_urlsafe(15)
        session = self.sessions[sid] = Session(self, sid, handshake, transport)
        self.stats.opened += 1
        return session

    def listen(self, session: Session) -> None:
        """Give a new session its listener."""
        session.listener = self._accept(session)

    def open_packet(self, sid: str, transport: str) -> bytes:
        """The packet that tells a client its session."""
        config = self.config
        upgrades = ["websocket"] if transport == "polling" and config.allow_upgrades else []
        return engineio.open_packet(sid, upgrades, config.ping_interval, config.ping_timeout, config.max_payload)

    # Going.

    def forget(self, session: Session, reason: str) -> None:
        """A session has ended (sessions call this)."""
        self.sessions.pop(session.id, None)
        self.polls.pop(session.id, None)
        self.stats.closed += 1

    def close(self) -> None:
        """End every session by closing its transport, and stop the timers of those that are gone."""
        for session in list(self.sessions.values()):
            session.close("server shutting down", code=1001)

    def stop(self) -> None:
        """Forget the timers: nothing of the engine runs afterwards."""
        if self._started:
            for deadlines in (self.pings, self.pongs, self.upgrades, self.lingers):
                deadlines.close()
            self._started = False


def _ping_timeout(session: Session) -> None:
    session.close("ping timeout")
