"""Suite E: a bare WebSocket echo on the engine's WebSocket layer, at any path: for the Autobahn fuzzing client."""

import asyncio
from collections.abc import Collection

from carevia.deadlines import Deadlines
from carevia.protocol import websocket
from carevia.realtime.asgi import ASGIApp
from carevia.realtime.frames import LINGER_SECONDS, WebSocketConnection
from carevia.realtime.handshake import Handshake, TrustedProxies
from tests.conformance.engineio import nothing_else

LIMIT = 16 * 1024 * 1024


class Connection(WebSocketConnection):
    """Sends back what comes: text as text, binary as binary. No heartbeat."""

    __slots__ = ("_echo",)

    def __init__(self, echo: "Echo") -> None:
        super().__init__(LIMIT)
        self._echo = echo

    @property
    def lingers(self) -> Deadlines[WebSocketConnection]:
        return self._echo.lingers

    def text(self, data: bytes) -> None:
        self.write(websocket.frame(websocket.TEXT, data))

    def binary(self, data: bytes) -> None:
        self.write(websocket.frame(websocket.BINARY, data))

    def ended(self, reason: str) -> None:
        pass


class Echo:
    """The endpoint: every upgrade gets a connection of its own."""

    proxies = TrustedProxies(())

    def __init__(self) -> None:
        self._started = False

    def start(self) -> None:
        if not self._started:
            self._started = True
            loop = asyncio.get_running_loop()
            self.lingers: Deadlines[WebSocketConnection] = Deadlines(LINGER_SECONDS, WebSocketConnection.abort, loop)

    def takes(self, path: bytes) -> bool:
        return True

    def upgrade(self, handshake: Handshake) -> WebSocketConnection:
        return Connection(self)

    def greeting(self, handshake: Handshake) -> Collection[tuple[bytes, bytes]]:
        return ()

    def close(self) -> None:
        """Connections are closed by the HTTP server, which has them."""


def build() -> tuple[Echo, ASGIApp]:
    """The echo; plain requests get `ok`."""
    return Echo(), nothing_else
