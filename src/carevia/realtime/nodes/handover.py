"""From process to process on one host: a connection's descriptor over a Unix socket, with the bytes that were read.

The kernel moves the connection itself, so nothing of it is copied, kept or trusted: peer, buffers and order are what
they were. Each process has a socket file in a folder that only their user may enter; that the file takes connections
is what says that its process lives. One short connection per handover: nothing to share, nothing to lose step.
"""

import asyncio
import contextlib
import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from carevia.realtime.nodes.came import Came

_HEAD = struct.Struct("!IH")  # length of everything behind it; of that, how long `Came` is
_LONGEST = 4_000_000  # bytes of one parcel: what one turn of the loop reads is far less
_CHUNK = 262_144
_PATIENCE = 5.0  # seconds for a parcel to arrive whole
_REST = 0.1  # seconds until it is tried again to take one
_LONGEST_PATH = 100  # bytes; the system takes 104 to 108
Take = Callable[[socket.socket, bytes, Came | None], None]


class Folder:
    """Where the processes of this host have their socket files."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self._opened: int | None = None

    def address(self, node: str) -> str:
        """Of a node's socket file. Long paths go by way of the folder's descriptor, which Linux offers as a path."""
        plain = str(self._path / f"{node}.sock")
        if len(os.fsencode(plain)) <= _LONGEST_PATH or sys.platform != "linux":
            return plain
        if self._opened is None:
            self._opened = os.open(self._path, os.O_PATH | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._opened}/{node}.sock"

    def nodes(self) -> list[str]:
        """Who has a file here, dead or alive."""
        return sorted(file.stem for file in self._path.glob("*.sock"))

    def sweep(self) -> None:
        """Remove the files of processes that were killed."""
        for node in self.nodes():
            link = self.reach(node)
            if link is not None:
                link.close()

    def reach(self, node: str) -> socket.socket | None:
        """A connection to that node's file; None where there is no such node, or it does not take any more."""
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.setblocking(False)
        try:
            link.connect(self.address(node))
            return link
        except ConnectionRefusedError:  # whoever listened there is dead, and does not come back by this name
            with contextlib.suppress(OSError):
                os.unlink(self.address(node))
        except OSError:
            pass
        link.close()
        return None

    def close(self) -> None:
        if self._opened is not None:
            os.close(self._opened)
            self._opened = None


def loopback_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection within this host."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, peer = listener.accept()
    if peer != near.getsockname():  # somebody else was quicker
        near.close()
        far.close()
        raise ConnectionRefusedError("the port was taken")
    near.setblocking(False)
    far.setblocking(False)
    return near, far


async def hand_over(link: socket.socket, connection: int, data: bytes, came: Came | None) -> None:
    """Send a connection's descriptor. The bytes that do not fit at once follow; `link` is closed in the end."""
    said = b"" if came is None else msgspec.json.encode(came)
    parcel = _HEAD.pack(len(said) + len(data), len(said)) + said + data
    try:
        sent = socket.send_fds(link, [parcel], [connection])
        if sent < len(parcel):
            async with asyncio.timeout(_PATIENCE):
                await asyncio.get_running_loop().sock_sendall(link, parcel[sent:])
    finally:
        link.close()


class Letterbox:
    """Takes what other processes hand over; `take` gets the connection, the bytes that were read of it, and how it
    came."""

    def __init__(self, folder: Folder, node: str, take: Take) -> None:
        self._folder = folder
        self._node = node
        self._take = take
        self._listener: socket.socket | None = None
        self._coming: set[_Parcel] = set()

    def open(self) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.setblocking(False)
        listener.bind(self._folder.address(self._node))
        listener.listen(4096)
        self._listener = listener
        self._watch()

    def close(self) -> None:
        """Nothing is taken any more, and the file is gone: others answer for this node's sessions."""
        if self._listener is None:
            return
        asyncio.get_running_loop().remove_reader(self._listener)
        with contextlib.suppress(OSError):
            os.unlink(self._folder.address(self._node))
        self._listener.close()
        self._listener = None
        for parcel in list(self._coming):
            parcel.drop()

    def _watch(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        while self._listener is not None:
            try:
                link, _ = self._listener.accept()
            except BlockingIOError:  # none is left
                return
            except OSError:  # out of descriptors: the loop would come back at once, and again
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._listener)
                loop.call_later(_REST, self._watch)
                return
            link.setblocking(False)
            parcel = _Parcel(link, self._take, self._coming)
            self._coming.add(parcel)
            parcel.read()


class _Parcel:
    """One handover on its way in."""

    def __init__(self, link: socket.socket, take: Take, coming: "set[_Parcel]") -> None:
        self._link = link
        self._take = take
        self._coming = coming
        self._data = bytearray()
        self._fd: int | None = None
        loop = asyncio.get_running_loop()
        loop.add_reader(link, self.read)
        self._late = loop.call_later(_PATIENCE, self.drop)

    def read(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._link, _CHUNK, 1)
        except BlockingIOError:
            return
        except OSError:
            self.drop()
            return
        if descriptors:
            self._fd = descriptors[0]
        self._data += data
        if not data or self._fd is None:
            self.drop()
        elif len(self._data) >= _HEAD.size:
            self._look()

    def _look(self) -> None:
        length, said = _HEAD.unpack_from(self._data)
        if length > _LONGEST:
            self.drop()
        elif len(self._data) >= _HEAD.size + length:
            body = bytes(self._data[_HEAD.size :])
            came = msgspec.json.decode(body[:said], type=Came) if said else None
            connection, self._fd = socket.socket(fileno=self._fd), None
            self.drop()
            self._take(connection, body[said:], came)

    def drop(self) -> None:
        """It is over: the link is closed, and the connection with it unless it was taken."""
        if self not in self._coming:
            return
        self._coming.discard(self)
        self._late.cancel()
        asyncio.get_running_loop().remove_reader(self._link)
        self._link.close()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
