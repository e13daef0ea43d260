"""The way into uvicorn that it documents: `Config(ws=...)` takes a class that gets the head of every upgrade replayed.

Slower to connect and some 5 KB heavier per connection than realtime/uvicorn.py until the collector has run, since
uvicorn's HTTP protocol and its parser hold each other; nothing else differs. It leans on the contract of uvicorn's own
WebSocket classes alone: made with `config`, `server_state` and `app_state`, then `connection_made`, then the head as
`data_received`, then set as the connection's protocol. It works with either HTTP class of uvicorn (h11, httptools).
"""

import asyncio
from typing import Any, cast

from carevia.realtime.config import Refusal
from carevia.realtime.handshake import Handshake
from carevia.realtime.opening import Endpoint, refuse, take_over

_NOTHING_HERE = Refusal(404, "No WebSocket is served here")


def websocket_protocol(engine: Endpoint, elsewhere: type[asyncio.Protocol] | None = None) -> type[asyncio.Protocol]:
    """The class for `uvicorn.Config(ws=...)`. `elsewhere` is the one that serves the application's own WebSockets at
    other paths (say uvicorn.protocols.websockets.auto.AutoWebSocketsProtocol); without it they are answered 404."""

    class Protocol(_Opening):
        """One to this engine."""

        def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any]) -> None:
            super().__init__(engine, server_state.connections)
            if elsewhere is not None:
                made = cast("Any", elsewhere)
                self.elsewhere = made(config=config, server_state=server_state, app_state=app_state)

    return Protocol


class _Opening(asyncio.Protocol):
    """Stands on a connection until its opening handshake is read; what is asked of it meanwhile it passes on."""

    def __init__(self, engine: Endpoint, connections: set[Any]) -> None:
        self.elsewhere: asyncio.Protocol | None = None
        self._engine = engine
        self._connections = connections
        self._behind: asyncio.Protocol | None = None  # who has taken the connection over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._behind is not None:
            self._behind.data_received(data)
        elif not self._transport.is_closing():
            self._opened(data)

    def _opened(self, head: bytes) -> None:
        """uvicorn replays the head whole, in one piece."""
        method, target, headers = _read(head)
        path, _, query = target.partition(b"?")
        if self._engine.takes(path):
            transport, engine = self._transport, self._engine
            scheme = "https" if transport.get_extra_info("sslcontext") else "http"
            handshake = Handshake(headers, query, _peer(transport), scheme, engine.proxies)
            self._behind = take_over(engine, handshake, transport, self._connections, method=method)
        elif self.elsewhere is not None:
            self._behind = self.elsewhere
            self._behind.connection_made(self._transport)
            self._behind.data_received(head)
        else:
            refuse(self._transport, _NOTHING_HERE)
        if self._behind is None:
            self._connections.add(self)  # until the refusal is written
        else:  # uvicorn sets this one as the protocol after the replay; in the next turn it steps aside
            asyncio.get_running_loop().call_soon(self._transport.set_protocol, self._behind)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._behind is not None:
            self._behind.connection_lost(exc)

    def eof_received(self) -> bool | None:
        return None if self._behind is None else self._behind.eof_received()

    def pause_writing(self) -> None:
        if self._behind is not None:
            self._behind.pause_writing()

    def resume_writing(self) -> None:
        if self._behind is not None:
            self._behind.resume_writing()

    def shutdown(self) -> None:
        """uvicorn stops while a refusal is being written."""
        self._transport.close()


def _read(head: bytes) -> tuple[str, bytes, list[tuple[bytes, bytes]]]:
    """Method, target and headers (names in lower case); uvicorn has parsed and checked them before."""
    first, *lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
    method, target, _ = first.split(b" ", 2)
    pairs = [line.partition(b":") for line in lines]
    return method.decode("latin-1"), target, [(name.strip().lower(), value.strip()) for name, _, value in pairs]


def _peer(transport: asyncio.Transport) -> str:
    found = transport.get_extra_info("peername")
    return str(found[0]) if isinstance(found, tuple | list) and found else ""
