"""A Socket.IO client in the test's own process: packets, acknowledgements and recovery as socket.io-client has them."""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import msgspec

from carevia.protocol import engineio, socketio
from carevia.realtime.namespace import ConnectRefused
from carevia.realtime.server import Server
from carevia.realtime.testing.links import Closed, Link, Packet, PollingLink, Request, WebSocketLink
from carevia.realtime.testing.wire import Tamper

T = TypeVar("T")
_WITHIN = 5.0


class Event:
    """What the server said: its name and arguments (binary ones as bytes), the offset included where it ends in one."""

    __slots__ = ("_client", "_id", "args", "name")

    def __init__(self, client: "TestClient", name: str, args: list[Any], packet_id: int | None) -> None:
        self._client = client
        self._id = packet_id
        self.name = name
        self.args = args

    @property
    def wants_answer(self) -> bool:
        """Whether the server waits for an acknowledgement."""
        return self._id is not None

    def answer(self, *args: Any) -> None:
        """Acknowledge it. Raises ValueError where nobody asked."""
        if self._id is None:
            raise ValueError(f"{self.name} asks for no acknowledgement")
        self._client.say(*_packets(socketio.ACK, self._client.namespace, args, self._id))

    def __repr__(self) -> str:
        return f"Event({', '.join(map(repr, [self.name, *self.args]))})"


class TestClient:
    """One tab. `async with TestClient(server) as client:` connects and, at the end, leaves politely.

    `auth` is what CONNECT carries; `headers`, `query`, `address` and `secure` are the HTTP request's. Pings are
    answered while `answers_pings`. Nothing comes back by itself: `reconnect` is the test's word.
    Raises Refused for an HTTP error at the handshake, ConnectRefused for a CONNECT_ERROR, ConnectionError where the
    connection ends instead, TimeoutError for what does not come within `within` seconds of the loop's time.
    """

    __test__ = False  # pytest takes every Test* for a class of tests

    def __init__(
        self,
        server: Server,
        *,
        namespace: str = "/",
        auth: Mapping[str, Any] | None = None,
        transport: Literal["websocket", "polling"] = "websocket",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        address: str = "127.0.0.1",
        secure: bool = False,
    ) -> None:
        self.namespace = namespace
        self.auth = auth
        self.transport = transport
        self.answers_pings = True
        self.connected = False
        self.sid = ""  # the socket's public id
        self.pid: str | None = None
        self.offset: str | None = None  # the last string that ended an event, as socket.io-client keeps it
        self.recovered = False  # the last CONNECT reply brought the pid that was shown
        self.handshake: dict[str, Any] = {}  # the open packet: sid, pingInterval, ...
        self.closed: Closed | None = None  # how the connection ended
        self.events: list[Event] = []  # what `receive` has not taken yet
        self.transcript: list[Packet] = []  # every Engine.IO packet that came, over all connections
        raw = {name.lower(): value for name, value in (headers or {}).items()}
        pairs = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in raw.items())
        self._request = Request(pairs, dict(query or {}), address, secure)
        self._server = server
        self._link: Link | None = None
        self._left: list[Link] = []  # connections left behind frozen: the server may not know yet
        self._tampers: tuple[Tamper | None, Tamper | None] = (None, None)
        self._acks: dict[int, asyncio.Future[list[Any]]] = {}
        self._next_id = 0
        self._replied = False  # CONNECT was answered by a CONNECT, whatever came after it
        self._refused: ConnectRefused | None = None
        self._partial: tuple[socketio.Packet, list[bytes]] | None = None
        self._upgrading: list[Packet] | None = None  # what is said meanwhile
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    # Coming and going.

    async def open(self) -> None:
        """The Engine.IO session alone: no CONNECT is sent. Raises RuntimeError where there is a connection already."""
        self._must_be_away()
        self.closed = self._partial = None
        self.handshake = {}
        make = PollingLink if self.transport == "polling" else WebSocketLink
        self._link = make(self._server, self._request)
        await self._opened(self._link)
        await self._until(lambda: self.handshake, "no open packet", _WITHIN)

    async def connect(self) -> None:
        """Open, send CONNECT (with pid and offset where an earlier one gave a pid) and wait for the reply."""
        self._must_be_away()
        try:
            await self.open()
            await self.join()
        except BaseException:
            await self.close()
            raise

    async def join(self) -> None:
        """Send CONNECT on an open session and wait for the reply."""
        shown = {"pid": self.pid} | ({} if self.offset is None else {"offset": self.offset}) if self.pid else {}
        data = shown | dict(self.auth or {})
        self._replied, self._refused = False, None
        self.say(socketio.control(socketio.CONNECT, self.namespace, data or None).decode())
        await self._until(lambda: self._replied or self._refused, "no answer to CONNECT", _WITHIN)
        if self._refused is not None:
            raise self._refused

    async def reconnect(self) -> None:
        """Come back on a new connection, whatever the old one does: a frozen one stays, the server does not know."""
        link = self._link
        if link is not None and self.closed is None:
            if link.up.held("post") or link.down.held():
                self._left.append(link)
            else:
                link.cut()
        self._gone(Closed(None, "left behind"))
        await self.connect()

    async def upgrade(self) -> None:
        """From polling to WebSocket, as a browser does it: probe, let the polls end, then change over. Where it fails,
        polling goes on."""
        polling = self._link
        if not isinstance(polling, PollingLink):
            raise ValueError("only a client on polling can upgrade")
        candidate = WebSocketLink(self._server, self._request, self.handshake["sid"])
        try:
            await self._opened(candidate)
            await self._probe(candidate)
            self._upgrading = []  # what is said from now on waits
            stopped = asyncio.create_task(polling.stop())
            stopped.add_done_callback(lambda _: self._news.set())
            await self._until(lambda: stopped.done() and self.closed is None, "the polls did not end", _WITHIN)
            candidate.send(engineio.UPGRADE.decode())
            self._link = candidate
        except BaseException:
            candidate.cut()
            polling.go_on()
            raise
        finally:
            held, self._upgrading = self._upgrading, None
            if held:
                self.send(*held)

    async def _probe(self, candidate: Link) -> None:
        heard, answer = len(self.transcript), engineio.PROBE_PONG.decode()
        candidate.send(engineio.PROBE_PING.decode())
        await self._until(lambda: answer in self.transcript[heard:], "no answer to the probe", _WITHIN)

    async def close(self) -> None:
        """Leave, and wait until the server has seen it. A frozen connection is cut."""
        for link in self._left:
            link.cut()
            await link.close()
        self._left.clear()
        if self._link is not None:
            await self._link.close()
            self._link = None

    async def ended(self, within: float = _WITHIN) -> Closed:
        """Wait until the server (or a fault) has ended the connection."""
        await self._until(lambda: self.closed is not None, "the connection was not ended", within, ends=False)
        return self.closed or Closed(None, "")

    # Saying and hearing.

    def emit(self, name: str, *args: Any) -> None:
        """Send an event; bytes anywhere in the arguments travel as attachments."""
        self.say(*_packets(socketio.EVENT, self.namespace, (name, *args)))

    async def call(self, name: str, *args: Any, within: float = _WITHIN) -> list[Any]:
        """Send an event and wait for its acknowledgement: the arguments."""
        packet_id, self._next_id = self._next_id, self._next_id + 1
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._acks[packet_id] = future
        try:
            self.say(*_packets(socketio.EVENT, self.namespace, (name, *args), packet_id))
            await self._until(future.done, f"{name} was not acknowledged", within)
        finally:
            self._acks.pop(packet_id, None)
        return future.result()

    async def receive(self, name: str | None = None, within: float = _WITHIN) -> Event:
        """The oldest event (of this name) that was not received yet; it may have come before."""

        def first() -> Event | None:
            return next((event for event in self.events if name in (None, event.name)), None)

        event = await self._until(first, f"no {name or 'event'}", within)
        self.events.remove(event)
        return event

    def say(self, *packets: Packet) -> None:
        """Send Socket.IO packets as they stand, right or wrong: text, or bytes for an attachment."""
        self.send(*(engineio.MESSAGE.decode() + packet if isinstance(packet, str) else packet for packet in packets))

    def send(self, *packets: Packet) -> None:
        """Send Engine.IO packets as they stand. Raises ConnectionError where there is no connection."""
        if self._link is None or self.closed is not None:
            raise ConnectionError("not connected")
        if self._upgrading is not None:
            self._upgrading += packets
        else:
            self._link.send(*packets)

    # Faults.

    def cut(self) -> None:
        """The network drops the connection at once: both sides are told, what is in flight is lost."""
        self._on().cut()

    def freeze(self) -> None:
        """Nothing passes in either direction, and nobody is told, until `thaw`."""
        for way in (self._on().up, self._on().down):
            way.hold("frozen")

    def thaw(self) -> None:
        """What was held passes, in order."""
        for way in (self._on().up, self._on().down):
            way.release("frozen")

    def pause(self) -> None:
        """Read nothing more (a slow reader); what is sent still goes out. Pings are not seen, so not answered."""
        self._on().down.hold("reader")

    def resume(self) -> None:
        """Read again."""
        self._on().down.release("reader")

    def disturb(self, *, up: Tamper | None = None, down: Tamper | None = None) -> None:
        """Tamper with what the client sends (`up`) and what it gets (`down`) from now on: `duplicate`, `shuffle(seed)`,
        or any function of the list of units that would arrive together. Without arguments: honest again."""
        self._tampers = (up, down)
        if self._link is not None:
            self._link.up.tamper, self._link.down.tamper = self._tampers

    # What comes.

    def _on(self) -> Link:
        if self._link is None:
            raise ConnectionError("not connected")
        return self._link

    def _must_be_away(self) -> None:
        if self._link is not None and self.closed is None:
            raise RuntimeError("connected already: `close` or `reconnect`")

    async def _opened(self, link: Link) -> None:
        link.heard, link.ended = self._heard, self._ended
        await link.open()
        link.up.tamper, link.down.tamper = self._tampers

    async def _until(self, found: Callable[[], T | None], what: str, within: float, ends: bool = True) -> T:
        try:
            async with asyncio.timeout(within):
                while not (thing := found()):
                    if ends and self.closed is not None:
                        raise ConnectionError(f"{what}: {self.closed.why} ({self.closed.code})")
                    self._news.clear()
                    await self._news.wait()
                return thing
        except TimeoutError:
            raise TimeoutError(f"{what} within {within} s") from None

    def _ended(self, link: Link, closed: Closed) -> None:
        if link is self._link and self.closed is None:
            self._gone(closed)

    def _gone(self, closed: Closed) -> None:
        self.closed, self.connected = closed, False
        self._partial = self._upgrading = None
        self._news.set()

    def _heard(self, link: Link, packet: Packet) -> None:
        if link in self._left or self.closed is not None:
            return
        self.transcript.append(packet)
        self._news.set()
        try:
            self._read(link, packet)
        except (ValueError, LookupError, TypeError) as error:  # as socket.io-client: it hangs up
            link.send(engineio.CLOSE.decode())
            self._gone(Closed(None, f"parse error: {error} in {packet[:100]!r}"))

    def _read(self, link: Link, packet: Packet) -> None:
        if isinstance(packet, bytes):
            self._attachment(packet)
        elif packet[:1] == "4":
            self._socketio(packet[1:])
        elif packet[:1] == "0":
            self.handshake = msgspec.json.decode(packet[1:])
        elif packet == "2" and self.answers_pings:
            link.send("3")

    def _socketio(self, text: str) -> None:
        if text[0] in "04":
            self._reply(text)
            return
        packet = socketio.decode(text.encode())
        if packet.attachments:
            self._partial = packet, []
        elif packet.namespace == self.namespace:
            self._dispatch(packet)

    def _attachment(self, data: bytes) -> None:
        if self._partial is None:
            raise ValueError("an attachment that no packet announced")
        packet, attachments = self._partial
        attachments.append(data)
        if len(attachments) == packet.attachments:
            self._partial = None
            self._dispatch(socketio.complete(packet, attachments))

    def _reply(self, text: str) -> None:
        place = "" if self.namespace == "/" else f"{self.namespace},"
        if not text.startswith(place, 1) or text[1 + len(place) :][:1] != "{":
            return
        data = msgspec.json.decode(text[1 + len(place) :])
        if text[0] == "4":
            self._refused = ConnectRefused(data["message"], data.get("data"))
            return
        pid = data.get("pid")
        self.recovered = pid is not None and pid == self.pid
        self.sid, self.pid, self.connected = data["sid"], pid, True
        self._replied = True

    def _dispatch(self, packet: socketio.Packet) -> None:
        if packet.type == socketio.DISCONNECT:
            self.connected = False
        elif packet.type in (socketio.ACK, socketio.BINARY_ACK):
            future = self._acks.get(packet.id or 0)
            if future is not None and not future.done():
                future.set_result(packet.data)
        else:
            name, *args = packet.data
            self.events.append(Event(self, name, args, packet.id))
            # socket.io-client 4: the last of [name, ...args] where it is a string; an ack function would stand behind.
            if self.pid and packet.id is None and isinstance(packet.data[-1], str):
                self.offset = packet.data[-1]


def _packets(kind: int, namespace: str, args: tuple[Any, ...], packet_id: int | None = None) -> list[Packet]:
    text, attachments = socketio.encode(kind, namespace, args, packet_id)
    return [text.decode(), *attachments]
