"""Requests answered inside uvicorn's HTTP protocol: no ASGI task, no futures, head and body in one write.

The engine's polling, and what an application wants to be served so: a `Door` opens one `Served` for each request.

uvicorn keeps the request under way in `protocol.cycle`, adds body bytes to `cycle.body`, and calls
`cycle.message_event.set()` after each change (body, end of the message, lost connection). `DirectCycle` stands in that
place. Measured against the ASGI callable, a POST and the GET that it answers: see docs/performance.md.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from carevia.realtime.exchange import DRAIN_SECONDS, Answer
from carevia.realtime.handshake import Handshake

if TYPE_CHECKING:
    from carevia.realtime.deadlines import Bucket
    from carevia.realtime.engine import Engine

_log = logging.getLogger("carevia.realtime")
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Served(Protocol):
    """One request as whoever serves it sees it; exchange.py is the engine's own. It answers once, at once or later,
    and not at all once the client has `gone`."""

    @property
    def limit(self) -> int:
        """How many bytes a body may have."""

    def begin(self) -> bool:
        """The head is read. True: the body is wanted, so `body`, `too_large`, `too_slow` or `gone` comes next."""

    def body(self, data: bytes) -> None:
        """The body is whole."""

    def too_large(self) -> None:
        """The body is over the limit."""

    def too_slow(self) -> None:
        """The body did not arrive in time."""

    def gone(self) -> None:
        """The client hung up before it was answered."""


Door = Callable[[Handshake, str, Callable[[Answer], None]], Served]
"""From a request's head, its method and the way to answer it."""


class DirectCycle:
    """One request. The names without underscore are those that uvicorn's protocol reads and writes."""

    __slots__ = (
        "_bucket",
        "_engine",
        "_exchange",
        "_http",
        "_wants_body",
        "body",
        "disconnected",
        "keep_alive",
        "more_body",
        "response_complete",
    )

    def __init__(self, engine: "Engine", http: Any, method: str, door: Door) -> None:
        self._engine = engine
        self._http = http
        self._bucket: Bucket[DirectCycle] | None = None
        self.body = bytearray()
        self.more_body = True
        self.keep_alive: bool = http.came is None and http.parser.should_keep_alive()
        self.disconnected = False
        self.response_complete = False
        peer = http.client[0] if http.client else ""
        query = http.url.partition(b"?")[2]
        handshake = Handshake(http.headers, query, peer, http.scheme, engine.proxies)
        self._exchange = door(handshake, method, self._respond)
        self._wants_body = False

    def begin(self) -> None:
        """The head is read."""
        try:
            self._wants_body = self._exchange.begin()
        except Exception:  # of a hook such as `admit`; uvicorn's parser would take it for a bad request
            self._break("a request failed")
        if self._wants_body:
            self._bucket = self._engine.bodies.set(self)

    @property
    def message_event(self) -> "DirectCycle":
        """What uvicorn sets when something has changed: this very object."""
        return self

    def set(self) -> None:
        """Something has changed."""
        if self.response_complete:
            return
        if self.disconnected:
            self._call_off()
            self.response_complete = True
            self._exchange.gone()
            self._let_go()
        elif self._wants_body:
            if len(self.body) > self._exchange.limit:
                self._exchange.too_large()
            elif not self.more_body:
                self._take_body()
            else:
                self._http.flow.resume_reading()

    def _take_body(self) -> None:
        try:
            self._exchange.body(bytes(self.body))
        except Exception:
            self._break("a body could not be delivered")

    def _break(self, what: str) -> None:
        _log.exception(what)
        if not self.response_complete:
            self._respond(Answer(500, b"Internal Server Error", [(b"content-type", b"text/plain")]))

    def expire(self) -> None:
        """The body has taken too long."""
        if not self.response_complete:
            self._exchange.too_slow()

    def _call_off(self) -> None:
        if self._bucket is not None:
            self._bucket.discard(self)
            self._bucket = None

    def _respond(self, answer: Answer) -> None:
        self._call_off()
        self.response_complete = True
        self.body = bytearray()
        http = self._http
        if http.transport.is_closing():  # the answer is lost, so the session is
            self._exchange.gone()
            self._let_go()
            return
        lines = [_STATUS[answer.status]]
        for name, value in http.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        for name, value in answer.headers:
            lines += (name, b": ", value, b"\r\n")
        if not self.keep_alive and not answer.closes:
            lines.append(b"connection: close\r\n")
        lines += (b"content-length: %d\r\n\r\n" % len(answer.body), answer.body)
        http.transport.write(b"".join(lines))
        if answer.closes:  # not at once: closing over unread bytes would reset the answer away
            http.flow.resume_reading()
            http.loop.call_later(DRAIN_SECONDS, http.transport.close)
        elif not self.keep_alive:
            http.transport.close()
        self._let_go()
        http.on_response_complete()

    def _let_go(self) -> None:
        """This and the exchange hold each other: parted, they are freed at once and not by the collector."""
        del self._exchange, self._http
