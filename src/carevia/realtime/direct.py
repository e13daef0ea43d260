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

from carevia.realtime.exchange import DRAIN_SECONDS, Answer, Headers
from carevia.realtime.handshake import Handshake

if TYPE_CHECKING:
    from carevia.deadlines import Bucket
    from carevia.realtime.engine import Engine

_log = logging.getLogger("carevia.realtime")
_MOST_HEADS = 100
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


class Heads:
    """How answers begin. Most begin like others of the same second, whose date they bear."""

    def __init__(self) -> None:
        self._default: Any = None
        self._known: dict[tuple[int, Headers], bytes] = {}

    def begin(self, status: int, headers: Headers, default: list[tuple[bytes, bytes]]) -> bytes:
        """Status and headers. `default` is the server's own list, another one each second."""
        if default is not self._default or len(self._known) > _MOST_HEADS:
            self._default = default
            self._known.clear()
        found = self._known.get((status, headers))
        if found is None:
            lines = [b"%b: %b\r\n" % header for header in (*default, *headers)]
            found = self._known[status, headers] = _STATUS[status] + b"".join(lines)
        return found


class DirectCycle:
    """One request. The names without underscore are those that uvicorn's protocol reads and writes."""

    __slots__ = (
        "_bucket",
        "_engine",
        "_http",
        "_served",
        "_wants_body",
        "body",
        "disconnected",
        "keep_alive",
        "more_body",
        "response_complete",
    )

    def __init__(
        self, engine: "Engine", http: Any, handshake: Handshake, method: str, keep_alive: bool, door: Door
    ) -> None:
        self._engine = engine
        self._http = http
        self._bucket: Bucket[DirectCycle] | None = None
        self.body = bytearray()
        self.more_body = True
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self._served = door(handshake, method, self._respond)
        self._wants_body = False

    def begin(self, body: bytes = b"") -> None:
        """The head is read, and the body too where one is given."""
        try:
            self._wants_body = self._served.begin()
        except Exception:  # of a hook such as `admit`; uvicorn's parser would take it for a bad request
            self._break("a request failed")
        if self._wants_body and body:
            self._take_body(body)

    def expect_body(self) -> None:
        """All that is read was looked at: what is missing of the body has so long to come. Most bodies come whole, and
        need no deadline."""
        if self._wants_body and self.more_body and self._bucket is None:
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
            self._served.gone()
            self._let_go()
        elif self._wants_body:
            if len(self.body) > self._served.limit:
                self._served.too_large()
            elif not self.more_body:
                self._take_body(bytes(self.body))
            else:
                self._http.flow.resume_reading()

    def _take_body(self, body: bytes) -> None:
        try:
            self._served.body(body)
        except Exception:
            self._break("a body could not be delivered")

    def _break(self, what: str) -> None:
        _log.exception(what)
        if not self.response_complete:
            self._respond(Answer(500, b"Internal Server Error", ((b"content-type", b"text/plain"),)))

    def expire(self) -> None:
        """The body has taken too long."""
        if not self.response_complete:
            self._served.too_slow()

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
            self._served.gone()
            self._let_go()
            return
        head = http.heads.begin(answer.status, answer.headers, http.server_state.default_headers)
        for header in answer.own:
            head += b"%b: %b\r\n" % header
        if not self.keep_alive and not answer.closes:
            head += b"connection: close\r\n"
        http.transport.write(b"%bcontent-length: %d\r\n\r\n%b" % (head, len(answer.body), answer.body))
        if answer.closes:  # not at once: closing over unread bytes would reset the answer away
            http.flow.resume_reading()
            http.loop.call_later(DRAIN_SECONDS, http.transport.close)
        elif not self.keep_alive:
            http.transport.close()
        self._let_go()
        http.answered()

    def _let_go(self) -> None:
        """This and what it serves hold each other: parted, they are freed at once and not by the collector."""
        del self._served, self._http
