"""Suite B: a Socket.IO server with the namespaces `/` and `/custom`."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from carevia.realtime import Namespace, Server, ServerConfig, Socket
from carevia.realtime.asgi import ASGIApp
from carevia.realtime.engine import Engine
from tests.conformance.engineio import nothing_else

APART: Final = 0.002
"""Seconds. The published suite listens for one message at a time, and `ws` gives it at once all that one read brings.
Of the CONNECT reply and the event behind it, in one read, it misses the second, as it does of Node's now and then."""


def greet(namespace: Namespace) -> None:
    """Tell a client what it presented at CONNECT."""

    async def apart(socket: Socket, auth: dict[str, Any]) -> None:
        await asyncio.sleep(APART)
        socket.emit("auth", auth)

    @namespace.on("connect")
    def connected(socket: Socket, auth: dict[str, Any]) -> Awaitable[None] | None:
        if socket.session.transport.name == "websocket":
            return apart(socket, auth)
        socket.emit("auth", auth)  # one answer brings it with the reply
        return None


def build() -> tuple[Engine, ASGIApp]:
    """The server with the suite's settings."""
    server = Server(ServerConfig(ping_interval=0.3, ping_timeout=0.2, connect_timeout=1.0, origins=("*",)))
    main, custom = server.namespace("/"), server.namespace("/custom")
    greet(main)
    greet(custom)

    @main.on("message")
    def message(socket: Socket, *args: Any) -> None:
        socket.emit("message-back", *args)

    @main.on("message-with-ack")
    def message_with_ack(socket: Socket, *args: Any) -> tuple[Any, ...]:
        return args

    return server.engine, server.asgi(nothing_else)
