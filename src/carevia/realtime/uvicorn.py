"""The seam to uvicorn: a subclass of its httptools protocol takes the WebSocket upgrades of the engine's path.

Everything else stays ASGI. It leans on names of uvicorn that are not documented (`handle_websocket_upgrade`,
`_should_upgrade`,
`url`, `headers`, `connections`, `parser`): the version is pinned, and tests/realtime/test_uvicorn_seam.py says what
broke.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from carevia.protocol import engineio, websocket
from carevia.realtime.config import Refusal
from carevia.realtime.engine import Engine
from carevia.realtime.handshake import Handshake
from carevia.realtime.websocket import WebSocketTransport


def serve_protocol(engine: Engine) -> type[HttpToolsProtocol]:
    """The class for `uvicorn.Config(http=...)`."""
    path = engine.config.path.encode()
    bare = path.rstrip(b"/")

    class Protocol(HttpToolsProtocol):
        """uvicorn's own protocol, with a door for the engine."""

        def _should_upgrade(self) -> bool:
            if self._get_upgrade() != b"websocket":
                return False
            return self.url.partition(b"?")[0] in (path, bare)

        def _unsupported_upgrade_warning(self) -> None:
            """An upgrade elsewhere is answered as the plain request it also is; nothing to warn of."""

        def handle_websocket_upgrade(self) -> None:
            _take_over(engine, self)

    return Protocol


def _take_over(engine: Engine, http: Any) -> None:
    engine.start()
    peer = http.client[0] if http.client else ""
    query = http.url.partition(b"?")[2]
    handshake = Handshake(http.headers, query, peer, http.scheme, engine.proxies)
    answer = _opening(http, handshake) or engine.upgrade(handshake)
    if isinstance(answer, Refusal):
        _refuse(http, answer)
        return
    http.connections.discard(http)
    answer.attach(http.transport, http.connections)
    http.parser = (
        None  # a reference cycle with the HTTP parser would wait for the collector: 7.7 against 2.1 KB a connection
    )
    key = handshake.header(b"sec-websocket-key").encode("latin-1")
    accept = websocket.accept_value(key) or b""
    answer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept
        + b"\r\n\r\n"
    )
    if answer.session is None:
        _open(engine, answer, handshake)


def _open(engine: Engine, transport: WebSocketTransport, handshake: Handshake) -> None:
    session = engine.open(handshake, transport)
    transport.session = session
    transport.write(websocket.frame(websocket.TEXT, engine.open_packet(session.id, "websocket")))
    engine.listen(session)


def _opening(http: Any, handshake: Handshake) -> Refusal | None:
    """RFC 6455 4.2.1: what an opening handshake must bring."""
    if http.cycle is not None and not http.cycle.response_complete:
        return Refusal(400, "An answer is still due on this connection")
    if http.scope["method"] != "GET" or http.scope["http_version"] != "1.1":
        return Refusal(400, engineio.BAD_HANDSHAKE_METHOD[1])
    if handshake.header(b"sec-websocket-version") != "13":
        return Refusal(426, "Use WebSocket version 13")
    if websocket.accept_value(handshake.header(b"sec-websocket-key").encode("latin-1")) is None:
        return Refusal(400, "Sec-WebSocket-Key must be 16 bytes in base64")
    return None


def _refuse(http: Any, refusal: Refusal) -> None:
    body = engineio.error_body(engineio.FORBIDDEN[0] if refusal.status == 403 else 3, refusal.message)
    head = [
        STATUS_LINE[refusal.status],
        b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n" % len(body),
    ]
    if refusal.status == 426:
        head.append(b"sec-websocket-version: 13\r\n")
    if refusal.retry_after is not None:
        head.append(b"retry-after: %d\r\n" % refusal.retry_after)
    http.transport.write(b"".join([*head, b"\r\n", body]))
    http.transport.close()
