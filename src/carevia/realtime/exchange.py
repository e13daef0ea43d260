"""One HTTP request of the polling transport: what is answered and when, whoever reads its bytes and writes the answer.

Two drivers use it: the ASGI callable (polling.py), which any server can run, and the seam to uvicorn (direct.py), which
saves a task, a few futures and a system call per request.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from carevia.protocol import engineio
from carevia.realtime.handshake import Handshake

if TYPE_CHECKING:
    from carevia.realtime.config import Refusal
    from carevia.realtime.engine import Engine
    from carevia.realtime.polling import PollingTransport
    from carevia.realtime.session import Session

Headers = tuple[tuple[bytes, bytes], ...]

_TEXT: Headers = ((b"content-type", b"text/plain; charset=UTF-8"),)
_JSON: Headers = ((b"content-type", b"application/json"),)
_CLOSE: Headers = ((b"connection", b"close"),)
_NO_STORE: Headers = ((b"cache-control", b"no-store"),)
_ANY_ORIGIN: Headers = (*_NO_STORE, (b"access-control-allow-origin", b"*"))
_ANY_CLIENT = 16  # packets in one payload; python-engineio's client refuses more, and would do so at every replay
_ABLE_CLIENT = 512
# Browsers and Node's socket.io-client, which read a payload of any number and stamp each request with another `t`.
# Whoever says so wrongly harms nobody else.
_ABLE = ("Mozilla/", "node-XMLHttpRequest")
BODY_SECONDS = 8.0  # for a body to arrive whole; with DRAIN_SECONDS a slow one is gone within ten
DRAIN_SECONDS = 1.0  # how long an unwanted body is read after its refusal, so that the client can read the answer


class Answer(NamedTuple):
    """A whole answer; its length is not among the headers, and `own` are those that no other answer has. `closes`: the
    connection ends with it, after a moment in which what the client still sends is read and dropped."""

    status: int
    body: bytes
    headers: Headers
    closes: bool = False
    own: Headers = ()


class Exchange:
    """`respond` is called with the answer, once, at once or later; not at all where the client has `gone`."""

    __slots__ = ("_engine", "_handshake", "_method", "_polling", "_respond")

    def __init__(self, engine: "Engine", handshake: Handshake, method: str, respond: Callable[[Answer], None]) -> None:
        self._engine = engine
        self._handshake = handshake
        self._method = method
        self._respond = respond
        self._polling: PollingTransport | None = None

    def begin(self) -> bool:
        """The head is read. True: the body is wanted, so `body`, `too_large`, `too_slow` or `gone` comes next."""
        engine, handshake = self._engine, self._handshake
        query = handshake.query
        if not handshake.origin_allowed(engine.config.origins):
            self._refuse(engineio.FORBIDDEN, 403, cors=False)
        elif self._method == "OPTIONS":
            self._answer(204, b"", _preflight(handshake))
        elif error := engine.check(query, "polling"):
            self._refuse(error)
        elif (sid := query.get("sid")) is None:
            self._open()
        elif (polling := engine.polling(sid)) is None:
            self._refuse(engineio.BAD_REQUEST if sid in engine.sessions else engineio.UNKNOWN_SID)
        elif self._method == "GET":
            self._get(polling, query.get("t"))
        elif self._method == "POST":
            return self._wants_body(polling)
        else:
            self._refuse(engineio.BAD_HANDSHAKE_METHOD)
        return False

    @property
    def limit(self) -> int:
        """How many bytes a body may have."""
        return self._engine.config.max_payload

    @property
    def packets_at_once(self) -> int:
        """How many the client takes in one answer: a day's events are twenty round trips then, not six hundred."""
        return _ABLE_CLIENT if self._is_able else _ANY_CLIENT

    @property
    def _is_able(self) -> bool:
        return self._handshake.header(b"user-agent").startswith(_ABLE)

    def body(self, data: bytes) -> None:
        """The body is whole."""
        polling = self._polling
        if polling is None:
            return
        polling.request = self._handshake
        delivered = self._deliver(polling.session, data)
        polling.request = None
        if delivered:
            self._answer(200, b"ok", _TEXT)
        else:
            self._refuse(engineio.BAD_REQUEST)

    def too_large(self) -> None:
        """The body is over the limit. The answer has no body of its own, as the protocol's reference server has it."""
        self._engine.stats.met("payload")
        self._answer(413, b"", _TEXT + _CLOSE, closes=True)

    def too_slow(self) -> None:
        """The body did not arrive in time."""
        self._fail()
        self._answer(408, engineio.error_body(3, "The body took too long"), _JSON + _CLOSE, closes=True)

    def gone(self) -> None:
        """The client hung up before it was answered: half a body says nothing, and who gives up a poll has left."""
        if self._polling is not None:
            self._polling.forget(self)
            self._fail("transport close" if self._method == "GET" else "transport error")

    def finish(self, payload: bytes) -> None:
        """The poll's body is there (the transport calls this)."""
        self._answer(200, payload, _TEXT)

    def _fail(self, reason: str = "transport error") -> None:
        """Not of a session that has changed over meanwhile: what becomes of its old transport is no matter any more."""
        if self._polling is not None and self._polling.session.transport is self._polling:
            self._polling.session.close(reason)

    def _open(self) -> None:
        if self._method != "GET":
            self._refuse(engineio.BAD_HANDSHAKE_METHOD)
            return
        if refusal := self._engine.admit(self._handshake):
            self._turn_away(refusal)
            return
        greeting = tuple(self._engine.greeting(self._handshake))
        session = self._engine.open_polling(self._handshake)
        self._answer(200, self._engine.open_packet(session.id, "polling"), _TEXT, own=greeting)

    def _get(self, polling: "PollingTransport", stamp: str | None) -> None:
        """Proxies and browsers send a GET again, with its stamp, whose connection broke before an answer: what was in
        that answer is lost, so the session is. (The .NET client's stamps are seconds: they say nothing.)"""
        if polling.waiting or (stamp and stamp == polling.stamp and self._is_able):
            polling.session.close("transport error")
            self._refuse(engineio.BAD_REQUEST)
            return
        polling.stamp = stamp
        self._polling = polling
        polling.poll(self)

    def _wants_body(self, polling: "PollingTransport") -> bool:
        self._polling = polling
        length = self._handshake.header(b"content-length").lstrip("0")
        if self._handshake.header(b"content-type").startswith("application/octet-stream"):
            self._fail()
            self._refuse(engineio.BAD_REQUEST)
        elif length and (not length.isdigit() or len(length) > 15 or int(length) > self.limit):
            self.too_large()
        else:
            return True
        return False

    def _deliver(self, session: "Session", body: bytes) -> bool:
        try:
            for part in engineio.decode_payload(body, self._engine.config.max_packets):
                if session.closed:
                    break
                if part[:1] == b"b":
                    session.receive_binary(engineio.decode_binary(part))
                else:
                    session.receive(part)
                    if part == engineio.CLOSE:
                        return True
        except engineio.TooManyPackets:
            self._engine.stats.met("packets")
            session.close("parse error")
        except engineio.ParseError:
            session.close("parse error")
        return not session.closed or session.id in self._engine.farewells

    def _turn_away(self, refusal: "Refusal") -> None:
        headers = _JSON
        if refusal.retry_after is not None:
            headers += ((b"retry-after", b"%d" % refusal.retry_after),)
        self._answer(refusal.status, engineio.error_body(4, refusal.message), headers)

    def _refuse(self, error: tuple[int, str], status: int = 400, cors: bool = True) -> None:
        self._answer(status, engineio.error_body(*error), _JSON, cors=cors)

    def _answer(
        self, status: int, body: bytes, headers: Headers, *, cors: bool = True, closes: bool = False, own: Headers = ()
    ) -> None:
        self._respond(Answer(status, body, headers + (self._cors() if cors else _NO_STORE), closes, own))

    def _cors(self) -> Headers:
        if "*" in self._engine.config.origins:
            return _ANY_ORIGIN
        if origin := self._handshake.origin:
            return (
                *_NO_STORE,
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-allow-credentials", b"true"),
                (b"vary", b"Origin"),
            )
        return _NO_STORE


def _preflight(handshake: Handshake) -> Headers:
    wanted = handshake.header(b"access-control-request-headers")
    headers: Headers = ((b"access-control-allow-methods", b"GET,POST"), (b"access-control-max-age", b"600"))
    return (*headers, (b"access-control-allow-headers", wanted.encode("latin-1"))) if wanted else headers
