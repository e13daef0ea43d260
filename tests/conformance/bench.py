"""Suite G: the engine with nothing above it, for measuring. BENCH_PING_INTERVAL: another heartbeat than 25 s."""

import os
from typing import Any

import msgspec

from carevia.realtime import Namespace, Server, ServerConfig, Socket
from carevia.realtime.engine import Engine
from carevia.realtime.polling import ASGIApp, Receive, Scope, Send
from tests.conformance.engineio import nothing_else


def publish(namespace: Namespace, event: str, times: int) -> None:
    """`event` makes `times` broadcasts in one turn of the loop."""

    @namespace.on(event)
    def pub(socket: Socket, payload: Any = None) -> None:
        for _ in range(times):
            namespace.emit("booking", payload)


def build() -> tuple[Engine, ASGIApp]:
    """The server with the suite's events and limits out of reach."""
    interval = float(os.environ.get("BENCH_PING_INTERVAL") or 25)
    server = Server(ServerConfig(ping_interval=interval, origins=("*",), buffer_limit=64_000_000))
    namespace = server.namespace("/")
    for event, times in (("pub", 1), ("pub2", 2), ("pub5", 5), ("pub10", 10)):
        publish(namespace, event, times)

    @namespace.on("echo")
    def echo(socket: Socket, payload: Any = None) -> tuple[Any]:
        return (payload,)

    @namespace.on("join")
    def join(socket: Socket, room: str) -> None:
        socket.join(room)

    @namespace.on("pubroom")
    def pubroom(socket: Socket, room: str, payload: Any = None) -> None:
        namespace.to(room).emit("booking", payload)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/emit-booking" and scope["method"] == "POST":
            body = bytearray()
            more = True
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
            namespace.emit("booking", msgspec.json.decode(body))
        await nothing_else(scope, receive, send)

    return server.engine, server.asgi(app)
