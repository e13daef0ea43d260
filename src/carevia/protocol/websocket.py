"""RFC 6455 frames for a server: the opening handshake, frames out, and a reader of what the client sends.

Pure: bytes in, messages out. The reader never raises: what breaks the protocol comes out as one last message with the
opcode
`FAIL`, whose code says what to put into the closing frame. Extensions (compression) are never negotiated.
"""

import base64
import binascii
import codecs
import hashlib

from websockets.speedups import apply_mask  # unmasking in C: 20 µs a message in pure Python

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FAIL = -1  # not of the wire: the reader's word for "close with this code"

NORMAL, GOING_AWAY, PROTOCOL_ERROR, NO_STATUS, BAD_DATA, POLICY, TOO_BIG = 1000, 1001, 1002, 1005, 1007, 1008, 1009

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3
_UTF8 = codecs.getincrementaldecoder("utf-8")

Message = tuple[int, bytes, int]  # opcode, payload, close code (0 unless CLOSE or FAIL)


def accept_value(key: bytes) -> bytes | None:
    """`Sec-WebSocket-Accept` for a client's key; None where the key is not 16 bytes in base64 (RFC 6455 4.2.1)."""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return None
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def frame(opcode: int, payload: bytes) -> bytes:
    """One unmasked, final frame, as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126, size >> 8, size & 255)) + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """A closing frame; `NO_STATUS` gives one without a body. The reason is cut to what a control frame holds."""
    if code == NO_STATUS:
        return frame(CLOSE, b"")
    text = reason.encode()[:123].decode(errors="ignore").encode()
    return frame(CLOSE, code.to_bytes(2, "big") + text)


def valid_close_code(code: int) -> bool:
    """Whether a peer may send this code (RFC 6455 7.4; the registry's 1012 to 1014 included)."""
    return (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999


class Reader:
    """Turns a client's bytes into whole messages.

    `feed` returns `(opcode, payload, code)` tuples: TEXT (valid UTF-8, still bytes), BINARY, PING, PONG, CLOSE and,
    last, FAIL.
    After CLOSE or FAIL everything further is ignored. Memory held is at most `limit` plus one read.
    """

    __slots__ = ("_buffer", "_done", "_need", "_opcode", "_parts", "_utf8", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer: bytes | bytearray = b""
        self._need = 0  # bytes wanted before it is worth looking again
        self._opcode = 0  # of a fragmented message under way, else 0
        self._parts = bytearray()
        self._utf8: codecs.IncrementalDecoder | None = None
        self._done = False

    @property
    def idle(self) -> bool:
        """Nothing is held: no partial frame, no fragments."""
        return not self._buffer and not self._opcode

    def feed(self, data: bytes) -> list[Message]:
        """Take what came; give what is whole."""
        out: list[Message] = []
        if self._done:
            return out
        held = self._buffer
        if held:
            if not isinstance(held, bytearray):
                held = bytearray(held)
            held += data
            self._buffer = held
            if len(held) < self._need:
                return out
            data = bytes(held)
        at, end = 0, len(data)
        while not self._done:
            size = self._frame(data, at, end, out)
            if not size:
                break
            at += size
        self._buffer = b"" if self._done or at == end else data[at:]
        return out

    def _frame(self, data: bytes, at: int, end: int, out: list[Message]) -> int:
        """Read one frame at `at`: its length, or 0 where it is not whole yet (or the connection has failed)."""
        have = end - at
        if have < 2:
            self._need = 2
            return 0
        first, second = data[at], data[at + 1]
        length = second & 0x7F
        if problem := self._bad_header(first, second, length):
            return self._fail(out, PROTOCOL_ERROR, problem)
        header = 6 if length < 126 else 8 if length == 126 else 14
        if have < header:
            self._need = header
            return 0
        if length >= 126:
            length = int.from_bytes(data[at + 2 : at + header - 4], "big")
        if length + len(self._parts) > self.limit and not first & 0x08:
            return self._fail(out, TOO_BIG, "message too big")
        if have < header + length:
            self._need = header + length
            return 0
        start = at + header
        payload = apply_mask(data[start : start + length], data[start - 4 : start])
        self._accept(first, payload, out)
        return header + length

    def _bad_header(self, first: int, second: int, length: int) -> str:
        opcode = first & 0x0F
        if first & 0x70:
            return "reserved bits"  # 5.2: MUST be 0 unless an extension is negotiated
        if not second & 0x80:
            return "frame not masked"  # 5.1
        if opcode & 0x08:
            if opcode > PONG:
                return "reserved opcode"
            if length > 125 or not first & 0x80:
                return "bad control frame"  # 5.5
        elif opcode > BINARY:
            return "reserved opcode"
        elif (opcode == CONTINUATION) != bool(self._opcode):
            return "unexpected fragment"  # 5.4
        return ""

    def _accept(self, first: int, payload: bytes, out: list[Message]) -> None:
        opcode = first & 0x0F
        if opcode & 0x08:
            if opcode == CLOSE:
                self._close(payload, out)
            else:
                out.append((opcode, payload, 0))
        elif first & 0x80 and not self._opcode:
            if opcode == TEXT and not payload.isascii() and not _valid_utf8(payload):
                self._fail(out, BAD_DATA, "not UTF-8")
            else:
                out.append((opcode, payload, 0))
        else:
            self._fragment(opcode, payload, bool(first & 0x80), out)

    def _fragment(self, opcode: int, payload: bytes, final: bool, out: list[Message]) -> None:
        if opcode != CONTINUATION:
            self._opcode = opcode
            self._utf8 = _UTF8() if opcode == TEXT else None
        self._parts += payload  # one buffer: a row of tiny fragments costs no more than what it carries
        if self._utf8 is not None:
            try:
                self._utf8.decode(payload, final)
            except UnicodeDecodeError:
                self._fail(out, BAD_DATA, "not UTF-8")  # 8.1: at once, not at the end
                return
        if final:
            out.append((self._opcode, bytes(self._parts), 0))
            self._opcode, self._parts, self._utf8 = 0, bytearray(), None

    def _close(self, payload: bytes, out: list[Message]) -> None:
        if not payload:
            code = NO_STATUS
        else:
            code = int.from_bytes(payload[:2], "big")
            if len(payload) == 1 or not valid_close_code(code):
                self._fail(out, PROTOCOL_ERROR, "bad close code")
                return
            if not _valid_utf8(payload[2:]):
                self._fail(out, BAD_DATA, "close reason not UTF-8")
                return
        self._done = True
        out.append((CLOSE, payload[2:], code))

    def _fail(self, out: list[Message], code: int, reason: str) -> int:
        self._done = True
        self._opcode, self._parts = 0, bytearray()
        out.append((FAIL, reason.encode(), code))
        return 0


def _valid_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
