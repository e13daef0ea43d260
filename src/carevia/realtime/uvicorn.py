"""The seam to uvicorn: a subclass of its httptools protocol takes what belongs to the engine's path.

A connection that begins with a WebSocket upgrade never comes here (realtime/doorway.py); one that served requests
before may still upgrade. Everything else stays ASGI. It leans on names of uvicorn that are not documented: the version
is pinned, tests/realtime/test_uvicorn_seam.py lists them and says what broke, and realtime/uvicorn_ws.py does without.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, cast

from carevia.deadlines import Bucket
from carevia.realtime.config import Refusal
from carevia.realtime.declined import PlainProtocol
from carevia.realtime.direct import DirectCycle, Door, Heads
from carevia.realtime.doorway import MOST_HEAD_BYTES, MOST_HEADERS, Doorway
from carevia.realtime.engine import Engine
from carevia.realtime.exchange import DRAIN_SECONDS, Exchange
from carevia.realtime.flow import Flow
from carevia.realtime.handshake import Handshake, RawHeaders
from carevia.realtime.nodes.came import Came
from carevia.realtime.nodes.links import Links, Way
from carevia.realtime.opening import Endpoint, refuse, refused, take_over
from carevia.realtime.patience import Patience
from carevia.realtime.portions import AT_ONCE
from carevia.realtime.reader import Reader, can_look
from carevia.realtime.repeated import Repeated, learn


class EngineProtocol(PlainProtocol):
    """uvicorn's own protocol, with a door for the engine; `serve_protocol` says whose."""

    endpoint: ClassVar[Endpoint]
    links: ClassVar[Links | None]
    doors: ClassVar[Mapping[bytes, Door]]
    patience: ClassVar[Patience]
    heads: ClassVar[Heads]
    came: Came | None = None  # where another host's node passed the connection on
    _in_head = False
    _between = True  # no request is under way, as far as its bytes go
    _refused = False  # a head was too large: what still comes is dropped
    _bytes_read = 0  # of the request under way; with what stood before it where it began within a read
    _most_bytes = MOST_HEAD_BYTES  # that may be read before its head is whole
    _read: list[bytes] | None = None  # the bytes of the present request, while its node is not known
    _way: Way | None = None  # to the node that holds the session
    _due: "Bucket[asyncio.Transport] | None" = None  # a head, or the rest of a request that has been answered
    _begins = b""  # the read with which a request began, until its head is whole
    _known: Mapping[bytes, Repeated] = MappingProxyType({})  # what this connection's requests are like, by method
    _rest: "Bucket[EngineProtocol] | None" = None  # it was answered, and may stay so long without a word
    _reader: Reader | None = None  # None behind a trusted proxy, which waits for its clients and knows how long

    def _is_ours(self) -> bool:
        return self.endpoint.takes(self.url.partition(b"?")[0])

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn's own, which asks the system seven times for two addresses."""
        self._ahead: deque[Any] = deque()  # requests before the last one, from the first that is not answered
        self.connections.add(self)
        self.transport = transport
        self.flow: Flow = Flow(transport, self.pipeline)
        self.server = _address(transport.get_extra_info("sockname"))
        self.client = _address(transport.get_extra_info("peername"))
        self.scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        proxies = self.endpoint.proxies
        if can_look(transport) and not (proxies.any and self.client is not None and self.client[0] in proxies):
            self._reader = Reader(transport, self.patience.looks)

    def passed_on(self, came: Came) -> None:
        """The client is not who holds the other end. Such a connection serves one request: its next one may be for
        another node, and tunnels do not lead into tunnels."""
        self.came = came
        self.client = (came.peer, 0)
        self.scheme = "https" if came.scheme == "https" else "http"

    def data_received(self, data: bytes) -> None:
        """A head has a limit and, where it comes in pieces, a deadline, whichever of the connection's requests. Who
        sends many in one read has them looked at in several turns of the loop."""
        if len(data) > AT_ONCE:
            data = self.flow.portion(data, self._go_on)
        if self._between:
            if self._known and self._again(data):
                return
            self._begins = data
            self._bytes_read, self._most_bytes = 0, MOST_HEAD_BYTES
        elif self._refused:
            return
        else:
            self._set_due()
        self._bytes_read += len(data)
        if self.links is not None:
            if self._between:
                self._read = [data]
            elif self._read is not None:
                self._read.append(data)
        super().data_received(data)
        if self._way is not None:
            self._leave(self._way)
            return
        if not self._in_head:
            self._read = None
        elif self._bytes_read > self._most_bytes:
            self._refuse_head()
            return
        if not self._between:
            self._set_due()
        elif self._due is not None:
            self._come_to_rest()

    def _go_on(self) -> None:
        data = self.flow.rest()
        if data and self.parser is not None and not self.transport.is_closing():
            self.data_received(data)

    def _come_to_rest(self) -> None:
        """The last of what came after the answer: from now on the connection is at rest."""
        self._call_off()
        if self._idle and self._rest is None:
            self._rest = self.patience.rest(self)

    def _set_due(self) -> None:
        """For a head, a body, and what comes of a request after its answer: each read calls the keep-alive off."""
        if self._in_head or self._idle:
            if self._due is None and not self.transport.is_closing():
                self._due = self.patience.heads.set(self.transport)
        elif isinstance(self.cycle, DirectCycle):
            self.cycle.expect_body()

    def _call_off(self) -> None:
        if self._due is not None:
            self._due.discard(self.transport)
            self._due = None

    def _refuse_head(self) -> None:
        """431, as the reference server's; read on for a moment: closing over unread bytes would reset the answer away.
        Where another answer is due first, none can be given."""
        if isinstance(self.endpoint, Engine):
            self.endpoint.stats.met("head")
        if not self._idle:
            self.transport.abort()
            return
        self.transport.write(refused(Refusal(431, "The request's head is too large")))
        self.loop.call_later(DRAIN_SECONDS, self.transport.close)
        self._call_off()
        self._in_head, self._between, self._refused, self._read = False, False, True, None

    def _head_fits(self) -> bool:
        """Of a head that is whole."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        return size <= MOST_HEAD_BYTES and len(self.headers) <= MOST_HEADERS

    def _has_host(self) -> bool:
        for name, _ in self.headers:  # nearly always the first
            if name == b"host":
                return True
        return self.parser.get_http_version() != "1.1"

    def send_400_response(self, msg: str) -> None:
        """To what the parser does not take, where no other answer is due first; `_refuse_head` has answered already."""
        if not self._idle and not self._owes_this_alone:
            self.transport.abort()
        elif not self._refused:
            super().send_400_response(msg)

    @property
    def _owes_this_alone(self) -> bool:
        """Nothing but the answer to the request whose body is under way, and nothing of it has been sent."""
        return not self.pipeline and self.cycle.more_body and not getattr(self.cycle, "response_started", False)

    def _leave(self, way: Way) -> None:
        """The connection goes to another node, with all that was read of its request."""
        data, self._read, self._way = b"".join([*(self._read or ()), self.flow.rest()]), None, None
        self._drop_reader()
        self.connections.discard(self)
        self.parser = None  # type: ignore[assignment]  # see _hand_over
        way.go(self.transport, data, self.came, self.connections)

    def pause_writing(self) -> None:
        """An answer is more than the system takes."""
        super().pause_writing()
        if self._reader is not None:
            self._reader.expect()

    def _drop_reader(self) -> None:
        if self._reader is not None:
            self._reader.leave()
            self._reader = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._call_off()
        self._drop_reader()
        self._unset_keepalive_if_required()
        for cycle in self._ahead:
            cycle.disconnected = not cycle.response_complete
            cycle.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """uvicorn stops, and says so to each connection: sessions on polling end as those on WebSockets do."""
        super().shutdown()
        if isinstance(self.endpoint, Engine):
            self.endpoint.close()

    # Polling requests, without ASGI, and where they are like those before without the parser.

    def _again(self, data: bytes) -> bool:
        """Whether it is a whole request like one before: then it is on its way."""
        known = self._known.get(data[: data.find(b" ")])
        found = None if known is None or not self._idle else known.read(data)
        if found is None or (self.links is not None and self.links.elsewhere(found[0]) is not None):
            return False
        query, headers, body = found
        door = partial(Exchange, cast("Engine", self.endpoint))
        cycle = self._direct("POST" if body else "GET", query, headers, True, door)
        cycle.more_body = False
        cycle.begin(body)
        return True

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _direct(self, method: str, query: bytes, headers: RawHeaders, keep_alive: bool, door: Door) -> DirectCycle:
        if self._rest is not None or self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        engine = cast("Engine", self.endpoint)
        handshake = Handshake(headers, query, self.client[0] if self.client else "", self.scheme or "", engine.proxies)
        cycle = DirectCycle(engine, self, handshake, method, keep_alive, door)
        self.cycle = cast("Any", cycle)
        return cycle

    def answered(self) -> None:
        """As `on_response_complete`, without a timer for each answer."""
        if self.pipeline:
            self.on_response_complete()
        elif not self.transport.is_closing():
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            self._rest = self.patience.rest(self)
        if self._reader is not None:
            self._reader.expect()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._reader is not None:
            self._reader.expect()
        if not self._between:
            self._set_due()

    def _unset_keepalive_if_required(self) -> None:
        if self._rest is not None:
            self._rest.discard(self)
            self._rest = None
        super()._unset_keepalive_if_required()

    # What the parser finds.

    def on_message_begin(self) -> None:
        self._in_head = True
        self._between = False
        if not self._begins:
            self._most_bytes = self._bytes_read + MOST_HEAD_BYTES
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._between = True
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        if self._declines:
            return
        self._in_head = False
        if self._due is not None:
            self._call_off()
        if (self._bytes_read > MOST_HEAD_BYTES or len(self.headers) > MOST_HEADERS) and not self._head_fits():
            self._refuse_head()
            raise ValueError("the head is too large")  # the parser stops
        ours = self._is_ours()
        if ours and not self._has_host() and not self.parser.should_upgrade():
            raise ValueError("no Host")  # RFC 9112 3.2: 400; where a WebSocket begins nobody asks for it
        engine, data, self._begins = self.endpoint, self._begins, b""
        if self._read and ours and self._goes_away():
            return
        if isinstance(engine, Engine) and (door := self._door(engine, ours)) is not None and _is_plain(self):
            engine.start()
            method, keep_alive = self.parser.get_method(), self.came is None and self.parser.should_keep_alive()
            if data and keep_alive and ours and (known := learn(method, self.url, self.headers, data)):
                self._known = {**self._known, method: known}
            self._direct(method.decode(), self.url.partition(b"?")[2], self.headers, keep_alive, door).begin()
        else:
            self._stand_behind()

    def _stand_behind(self) -> None:
        """uvicorn serves it, after those that came before it on this connection; and knows the last of them alone. It
        stops reading then, and would not see that the client hangs up: a few more may come."""
        while self._ahead and self._ahead[0].response_complete:
            self._ahead.popleft()
        if not self._idle:
            self._ahead.append(self.cycle)
        super().on_headers_complete()
        if self.pipeline:
            self.flow.resume_reading()

    def _door(self, engine: Engine, ours: bool) -> Door | None:
        if ours:
            return partial(Exchange, engine)
        return self.doors.get(self.parser.get_method() + b" " + self.url)

    def _goes_away(self) -> bool:
        """Whether this request's session is another node's that can be reached; its bytes are read to their end."""
        if self.links is None or not self._idle:
            return False
        self._way = self.links.way(self.url.partition(b"?")[2], self.came)
        if self._way is not None:
            self.cycle = cast("Any", _GONE)
        return self._way is not None

    def _should_upgrade(self) -> bool:
        if self._is_ours():
            return (self._get_upgrade() or b"").strip() == b"websocket"
        return super()._should_upgrade()

    def handle_websocket_upgrade(self) -> None:
        if self._way is not None:
            return
        if self._is_ours():
            _hand_over(self.endpoint, self)
        else:
            super().handle_websocket_upgrade()


class _Gone:
    """Stands for the request of a connection that goes to another node: uvicorn reads on and answers nothing."""

    response_complete = True
    keep_alive = False

    @property
    def message_event(self) -> "_Gone":
        return self

    def set(self) -> None:
        """Nobody waits."""


_GONE = _Gone()


def serve_protocol(engine: Endpoint, doors: Mapping[bytes, Door] | None = None) -> type[Doorway]:
    """The class for `uvicorn.Config(http=...)`. `doors` are requests that are served without ASGI, by method and target
    (`POST /path`); those that are not plain go to the application all the same.

    WebSockets of other paths are served as `Config(ws=...)` says: by uvicorn's own class for the application, or, with
    "none", as the plain requests they also are.
    """
    links = engine.links if isinstance(engine, Engine) else None
    shared = {"endpoint": engine, "links": links, "doors": doors or {}, "patience": Patience()}
    protocol = type("Protocol", (EngineProtocol,), {**shared, "heads": Heads()})
    return type("Doorway", (Doorway,), {**shared, "protocol": protocol, "__slots__": ()})


def _address(name: Any) -> Any:
    """Host and port, or None where the socket is of another kind."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None


def _is_plain(http: Any) -> bool:
    """A GET or POST with nothing special about it, and no other one under way: it needs no ASGI."""
    return (
        http._idle
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
        http._drop_reader()
        http.connections.discard(http)
        # A reference cycle with the HTTP parser would wait for the collector: 7.7 against 2.1 KB a connection.
        http.parser = None
