"""The composition root: settings in, one running Carevia out. The only place where the parts are put together.

One process, one event loop, one port: pages, API, webhooks and Socket.IO. It starts with the store and ends with it.
"""

import contextlib
import os
import time
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from carevia.api.auth import Auth, Cookie
from carevia.api.bus import Bus
from carevia.api.chat import talk_routes
from carevia.api.confirm import ConfirmRoutes
from carevia.api.conversations import ConversationRoutes
from carevia.api.doorman import Doorman
from carevia.api.edge import Edge, security_headers
from carevia.api.emit_booking import EmitBooking
from carevia.api.events import Events
from carevia.api.limits import PersonBudgets
from carevia.api.lists import ListRoutes
from carevia.api.metrics import Metrics
from carevia.api.notices import doors
from carevia.api.openapi import describe
from carevia.api.own_bookings import OwnBookings
from carevia.api.pages import Pages
from carevia.api.people import PeopleRoutes
from carevia.api.phonebook import Phonebook
from carevia.api.policy import Route
from carevia.api.presence import PresenceBoard
from carevia.api.pulse import Pulse
from carevia.api.receipts import AlarmBell, ReceiptRoutes
from carevia.api.seats import Seats, person_of
from carevia.api.shared_limits import strangers_of
from carevia.api.simulator import SimulatedCheckouts, SimulatorRoutes, deliver_to
from carevia.api.sockets import Sockets
from carevia.api.sweeps import Sweeps
from carevia.api.system import PageConfig, SystemRoutes
from carevia.api.trail import Trail
from carevia.api.viewers import ViewerList
from carevia.api.webhook import StripeWebhook
from carevia.api.workers import Workers
from carevia.clock import now
from carevia.config import Settings
from carevia.domain.bookings import CHANGES
from carevia.errors import Conflict, Unavailable
from carevia.logs import Log
from carevia.realtime import Server, ServerConfig, Socket
from carevia.realtime.adapter.roster import Roster
from carevia.realtime.handshake import TrustedProxies
from carevia.realtime.nodes import Links
from carevia.realtime.process import open_files
from carevia.service.bookings import Bookings
from carevia.service.catalogue import Catalogues
from carevia.service.confirmation import Confirmation
from carevia.service.credentials import NAME as CREDENTIALS_ENDED
from carevia.service.credentials import Credentials, ended_by
from carevia.service.demo import CUSTOMER_ID, Demo
from carevia.service.exports import Exports
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
from carevia.service.talk import Talk
from carevia.service.tokens import Tokens
from carevia.store.journal import JournalRow
from carevia.store.store import open_store

WEB: Final = Path(__file__).parent / "web_dist"
_NO_LIMIT: Final = 2**31 - 1
_OTHER_FILES: Final = 256  # that are no client's


class Carevia:
    """Everything but the listening socket. `start` before the first request, `stop` after the last; `asgi` is the
    application with the engine's polling in front. `first`: of the workers of one host this one does what is to be
    done once; `group` is what the ids of all of them begin with."""

    def __init__(self, settings: Settings, log: Log, web: Path = WEB, *, first: bool = True, group: str = "") -> None:
        self.settings = settings
        self.first = first
        self._group = group
        self.log = log
        self.store = open_store(settings.database_url, settings.data_dir)
        self.passwords = Passwords()
        self.people = People(self.store, self.passwords, now)
        self.trail = Trail(log)
        self._make_hub()
        log.name_node(self.links.id)
        self.payments = Payments(self.store, now=now, random=os.urandom)
        self.stripe = _stripe(settings)
        self.sweeps = self._sweeps()
        self.bookings = Bookings(self.store)
        self.talk = Talk(self.store, settings.data_dir, now=now, random=os.urandom)
        self.rooms = Rooms(self.store, now)
        self.receipts = self._receipts()
        self.receipts.listeners.append(self.trail.shown)
        bell = AlarmBell(self.receipts, self.namespace, log, lambda: self.roster.first)
        self.pulse = Pulse(
            self.namespace, self.relay, self.rooms, self.seats, self.people, log, now, bell.beat, self._forget,
            self.health.alarm,
        )  # fmt: skip
        self._declare_sockets()
        self.edge = self._edge(web)
        self.asgi: Any = self.server.asgi(self.edge)

    def _make_hub(self) -> None:
        """From the journal to the sockets, and who sits on them."""
        settings = self.settings
        key = settings.secret_key or ""
        self.links = Links(settings.data_dir / "nodes", key.encode(), group=self._group)
        self.roster = Roster(self.links.id)
        self.links.nodes = self.phonebook = Phonebook(self.roster)
        self.addresses = strangers_of(
            self.roster, settings.limit_handshakes_per_second, settings.limit_connections_per_address
        )
        self.doorman = Doorman(self.addresses)
        self.server = Server(
            _engine_config(settings), self.doorman.admit, self._handler_failed, self.links, self.doorman
        )
        self.namespace = self.server.namespace("/")
        self.relay = Relay(self.store, self.namespace)
        self.replay = Replay(self.store, self.relay, key.encode(), person_of)
        self.namespace.recovery = self.replay
        self.bus = Bus(
            settings.redis_url, self.server, self.relay, self.store, self.roster, self.addresses, key.encode()
        )
        alone = settings.redis_url is None
        self.health = Health(
            self.store, self.relay, bus=self.bus.watch, echo=self.bus.listens, now=None if alone else now
        )
        self.seats = Seats(settings.limit_tabs_per_user, self.roster, now)
        self.credentials = Credentials(self.store, self.passwords, now)
        self.relay.listen(self._credentials_ended, CREDENTIALS_ENDED)
        self.relay.listen(self.trail.emitted, *CHANGES)
        self.relay.listen(OwnBookings(self.namespace, self.relay).heard, *CHANGES)
        self.presence = PresenceBoard(self.namespace, self.seats, self.roster)
        self.tokens = Tokens(key, settings.jwt_secret, now)
        cookie = Cookie(secure=settings.public_url.startswith("https://"))
        self.auth = Auth(self.people, self.tokens, cookie, _origins(settings))

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
        self.phonebook.say(settings.node_address, settings.port)
        await self.bus.start()
        await self.receipts.start()
        await self.replay.start()
        await self.health.start()
        self.pulse.start()
        if self.sweeps is not None and self.first:
            self.sweeps.start()

    async def stop(self) -> None:
        if self.sweeps is not None:
            await self.sweeps.stop()
        if self.stripe is not None:
            await self.stripe.close()
        await self.pulse.stop()
        await self.health.stop()
        self.links.stop()
        await self.server.stop()
        await self.bus.stop()
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
        """A one-time sign-in link."""
        return self.settings.sign_in_link(await self.people.make_link(user_id))

    def _receipts(self) -> Receipts:
        return Receipts(
            self.store, self.relay, now=now, clock=time.monotonic, patience=self.settings.receipt_alarm,
            desks=self.presence.desks,
        )  # fmt: skip

    def _sweeps(self) -> Sweeps | None:
        if self.stripe is None:
            return None
        live = self.settings.production
        reconciliation = Reconciliation(self.store, self.payments, self.stripe, now=now, live=live)
        return Sweeps(reconciliation, self.settings.reconcile_interval, self.log)

    def _declare_sockets(self) -> None:
        settings = self.settings
        viewers = ViewerList(self.namespace, self.roster)
        sockets = Sockets(
            self.auth, self.seats, self.presence, self.doorman, self.rooms, self.replay, viewers, self.log,
            guests=settings.guest_sockets, rate=settings.limit_events_per_second,
        )  # fmt: skip
        self.events = Events(
            self.namespace, self.auth, self.talk, self.rooms, self.relay, self.receipts, self.presence, viewers,
            self.log, now,
            rate=settings.limit_events_per_second, most_rooms=settings.limit_rooms_per_socket,
        )  # fmt: skip
        sockets.declare(self.namespace)
        self.events.declare()

    def _edge(self, web: Path) -> Edge:
        settings = self.settings
        routes = self._routes()
        headers = security_headers(socket_url=settings.socket_url, production=settings.production)
        budgets = PersonBudgets(settings.limit_events_per_second, settings.limit_tabs_per_user, time.monotonic)
        proxies = TrustedProxies(settings.trusted_proxies)
        edge = Edge(routes, self.auth, proxies, self.log, headers, Pages(web).find, budgets)
        self.doors = doors(edge, routes)
        return edge

    def _routes(self) -> list[Route[Any, Any]]:
        settings = self.settings
        stripe = settings.stripe_webhook_secret
        webhook = StripeWebhook(self.payments, stripe, self.trail, production=settings.production, now=now)
        routes = webhook.routes()
        routes += EmitBooking(self.payments, settings.emit_secret, self.trail, now, self.server.cluster_count).routes()
        routes += PeopleRoutes(self.people, self.auth, self.tokens, self.credentials).routes()
        exports, zone = Exports(self.store), ZoneInfo(settings.time_zone)
        routes += ListRoutes(self.bookings, self.payments, exports, zone, now).routes()
        routes += ReceiptRoutes(self.receipts).routes()
        routes += talk_routes(self.talk, now)
        routes += ConversationRoutes(self.talk.conversations).routes()
        routes += self._checkout_routes()
        metrics = Metrics(
            self.links.id, self.store, self.server, self.relay, self.health, self.receipts,
            lambda: self.edge.answered, lambda: self.events.counts, lambda: webhook.refused, lambda: self.seats.ended,
        )  # fmt: skip
        metrics.others += [self.replay.collect, self.bus.collect, self.presence.collect]
        if self.sweeps is not None:
            metrics.others.append(self.sweeps.collect)

        @cache
        def description() -> bytes:
            return describe([route for route in routes if route.described], self.auth.cookie.name)

        config = PageConfig(settings.socket_url or "", settings.env, settings.guest_sockets)
        catalogue = Catalogues(self.store).show
        routes += SystemRoutes(
            self.health, metrics, Workers(self.links), settings.metrics_token, config, description, catalogue
        ).routes()
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
        await self.rooms.touch(socket.id for socket in self.seats.staff())
        at, oldest = now(), await self.rooms.oldest_time()
        kept_from = at - int(self.settings.journal_retention * 1000)
        if await self.store.forget_before(kept_from, now=at) and oldest is not None:
            self.replay.oldest, _ = await self.store.bounds()
            await self.rooms.forget_of_rows_before(min(oldest, kept_from))
        await self.people.forget_old()
        await self.talk.attachments.sweep()

    def _credentials_ended(self, row: JournalRow) -> None:
        ended = ended_by(row)
        if ended.renewed and ended.session is not None:  # who is told of a sign-out does not come back by itself
            self.seats.end([ended.session], [], time.monotonic())
        else:
            self.seats.sign_out(ended.person, ended.session)

    def _handler_failed(self, problem: Exception, about: Socket) -> None:
        self.log.error("socket handler failed", problem, socket=about.id)


def _stripe(settings: Settings) -> StripeApi | None:
    key = settings.stripe_secret_key
    return StripeApi(key, settings.stripe_api_base) if key else None


def _origins(settings: Settings) -> frozenset[str]:
    return frozenset((settings.public_url, *settings.allowed_origins))


def sessions_with(files: int) -> int:
    """How many sessions fit beside everything else into so many open files; half of them where there are few."""
    return files - min(_OTHER_FILES, files // 2)


def _engine_config(settings: Settings) -> ServerConfig:
    return ServerConfig(
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        max_payload=settings.limit_message_bytes or _NO_LIMIT,
        buffer_limit=settings.limit_buffer_bytes,
        max_sessions=settings.limit_connections or sessions_with(open_files()),
        max_rooms=0,  # api/events.py counts conversations; the desk is not one of them
        origins=_origins(settings),
        trusted_proxies=settings.trusted_proxies,
    )
