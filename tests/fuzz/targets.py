"""What is fuzzed: every parser by its contract, and the bytes to begin with. No fuzzer here: tests run it without one.

A target takes the pieces in which its bytes come and lets out only what no docstring of the parser allows. The parsers
are called by their modules' names, so that a test can put a bad one into their place.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from traceback import format_exc

import msgspec

from carevia.protocol import engineio, socketio, websocket
from carevia.protocol.engineio import ParseError
from tests.protocol.frames import client_frame

Pieces = Sequence[bytes]
Target = Callable[[Pieces], None]

LIMIT = 300  # bytes of a message: few, so that it is often too big
MOST_PACKETS, MOST_ATTACHMENTS = 16, 10
READS = {b"typed": socketio.typed("typed", str, list[int]), b"raw": socketio.typed("raw", msgspec.Raw)}

PLACE = b'{"_placeholder":true,"num":%d}'
PACKETS = [
    *(b"1", b"2probe", b"3", b"5", b"6", b"40", b"41", b"41/custom,", b'40/custom,{"token":[1,2.5e3,null,true]}'),
    *(b'42["name",-1.5e-7,"two",{"three":[3]}]', b'4212["name","\xc3\xa9\xe2\x98\x95\\u00e9"]', b'42/custom,7["name"]'),
    *(b'42["typed","text",[1,2]]', b'421["raw",{"a":[[]]}]', b'42["connect"]', b'430["answer"]', b'44{"message":"no"}'),
    *(b'451-["name",' + PLACE % 0 + b"]", b'452-/custom,9["name",[' + PLACE % 1 + b'],{"a":' + PLACE % 0 + b"}]"),
    *(b"461-0[" + PLACE % 0 + b"]", b"bAQIDBA=="),
    *(b'42["name",' + b"[" * 101 + b"]" * 101 + b"]", b'42["name"' + b",[]" * 101 + b"]"),  # too deep, and only wide
]
CLEAR = bytes(4)  # masks nothing: the fuzzer sees, and compares, what the parser reads
FRAMES = [
    client_frame(websocket.TEXT, b'42["name"]') + client_frame(websocket.TEXT, "κόσμε 𝄞".encode(), mask=CLEAR),
    client_frame(websocket.TEXT, b"\xe2", fin=False, mask=CLEAR)
    + client_frame(websocket.PING, b"p", mask=CLEAR)
    + client_frame(websocket.CONTINUATION, b"\x82\xac", mask=CLEAR),
    client_frame(websocket.BINARY, bytes(range(200)), mask=CLEAR),
    client_frame(websocket.TEXT, b"x" * (LIMIT + 1), mask=CLEAR),
    bytes((0x82, 0xFF)) + (3).to_bytes(8, "big") + CLEAR + b"\x00\xff\x80",  # more digits of length than it needs
    client_frame(websocket.PONG, mask=CLEAR) + client_frame(websocket.CLOSE, b"\x03\xe8bye", mask=CLEAR),
    client_frame(websocket.CLOSE, mask=CLEAR),
]
SEEDS = [*PACKETS, engineio.encode_payload(PACKETS[:12]), *FRAMES, b"dGhlIHNhbXBsZSBub25jZQ=="]


def payload(pieces: Pieces) -> None:
    with suppress(ParseError):
        for part in engineio.decode_payload(b"".join(pieces), MOST_PACKETS):
            if part[:1] == b"b":
                engineio.decode_binary(part)


def packet(pieces: Pieces) -> None:
    """A packet behind its Engine.IO digit: only what is UTF-8 comes as far as its parser. Then its attachments."""
    text = b"".join(pieces)[1:].decode(errors="ignore").encode()
    with suppress(ParseError):
        found = socketio.decode(text, READS)
        if 0 < found.attachments <= MOST_ATTACHMENTS:
            socketio.complete(found, [b"attached"] * found.attachments)


def frames(pieces: Pieces) -> None:
    """The reader never raises, and where a read ends makes no difference to what is read."""
    reader = websocket.Reader(LIMIT)
    found: list[websocket.Message] = []
    for piece in pieces:
        texts = reader.texts(piece)  # as a server reads: the short way first
        found += reader.feed(piece) if texts is None else [(websocket.TEXT, text, 0) for text in texts]
    whole = websocket.Reader(LIMIT).feed(b"".join(pieces))
    if found != whole:
        raise ValueError(f"in pieces it reads {found}, in one {whole}")


def key(pieces: Pieces) -> None:
    websocket.accept_value(b"".join(pieces))


TARGETS: tuple[Target, ...] = (payload, packet, frames, key)


def check(pieces: Pieces) -> None:
    """Every parser reads them. Raises AssertionError where one does what it may not, with the words to do it again."""
    for target in TARGETS:
        try:
            target(pieces)
        except Exception as error:
            again = f"targets.{target.__name__}({list(pieces)!r})"
            raise AssertionError(f"{again} raised {error!r}\n{format_exc()}") from None  # the fuzzer shows no causes
