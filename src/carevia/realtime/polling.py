"""The polling transport, and the ASGI callable that serves it in front of the application.

At most one GET waits per session; a second one ends it, as the protocol's reference server does, and so does one that
comes again after its answer. A client that hangs up while its GET waits has left. What was said and that it ends never
share an answer: socket.io-client takes the end at once and events a tick later, when it no longer counts them as
received; recovery would bring them again.
"""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from carevia.protocol import engineio
from carevia.realtime.asgi import ASGIApp, Receive, Scope, Send, disconnected, drain, handshake_of
from carevia.realtime.exchange import BODY_SECONDS, Answer, Exchange
from carevia.realtime.message import Message

if TYPE_CHECKING:
    from carevia.deadlines import Bucket
    from carevia.realtime.engine import Engine
    from carevia.realtime.handshake import Handshake
    from carevia.realtime.session import Session

_LAGGING = 65_536  # bytes that may wait before a client counts as lagging; WebSocket's transport has the same mark


class PollingTransport:
    """Messages wait here for the client's next GET."""

    __slots__ = (
        "_bucket",
        "_drained",
        "_final",
        "_queue",
        "_released",
        "_size",
        "_waiter",
        "engine",
        "request",
        "session",
        "stamp",
    )

    name = "polling"
    session: "Session"

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine
        self._queue: list[Message] = []
        self._size = 0
        self._waiter: Exchange | None = None
        self._released = False  # the waiting GET is answered at the end of this turn, with all that came in it
        self._final: bytes | None = None
        self._drained: asyncio.Future[None] | None = None
        self._bucket: Bucket[Any] | None = None  # of the time in which it must fetch what waits
        self.stamp: str | None = None  # of the last GET
        self.request: Handshake | None = None  # the POST whose packets come just now: its headers are its own

    @property
    def waiting(self) -> bool:
        """A GET is pending."""
        return self._waiter is not None

    def send(self, message: Message, taken: int | None = None) -> None:
        if message.volatile and self._waiter is None:
            self.engine.stats.dropped += 1
            return
        parts = message.parts
        size = len(parts[0]) if len(parts) == 1 else sum(map(len, parts))
        lags = self._size + size > _LAGGING
        if lags and self._bucket is None and self not in self.engine.lagging:
            self._bucket = self.engine.lags_behind(self)
        if (lags or self._waiter is None) and not self.engine.has_room(self, size):
            if message.volatile:
                self.engine.stats.dropped += 1
            else:
                self.give_up()
            return
        self._queue.append(message)
        self._size += size
        self.release()

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client's next GET."""
        return self._size

    def give_up(self) -> None:
        """The client lags too far behind: it is dropped, and gets what it missed by recovery."""
        if self.session.closed:
            self.forgotten()
        else:
            self.engine.stats.slow += 1
            self.session.close("slow reader")

    def forgotten(self) -> None:
        """After a farewell: nobody fetches the rest any more."""
        self.engine.farewells.pop(self.session.id, None)
        self._queue = []
        self._emptied()

    def release(self) -> None:
        """Let a waiting GET go with what there is, at the end of this turn of the loop."""
        if self._waiter is not None and not self._released:
            self._released = True
            self.engine.at_turns_end(self)

    def finish(self) -> None:
        """The turn's end: the GET is answered."""
        self._released = False
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.finish(self._payload(waiter.packets_at_once))

    def poll(self, exchange: "Exchange") -> None:
        """A GET: answered now where something waits for it, else when something comes (or the session ends)."""
        if self._queue or self._final is not None:
            exchange.finish(self._payload(exchange.packets_at_once))
        else:
            self._waiter = exchange

    def forget(self, exchange: "Exchange") -> None:
        """This GET's client has gone: nothing is taken from the queue for it."""
        if self._waiter is exchange:
            self._waiter = None

    def detach(self) -> list[Message]:
        """The session has moved to another transport: a waiting GET ends, what is queued goes with the session."""
        queue, self._queue = self._queue, []
        self._emptied()
        self.release()
        return queue

    def close(self, final: bytes = engineio.CLOSE, code: int = 0, reason: str = "") -> None:
        self._final = final
        self._no_longer_awaited()
        if self.session.id not in self.engine.farewells:  # else what waits counts until it is fetched
            self._emptied()
        self.release()

    async def drain(self) -> None:
        if self._queue and self._final is None:
            if self._drained is None:
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)

    def _emptied(self) -> None:
        self._size = 0
        self.engine.lagging.discard(self)
        if self._bucket is not None:
            self._bucket.discard(self)
            self._bucket = None
        self._no_longer_awaited()

    def _no_longer_awaited(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def pause_reading(self) -> None:
        """A POST is answered when its packets are queued; the bound on the queue holds."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""

    def _payload(self, most: int) -> bytes:
        parts = self._take(most)
        if not parts and self._final is not None:
            self.engine.farewells.pop(self.session.id, None)
        return engineio.encode_payload(parts or [self._final or engineio.NOOP])

    def _take(self, most: int) -> list[bytes]:
        """What goes into one answer: what the client takes at once, the rest next time."""
        parts: list[bytes] = []
        taken = 0
        for message in self._queue:
            if parts and len(parts) + len(message.parts) > most:
                break
            parts += message.parts
            taken += 1
        del self._queue[:taken]
        self._size -= sum(map(len, parts))
        if not self._queue:
            self._emptied()
        return parts


class PollingApp:
    """Serves `engine.config.path`; everything else goes to the application behind it."""

    def __init__(self, engine: "Engine", app: ASGIApp) -> None:
        self._engine = engine
        self._app = app
        self._paths = (engine.config.path, engine.config.path.rstrip("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_ours(scope):
            await self._serve(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        """ASGI puts `root_path` before the path: where a proxy serves us below another path, it has taken that off."""
        path: str = scope["path"]
        return path in self._paths or path.removeprefix(scope.get("root_path", "")) in self._paths

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        handshake = handshake_of(scope, self._engine.proxies)
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        exchange = Exchange(self._engine, handshake, scope["method"], partial(_settle, answered))
        if exchange.begin():
            await _read_body(exchange, receive)
        answer = answered.result() if answered.done() else await _wait(exchange, answered, receive)
        if answer is not None:
            await _write(answer, receive, send)


def _settle(future: "asyncio.Future[Answer | None]", answer: Answer | None) -> None:
    if not future.done():
        future.set_result(answer)


async def _read_body(exchange: Exchange, receive: Receive) -> None:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    exchange.gone()
                    return
                body += message.get("body", b"")
                if len(body) > exchange.limit or not message.get("more_body", False):
                    break
    except TimeoutError:
        exchange.too_slow()
        return
    if len(body) > exchange.limit:
        exchange.too_large()
    else:
        exchange.body(bytes(body))


async def _wait(exchange: Exchange, answered: "asyncio.Future[Answer | None]", receive: Receive) -> Answer | None:
    """The answer, or None where the client has gone first (or the task was cancelled)."""
    watch = asyncio.get_running_loop().create_task(disconnected(receive))
    watch.add_done_callback(lambda _: _settle(answered, None))
    try:
        answer = await answered
    except asyncio.CancelledError:
        exchange.gone()
        raise
    finally:
        gone = watch.done()  # perhaps just as something came for it: that is lost, so the session is
        watch.cancel()
    if gone:
        exchange.gone()
        return None
    return answer


async def _write(answer: Answer, receive: Receive, send: Send) -> None:
    headers = [*answer.headers, *answer.own, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.closes:
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        await drain(receive)
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": answer.body})
