"""The composition root: settings in, one running Carevia out. The only place where the parts are put together.

One process, one event loop, one port: pages, API, webhooks and Socket.IO. It starts with the store and ends with it.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final
from zoneinfo import ZoneInfo

import uvicorn

from carevia.api.auth import Auth, Cookie
from carevia.api.chat import ChatRoutes
from carevia.api.confirm import ConfirmRoutes
from carevia.api.conversations import ConversationRoutes
from carevia.api.edge import Edge, security_headers
from carevia.api.emit_booking import EmitBooking
from carevia.api.events import Events
from carevia.api.limits import AddressLimits, open_files
from carevia.api.lists import ListRoutes
from carevia.api.metrics import Metrics
from carevia.api.openapi import describe
from carevia.api.pages import Pages
from carevia.api.people import PeopleRoutes
from carevia.api.policy import Route
from carevia.api.pulse import Pulse
from carevia.api.receipts import AlarmBell, ReceiptRoutes
from carevia.api.seats import Seats, person_of
from carevia.api.simulator import SimulatedCheckouts, SimulatorRoutes, deliver_to
from carevia.api.sockets import Sockets, admit
from carevia.api.sweeps import Sweeps
from carevia.api.system import PageConfig, SystemRoutes
from carevia.api.webhook import StripeWebhook
from carevia.config import SECRETS_FILE, Settings
from carevia.domain.people import DESK
from carevia.errors import ConfigError, Conflict, Unavailable
from carevia.failpoint import arm
from carevia.logs import Log
from carevia.realtime import Server, ServerConfig, Socket
from carevia.realtime.handshake import TrustedProxies
from carevia.realtime.uvicorn import serve_protocol, tune_allocator, tune_collector
from carevia.service.bookings import Bookings
from carevia.service.catalogue import Catalogues
from carevia.service.chat import Chat
from carevia.service.confirmation import Confirmation
from carevia.service.conversations import Conversations
from carevia.service.demo import CUSTOMER_ID, Demo
from carevia.service.health import Health
from carevia.service.passwords import Passwords
from carevia.service.payments import Payments
from carevia.service.people import People
from carevia.service.receipts import Receipts
from carevia.service.reconcile import Reconciliation
from carevia.service.relay import Relay
from carevia.service.replay import Replay
from carevia.service.rooms import Rooms
from carevia.service.stripe_api import StripeApi
from carevia.service.tokens import Tokens
from carevia.store.store import open_store

WEB: Final = Path(__file__).parent / "web_dist"
_NO_LIMIT: Final = 2**31 - 1
_OTHER_FILES: Final = 256  # that are no client's
_GRACE_SECONDS: Final = 5.0
_LAST_SECONDS: Final = 9.0  # SIGTERM ends the process within ten, whatever hangs


def now() -> int:
    """ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


class Carevia:
    """Everything but the listening socket. `start` before the first request, `stop` after the last; `asgi` is the
    application with the engine's polling in front."""

    def __init__(self, settings: Settings, log: Log, web: Path = WEB) -> None:
        self.settings = settings
        self.log = log
        self.store = open_store(settings.database_url, settings.data_dir)
        self.passwords = Passwords()
        self.people = People(self.store, self.passwords, now)
        self.addresses = AddressLimits(settings.limit_handshakes_per_second, settings.limit_connections_per_address)
        self.server = Server(_engine_config(settings), admit(self.addresses), self._handler_failed)
        self.namespace = self.server.namespace("/")
        self.relay = Relay(self.store, self.namespace)
        key = settings.secret_key or ""
        self.replay = Replay(self.store, self.relay, key.encode(), person_of)
        self.namespace.recovery = self.replay
        self.health = Health(self.store, self.relay)
        self.seats = Seats(settings.limit_tabs_per_user)
        self.tokens = Tokens(key, settings.jwt_secret, now)
        cookie = Cookie(secure=settings.public_url.startswith("https://"))
        self.auth = Auth(self.people, self.tokens, cookie, _origins(settings))
        self.payments = Payments(self.store, now=now, random=secrets.token_bytes)
        self.stripe = (
            StripeApi(settings.stripe_secret_key, settings.stripe_api_base) if settings.stripe_secret_key else None
        )
        self.sweeps = self._sweeps()
        self.bookings = Bookings(self.store)
        self.chat = Chat(self.store, now=now)
        self.conversations = Conversations(self.store, now=now)
        self.rooms = Rooms(self.store, now)
        self.receipts = Receipts(
            self.store, self.relay, now=now, clock=time.monotonic, patience=settings.receipt_alarm,
            desks=lambda: len(self.namespace.members(DESK)),
        )  # fmt: skip
        bell = AlarmBell(self.receipts, self.namespace, log)
        self.pulse = Pulse(
            self.namespace, self.relay, self.rooms, self.seats, self.people, log, now, bell.beat, self._forget,
            self.health.alarm,
        )  # fmt: skip
        self._declare_sockets()
        self.edge = self._edge(web)
        self.asgi: Any = self.server.asgi(self.edge)

    async def start(self) -> None:
        """Open the store (and migrate it), put into it what has to be there, let the journal flow."""
        settings = self.settings
        await self.store.open()
        await Catalogues(self.store).seed()
        if not settings.production:
            await Demo(self.store, now=now).seed()
        if settings.admin_email and settings.admin_password:
            with contextlib.suppress(Conflict):  # somebody of that address is here already
                await self.people.first_admin(settings.admin_email, settings.admin_password)
        await self.relay.start()
        await self.receipts.start()
        await self.replay.start()
        await self.health.start()
        self.pulse.start()
        if self.sweeps is not None:
            self.sweeps.start()

    async def stop(self) -> None:
        if self.sweeps is not None:
            await self.sweeps.stop()
        if self.stripe is not None:
            await self.stripe.close()
        await self.pulse.stop()
        await self.health.stop()
        await self.server.stop()
        await self.relay.stop()
        with contextlib.suppress(Unavailable):  # what was gathered in the last second; the store said why
            await self.receipts.stop()
        await self.store.close()
        self.passwords.close()

    async def sign_in_links(self) -> list[tuple[str, str]]:
        """For whom and where, in development: the desk (unless an account was configured) and the demo customer."""
        if self.settings.production:
            return []
        staff = None if self.settings.admin_email else await self.people.any_staff()
        wanted = [("to the desk", staff), ("as the demo customer", CUSTOMER_ID)]
        return [(name, await self.link(user_id)) for name, user_id in wanted if user_id is not None]

    async def link(self, user_id: str) -> str:
        """A one-time sign-in link. The token stands behind the #, so that no server or proxy sees it."""
        return f"{self.settings.public_url}/login#link={await self.people.make_link(user_id)}"

    def _sweeps(self) -> Sweeps | None:
        if self.stripe is None:
            return None
        live = self.settings.production
        reconciliation = Reconciliation(self.store, self.payments, self.stripe, now=now, live=live)
        return Sweeps(reconciliation, self.settings.reconcile_interval, self.log)

    def _declare_sockets(self) -> None:
        settings = self.settings
        rate = settings.limit_events_per_second
        sockets = Sockets(
            self.auth, self.seats, self.addresses, self.chat, self.rooms, self.replay, self.log,
            guests=settings.guest_sockets, rate=rate,
        )  # fmt: skip
        self.events = Events(
            self.namespace, self.chat, self.conversations, self.rooms, self.relay, self.receipts, self.log, now,
            rate=rate, most_rooms=settings.limit_rooms_per_socket,
        )  # fmt: skip
        sockets.declare(self.namespace)
        self.events.declare()

    def _edge(self, web: Path) -> Edge:
        settings = self.settings
        routes = self._routes()
        headers = security_headers(socket_url=settings.socket_url, production=settings.production)
        proxies = TrustedProxies(settings.trusted_proxies)
        return Edge(routes, self.auth, proxies, self.log, headers, Pages(web).find)

    def _routes(self) -> list[Route[Any, Any]]:
        settings = self.settings
        stripe = settings.stripe_webhook_secret
        webhook = StripeWebhook(self.payments, stripe, production=settings.production, now=now)
        routes = webhook.routes()
        routes += EmitBooking(self.payments, settings.emit_secret, now, lambda: self.server.client_count).routes()
        routes += PeopleRoutes(self.people, self.auth, self.tokens, self.seats.sign_out).routes()
        routes += ListRoutes(self.bookings, self.payments, ZoneInfo(settings.time_zone), now).routes()
        routes += ReceiptRoutes(self.receipts).routes()
        routes += ChatRoutes(self.chat, self.bookings, now).routes()
        routes += ConversationRoutes(self.conversations).routes()
        routes += self._checkout_routes()
        metrics = Metrics(
            self.server, self.relay, self.health, self.receipts,
            lambda: self.edge.answered, lambda: self.events.counts, lambda: webhook.refused,
        )  # fmt: skip
        if self.sweeps is not None:
            metrics.others.append(self.sweeps.collect)
        described: list[bytes] = []

        def description() -> bytes:
            if not described:
                described.append(describe([route for route in routes if route.described], self.auth.cookie.name))
            return described[0]

        config = PageConfig(settings.socket_url or "", settings.env, settings.guest_sockets)
        catalogue = Catalogues(self.store).show
        routes += SystemRoutes(self.health, metrics, settings.metrics_token, config, description, catalogue).routes()
        return routes

    def _checkout_routes(self) -> list[Route[Any, Any]]:
        """In development the simulator has checkouts of its own, beside the provider's."""
        settings, live = self.settings, self.settings.production
        simulated = SimulatedCheckouts(self.stripe)
        provider = self.stripe if live else simulated
        routes = ConfirmRoutes(Confirmation(self.store, self.payments, provider, live=live), time.monotonic).routes()
        if not live:
            routes += SimulatorRoutes(
                lambda body, head: deliver_to(self.edge, body, head), settings.stripe_webhook_secret, now, simulated
            ).routes()
        return routes

    async def _forget(self) -> None:
        """Journal rows past their retention, and whatever else can no longer be used."""
        await self.rooms.touch(socket.id for socket in self.seats if _is_staff(socket))
        kept_from, oldest = now() - int(self.settings.journal_retention * 1000), await self.rooms.oldest_time()
        if await self.store.forget_before(kept_from) and oldest is not None:
            self.replay.oldest, _ = await self.store.bounds()
            await self.rooms.forget_of_rows_before(oldest)
        await self.people.forget_old()

    def _handler_failed(self, problem: Exception, about: Socket) -> None:
        self.log.error("socket handler failed", problem, socket=about.id)


def _is_staff(socket: Socket) -> bool:
    person = person_of(socket)
    return person is not None and person.is_staff


def _origins(settings: Settings) -> frozenset[str]:
    return frozenset((settings.public_url, *settings.allowed_origins))


def _engine_config(settings: Settings) -> ServerConfig:
    return ServerConfig(
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        max_payload=settings.limit_message_bytes or _NO_LIMIT,
        buffer_limit=settings.limit_buffer_bytes,
        max_sessions=settings.limit_connections or max(0, open_files() - _OTHER_FILES),
        max_rooms=0,  # api/events.py counts conversations; the desk is not one of them
        origins=_origins(settings),
        trusted_proxies=settings.trusted_proxies,
    )


# --- the process ---


class _Uvicorn(uvicorn.Server):
    """uvicorn with our own beginning and end: it says when it listens, drains, and leaves with status 0."""

    def __init__(self, config: uvicorn.Config, carevia: Carevia) -> None:
        super().__init__(config)
        self._carevia = carevia

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn raises the signal again after a graceful stop, which would end in status 143."""
        known = (signal.SIGINT, signal.SIGTERM)
        before = {sign: signal.signal(sign, self.handle_exit) for sign in known}
        try:
            yield
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            last = threading.Timer(_LAST_SECONDS, os._exit, (0,))
            last.daemon = True
            last.start()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        carevia = self._carevia
        carevia.log.say(f"> Ready on {carevia.settings.public_url}")
        carevia.log.say("> Socket.io server initialized")
        self._welcoming = asyncio.create_task(_welcome(carevia))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Clients are let go without DISCONNECT, so that they come back to whoever is there; then requests end."""
        self._carevia.health.draining = True
        self._carevia.server.close()
        self._welcoming.cancel()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. ConfigError, in one sentence, where that port or address cannot be had."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, number)
    except OSError:
        raise ConfigError(f"The host {host} is not known. Set CAREVIA_HOST to an address of this machine.") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(1)  # bound only, two programs with SO_REUSEADDR would both succeed
    except PermissionError:
        bound.close()
        raise ConfigError(f"Port {port} needs special rights. Choose one above 1023 with --port.") from None
    except OSError as problem:
        bound.close()
        raise ConfigError(_why_not(host, port, problem)) from None
    bound.setblocking(False)
    return bound


def _why_not(host: str, port: int, problem: OSError) -> str:
    import errno

    if problem.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken. Stop the program that uses it, or choose another port with --port."
    return f"{host} port {port} cannot be listened on ({problem.strerror}). Check CAREVIA_HOST and CAREVIA_PORT."


def serve(settings: Settings, log: Log) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigError for what must be set right first."""
    import uvloop

    tune_allocator()
    arm(None if settings.production else settings.failpoint)
    bound = listen(settings.host, settings.port)
    settings = settings.on_port(bound.getsockname()[1])
    log.take_over()
    with contextlib.closing(bound), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, log, bound))


async def _serve(settings: Settings, log: Log, bound: socket.socket) -> None:
    carevia = Carevia(settings, log)
    config = uvicorn.Config(
        carevia.asgi,
        http=serve_protocol(carevia.server.engine),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=max(1, int(min(settings.drain_seconds, _GRACE_SECONDS))),
    )
    server = _Uvicorn(config, carevia)
    with server.capture_signals():
        try:
            await carevia.start()
            tune_collector()
            await server.serve([bound])
        finally:
            await carevia.stop()


async def _welcome(carevia: Carevia) -> None:
    """Once it listens: the sign-in links, and what the first request need not wait for."""
    settings, log = carevia.settings, carevia.log
    for name, link in await carevia.sign_in_links():
        log.say(f"> Sign in {name} (once, within 15 minutes): {link}")
    if not settings.production:
        log.say(f"> POST /emit-booking takes what is signed with emit_secret of {settings.data_dir / SECRETS_FILE}")
    await carevia.passwords.warm()
    await asyncio.to_thread(__import__, "jwt")
