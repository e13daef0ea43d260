"""The seam to uvicorn: a subclass of its httptools protocol takes what belongs to the engine's path.

A connection that begins with a WebSocket upgrade never comes here (realtime/doorway.py); one that served requests
before may still upgrade. Everything else stays ASGI. It leans on names of uvicorn that are not documented
(`handle_websocket_upgrade`, `_should_upgrade`, `_get_upgrade`, `on_message_begin`, `on_headers_complete`,
`on_response_complete`, `url`, `headers`, `scheme`, `client`, `cycle`, `flow`, `connections`, `parser`): the version is
pinned, tests/realtime/test_uvicorn_seam.py says what broke, and realtime/uvicorn_ws.py does without them.
"""

import asyncio
import ctypes
import gc
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from carevia.realtime.config import Refusal
from carevia.realtime.deadlines import Bucket
from carevia.realtime.direct import DirectCycle
from carevia.realtime.doorway import Doorway, Slow
from carevia.realtime.engine import Engine
from carevia.realtime.handshake import Handshake
from carevia.realtime.opening import Endpoint, refuse, take_over

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h


class EngineProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, with a door for the engine; `serve_protocol` says whose."""

    endpoint: ClassVar[Endpoint]
    slow: ClassVar[Slow]
    _in_head = False
    _head_due: "Bucket[asyncio.Transport] | None" = None

    def _is_ours(self) -> bool:
        return self.endpoint.takes(self.url.partition(b"?")[0])

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn's own, which asks the system seven times for two addresses."""
        self.connections.add(self)
        self.transport = transport
        self.flow = FlowControl(transport)
        self.server = _address(transport.get_extra_info("sockname"))
        self.client = _address(transport.get_extra_info("peername"))
        self.scheme = "https" if transport.get_extra_info("sslcontext") else "http"

    def data_received(self, data: bytes) -> None:
        """A head that comes in pieces has a deadline, whichever request of the connection it begins."""
        super().data_received(data)
        if self._in_head and self._head_due is None:
            self._head_due = self.slow.expect(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def _head_is_here(self) -> None:
        self._in_head = False
        if self._head_due is not None:
            self._head_due.discard(self.transport)
            self._head_due = None

    def on_headers_complete(self) -> None:
        self._head_is_here()
        engine = self.endpoint
        if isinstance(engine, Engine) and self._is_ours() and _is_plain(self):
            engine.start()
            cycle = DirectCycle(engine, self, self.parser.get_method().decode("latin-1"))
            self.cycle = cast("Any", cycle)
            cycle.begin()
        else:
            super().on_headers_complete()

    def _should_upgrade(self) -> bool:
        if self._is_ours():
            return self._get_upgrade() == b"websocket"
        return super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade that nobody takes is answered as the plain request it also is; nothing to warn of."""

    def handle_websocket_upgrade(self) -> None:
        if self._is_ours():
            _hand_over(self.endpoint, self)
        else:
            super().handle_websocket_upgrade()


def serve_protocol(engine: Endpoint) -> type[Doorway]:
    """The class for `uvicorn.Config(http=...)`.

    WebSockets of other paths are served as `Config(ws=...)` says: by uvicorn's own class for the application, or, with
    "none", as the plain requests they also are.
    """
    shared = {"endpoint": engine, "slow": Slow()}
    protocol = type("Protocol", (EngineProtocol,), shared)
    return type("Doorway", (Doorway,), {**shared, "protocol": protocol, "__slots__": ()})


def _address(name: Any) -> Any:
    """Host and port, or None where the socket is of another kind."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None


def tune_allocator() -> None:
    """For a process that lives for weeks: memory that a burst needed goes back to the system.

    glibc gives each thread an arena and learns to keep large blocks: after four bursts of 400 messages of 10 KB to 60
    clients that do not read, 147 MB stayed, with this 90 MB. Elsewhere than on glibc it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((_ARENA_MAX, 1), (_TRIM_THRESHOLD, 128 * 1024), (_MMAP_THRESHOLD, 128 * 1024)):
            mallopt(option, value)


def tune_collector() -> None:
    """For a process that serves thousands of connections: what was made at start is never looked at again, and the
    collector comes a hundred times less often (a fifteenth of the cost of a new connection)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _is_plain(http: Any) -> bool:
    """A GET or POST with nothing special about it, and no other one under way: it needs no ASGI."""
    idle = http.cycle is None or http.cycle.response_complete
    return (
        idle
        and not http.expect_100_continue
        and not http.parser.should_upgrade()
        and http.parser.get_http_version() == "1.1"
        and http.parser.get_method() in (b"GET", b"POST")
    )


def _hand_over(engine: Endpoint, http: Any) -> None:
    if http.cycle is not None and not http.cycle.response_complete:
        refuse(http.transport, Refusal(400, "An answer is still due on this connection"))
        return
    peer = http.client[0] if http.client else ""
    query = http.url.partition(b"?")[2]
    handshake = Handshake(http.headers, query, peer, http.scheme, engine.proxies)
    scope = http.scope
    taken = take_over(
        engine,
        handshake,
        http.transport,
        http.connections,
        method=scope["method"],
        http_version=scope["http_version"],
    )
    if taken is not None:
        http.connections.discard(http)
        # A reference cycle with the HTTP parser would wait for the collector: 7.7 against 2.1 KB a connection.
        http.parser = None
