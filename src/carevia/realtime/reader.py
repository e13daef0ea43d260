"""A client of plain HTTP as the reader of its answers. Who takes nothing of one is dropped: unread, it stays in memory,
ours or the system's, for as long as the client likes. WebSockets have a limit of their own (engine.py, `lags`).
"""

import asyncio
import contextlib
import fcntl
import socket
import struct
import sys
import termios

from carevia.deadlines import Bucket, Deadlines

# A look now and then, at connections that were answered since the last one. Who reads nothing is dropped at the fourth
# look after its answer, within 10 s; a phone may be out of reach for almost six.
LOOK_SECONDS = 1.9
MOST_STALLS = 3  # looks, one after the other, between which nothing was taken
_ACKED = struct.Struct("@120xQ")  # tcpi_bytes_acked of struct tcp_info (linux/tcp.h)
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: to close is to reset


class Reader:
    """Looks after one connection for as long as something that was written waits for its client."""

    __slots__ = ("_acked", "_bucket", "_looks", "_stalls", "_transport")

    def __init__(self, transport: asyncio.WriteTransport, looks: "Deadlines[Reader]") -> None:
        self._transport = transport
        self._looks = looks
        self._bucket: Bucket[Reader] | None = None
        self._acked = -1
        self._stalls = 0

    def expect(self) -> None:
        """Something has been written to it."""
        if self._bucket is None:
            self._acked, self._stalls = -1, 0
            self._bucket = self._looks.set(self)

    def leave(self) -> None:
        """The connection is lost, or somebody else's concern."""
        if self._bucket is not None:
            self._bucket.discard(self)
            self._bucket = None

    def look(self) -> None:
        """Has it taken anything since the last look?"""
        self._bucket = None
        with contextlib.suppress(OSError):  # no TCP, or lost at this moment
            acked, unread = _progress(self._transport)
            self._stalls = self._stalls + 1 if acked == self._acked else 0
            self._acked = acked
            if self._stalls == MOST_STALLS:
                _reset(self._transport)
            elif unread:
                self._bucket = self._looks.set(self)


def can_look(transport: asyncio.BaseTransport) -> bool:
    """Linux alone tells how much a peer has taken."""
    return sys.platform == "linux" and transport.get_extra_info("socket") is not None


def _progress(transport: asyncio.WriteTransport) -> tuple[int, int]:
    """Bytes that the peer has acknowledged, and bytes that wait for it: of the transport and of the system."""
    plug = transport.get_extra_info("socket")
    (acked,) = _ACKED.unpack(plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKED.size))
    (unsent,) = struct.unpack("i", fcntl.ioctl(plug.fileno(), termios.TIOCOUTQ, bytes(4)))
    return acked, unsent + transport.get_write_buffer_size()


def _reset(transport: asyncio.WriteTransport) -> None:
    """Drop it so that the peer sees it: what waits in the system would go on waiting."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
