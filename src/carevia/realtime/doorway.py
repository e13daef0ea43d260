"""What a new connection says first: a WebSocket upgrade for the engine needs nothing of uvicorn's HTTP protocol, which
costs a third of a connection to make; anything else is handed on to it.

It stands where uvicorn expects its protocol class (`Config(http=...)`), and leans on how uvicorn makes one
(`config`, `server_state`, `app_state`, `_loop`); see realtime/uvicorn.py.
"""

import asyncio
import re
from typing import TYPE_CHECKING, Any, ClassVar

from carevia.realtime.handshake import Handshake, find_header
from carevia.realtime.nodes.came import LONGEST, MAGIC, Came, seen
from carevia.realtime.nodes.links import Links
from carevia.realtime.opening import Endpoint, take_over
from carevia.realtime.patience import Patience

if TYPE_CHECKING:
    from carevia.realtime.uvicorn import EngineProtocol

# What a request's head may hold. nginx takes 33 KB at most (`large_client_header_buffers`) and adds some of its own,
# Node takes 16. The parser has no limit: it hoards whatever comes, and puts a long header together anew at each read.
MOST_HEAD_BYTES = 36_864
MOST_HEADERS = 1_000
_USUAL = 4_000  # bytes of a head that need no counting: they cannot be over either limit


class Doorway(asyncio.Protocol):
    """A connection before its first bytes. `serve_protocol` makes the class for one endpoint."""

    __slots__ = ("_bucket", "_came", "_connections", "_held", "_made_with", "_transport")

    endpoint: ClassVar[Endpoint]
    links: ClassVar[Links | None]
    protocol: ClassVar["type[EngineProtocol]"]
    patience: ClassVar[Patience]

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        self._made_with = (config, server_state, app_state, _loop)
        self._connections: set[Any] = server_state.connections
        self._came: Came | None = None  # where another host's node passed it on
        self._held = b""  # of such a node's line that has not come whole

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._connections.add(self)
        self._bucket = self.patience.heads.set(transport)

    def come(self, came: Came | None, data: bytes) -> None:
        """What another process has read of this connection before it handed it over."""
        self._came = came
        self._begin(data)

    def data_received(self, data: bytes) -> None:
        if self.links is not None and (self._held or data[:1] == MAGIC[:1]):
            data = self._unwrapped(self.links, self._held + data)
        if data:
            self._begin(data)

    def _unwrapped(self, links: Links, data: bytes) -> bytes:
        """What stands behind the line of another host's node; nothing until the line is whole, or where it lies."""
        if not data.startswith(MAGIC[: len(data)]):
            self._held = b""
            return data
        line, end, rest = data.partition(b"\r\n")
        if not end and len(data) < LONGEST:
            self._held = data
            return b""
        self._held = b""
        self._came = links.came(line)
        if self._came is None:
            self._transport.abort()
            return b""
        return rest

    def _begin(self, data: bytes) -> None:
        self._leave()
        head = _upgrade(self.endpoint, data)
        if head is None:
            self._hand_on(data)
            return
        target, lines = head
        query = target.partition(b"?")[2]
        way = None if self.links is None else self.links.way(query, self._came)
        if way is None:
            self._take(lines, query)
        else:
            way.go(self._transport, data, self._came, self._connections)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def shutdown(self) -> None:
        """The server stops (uvicorn calls this)."""
        self._transport.close()

    def _leave(self) -> None:
        self._bucket.discard(self._transport)
        self._connections.discard(self)

    def _hand_on(self, data: bytes) -> None:
        config, server_state, app_state, loop = self._made_with
        protocol = self.protocol(config=config, server_state=server_state, app_state=app_state, _loop=loop)
        protocol.connection_made(self._transport)
        if self._came is not None:
            protocol.passed_on(self._came)
        self._transport.set_protocol(protocol)
        protocol.data_received(data)

    def _take(self, lines: bytes, query: bytes) -> None:
        transport, endpoint = self._transport, self.endpoint
        came = self._came or seen(transport)
        handshake = Handshake(lines, query, came.peer, came.scheme, endpoint.proxies)
        take_over(endpoint, handshake, transport, self._connections)


_PLAIN = re.compile(  # what two readers could read in two ways is left to the HTTP parser
    rb"GET ([!-~]++) HTTP/1\.1\r\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t -~\x80-\xff]*+\r\n)++)\r\n"
).fullmatch


def _upgrade(endpoint: Endpoint, data: bytes) -> tuple[bytes, bytes] | None:
    """Target and lines of headers, where the data is exactly one plain GET that wants a WebSocket of the endpoint; else
    None."""
    found = _PLAIN(data) if len(data) <= _USUAL else None
    if found is None:
        return None
    target, lines = found[1], data[found.start(2) - 2 : -2]  # with the end of the request's line
    if not endpoint.takes(target.partition(b"?")[0]):
        return None
    lower = lines.lower()
    if b"\r\ncontent-length:" in lower or b"\r\ntransfer-encoding:" in lower or b"\r\nhost:" not in lower:
        return None
    # Nearly every client says it in these very words.
    if b"\r\nupgrade: websocket\r\n" not in lower and find_header(lower, b"upgrade") != b"websocket":
        return None
    if b"\r\nconnection: upgrade\r\n" not in lower:
        wants = find_header(lower, b"connection").split(b",")
        if b"upgrade" not in map(bytes.strip, wants):
            return None
    return target, lines
