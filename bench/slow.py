"""A client that stops reading: what it says, and then nothing."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from carevia.protocol.websocket import TEXT
from tests.protocol.frames import client_frame

UPGRADE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@contextmanager
def reads_nothing(port: int) -> Iterator[None]:
    """While it is there it is connected to the main namespace, and reads nothing of what it is told."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plug:
        plug.sendall(UPGRADE.encode())
        _read_until(plug, b"0{")
        plug.sendall(client_frame(TEXT, b"40"))
        _read_until(plug, b"40{")
        yield


def _read_until(plug: socket.socket, wanted: bytes) -> None:
    heard = b""
    while wanted not in heard:
        more = plug.recv(4096)
        if not more:
            raise SystemExit("The server refused the client that was to read nothing.")
        heard += more
