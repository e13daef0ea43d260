"""What goes before a connection that another host's node passes on: where it really comes from, signed.

One line, so that it may arrive at the port that everybody else uses. Only who has the key can write it; it is good for
a minute, so that a line that was once overheard opens nothing later.
"""

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import Callable

import msgspec

MAGIC = b"CAREVIA-TUNNEL "
LONGEST = 400  # bytes of the line
_GOOD_FOR = 60  # seconds; the hosts' clocks may differ a little


class Came(msgspec.Struct, array_like=True, frozen=True):
    """The client's address and scheme, as the node saw them that took its connection."""

    peer: str
    scheme: str


class _Said(msgspec.Struct, array_like=True, frozen=True):
    time: int
    came: Came


def seen(transport: asyncio.BaseTransport) -> Came:
    """Of a connection that this node took itself; without an address where it is no connection of IP."""
    peer = transport.get_extra_info("peername")
    address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
    return Came(address, "https" if transport.get_extra_info("sslcontext") else "http")


def write(key: bytes, came: Came, clock: Callable[[], float] = time.time) -> bytes:
    """The line."""
    body = base64.urlsafe_b64encode(msgspec.json.encode(_Said(int(clock()), came)))
    return b"%s%s %s\r\n" % (MAGIC, body, _sign(key, body))


def read(key: bytes, line: bytes, clock: Callable[[], float] = time.time) -> Came | None:
    """What a line (without its end) says; None where it is not ours, or too old."""
    body, _, signature = line.removeprefix(MAGIC).partition(b" ")
    if not hmac.compare_digest(_sign(key, body), signature):
        return None
    try:
        said = msgspec.json.decode(base64.urlsafe_b64decode(body), type=_Said)
    except (binascii.Error, msgspec.DecodeError):
        return None
    return said.came if abs(clock() - said.time) <= _GOOD_FOR else None


def _sign(key: bytes, body: bytes) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(key, b"carevia tunnel\0" + body, "sha256"))
