"""Suite B: a Socket.IO server with the namespaces `/` and `/custom`."""

from typing import Any

from carevia.realtime import Namespace, Server, ServerConfig, Socket
from carevia.realtime.engine import Engine
from carevia.realtime.polling import ASGIApp
from tests.conformance.engineio import nothing_else


def greet(namespace: Namespace) -> None:
    """Tell a client what it presented at CONNECT."""

    @namespace.on("connect")
    def connected(socket: Socket, auth: dict[str, Any]) -> None:
        socket.emit("auth", auth)


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
