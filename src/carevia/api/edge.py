"""The HTTP application: one table of routes behind one ASGI callable.

It finds the route, judges origin and policy, checks the payloads, and turns what is raised into an answer with an id.
Security headers stand on every answer. No route has parameters in its path, so a dictionary is the router.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from carevia.api.auth import Auth
from carevia.api.http import (
    CLOSE,
    Answer,
    Disconnected,
    HeaderList,
    Request,
    failure,
    send_answer,
)
from carevia.api.limits import PersonBudgets
from carevia.api.payload import Nothing, Raw, read_json, read_query
from carevia.api.policy import Call, Route, check_routes, permit
from carevia.errors import CareviaError, NotFound
from carevia.logs import Log
from carevia.realtime import exchange
from carevia.realtime.asgi import Receive, Scope, Send, handshake_of
from carevia.realtime.handshake import TrustedProxies

SORRY: Final = "Something went wrong here. Try again; if it stays, tell the operator the id of this answer."
_NOTHING: Final = Nothing()


class MethodNotAllowed(CareviaError):
    status = 405
    code = "method_not_allowed"


class Edge:
    """`files(path)` answers what is no route: pages and assets, or None."""

    def __init__(
        self,
        routes: Sequence[Route[Any, Any]],
        auth: Auth,
        proxies: TrustedProxies,
        log: Log,
        headers: HeaderList,
        files: Callable[[Request], Answer | None],
        budgets: PersonBudgets,
    ) -> None:
        check_routes(routes)
        self._table: dict[str, dict[str, Route[Any, Any]]] = {}
        for route in routes:
            self._table.setdefault(route.path, {})[route.method] = route
        self._auth = auth
        self._proxies = proxies
        self._log = log
        self._headers = headers
        self._standing = lru_cache(64)(self._with_standing)  # the own headers of most answers are those of others
        self._files = files
        self._budgets = budgets
        self.answered: dict[tuple[str, int], int] = {}  # (route, status) -> answers, for /metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # only the engine has WebSockets
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(handshake_of(scope, self._proxies), scope["method"], scope["path"], receive)
        methods = self._table.get(request.path)
        route = methods.get("GET" if request.method == "HEAD" else request.method) if methods else None
        try:
            answer = await self._judged(route, request, self._found(route, request, methods))
        except Disconnected:
            return
        headers = [*self._standing(tuple(answer.headers)), *self._own(request)]
        whole = Answer(answer.status, answer.body, headers, answer.more)
        await send_answer(whole, receive, send, head_only=request.method == "HEAD")

    async def notice(self, route: Route[Any, Any], request: Request, raw: bytes) -> exchange.Answer:
        """The answer to a POST of a `signed` route whose body has been read."""
        handling = route.handler(Call(request, None, _NOTHING, raw))
        return self._direct(request, await self._judged(route, request, handling))

    def refused(self, route: Route[Any, Any], request: Request, error: CareviaError) -> exchange.Answer:
        """The answer to a request that never got as far as its handler."""
        return self._direct(request, self._counted(route, failure(error)))

    def _direct(self, request: Request, answer: Answer) -> exchange.Answer:
        headers = self._standing(tuple(answer.headers))
        return exchange.Answer(answer.status, answer.body, headers, CLOSE in headers, self._own(request))

    async def _judged(self, route: Route[Any, Any] | None, request: Request, handling: Awaitable[Answer]) -> Answer:
        """What is raised is an answer, too."""
        try:
            answer = await handling
        except Disconnected:
            raise
        except CareviaError as error:
            answer = failure(error)
        except Exception as problem:
            self._log.error("request failed", problem, request=request.id, route=route.path if route else "-")
            answer = failure(CareviaError(SORRY))
        return self._counted(route, answer)

    def _with_standing(self, own: exchange.Headers) -> exchange.Headers:
        """With the headers that stand on every answer, but for those that it has of its own."""
        names = {name for name, _ in own}
        return (*own, *[header for header in self._headers if header[0] not in names])

    def _own(self, request: Request) -> exchange.Headers:
        """Headers that no other answer has."""
        return ((b"x-request-id", request.id.encode()), *self._cors(request))

    async def _found(
        self, route: Route[Any, Any] | None, request: Request, methods: dict[str, Route[Any, Any]] | None
    ) -> Answer:
        return self._unrouted(request, methods) if route is None else await self._handled(route, request)

    async def _handled(self, route: Route[Any, Any], request: Request) -> Answer:
        if route.policy == "signed":  # proves itself over the raw bytes, before anything is read from them
            raw = b"" if request.method != "POST" else await request.body(route.limit)
            return await route.handler(Call(request, None, _NOTHING, raw))
        policy = route.policy or "staff"
        if request.method == "POST":
            self._auth.check_origin(request)
        identity = None
        if policy != "public":
            identity = await self._auth.of_request(request)
            permit(policy, None if identity is None else identity.person)
            if identity is not None and request.method == "POST":
                self._budgets.spend(identity.person)
        query: Any = _NOTHING
        if route.query is not None and route.query is not Nothing:
            given = request.query()
            query = route.reads_query(given) if route.reads_query else read_query(given, route.query)
        body: Any = _NOTHING
        if route.body not in (None, Nothing, Raw):
            body = read_json(await request.body(route.limit), route.body)
        return await route.handler(Call(request, identity, query, body))

    def _unrouted(self, request: Request, methods: dict[str, Route[Any, Any]] | None) -> Answer:
        if methods is not None:
            allowed = sorted({*methods, *(("HEAD",) if "GET" in methods else ()), "OPTIONS"})
            allow = (b"allow", ", ".join(allowed).encode())
            if request.method == "OPTIONS":
                return Answer(204, b"", [allow])
            refused = failure(MethodNotAllowed(f"{request.path} answers {', '.join(allowed)} only."))
            return msgspec.structs.replace(refused, headers=[*refused.headers, allow])
        found = self._files(request)
        if found is None:
            raise NotFound("There is nothing at this address.")
        if request.method not in ("GET", "HEAD"):
            refused = failure(MethodNotAllowed("This address answers GET, HEAD only."))
            return msgspec.structs.replace(refused, headers=[*refused.headers, (b"allow", b"GET, HEAD")])
        return found

    def _cors(self, request: Request) -> HeaderList:
        """Pages of the configured other origins may read answers; nobody else is told anything."""
        origin = request.handshake.origin
        if not origin or not self._auth.may_read_answers(origin):
            return []
        headers = [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", b"X-Request-Id, Retry-After"),
            (b"vary", b"Origin"),
        ]
        if request.method == "OPTIONS" and request.header("access-control-request-method"):
            headers += [
                (b"access-control-allow-methods", b"GET, POST"),
                (b"access-control-allow-headers", b"authorization, content-type"),
                (b"access-control-max-age", b"600"),
            ]
        return headers

    def _counted(self, route: Route[Any, Any] | None, answer: Answer) -> Answer:
        key = (f"{route.method} {route.path}" if route else "other", answer.status)
        self.answered[key] = self.answered.get(key, 0) + 1
        return answer


def security_headers(*, socket_url: str | None, production: bool) -> HeaderList:
    """On every answer: a page loads nothing from elsewhere, runs nothing inline, and stands in no frame."""
    connect = "'self'"
    if socket_url is not None:
        parts = urlsplit(socket_url)
        connect += f" {socket_url} {'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    policy = (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
        f"connect-src {connect}"
    )
    headers = [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]
    if production:
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    return headers
