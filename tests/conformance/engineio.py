"""Suite A: an Engine.IO server that sends every message back unchanged."""

from carevia.protocol import engineio
from carevia.realtime.asgi import ASGIApp, Receive, Scope, Send
from carevia.realtime.config import ServerConfig
from carevia.realtime.engine import Engine
from carevia.realtime.message import Message, binary
from carevia.realtime.session import Session


class Echo:
    """Sends back what comes."""

    paused = False

    def __init__(self, session: Session) -> None:
        self.session = session

    def text(self, data: bytes) -> None:
        self.session.send(Message(engineio.MESSAGE + data))

    def binary(self, data: bytes) -> None:
        self.session.send(binary(data))

    def closed(self, reason: str) -> None:
        pass


async def nothing_else(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers every other path."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def build() -> tuple[Engine, ASGIApp]:
    """The engine with the suite's settings."""
    config = ServerConfig(path="/engine.io/", ping_interval=0.3, ping_timeout=0.2, origins=("*",))
    engine = Engine(config, Echo)
    return engine, engine.asgi(nothing_else)
