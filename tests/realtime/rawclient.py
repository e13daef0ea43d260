"""Clients that hide nothing: HTTP/1.1 and WebSocket by hand over asyncio streams, so that a test sees every byte and
the moment the server closed. Every wait has a deadline; what does not come in time is an AssertionError."""

import asyncio
import json
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, NamedTuple, Self

from carevia.protocol.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from tests.protocol.frames import client_frame

DEADLINE = 5.0
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
QUERY = "?EIO=4&transport=polling"


class Response(NamedTuple):
    """One answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers. Raises ConnectionError where the server hung up instead."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("hung up without an answer") from error
    lines = head.decode("latin-1").split("\r\n")
    pairs = [line.split(":", 1) for line in lines[1:] if line]
    return int(lines[0].split(" ")[1]), {name.strip().lower(): value.strip() for name, value in pairs}


class Connection:
    """One TCP connection that speaks HTTP/1.1, one request after the other."""

    takes = 0  # bytes that the kernel keeps for us at most; 0 is its own choice

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> Self:
        plug = socket.socket()
        if self.takes:  # before the connection is made, or it is as wide as ever
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.takes)
        plug.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(plug, ("127.0.0.1", self.port))
        except BaseException:
            plug.close()
            raise
        self.reader, self.writer = await asyncio.open_connection(sock=plug)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close it, and wait until it is."""
        self.writer.close()
        try:
            async with asyncio.timeout(DEADLINE):
                await self.writer.wait_closed()
        except ConnectionError:
            pass

    def abort(self) -> None:
        """Reset it."""
        self.writer.transport.abort()

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def ask(self, method: str, target: str, body: bytes | None = None, /, **headers: str) -> None:
        """Send a request; names of headers with `_` for `-`."""
        lines = [f"{method} {target} HTTP/1.1", *([] if "host" in headers else [f"host: 127.0.0.1:{self.port}"])]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body is not None and "content_length" not in headers and "transfer_encoding" not in headers:
            lines.append(f"content-length: {len(body)}")
        self.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b""))

    async def answer(self, within: float = DEADLINE) -> Response:
        """The next answer."""
        async with deadline(within, "no answer"):
            status, headers = await read_head(self.reader)
            length = int(headers.get("content-length", "0"))
            return Response(status, headers, await self.reader.readexactly(length))

    async def request(self, method: str, target: str, body: bytes | None = None, /, **headers: str) -> Response:
        self.ask(method, target, body, **headers)
        return await self.answer()

    async def closed(self, within: float = DEADLINE) -> float:
        """Wait until the server hangs up; how long it took. Whatever it still sends is dropped."""
        began = time.monotonic()
        async with deadline(within, "the server did not hang up"):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass
        return time.monotonic() - began


@asynccontextmanager
async def deadline(seconds: float, what: str) -> AsyncIterator[None]:
    """What does not come in time is an AssertionError that says so."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise AssertionError(f"{what} within {seconds} s") from None


async def request(port: int, method: str, target: str, body: bytes | None = None, /, **headers: str) -> Response:
    """One request on a connection of its own."""
    async with Connection(port) as connection:
        return await connection.request(method, target, body, **headers)


async def until(condition: Callable[[], object], what: str, within: float = DEADLINE) -> None:
    """Wait for a condition of this process, turn by turn."""
    async with deadline(within, what):
        while not condition():
            await asyncio.sleep(0.002)


class Closed(NamedTuple):
    """How a WebSocket ended: its close code (None: without a closing frame), and the seconds it took."""

    code: int | None
    took: float


class RawWebSocket(Connection):
    """A WebSocket on which a test can say anything. `status` tells whether the server let it in (101)."""

    def __init__(self, port: int, target: str, **headers: str) -> None:
        super().__init__(port)
        self.target = target
        self.extra = headers
        self.pongs: deque[bytes] = deque()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self.open()
        except BaseException:
            await self.hang_up()
            raise
        return self

    async def open(self) -> None:
        """The opening handshake."""
        self.ask("GET", self.target, **opening_headers(), **self.extra)
        async with deadline(DEADLINE, "no answer to the opening handshake"):
            self.status, self.headers = await read_head(self.reader)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.hang_up()

    def send(self, message: str | bytes) -> None:
        """One text or binary message."""
        if isinstance(message, str):
            self.write(client_frame(TEXT, message.encode()))
        else:
            self.write(client_frame(BINARY, message))

    async def frame(self, within: float = DEADLINE) -> tuple[int, bytes]:
        """The next frame: opcode and payload. Raises ConnectionError at the end."""
        async with deadline(within, "no frame"):
            try:
                first, second = await self.reader.readexactly(2)
                assert not second & 0x80, "a server never masks"
                assert first & 0x80, "this server never fragments"
                length = second & 0x7F
                if length >= 126:
                    length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
                return first & 0x0F, await self.reader.readexactly(length)
            except asyncio.IncompleteReadError as error:
                raise ConnectionResetError("the server hung up") from error

    async def receive(self, within: float = DEADLINE) -> str | bytes:
        """The next message; pongs are set aside. Raises ConnectionError where the server closes."""
        while True:
            opcode, payload = await self.frame(within)
            if opcode == TEXT:
                return payload.decode()
            if opcode == BINARY:
                return payload
            if opcode == CLOSE:
                raise ConnectionResetError(f"closed with {payload!r}")
            assert opcode in (PING, PONG, CONTINUATION)
            self.pongs.append(payload)

    async def ended(self, within: float = DEADLINE) -> Closed:
        """Wait until the server has closed: the closing frame and the end of the TCP connection."""
        began, code = time.monotonic(), None
        async with deadline(within, "the server did not close"):
            try:
                while True:
                    opcode, payload = await self.frame(within)
                    if opcode == CLOSE:
                        code = int.from_bytes(payload[:2], "big") if payload else 1005
            except ConnectionError:
                pass
        return Closed(code, time.monotonic() - began)


async def upgrade(port: int, target: str, **headers: str) -> Response:
    """The answer to an upgrade; a 101 ends there."""
    async with RawWebSocket(port, target, **headers) as ws:
        body = b"" if ws.status == 101 else await ws.reader.readexactly(int(ws.headers["content-length"]))
        return Response(ws.status, ws.headers, body)


def opening_headers() -> dict[str, str]:
    """Those of every opening handshake."""
    return {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13", "sec_websocket_key": KEY}


class Polling:
    """An Engine.IO session over polling. GET and POST each have a connection, as in a browser."""

    def __init__(self, port: int, path: str = "/socket.io/", **headers: str) -> None:
        self.port = port
        self.path = path
        self.extra = headers
        self._get = Connection(port)
        self._post = Connection(port)

    async def __aenter__(self) -> Self:
        await self._get.__aenter__()
        await self._post.__aenter__()
        try:
            await self.open()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def open(self) -> None:
        """The handshake."""
        answer = await self._get.request("GET", self.path + QUERY, **self.extra)
        assert answer.status == 200, answer
        assert answer.body[:1] == b"0"
        self.handshake: dict[str, Any] = json.loads(answer.body[1:])
        self.sid: str = self.handshake["sid"]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._get.hang_up()
        await self._post.hang_up()

    @property
    def target(self) -> str:
        return f"{self.path}{QUERY}&sid={self.sid}"

    @property
    def ws_target(self) -> str:
        return f"{self.path}?EIO=4&transport=websocket&sid={self.sid}"

    def ask(self) -> None:
        """Send a GET; `answer` waits for it."""
        self._get.ask("GET", self.target, **self.extra)

    async def answer(self, within: float = DEADLINE) -> Response:
        return await self._get.answer(within)

    def abort(self) -> None:
        """Reset the connection of the GET."""
        self._get.abort()

    async def get(self) -> Response:
        self.ask()
        return await self.answer()

    async def post(self, body: str | bytes, **headers: str) -> Response:
        data = body.encode() if isinstance(body, str) else body
        return await self._post.request("POST", self.target, data, **(self.extra | headers))

    async def packets(self) -> list[str]:
        """What the next GET brings, as packets."""
        answer = await self.get()
        assert answer.status == 200, answer
        return answer.text.split("\x1e")


class Tab(RawWebSocket):
    """A Socket.IO client over WebSocket: text packets without the Engine.IO digit, and bytes."""

    def __init__(
        self, port: int, namespace: str = "/", auth: Any = None, path: str = "/socket.io/", **headers: str
    ) -> None:
        super().__init__(port, path + "?EIO=4&transport=websocket", **headers)
        self.namespace = namespace
        self.auth = auth
        self.sid = ""
        self._id = 0

    async def open(self) -> None:
        await super().open()
        assert self.status == 101, (self.status, self.headers)
        opening = await self.receive()
        assert isinstance(opening, str) and opening[0] == "0"
        self.handshake: dict[str, Any] = json.loads(opening[1:])
        said = await self.connect(self.namespace, self.auth)
        assert said.startswith(f"0{self.prefix(self.namespace)}"), said
        self.sid = json.loads(said[1 + len(self.prefix(self.namespace)) :])["sid"]

    @staticmethod
    def prefix(namespace: str) -> str:
        return "" if namespace == "/" else f"{namespace},"

    async def connect(self, namespace: str = "/", auth: Any = None) -> str:
        """Send CONNECT; the packet that answers."""
        self.say(f"0{self.prefix(namespace)}{'' if auth is None else json.dumps(auth)}")
        return await self.hear()

    def say(self, packet: str) -> None:
        self.send("4" + packet)

    async def hear(self, within: float = DEADLINE) -> str:
        """The next packet; pings are answered."""
        while True:
            message = await self.receive(within)
            assert isinstance(message, str), message
            if message == "2":
                self.send("3")
                continue
            assert message[0] == "4", message
            return message[1:]

    def emit(self, name: str, *args: Any, ack: int | None = None) -> None:
        self.say(f"2{self.prefix(self.namespace)}{'' if ack is None else ack}{json.dumps([name, *args])}")

    async def call(self, name: str, *args: Any) -> list[Any]:
        """Emit and wait for the acknowledgement, which must be the very next packet."""
        self._id += 1
        self.emit(name, *args, ack=self._id)
        said = await self.hear()
        head = f"3{self.prefix(self.namespace)}{self._id}"
        assert said.startswith(head), (said, head)
        found: list[Any] = json.loads(said[len(head) :])
        return found

    async def event(self, within: float = DEADLINE) -> list[Any]:
        """The next packet, which must be an event: name and arguments."""
        said = await self.hear(within)
        head = f"2{self.prefix(self.namespace)}"
        assert said.startswith(head), said
        found: list[Any] = json.loads(said[len(head) :])
        return found


async def fence(ws: RawWebSocket) -> None:
    """An echo that must be the very next message."""
    ws.send('420["echo","fence"]')
    assert await ws.receive() == '430["fence"]'
