"""What passes between the server and a handler: Request in, Answer out, the envelope around both.

Bare ASGI on purpose. A paid booking's webhook is the hot path, and a warm start must answer within 1.5 s: importing
a web framework with its model library takes half of that. Bodies are msgspec; nothing here knows a route.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from carevia.errors import BadInput, CareviaError, TooLarge
from carevia.realtime.asgi import Receive, Send, disconnected, drain
from carevia.realtime.exchange import BODY_SECONDS
from carevia.realtime.handshake import Handshake
from carevia.tasks import end

HeaderList = list[tuple[bytes, bytes]]

JSON: Final = (b"content-type", b"application/json")
NO_STORE: Final = (b"cache-control", b"no-store")
CLOSE: Final = (b"connection", b"close")
BODY_LIMIT: Final = 65_536
_WITHOUT_BODY: Final = (204, 304)  # a length of 0 would be a claim about the body that is not sent (RFC 9110, 8.6)
_BLANKS: Final = " \t"
_REQUEST_ID: Final = re.compile(rb"[\w-]{8,64}")
_encode = msgspec.json.Encoder().encode


class Disconnected(Exception):
    """The client went away in the middle of its body: there is nobody to answer."""


class Request:
    """One HTTP request. `handshake` tells who it comes from: address, origin, https or not."""

    __slots__ = ("_headers", "_receive", "handshake", "id", "method", "path")

    def __init__(self, handshake: Handshake, method: str, path: str, receive: Receive | None = None) -> None:
        """`receive` gives the body, where the request brings one that is not read yet."""
        self._receive = receive
        self._headers: dict[str, str] | None = None
        self.handshake = handshake
        self.method = method
        self.path = path
        self.id = _named(handshake) or secrets.token_hex(8)

    @property
    def address(self) -> str:
        """The client's address as far as trusted proxies tell it."""
        return self.handshake.address

    @property
    def headers(self) -> dict[str, str]:
        if self._headers is None:
            self._headers = self.handshake.headers
        return self._headers

    def header(self, name: str) -> str | None:
        """By its name in lower case; repeated ones are joined, as in `headers`."""
        return self.handshake.joined(name.encode())

    def cookie(self, name: str) -> str | None:
        return cookie_value(self.headers.get("cookie", ""), name)

    def query(self) -> dict[str, str]:
        """The last value of each name; an empty value counts as not given."""
        text = self.handshake.raw_query.decode("latin-1")
        try:
            pairs = parse_qsl(text, errors="strict", max_num_fields=50)
        except ValueError:
            raise BadInput("The query string cannot be read.") from None
        return dict(pairs)

    async def body(self, limit: int, seconds: float = BODY_SECONDS, silence: float | None = None) -> bytes:
        """The whole body, of at most `limit` bytes, within `seconds`, and never `silence` seconds without a byte.

        Raises TooLarge (before anything is read, where its header says so), SlowBody and Disconnected."""
        if self._receive is None:
            return b""
        self.check_length(limit)
        chunks: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(seconds):
                while more and size <= limit:
                    async with asyncio.timeout(silence):
                        message = await self._receive()
                    if message["type"] == "http.disconnect":
                        raise Disconnected
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    more = message.get("more_body", False)
        except TimeoutError:
            raise SlowBody from None
        if size > limit:
            raise too_large(limit)
        return b"".join(chunks)

    def check_length(self, limit: int) -> None:
        """TooLarge for a body that says of itself that it is."""
        declared = self.header("content-length") or ""
        if declared and (not declared.isdecimal() or len(declared) > 18 or int(declared) > limit):
            raise too_large(limit)


class SlowBody(CareviaError):
    status = 408
    code = "timeout"

    def __init__(self) -> None:
        super().__init__("The body did not arrive in time.")


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body may have at most {limit} bytes.")


class Answer(msgspec.Struct):
    """An answer, ready to be sent; `more` are pieces behind the body, each made when the one before has left."""

    status: int
    body: bytes
    headers: HeaderList
    more: AsyncIterator[bytes] | None = None


def ok(data: Any, message: str = "OK", *, headers: HeaderList | None = None, **beside: Any) -> Answer:
    """200 with the envelope of the contract; `beside` is for lists that are paged by cursor (hasMore)."""
    body = _encode({"success": True, "message": message, "data": data, **beside})
    return Answer(200, body, [JSON, NO_STORE, *(headers or ())])


def bare(data: Any) -> Answer:
    """200 with JSON and no envelope: the webhook, /emit-booking, /config.json and the probes."""
    return Answer(200, _encode(data), [JSON, NO_STORE])


def failure(error: CareviaError) -> Answer:
    body: dict[str, Any] = {"success": False, "message": error.message}
    if error.errors:
        body["errors"] = error.errors
    headers = [JSON, NO_STORE]
    if error.retry_after is not None:
        headers.append((b"retry-after", str(error.retry_after).encode()))
    if error.status in (408, 413):
        headers.append(CLOSE)
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    return Answer(error.status, _encode(body), headers)


async def send_answer(answer: Answer, receive: Receive, send: Send, *, head_only: bool = False) -> None:
    """What fails while the pieces are made is raised: the server then drops the connection, so nobody takes a part
    for the whole; none is made for a client that has gone. Where the connection ends with the answer, what the client
    still sends is read for a moment."""
    more = answer.more
    length = [] if more or answer.status in _WITHOUT_BODY else [(b"content-length", str(len(answer.body)).encode())]
    start = {"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, *length]}
    await send(start)
    if more is not None and not head_only:
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        gone = asyncio.create_task(disconnected(receive))
        try:
            async for piece in more:
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            await end(gone)
    last = b"" if head_only or more else answer.body
    if CLOSE in answer.headers:
        await send({"type": "http.response.body", "body": last, "more_body": True})
        await drain(receive)
        last = b""
    await send({"type": "http.response.body", "body": last})


def _named(handshake: Handshake) -> str | None:
    """What a trusted proxy calls this request, so that its log and ours agree."""
    name = handshake.field(b"x-request-id")
    return name.decode() if name and _REQUEST_ID.fullmatch(name) and handshake.by_proxy else None


def cookie_value(header: str, name: str) -> str | None:
    """Of the first cookie of exactly this name. Only RFC 6265's blanks are cut off: with a sign that Python takes for
    a blank in front, any host of the site may set what looks like a `__Host-` cookie."""
    for pair in header.split(";"):
        key, found, value = pair.partition("=")
        if found and key.strip(_BLANKS) == name:
            return value.strip(_BLANKS)
    return None
