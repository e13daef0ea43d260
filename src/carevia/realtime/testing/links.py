"""The client's side of both transports: packets of Engine.IO over WebSocket frames, and over polls."""

import asyncio
import base64
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

import msgspec
from websockets.speedups import apply_mask

from carevia.protocol import engineio, websocket
from carevia.realtime.asgi import Receive, Scope, Send
from carevia.realtime.handshake import Handshake
from carevia.realtime.opening import take_over
from carevia.realtime.server import Server
from carevia.realtime.testing.wire import MemoryTransport, Way

Packet = str | bytes
_MASK = b"\x37\xfa\x21\x3d"
_KEY = base64.b64encode(b"in-process tests")


class Refused(ConnectionError):
    """The server answered the handshake with an HTTP error. `retry_after` is in seconds."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.retry_after = int(headers["retry-after"]) if "retry-after" in headers else None
        try:
            self.message = str(msgspec.json.decode(body)["message"])
        except (msgspec.DecodeError, TypeError, KeyError):
            self.message = body.decode(errors="replace")
        super().__init__(f"{status} {self.message}")


class Closed(NamedTuple):
    """How a connection ended: the WebSocket's close code (None without a closing frame, and over polling), and why."""

    code: int | None
    why: str


class Request(NamedTuple):
    """Who asks: what an HTTP request carries beside the engine's own query."""

    headers: tuple[tuple[bytes, bytes], ...]
    query: dict[str, str]
    address: str
    secure: bool

    def query_string(self, transport: str, sid: str) -> bytes:
        """The query of one request."""
        words = {"EIO": engineio.PROTOCOL, "transport": transport} | ({"sid": sid} if sid else {})
        return urlencode(self.query | words).encode()


class Link(Protocol):
    """One connection of a client. `heard` gets each packet, `ended` the end, once."""

    name: str
    up: Way
    down: Way
    heard: Callable[["Link", Packet], None]
    ended: Callable[["Link", Closed], None]

    async def open(self) -> None:
        """Raises Refused."""

    def send(self, *packets: Packet) -> None:
        """Packets that belong together."""

    def cut(self) -> None:
        """The network drops the connection: whatever is in flight is lost."""

    async def close(self) -> None:
        """The client leaves, and waits until the server has seen it."""


class WebSocketLink:
    """`sid` is the session to upgrade; without it the server opens one."""

    name = "websocket"

    def __init__(self, server: Server, request: Request, sid: str = "") -> None:
        self.heard: Callable[[Link, Packet], None]
        self.ended: Callable[[Link, Closed], None]
        self._engine = server.engine
        self._request = request
        self._sid = sid
        self.down = Way(self._arrived, self._eof)
        self._transport = MemoryTransport(self._written, self.down, request.address, request.secure)
        self.up = self._transport.up
        self._head: bytes | None = b""  # of the server's answer, until it is whole
        self._held = b""
        self._code: int | None = None
        self._why = "closed by the server"  # where its closing frame does not say
        self._over = False

    async def open(self) -> None:
        """The opening handshake, through what every HTTP server calls (realtime.opening)."""
        request, engine = self._request, self._engine
        headers = [*request.headers, (b"sec-websocket-version", b"13"), (b"sec-websocket-key", _KEY)]
        query = request.query_string("websocket", self._sid)
        scheme = "https" if request.secure else "http"
        handshake = Handshake(headers, query, request.address, scheme, engine.proxies)
        connections: set[Any] = set()
        taken = take_over(engine, handshake, self._transport, connections)
        status, found, rest = _read_answer(self._head or b"")
        self._head = None
        if taken is None:
            raise Refused(status, found, rest)
        if found["sec-websocket-accept"].encode() != websocket.accept_value(_KEY):
            raise Refused(status, found, b"a wrong Sec-WebSocket-Accept")
        self._written(rest)

    def send(self, *packets: Packet) -> None:
        for packet in packets:
            if isinstance(packet, str):
                self._frame(websocket.TEXT, packet.encode())
            else:
                self._frame(websocket.BINARY, packet)

    def cut(self) -> None:
        self.up.end(drop=True)
        self.down.end(drop=True)
        self._transport.lose(ConnectionResetError("cut"))
        self._finish("cut")

    async def close(self) -> None:
        self.up.tamper = self.down.tamper = None
        if self.up.held() or self.down.held():
            self.cut()
        elif not self._over:
            self._why = "closed by the client"
            self._frame(websocket.CLOSE, websocket.NORMAL.to_bytes(2, "big"))
        await self._transport.gone.wait()

    def _frame(self, opcode: int, payload: bytes) -> None:
        whole = websocket.frame(opcode, payload)
        head = len(whole) - len(payload)
        self.up.put(bytes((whole[0], whole[1] | 0x80)) + whole[2:head] + _MASK + apply_mask(payload, _MASK))

    def _written(self, data: bytes) -> None:
        if self._head is not None:
            self._head += data
            return
        self._held += data
        for size in _frames(self._held):
            self.down.put(self._held[:size])
            self._held = self._held[size:]

    def _arrived(self, frames: list[bytes]) -> None:
        self._transport.arrived()
        for whole in frames:
            header = 2 if whole[1] < 126 else 4 if whole[1] == 126 else 10
            opcode, payload = whole[0] & 0x0F, whole[header:]
            if self._over:
                return
            if opcode == websocket.TEXT:
                self.heard(self, payload.decode())
            elif opcode == websocket.BINARY:
                self.heard(self, payload)
            elif opcode == websocket.PING:
                self._frame(websocket.PONG, payload)
            elif opcode == websocket.CLOSE:
                self._code = int.from_bytes(payload[:2], "big") if payload else websocket.NO_STATUS
                self._frame(websocket.CLOSE, payload[:2])
                self._finish(payload[2:].decode() or self._why)

    def _eof(self) -> None:
        self._finish("the server hung up")

    def _finish(self, why: str) -> None:
        if not self._over:
            self._over = True
            self.up.end()
            self.ended(self, Closed(self._code, why))


def _frames(data: bytes) -> Iterator[int]:
    """The sizes of the whole frames in it. A server's frames are never masked."""
    at = 0
    while len(data) >= at + 2:
        length, header = data[at + 1], 2
        if length >= 126:
            header = 4 if length == 126 else 10
            length = int.from_bytes(data[at + 2 : at + header], "big")
        if len(data) < at + header + length:
            return
        at += header + length
        yield header + length


def _read_answer(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (names in lower case) and what follows them."""
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, value in pairs}, rest


class PollingLink:
    """One GET at a time waits, one POST at a time is under way: what is sent meanwhile goes into the next."""

    name = "polling"

    def __init__(self, server: Server, request: Request) -> None:
        self.heard: Callable[[Link, Packet], None]
        self.ended: Callable[[Link, Closed], None]
        self._app = server.asgi(_nothing_here)
        self._path = server.config.path
        self._request = request
        self._sid = ""
        self.up = Way(self._post, _ignore)
        self.down = Way(self._arrived, _ignore)
        self._gone = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()  # less is under way than before
        self._polling = False  # a GET is under way
        self._stopped = False
        self._over = False

    async def open(self) -> None:
        status, headers, body = await self._ask("GET")
        if status != 200:
            raise Refused(status, headers, body)
        self._sid = msgspec.json.decode(body[1:])["sid"]
        self.down.put(body)

    def send(self, *packets: Packet) -> None:
        for packet in packets:
            self.up.put(packet.encode() if isinstance(packet, str) else engineio.binary_part(packet))

    def cut(self) -> None:
        self.up.end(drop=True)
        self.down.end(drop=True)
        self._gone.set()
        self._finish("cut")

    async def close(self) -> None:
        self.up.tamper = self.down.tamper = None
        if self.up.held(but="post") or self.down.held():
            self.cut()
        elif not self._over:
            self.send(engineio.CLOSE.decode())
            await self.stop()
            self._finish("closed by the client")
        self._gone.set()
        await self._settled()

    async def stop(self) -> None:
        """No further GET: what is under way comes to its end."""
        self._stopped = True
        while self._stopped and not self._over and (self.up.size or self.down.size or self._tasks):
            self._moved.clear()
            await self._moved.wait()

    def go_on(self) -> None:
        """It is not to stop after all."""
        self._stopped = False
        self._arrived([])

    async def _settled(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _arrived(self, packets: list[bytes]) -> None:
        for packet in packets:
            if not self._over:
                binary = packet[:1] == b"b"
                self.heard(self, base64.b64decode(packet[1:]) if binary else packet.decode())
                if packet == engineio.CLOSE:
                    self._finish("closed by the server")
        self._moved.set()
        if not (self.down.size or self._polling or self._stopped or self._over):
            self._polling = True
            self._start(self._get())

    def _start(self, exchange: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(exchange)
        self._tasks.add(task)
        task.add_done_callback(self._ended_one)

    def _ended_one(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._moved.set()

    async def _get(self) -> None:
        status, headers, body = await self._ask("GET")
        self._polling = False
        if status != 200:
            self._finish(str(Refused(status, headers, body)))
        for packet in body.split(engineio.SEPARATOR) if status == 200 else ():
            self.down.put(packet)

    def _post(self, packets: list[bytes]) -> None:
        self.up.hold("post")
        self._start(self._send_body(engineio.encode_payload(packets)))

    async def _send_body(self, body: bytes) -> None:
        status, headers, answer = await self._ask("POST", body)
        self.up.release("post")
        if status != 200:
            self._finish(str(Refused(status, headers, answer)))

    def _finish(self, why: str) -> None:
        if not self._over:
            self._over = True
            self._moved.set()
            self.ended(self, Closed(None, why))

    async def _ask(self, method: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        request, waiting = self._request, [{"type": "http.request", "body": body, "more_body": False}]
        status, headers, answer = 0, dict[str, str](), bytearray()

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop()
            await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers.update((name.decode(), value.decode()) for name, value in message["headers"])
            else:
                answer.extend(message.get("body", b""))

        await self._app(self._scope(request, method, len(body)), receive, send)
        return status, headers, bytes(answer)

    def _scope(self, request: Request, method: str, length: int) -> Scope:
        return {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "https" if request.secure else "http",
            "path": self._path,
            "query_string": request.query_string("polling", self._sid),
            "headers": [*request.headers, (b"content-length", b"%d" % length)],
            "client": (request.address, 50_000),
        }


def _ignore() -> None:
    pass


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """The application behind the engine."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"Not found"})
