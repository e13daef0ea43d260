"""Probes, metrics, the state of the machine for staff, the page's configuration, the API described, the catalogue."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec

from carevia.api.auth import bearer
from carevia.api.http import NO_STORE, Answer, Request, bare, ok
from carevia.api.metrics import Metrics
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.api.workers import Workers, joined
from carevia.domain.catalogue import Catalogue
from carevia.errors import Forbidden, SignInFirst, Unavailable
from carevia.realtime.handshake import read_address
from carevia.service.health import Health
from carevia.service.poison import SetAside

_STATUS: Final = {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]}


class PageConfig(msgspec.Struct):
    """`socketUrl` is empty where pages connect to their own origin."""

    socketUrl: str
    env: str
    guestSockets: bool


class Operations(msgspec.Struct):
    """What staff may know of the machine: whether it does its work, and which journal rows no client could read."""

    ready: bool
    reason: str | None
    setAside: list[SetAside]
    setAsideCount: int
    failedCommits: int
    behind: int


class SystemRoutes:
    """`described()` is /openapi.json; it is asked for once all routes are known."""

    def __init__(
        self,
        health: Health,
        metrics: Metrics,
        workers: Workers,
        metrics_token: str | None,
        config: PageConfig,
        described: Callable[[], bytes],
        catalogue: Callable[[], Awaitable[Catalogue]],
    ) -> None:
        self._health = health
        self._metrics = metrics
        self._workers = workers
        self._metrics_token = metrics_token
        self._config = bare(config)
        self._described = described
        self._catalogue = catalogue

    def routes(self) -> list[Route[Any, Any]]:
        def get(path: str, summary: str, handler: Any, answer: Any, **more: Any) -> Route[Any, Any]:
            declared: dict[str, Any] = {"policy": "public", "bare": True} | more
            return Route(
                method="GET", path=path, summary=summary, handler=handler, query=Nothing, body=Nothing, answer=answer,
                **declared,
            )  # fmt: skip

        return [
            get("/healthz", "The process answers.", self.health, _STATUS),
            get("/readyz", "Store, relay and bus do their work; 503 says why not. `?without=bus` leaves the bus aside.",
                self.ready, _STATUS, errors=(503,)),
            get("/metrics", "Prometheus; loopback, or a bearer token.", self.metrics, {"type": "string"},
                media=("text/plain",), policy="signed", errors=(401, 403)),
            get("/api/ops", "Whether the machine does its work, and journal rows no client could read.",
                self.operations, Operations, policy="staff", bare=False),
            get("/config.json", "What a page has to know before it connects.", self.page_config, PageConfig),
            get("/openapi.json", "This description.", self.openapi, {"type": "object"}),
            get("/api/catalogue", "Services with prices, divisions with districts.", self.catalogue,
                Catalogue, bare=False, errors=(503,)),
        ]  # fmt: skip

    async def health(self, _: Call[Any, Any]) -> Answer:
        return bare({"status": "ok"})

    async def ready(self, call: Call[Any, Any]) -> Answer:
        query = call.request.handshake.query
        # Without the bus events come later and none is lost: a balancer that goes by it would take all nodes away.
        without: Literal["bus"] | None = "bus" if query.get("without") == "bus" else None
        reason = self._health.reason(without)
        if reason is None and not _asks_for_one(call.request):
            reason = await self._workers.trouble("&without=bus" if without else "")
        if reason is not None:
            raise Unavailable(reason[:1].upper() + reason[1:], retry_after=2)
        return bare({"status": "ready"})

    async def metrics(self, call: Call[Any, Any]) -> Answer:
        self._check_scraper(call.request)
        body, content_type = self._metrics.text()
        if not _asks_for_one(call.request):
            others = [(told.node, told.body) for told in await self._workers.ask("/metrics") if told.status == 200]
            body = joined([(self._workers.node, body), *others]) if others else body
        return Answer(200, body, [(b"content-type", content_type.encode()), NO_STORE])

    async def operations(self, _: Call[Any, Any]) -> Answer:
        health = self._health
        reason = health.reason()
        rows = list(health.poison)
        return ok(Operations(reason is None, reason, rows, health.poison.count, health.failed_commits, health.behind))

    async def page_config(self, _: Call[Any, Any]) -> Answer:
        return self._config

    async def openapi(self, _: Call[Any, Any]) -> Answer:
        return Answer(200, self._described(), [(b"content-type", b"application/json"), (b"cache-control", b"no-cache")])

    async def catalogue(self, _: Call[Any, Any]) -> Answer:
        return ok(await self._catalogue())

    def _check_scraper(self, request: Request) -> None:
        """Loopback only, unless a token says otherwise. A forwarded request that no trusted proxy vouches for is from
        elsewhere, whatever its peer."""
        given = bearer(request.headers)
        if self._metrics_token is not None and given is not None:
            if not hmac.compare_digest(given.encode(), self._metrics_token.encode()):
                raise SignInFirst("The token for /metrics is not right.")
            return
        if not _is_loopback(request):
            raise Forbidden("Metrics are for this machine only, or for the bearer of CAREVIA_METRICS_TOKEN.")


def _asks_for_one(request: Request) -> bool:
    """Another worker asks, or who wants to know whom they have reached. Nothing else in a query matters to a probe."""
    return "own" in request.handshake.query


def _is_loopback(request: Request) -> bool:
    if request.address == request.handshake.peer and request.header("x-forwarded-for"):
        return False
    address = read_address(request.address)
    return address is not None and address.is_loopback
