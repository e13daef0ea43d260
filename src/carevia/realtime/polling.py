"""The polling transport, and the ASGI callable that serves it in front of the application.

At most one GET waits per session; a second one ends it, as the protocol's reference server does. A client that hangs
up while its GET
waits has left.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from carevia.protocol import engineio
from carevia.realtime.handshake import Handshake
from carevia.realtime.message import Message

if TYPE_CHECKING:
    from carevia.realtime.config import Refusal
    from carevia.realtime.engine import Engine
    from carevia.realtime.session import Session

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_TEXT: tuple[bytes, bytes] = (b"content-type", b"text/plain; charset=UTF-8")
_JSON: tuple[bytes, bytes] = (b"content-type", b"application/json")
_PACKETS_AT_ONCE = 16  # python-engineio's client refuses a payload of more, and would do so at every replay
_BODY_SECONDS = 10.0  # for a POST to arrive whole
_DRAIN_SECONDS = 1.0  # how long an unwanted body is read after its refusal, so that the client can read the answer


class PollingTransport:
    """Messages wait here for the client's next GET."""

    __slots__ = ("_drained", "_final", "_queue", "_size", "_waiter", "engine", "session")

    name = "polling"
    session: "Session"

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine
        self._queue: list[Message] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._final: bytes | None = None
        self._drained: asyncio.Future[None] | None = None

    @property
    def waiting(self) -> bool:
        """A GET is pending."""
        return self._waiter is not None

    def send(self, message: Message) -> None:
        if message.volatile and self._waiter is None:
            self.engine.stats.dropped += 1
            return
        self._queue += message.whole
        self._size += sum(map(len, message.parts))
        limit = self.engine.config.buffer_limit
        if limit and self._size > limit:
            self.engine.stats.slow += 1
            self.session.close("slow reader")
        self.release()

    def release(self) -> None:
        """Let a waiting GET go with what there is."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def detach(self) -> list[Message]:
        """The session has moved to another transport: a waiting GET ends, what is queued goes with the session."""
        queue, self._queue = self._queue, []
        self._emptied()
        self._final = engineio.NOOP
        self.release()
        return queue

    def close(self, final: bytes = engineio.CLOSE, code: int = 0, reason: str = "") -> None:
        self._final = final
        self._emptied()
        self.release()

    async def drain(self) -> None:
        if self._queue and self._final is None:
            if self._drained is None:
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)

    def _emptied(self) -> None:
        self._size = 0
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def pause_reading(self) -> None:
        """A POST is answered when its packets are queued; the bound on the queue holds."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""

    async def poll(self, receive: Receive) -> bytes | None:
        """The body for one GET, or None where the client has gone meanwhile (or the task was cancelled)."""
        if not self._queue and self._final is None and self.session.upgrading is None:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            watch = loop.create_task(_disconnected(receive))
            watch.add_done_callback(self._gone)
            try:
                await self._waiter
            finally:
                self._waiter = None
                watch.remove_done_callback(self._gone)
                gone = watch.done()  # just as something came for it
                watch.cancel()
                if gone or (not self._queue and self._final is None and self.session.upgrading is None):
                    self.session.close("transport close")
        parts = self._take()
        if self._final is not None or not parts:
            parts.append(engineio.NOOP if self._final is None else self._final)
        return engineio.encode_payload(parts)

    def _take(self) -> list[bytes]:
        """What goes into one answer: at the end everything, else what any client takes at once, the rest next time."""
        parts: list[bytes] = []
        taken = 0
        for message in self._queue:
            if parts and self._final is None and len(parts) + len(message.parts) > _PACKETS_AT_ONCE:
                break
            parts += message.parts
            taken += 1
        del self._queue[:taken]
        self._size -= sum(map(len, parts))
        if not self._queue:
            self._emptied()
        return parts

    def _gone(self, watch: "asyncio.Task[None]") -> None:
        self.session.close("transport close")
        self.release()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class PollingApp:
    """Serves `engine.config.path`; everything else goes to the application behind it."""

    def __init__(self, engine: "Engine", app: ASGIApp) -> None:
        self._engine = engine
        self._app = app
        self._paths = (engine.config.path, engine.config.path.rstrip("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in self._paths:
            await _Exchange(self._engine, scope, receive, send).run()
        else:
            await self._app(scope, receive, send)


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_engine", "_handshake", "_method", "_receive", "_send")

    def __init__(self, engine: "Engine", scope: Scope, receive: Receive, send: Send) -> None:
        self._engine = engine
        self._method: str = scope["method"]
        self._receive = receive
        self._send = send
        client = scope.get("client")
        self._handshake = Handshake(
            scope["headers"], scope["query_string"], client[0] if client else "", scope["scheme"], engine.proxies
        )

    async def run(self) -> None:
        engine, handshake = self._engine, self._handshake
        if not handshake.origin_allowed(engine.config.origins):
            await self._refuse(engineio.FORBIDDEN, 403, cors=False)
        elif self._method == "OPTIONS":
            await self._answer(204, b"", _preflight(handshake))
        elif error := engine.check(handshake, "polling"):
            await self._refuse(error)
        elif (sid := handshake.query.get("sid")) is None:
            await self._open()
        elif (polling := engine.polls.get(sid)) is None:
            await self._refuse(engineio.BAD_REQUEST if sid in engine.sessions else engineio.UNKNOWN_SID)
        elif self._method == "GET":
            await self._get(polling)
        elif self._method == "POST":
            await self._post(polling)
        else:
            await self._refuse(engineio.BAD_HANDSHAKE_METHOD)

    async def _open(self) -> None:
        if self._method != "GET":
            await self._refuse(engineio.BAD_HANDSHAKE_METHOD)
            return
        if refusal := self._engine.admit(self._handshake):
            await self._turn_away(refusal)
            return
        transport = PollingTransport(self._engine)
        session = self._engine.open(self._handshake, transport)
        transport.session = session
        self._engine.polls[session.id] = transport
        self._engine.listen(session)
        await self._answer(200, self._engine.open_packet(session.id, "polling"), [_TEXT])

    async def _get(self, polling: PollingTransport) -> None:
        if polling.waiting:
            polling.session.close("transport error")
            await self._refuse(engineio.BAD_REQUEST)
            return
        body = await polling.poll(self._receive)
        if body is not None:
            await self._answer(200, body, [_TEXT])

    async def _post(self, polling: PollingTransport) -> None:
        if self._handshake.header(b"content-type").startswith("application/octet-stream"):
            polling.session.close("transport error")
            await self._refuse(engineio.BAD_REQUEST)
            return
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await self._body()
        except ConnectionError:  # half a body says nothing
            polling.session.close("transport error")
            return
        except TimeoutError:
            polling.session.close("transport error")
            await self._answer(
                408, engineio.error_body(3, "The body took too long"), [_JSON, (b"connection", b"close")]
            )
            return
        if body is None:
            await self._too_large()
            return
        if self._deliver(polling.session, body):
            await self._answer(200, b"ok", [_TEXT])
        else:
            await self._refuse(engineio.BAD_REQUEST)

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
        except engineio.ParseError:
            session.close("parse error")
        return not session.closed

    async def _body(self) -> bytes | None:
        """The request's body, or None as soon as it is known to be over the limit. Raises ConnectionError."""
        limit = self._engine.config.max_payload
        length = self._handshake.header(b"content-length")
        if length and (not length.isdigit() or len(length) > 15 or int(length) > limit):
            return None
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client has gone")
            body += message.get("body", b"")
            if len(body) > limit:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    async def _too_large(self) -> None:
        """Answer at once; then read on for a moment, since closing over unread bytes would reset the answer away."""
        body = engineio.error_body(3, "Payload too large")
        await self._start(413, len(body), [_JSON, (b"connection", b"close")])
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while (message := await self._receive())["type"] != "http.disconnect" and message.get("more_body"):
                    pass
        except TimeoutError:
            pass
        await self._send({"type": "http.response.body", "body": b""})

    async def _turn_away(self, refusal: "Refusal") -> None:
        headers = [_JSON]
        if refusal.retry_after is not None:
            headers.append((b"retry-after", b"%d" % refusal.retry_after))
        await self._answer(refusal.status, engineio.error_body(4, refusal.message), headers)

    async def _refuse(self, error: tuple[int, str], status: int = 400, cors: bool = True) -> None:
        await self._answer(status, engineio.error_body(*error), [_JSON], cors=cors)

    async def _answer(self, status: int, body: bytes, headers: Headers, cors: bool = True) -> None:
        await self._start(status, len(body), headers, cors)
        await self._send({"type": "http.response.body", "body": body})

    async def _start(self, status: int, length: int, headers: Headers, cors: bool = True) -> None:
        headers = [*headers, (b"content-length", b"%d" % length), (b"cache-control", b"no-store")]
        if cors:
            headers += self._cors()
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    def _cors(self) -> Headers:
        origin = self._handshake.origin
        if "*" in self._engine.config.origins:
            return [(b"access-control-allow-origin", b"*")]
        if not origin:
            return []
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
        ]


def _preflight(handshake: Handshake) -> Headers:
    wanted = handshake.header(b"access-control-request-headers")
    headers: Headers = [(b"access-control-allow-methods", b"GET,POST"), (b"access-control-max-age", b"600")]
    if wanted:
        headers.append((b"access-control-allow-headers", wanted.encode("latin-1")))
    return headers
