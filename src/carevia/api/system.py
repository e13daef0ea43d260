"""Probes, metrics, the page's configuration, the description of the API, and the catalogue."""

import asyncio
import hmac
import ipaddress
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from carevia.api.auth import bearer
from carevia.api.http import NO_STORE, Answer, Request, bare, ok
from carevia.api.metrics import Metrics
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.domain.catalogue import Catalogue
from carevia.errors import CareviaError, Forbidden, SignInFirst, Unavailable
from carevia.service.relay import Relay
from carevia.store.store import Store

_PROBE_SECONDS: Final = 4.0
_KEPT_SECONDS: Final = 1.0
_STATUS: Final = {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]}


class PageConfig(msgspec.Struct):
    """`socketUrl` is empty where pages connect to their own origin."""

    socketUrl: str
    env: str
    guestSockets: bool


class Readiness:
    """Whether store and relay do their work; asked at most once a second, however many ask."""

    def __init__(self, store: Store, relay: Relay) -> None:
        self._store = store
        self._relay = relay
        self._asked_at = -_KEPT_SECONDS
        self._reason: str | None = None
        self._asking: asyncio.Task[None] | None = None
        self.draining = False

    async def reason(self) -> str | None:
        """Why requests should go elsewhere, or None."""
        if self.draining:
            return "the server is stopping"
        if time.monotonic() - self._asked_at >= _KEPT_SECONDS:
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
            await asyncio.shield(self._asking)
        return self._reason or self._relay.trouble()

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self._store.check()
            self._reason = None
        except TimeoutError:
            self._reason = "the store does not answer"
        except CareviaError as problem:
            self._reason = problem.message
        finally:
            self._asked_at = time.monotonic()
            self._asking = None


class SystemRoutes:
    """`described()` is /openapi.json; it is asked for once all routes are known."""

    def __init__(
        self,
        readiness: Readiness,
        metrics: Metrics,
        metrics_token: str | None,
        config: PageConfig,
        described: Callable[[], bytes],
        catalogue: Callable[[], Awaitable[Catalogue]],
    ) -> None:
        self._readiness = readiness
        self._metrics = metrics
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
            get("/readyz", "Store and relay do their work; 503 says why not.", self.ready, _STATUS, errors=(503,)),
            get("/metrics", "Prometheus; loopback, or a bearer token.", self.metrics, str, policy="signed",
                errors=(401, 403)),
            get("/config.json", "What a page has to know before it connects.", self.page_config, PageConfig),
            get("/openapi.json", "This description.", self.openapi, {"type": "object"}),
            get("/api/catalogue", "Services with prices, divisions with districts.", self.catalogue,
                Catalogue, bare=False),
        ]  # fmt: skip

    async def health(self, _: Call[Any, Any]) -> Answer:
        return bare({"status": "ok"})

    async def ready(self, _: Call[Any, Any]) -> Answer:
        reason = await self._readiness.reason()
        if reason is not None:
            raise Unavailable(reason[:1].upper() + reason[1:], retry_after=2)
        return bare({"status": "ready"})

    async def metrics(self, call: Call[Any, Any]) -> Answer:
        self._check_scraper(call.request)
        body, content_type = self._metrics.text()
        return Answer(200, body, [(b"content-type", content_type.encode()), NO_STORE])

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


def _is_loopback(request: Request) -> bool:
    if request.address == request.handshake.peer and request.header("x-forwarded-for"):
        return False
    try:
        return ipaddress.ip_address(request.address).is_loopback
    except ValueError:
        return False
