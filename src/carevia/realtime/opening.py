"""A WebSocket's opening handshake (RFC 6455 4.2) on a connection that some HTTP server hands over.

Nothing here knows that server. Whoever has read a request's head calls `take_over`; from then on the connection is the
engine's, or it has been refused and closed.
"""

import asyncio
import re
from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Protocol

from carevia.protocol import engineio, websocket
from carevia.realtime.config import Refusal
from carevia.realtime.frames import WebSocketConnection
from carevia.realtime.handshake import Handshake, TrustedProxies

_SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
)
_KEY, _VERSION, _PROTOCOL = b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-protocol"
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch  # RFC 9110 5.6.2


class Endpoint(Protocol):
    """Who serves WebSockets: the engine, or anything else that speaks frames."""

    proxies: TrustedProxies

    def start(self) -> None:
        """Called before the first of the other words, on the running loop; again and again."""

    def takes(self, path: bytes) -> bool:
        """Whether this path is served here."""

    def upgrade(self, handshake: Handshake) -> WebSocketConnection | Refusal:
        """The connection to set on the client's, or why not."""

    def greeting(self, handshake: Handshake) -> Collection[tuple[bytes, bytes]]:
        """Headers of the answer beside those of the handshake itself."""


def take_over(
    endpoint: Endpoint,
    handshake: Handshake,
    transport: asyncio.Transport,
    connections: set[Any],
    *,
    method: str = "GET",
    http_version: str = "1.1",
) -> WebSocketConnection | None:
    """Answer an opening handshake of a path that the endpoint takes.

    The connection that is now the connection's protocol, and in `connections` (the HTTP server's set of what it must
    shut down); or None, where the request was refused: the answer is written and the connection is closing.
    """
    endpoint.start()
    key, version, offered = handshake.only(_KEY, _VERSION, _PROTOCOL)
    accept = websocket.accept_value(key or b"")
    answer = _problem(version, accept, method, http_version) or endpoint.upgrade(handshake)
    if isinstance(answer, Refusal):
        refuse(transport, answer)
        return None
    head = _SWITCHING % (accept or b"")
    if offered != b"":
        head += _protocol(handshake.field(_PROTOCOL))
    for name, value in endpoint.greeting(handshake):
        head += b"%s: %s\r\n" % (name, value)
    answer.attach(transport, connections)
    answer.opened(handshake, head + b"\r\n")
    return answer


def refuse(transport: asyncio.Transport, refusal: Refusal) -> None:
    """Answer with an HTTP error, and close."""
    transport.write(refused(refusal))
    transport.close()


def refused(refusal: Refusal) -> bytes:
    """A whole answer, in the protocol's JSON; the connection is to be closed after it."""
    body = engineio.error_body(engineio.FORBIDDEN[0] if refusal.status == 403 else 3, refusal.message)
    head = [
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n".encode(),
        b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n" % len(body),
    ]
    if refusal.status == 426:
        head.append(b"sec-websocket-version: 13\r\n")
    if refusal.retry_after is not None:
        head.append(b"retry-after: %d\r\n" % refusal.retry_after)
    return b"".join([*head, b"\r\n", body])


def _protocol(offered: bytes) -> bytes:
    """The first subprotocol offered is taken, as by the reference server: without an answer a browser that offers any
    fails the connection."""
    first = offered.partition(b",")[0].strip(b" \t")
    return b"Sec-WebSocket-Protocol: %s\r\n" % first if _TOKEN(first) else b""


def _problem(version: bytes | None, accept: bytes | None, method: str, http_version: str) -> Refusal | None:
    """RFC 6455 4.2.1: what an opening handshake must bring."""
    if method != "GET" or http_version != "1.1":
        return Refusal(400, engineio.BAD_HANDSHAKE_METHOD[1])
    if version is None:
        return Refusal(400, "Sec-WebSocket-Version comes twice")
    if version != b"13":
        return Refusal(426, "Use WebSocket version 13")
    if accept is None:
        return Refusal(400, "Sec-WebSocket-Key must be 16 bytes in base64, once")
    return None
