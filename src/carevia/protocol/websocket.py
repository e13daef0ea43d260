"""RFC 6455 frames for a server: the opening handshake, frames out, and a reader of what the client sends.

Pure: bytes in, messages out. The reader never raises: what breaks the protocol comes out as one last message with the
opcode `FAIL`, whose code says what to put into the closing frame. Extensions (compression) are never negotiated.
"""

import binascii
import codecs
import hashlib
import struct

from websockets.speedups import apply_mask  # unmasking in C: 20 µs a message in pure Python

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FAIL = -1  # not of the wire: the reader's word for "close with this code"

NORMAL, GOING_AWAY, PROTOCOL_ERROR, NO_STATUS, BAD_DATA, POLICY, TOO_BIG = 1000, 1001, 1002, 1005, 1007, 1008, 1009

_WHOLE_TEXT = 0x80 | TEXT  # the first byte of a text frame that is a message by itself
_HEAD = struct.Struct(">BBH").pack
_HEAD_AT = struct.Struct(">BBH").unpack_from
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3
_UTF8 = codecs.getincrementaldecoder("utf-8")

Message = tuple[int, bytes, int]  # opcode, payload, close code (0 unless CLOSE or FAIL)


def accept_value(key: bytes) -> bytes | None:
    """`Sec-WebSocket-Accept` for a client's key; None where the key is not 16 bytes in base64 (RFC 6455 4.2.1)."""
    try:
        if len(binascii.a2b_base64(key, strict_mode=True)) != 16:
            return None
    except binascii.Error:
        return None
    return binascii.b2a_base64(hashlib.sha1(key + _GUID, usedforsecurity=False).digest(), newline=False)


def frame(opcode: int, payload: bytes) -> bytes:
    """One unmasked, final frame, as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return _HEAD(0x80 | opcode, 126, size) + payload
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
    last, FAIL. After CLOSE or FAIL everything further is ignored. A frame that is whole in one read is cut out of it;
    one that comes in pieces is unmasked, checked and put together piece by piece, so that bad text fails as soon as it
    is there and nothing is copied twice. Memory held is at most `limit` plus one read.
    """

    __slots__ = ("_between", "_done", "_final", "_held", "_left", "_mask", "_opcode", "_parts", "_utf8", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held = b""  # the beginning of a header or of a control frame
        self._opcode = 0  # of the message under way, else 0
        self._parts: bytearray | None = None  # what has come of it
        self._utf8: codecs.IncrementalDecoder | None = None  # from its first letter beyond ASCII on
        self._left = 0  # bytes of the data frame under way that are still to come
        self._mask = b""  # for the next of them
        self._final = False
        self._done = False
        self._between = True  # nothing is under way and nothing has ended: one look instead of four, for `texts`

    @property
    def idle(self) -> bool:
        """Nothing is held: no partial frame, no fragments."""
        return not self._held and not self._opcode

    def texts(self, data: bytes) -> list[bytes] | None:
        """The payloads, where one read is nothing but whole text frames and nothing is under way; else None, and
        `feed` must be asked. Nearly every read of a server is of this kind: it saves half of the way."""
        if not self._between:
            return None
        found = []
        at, size, limit = 0, len(data), self.limit
        while at < size:
            if size - at < 7:
                return None
            first, second, length = _HEAD_AT(data, at)
            if second == 0xFE:
                start = at + 8
            elif 0x80 <= second < 0xFE:
                start, length = at + 6, second - 0x80
            else:  # not masked, or 64 bits of length
                return None
            at = start + length
            if first != _WHOLE_TEXT or at > size or length > limit:
                return None
            payload = apply_mask(data[start:at], data[start - 4 : start])
            if not payload.isascii() and not _valid_utf8(payload):
                return None
            found.append(payload)
        return found

    def feed(self, data: bytes) -> list[Message]:
        """Take what came; give what is whole."""
        out: list[Message] = []
        at = 0
        if self._left:
            at = self._more(data, 0, out)
        elif self._held:
            data = self._held + data
        end = len(data)
        while at < end and not self._done:
            size = self._frame(data, at, end, out)
            if not size:
                break
            at += size
        self._held = b"" if self._done or at == end else data[at:]
        self._between = not (self._opcode or self._held or self._left or self._done)
        return out

    def _frame(self, data: bytes, at: int, end: int, out: list[Message]) -> int:
        """Read one frame at `at`, or as much of it as came: how many bytes were used, or 0 where more are needed (or
        the connection has failed)."""
        have = end - at
        if have < 2:
            return 0
        first, second = data[at], data[at + 1]
        length = second & 0x7F
        if problem := self._bad_header(first, second, length):
            return self._fail(out, PROTOCOL_ERROR, problem)
        header = 6 if length < 126 else 8 if length == 126 else 14
        if have < header:
            return 0
        if length >= 126:
            length = int.from_bytes(data[at + 2 : at + header - 4], "big")
        start = at + header
        if first & 0x08:
            if have < header + length:
                return 0
            self._control(first & 0x0F, apply_mask(data[start : start + length], data[start - 4 : start]), out)
        elif length + (len(self._parts) if self._parts else 0) > self.limit:
            return self._fail(out, TOO_BIG, "message too big")
        elif first & 0x80 and first & 0x0F and have >= header + length:  # whole and alone: nearly every message
            payload = apply_mask(data[start : start + length], data[start - 4 : start])
            if first & 0x0F == TEXT and not payload.isascii() and not _valid_utf8(payload):
                return self._fail(out, BAD_DATA, "not UTF-8")
            out.append((first & 0x0F, payload, 0))
        else:
            self._opcode = first & 0x0F or self._opcode
            self._left, self._mask, self._final = length, data[start - 4 : start], first >= 0x80
            return header + self._more(data, start, out) - start
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

    def _more(self, data: bytes, at: int, out: list[Message]) -> int:
        """Take what belongs to the data frame under way; where it ends in `data`."""
        piece = data[at : at + self._left]
        size = len(piece)
        self._left -= size
        piece = apply_mask(piece, self._mask)
        if self._left:
            turn = size & 3
            self._mask = self._mask[turn:] + self._mask[:turn]
        final = self._final and not self._left
        if self._opcode == TEXT and not self._still_text(piece, final):
            self._fail(out, BAD_DATA, "not UTF-8")  # 8.1: at once, not at the end
            return at
        if self._parts is None:
            self._parts = bytearray()
        self._parts += piece  # one buffer: a row of tiny pieces costs no more than what it carries
        if final:
            out.append((self._opcode, bytes(self._parts), 0))
            self._opcode, self._parts, self._utf8 = 0, None, None
        return at + size

    def _still_text(self, piece: bytes, final: bool) -> bool:
        if self._utf8 is None:
            if piece.isascii():
                return True
            self._utf8 = _UTF8()
        try:
            self._utf8.decode(piece, final)
        except UnicodeDecodeError:
            return False
        return not b"\xed\xa0" <= self._utf8.getstate()[0] < b"\xee"  # half a surrogate, which it would wait for

    def _control(self, opcode: int, payload: bytes, out: list[Message]) -> None:
        if opcode == CLOSE:
            self._close(payload, out)
        else:
            out.append((opcode, payload, 0))

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
        self._finish()
        out.append((CLOSE, payload[2:], code))

    def _fail(self, out: list[Message], code: int, reason: str) -> int:
        self._finish()
        out.append((FAIL, reason.encode(), code))
        return 0

    def _finish(self) -> None:
        self._done = True
        self._opcode, self._left, self._parts, self._utf8 = 0, 0, None, None


def _valid_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
