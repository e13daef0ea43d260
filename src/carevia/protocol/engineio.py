"""Engine.IO v4: the handshake packet, packets and polling payloads.

Pure. A packet is bytes: a digit and its data, as it stands in a text frame; a binary message stands alone in a binary
frame and, in a polling payload, as `b` and base64. Source: the Engine.IO protocol, revision 4.
"""

import base64
import binascii
from collections.abc import Iterable

import msgspec

PROTOCOL = "4"
OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
PROBE_PING, PROBE_PONG = b"2probe", b"3probe"
SEPARATOR = b"\x1e"
_LINE_ENDS = b"\r\n"

# The error bodies of the protocol's reference server: {"code": n, "message": text}
UNKNOWN_TRANSPORT = (0, "Transport unknown")
UNKNOWN_SID = (1, "Session ID unknown")
BAD_HANDSHAKE_METHOD = (2, "Bad handshake method")
BAD_REQUEST = (3, "Bad request")
FORBIDDEN = (4, "Forbidden")
UNSUPPORTED_VERSION = (5, "Unsupported protocol version")


class ParseError(ValueError):
    """The peer's bytes are no Engine.IO or Socket.IO packet: close the connection."""


class TooManyPackets(ParseError):
    """There are more packets in a payload than are allowed."""


def error_body(code: int, message: str) -> bytes:
    """The JSON body of a refused request."""
    return msgspec.json.encode({"code": code, "message": message})


def open_packet(sid: str, upgrades: list[str], ping_interval: float, ping_timeout: float, max_payload: int) -> bytes:
    """The first packet of a session; the intervals come in seconds and go out in milliseconds."""
    return OPEN + msgspec.json.encode(
        {
            "sid": sid,
            "upgrades": upgrades,
            "pingInterval": round(ping_interval * 1000),
            "pingTimeout": round(ping_timeout * 1000),
            "maxPayload": max_payload,
        }
    )


def binary_part(data: bytes) -> bytes:
    """A binary message as it stands in a polling payload."""
    return b"b" + base64.b64encode(data)


def encode_payload(parts: Iterable[bytes]) -> bytes:
    """Join packets (and `binary_part`s) to one polling body."""
    return SEPARATOR.join(parts)


def decode_payload(body: bytes, max_packets: int) -> list[bytes]:
    """Split a polling body into packets, each still with its first byte (a digit, or `b`).

    Raises ParseError where a part is no packet or the text is not UTF-8, TooManyPackets where there are more than
    `max_packets` (0: no limit).
    """
    if max_packets and body.count(SEPARATOR) >= max_packets:
        raise TooManyPackets("too many packets in one payload")
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            raise ParseError("payload is not UTF-8") from None
    parts = body.split(SEPARATOR)
    for part in parts:
        if not part or part[0] not in b"0123456b":
            raise ParseError("unknown packet type")
    return parts


def decode_binary(part: bytes) -> bytes:
    """The bytes of a `b` part. Raises ParseError where it is not base64; line ends may stand in it, as the Java client
    writes it (RFC 2045 6.8)."""
    try:
        return binascii.a2b_base64(part[1:].translate(None, _LINE_ENDS), strict_mode=True)
    except binascii.Error:
        raise ParseError("bad base64") from None
