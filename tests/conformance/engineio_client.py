"""Suite F: the Engine.IO server that engine.io-client's own tests talk to."""

from collections.abc import Iterable
from email.utils import formatdate

import msgspec

from carevia.protocol import engineio
from carevia.realtime.asgi import ASGIApp
from carevia.realtime.config import Refusal, ServerConfig
from carevia.realtime.engine import Engine
from carevia.realtime.handshake import Handshake
from carevia.realtime.message import Message, binary
from carevia.realtime.polling import PollingTransport
from carevia.realtime.session import Session
from tests.conformance.engineio import nothing_else

UTF8 = "пойду спать всем спокойной ночи"


def cookies(handshake: Handshake) -> Iterable[tuple[str, str]]:
    """Four for the client's jar: of them it may send back the first two."""
    for cookie in (
        "1=1; Max-Age=86400",
        "2=2; Path=/; HttpOnly; Secure; SameSite=Strict",
        "3=3; Max-Age=0",
        f"4=4; Expires={formatdate(usegmt=True)}",
    ):
        yield "set-cookie", cookie


def admit(handshake: Handshake) -> Refusal | None:
    return Refusal(403, "Forbidden") if "deny" in handshake.query else None


class Echo:
    """Says "hi", answers three words, and sends back everything else."""

    paused = False

    def __init__(self, session: Session) -> None:
        self.session = session
        self._say(b"hi")

    def _say(self, text: bytes) -> None:
        self.session.send(Message(engineio.MESSAGE + text))

    def text(self, data: bytes) -> None:
        if data == b"give binary":
            self.session.send(binary(bytes(range(5))))
        elif data == b"give utf8":
            self._say(UTF8.encode())
        elif data == b"sendHeaders":
            transport = self.session.transport
            request = transport.request if isinstance(transport, PollingTransport) else self.session.handshake
            self._say(msgspec.json.encode(request.headers if request else None))
        else:
            self._say(data)

    def binary(self, data: bytes) -> None:
        self.session.send(binary(data))

    def closed(self, reason: str) -> None:
        pass


def build() -> tuple[Engine, ASGIApp]:
    """The engine with the suite's settings: a maxPayload of 100 bytes among them."""
    config = ServerConfig(
        path="/engine.io/", ping_interval=0.5, max_payload=100, buffer_limit=1_000_000, origins=("*",), greeting=cookies
    )
    engine = Engine(config, Echo, admit)
    return engine, engine.asgi(nothing_else)
