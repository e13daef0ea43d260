"""Suite D: the Socket.IO server that socket.io-client's own tests talk to, with recovery from memory."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from carevia.realtime import NO_ACK, ConnectRefused, Handshake, MemoryRecovery, Namespace, Server, ServerConfig, Socket
from carevia.realtime.asgi import ASGIApp
from carevia.realtime.engine import Engine
from tests.conformance.engineio import nothing_else

NAMESPACES = ("/", "/foo", "/timeout_socket", "/valid", "/asd", "/abc", "/no")
DELAY_SECONDS = 0.01
UTF8 = ("てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string")
BYTES = b"asdfasdf"


def delay(handshake: Handshake) -> None:
    """Every handshake takes its time (the whole program waits with it): clients test their timeouts by that.

    Our own test asks for more (`?delay=` milliseconds): a client that is itself held up for 10 ms would not time out.
    """
    time.sleep(float(handshake.query.get("delay", 0)) / 1_000 or DELAY_SECONDS)


def date() -> str:
    """Now, as JavaScript writes a date into JSON."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def described(socket: Socket, auth: Mapping[str, Any]) -> dict[str, Any]:
    """The handshake as the suite knows it."""
    handshake = socket.handshake
    return {
        "headers": handshake.headers,
        "address": handshake.address,
        "secure": handshake.secure,
        "query": handshake.query,
        "auth": auth,
    }


def answers(main: Namespace) -> None:
    """Events of `/` that are acknowledged, or must not be."""

    @main.use
    def remember(socket: Socket, auth: dict[str, Any]) -> None:
        if "fail" in socket.handshake.query:
            raise ConnectRefused("Auth failed (main namespace)")
        socket.data = {"auth": auth}

    @main.on("ack")
    def ack(socket: Socket, *args: Any) -> object:
        def answered(number: Any = None, tested: Any = None) -> None:
            if number == 5 and tested == {"test": True}:
                socket.emit("got it")

        socket.ask("ack", then=answered)
        return NO_ACK

    main.on("echo")(lambda socket, value=None: (value,))
    main.on("getAckDate")(lambda socket, *args: date())
    main.on("getHandshake")(lambda socket: described(socket, socket.data["auth"]))
    main.on("getId")(lambda socket: socket.id)


def plain(main: Namespace) -> None:
    """Events of `/` that are answered by events."""
    main.on("hi")(lambda socket, *args: socket.emit("hi"))
    main.on("getDate")(lambda socket: socket.emit("takeDate", date()))
    main.on("getDateObj")(lambda socket: socket.emit("takeDateObj", {"date": date()}))
    main.on("false")(lambda socket: socket.emit("false", False))

    @main.on("getUtf8")
    def get_utf8(socket: Socket) -> None:
        for text in UTF8:
            socket.emit("takeUtf8", text)


def binary(main: Namespace) -> None:
    """Events of `/` with bytes in them; the blob ones come from browsers."""
    main.on("doge")(lambda socket: socket.emit("doge", BYTES))
    main.on("getbin")(lambda socket: socket.emit("takebin", BYTES))

    def whole(event: str, answer: str) -> None:
        @main.on(event)
        def came(socket: Socket, data: Any = None) -> None:
            if isinstance(data, bytes):
                socket.emit(answer)

    def mixed(event: str) -> None:
        @main.on(event)
        def came(socket: Socket, data: Any = None) -> None:
            match data:
                case {"hello": "lol", "message": bytes(), "goodbye": "gotcha"}:
                    socket.emit(f"{event}-ack")

    whole("buffa", "buffack")
    whole("blob", "back")
    mixed("jsonbuff")
    mixed("jsonblob")


def in_order(main: Namespace, *events: str) -> None:
    """The last of these is answered where those before it have come."""

    def each(event: str, before: tuple[str, ...]) -> None:
        @main.on(event)
        def came(socket: Socket, data: Any = None) -> None:
            socket.data[event] = data is not None
            if event == events[-1] and all(socket.data.get(other) for other in before):
                socket.emit(f"{event}-ack")

    for at, event in enumerate(events):
        each(event, events[:at])


def build() -> tuple[Engine, ASGIApp]:
    """The server with the suite's settings, namespaces and events."""
    server = Server(ServerConfig(ping_interval=2.0, origins=("*",)), admit=delay)
    for name in NAMESPACES:
        server.namespace(name).recovery = MemoryRecovery(needs_offset=True)
    main = server.namespace("/")
    answers(main)
    plain(main)
    binary(main)
    in_order(main, "abuff1", "abuff2")
    in_order(main, "blob1", "blob2", "blob3")
    server.namespace("/foo").on("getId")(lambda socket: socket.id)

    @server.namespace("/abc").on("connect")
    def greet(socket: Socket, auth: dict[str, Any]) -> None:
        socket.emit("handshake", described(socket, auth))

    @server.namespace("/no").use
    def never(socket: Socket, auth: dict[str, Any]) -> None:
        raise ConnectRefused("Auth failed (custom namespace)")

    return server.engine, server.asgi(nothing_else)
