"""A client's WebSocket frames, for tests: masked, and as wrong as a test wants them."""

from collections.abc import Iterable

from carevia.protocol.websocket import Message, Reader

MASK = b"\x37\xfa\x21\x3d"  # the mask of RFC 6455 5.7


def masked(payload: bytes, mask: bytes = MASK) -> bytes:
    """The payload as it stands in a client's frame, and back."""
    return bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if any(mask) else payload


def client_frame(opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0, mask: bytes | None = MASK) -> bytes:
    """One frame as a client sends it; `mask=None` leaves it unmasked, `rsv` is 0 to 7."""
    size = len(payload)
    bit = 0 if mask is None else 0x80
    head = bytes((0x80 * fin | rsv << 4 | opcode,))
    if size < 126:
        head += bytes((bit | size,))
    elif size < 65536:
        head += bytes((bit | 126,)) + size.to_bytes(2, "big")
    else:
        head += bytes((bit | 127,)) + size.to_bytes(8, "big")
    return head + payload if mask is None else head + mask + masked(payload, mask)


def read(*pieces: bytes, limit: int = 1_000_000) -> list[Message]:
    """What a fresh reader makes of these pieces, in turn."""
    return feed(Reader(limit), pieces)


def feed(reader: Reader, pieces: Iterable[bytes]) -> list[Message]:
    """What a reader makes of these pieces, in turn."""
    return [message for piece in pieces for message in reader.feed(piece)]


def single(data: bytes) -> list[bytes]:
    """The same bytes, one at a time."""
    return [data[at : at + 1] for at in range(len(data))]
