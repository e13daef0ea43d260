"""Writing to a socket's descriptor past the event loop's transport.

uvloop collects what is written and sends it at the end of the turn, with some 0.7 µs of its own per message; the
system's call takes one frame for everybody from a loop in C. It may be used while the transport holds nothing back, and
never after the connection is lost: the number belongs to somebody else then.
"""

import asyncio
import os
from collections.abc import Iterable


def descriptor(transport: asyncio.BaseTransport) -> int | None:
    """The descriptor whose bytes are the connection's own; None where something stands between (TLS, a test's pipe)."""
    socket = transport.get_extra_info("socket")
    if socket is None or transport.get_extra_info("sslcontext") is not None:
        return None
    return int(socket.fileno())


def put(fd: int, data: bytes) -> int:
    """How many bytes the system took; 0 too where the connection is broken, which its transport finds out by itself."""
    try:
        return os.write(fd, data)
    except OSError:
        return 0


def put_all(fds: Iterable[int], data: Iterable[bytes]) -> list[int]:
    """`put` on many: how many bytes each took."""
    taken: list[int] = []
    writes = map(os.write, fds, data)
    while True:
        try:
            taken.extend(writes)  # keeps what it has when one raises, and the iterator goes on behind that one
            return taken
        except OSError:
            taken.append(0)
