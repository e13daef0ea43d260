"""How connections get to the process that holds their session. The id of a session begins with the id of its node.

On one host the connection itself is handed over (handover.py); every file in the shared folder is a process that
lives. To another host it is tunnelled (tunnel.py), to the address that `Nodes` knows for it. Who is unknown or dead
gets the protocol's `Session ID unknown` at once: the client begins a new session, and recovery does the rest.
"""

import asyncio
import contextlib
import logging
import re
import secrets
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakSet

from carevia.realtime.nodes.came import Came, read, seen, write
from carevia.realtime.nodes.handover import Folder, Letterbox, hand_over, loopback_pair
from carevia.realtime.nodes.tunnel import Side, connect, refuse

_SID = re.compile(rb"(?:^|&)sid=([\w-]{1,40})\.")
_log = logging.getLogger("carevia.realtime")


class Nodes(Protocol):
    """What knows the nodes of other hosts."""

    def address(self, node: str) -> tuple[str, int] | None:
        """Host and port where that node's process, or another one of its host, takes connections; None where no such
        node lives."""


class ConnectionProtocol(Protocol):
    """asyncio's protocol of a new connection, which can also begin with what somebody else has read of it."""

    def connection_made(self, transport: Any) -> None:
        """As asyncio's."""

    def come(self, came: Came | None, data: bytes) -> None:
        """What was read so far, and how it came where it was tunnelled."""


ProtocolFactory = Callable[[], ConnectionProtocol]


class Way:
    """To the node of one connection's session, found before anything of the connection is given up."""

    def __init__(self, links: "Links", link: socket.socket | None, address: tuple[str, int] | None) -> None:
        self._links = links
        self._link = link  # to another process of this host
        self._address = address  # of another host

    def go(self, transport: asyncio.Transport, data: bytes, came: Came | None, connections: set[Any]) -> None:
        """Bring it there. `data` is all that was read of its present request."""
        if transport.is_closing():
            if self._link is not None:
                self._link.close()
        elif self._link is not None:
            self._links.hand_over(self._link, transport, data, came)
        elif self._address is not None:
            self._links.tunnel(self._address, transport, data, connections)


class Links:
    """One per process, on its event loop. `folder` is shared by the processes of one host, `key` by all hosts."""

    def __init__(self, folder: Path, key: bytes, group: str = "") -> None:
        self.id = group + secrets.token_urlsafe(6).replace("-", "A").replace("_", "B")
        self._group = group  # how the ids of all workers of one parent begin
        self.handed = self.adopted = self.tunnelled = 0  # connections, since the start
        self.tunnels: WeakSet[Side] = WeakSet()  # of clients whose session is on another host
        self._key = key
        self.nodes: Nodes | None = None  # who knows them needs to know this one first
        self._folder_path = folder
        self._folder: Folder | None = None
        self._box: Letterbox | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, protocol_factory: ProtocolFactory) -> None:
        """From now on connections are taken, each with a protocol of its own. Raises OSError."""
        folder = self._folder = Folder(self._folder_path)
        folder.sweep()

        def take(connection: socket.socket, data: bytes, came: Came | None) -> None:
            self.adopted += 1
            self._spawn(_adopt(connection, protocol_factory, data, came))

        self._box = Letterbox(folder, self.id, take)
        self._box.open()

    def stop(self) -> None:
        if self._box is not None:
            self._box.close()
        if self._folder is not None:
            self._folder.close()
        for task in list(self._tasks):
            task.cancel()

    # The other workers of the same parent.

    def siblings(self) -> list[str]:
        """Ids of those that live."""
        found = () if self._folder is None or not self._group else self._folder.nodes()
        return [node for node in found if node.startswith(self._group) and node != self.id]

    async def ask(self, node: str, request: bytes, seconds: float) -> bytes:
        """Another process of this host answers an HTTP request as one that comes from this host; all that it says.
        Raises TimeoutError, and ConnectionRefusedError where there is no such process."""
        link = None if self._folder is None else self._folder.reach(node)
        if link is None:
            raise ConnectionRefusedError(f"there is no process {node}")
        near, far = loopback_pair()
        reader, writer = await asyncio.open_connection(sock=near)
        with contextlib.closing(writer):
            async with asyncio.timeout(seconds):
                with far:
                    await hand_over(link, far.fileno(), request, None)
                return await reader.read()

    # Out.

    def elsewhere(self, query: bytes) -> str | None:
        """The node that a request's session id names, where it is another one."""
        found = _SID.search(query)
        if found is None:
            return None
        node = found[1].decode()
        return None if node == self.id else node

    def way(self, query: bytes, came: Came | None) -> Way | None:
        """To the node that holds the session of this query; None where it is this one, or cannot be reached. What was
        tunnelled once goes no further than this host."""
        node = self.elsewhere(query)
        if node is None or self._folder is None:
            return None
        link = self._folder.reach(node)
        address = self.nodes.address(node) if link is None and self.nodes is not None and came is None else None
        return None if link is None and address is None else Way(self, link, address)

    def hand_over(self, link: socket.socket, transport: asyncio.Transport, data: bytes, came: Came | None) -> None:
        """To another process of this host. Whatever this side still had is closed with it; the connection is not."""
        held = transport.get_extra_info("socket")
        if held is None or transport.get_write_buffer_size() or transport.get_extra_info("sslcontext") is not None:
            link.close()
            refuse(transport)
            return
        copy = held.dup()
        transport.close()
        self.handed += 1
        self._spawn(self._deliver(link, copy, data, came))

    async def _deliver(self, link: socket.socket, connection: socket.socket, data: bytes, came: Came | None) -> None:
        with connection:
            try:
                await hand_over(link, connection.fileno(), data, came)
            except (OSError, TimeoutError) as problem:  # it died at this moment; its client comes back
                _log.debug("a connection could not be handed over: %s", problem)

    def tunnel(
        self, address: tuple[str, int], transport: asyncio.Transport, data: bytes, connections: set[Any]
    ) -> None:
        """To another host."""
        transport.pause_reading()
        came = seen(transport)
        near = Side(connections)
        near.attach(transport)
        self._spawn(self._dig(address, near, write(self._key, came) + data))

    async def _dig(self, address: tuple[str, int], near: Side, first: bytes) -> None:
        if await connect(near, address, first):
            self.tunnelled += 1
            self.tunnels.add(near)

    # In.

    def came(self, line: bytes) -> Came | None:
        """What a tunnel's first line says; None where it is not to be believed."""
        return read(self._key, line)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Adopted(asyncio.Protocol):
    """Puts a protocol onto a connection that was handed over, in the turn in which it opens: what was read before comes
    before what is read now."""

    def __init__(self, protocol_factory: ProtocolFactory, data: bytes, came: Came | None) -> None:
        self._protocol_factory = protocol_factory
        self._data = data
        self._came = came

    def connection_made(self, transport: Any) -> None:
        protocol = self._protocol_factory()
        protocol.connection_made(transport)
        transport.set_protocol(protocol)
        protocol.come(self._came, self._data)


async def _adopt(connection: socket.socket, protocol_factory: ProtocolFactory, data: bytes, came: Came | None) -> None:
    adopted = partial(_Adopted, protocol_factory, data, came)
    try:
        await asyncio.get_running_loop().connect_accepted_socket(adopted, connection)
    except OSError:
        connection.close()
