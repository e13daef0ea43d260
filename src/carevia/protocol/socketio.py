"""Socket.IO v5 packets: decode what a client sends, encode what a server says.

Pure. JSON is msgspec's, which refuses NaN, lone surrogates and numbers out of range (but see `typed`); nesting too deep
is refused too. Attachments are `bytes` anywhere in the arguments. Source: the Socket.IO protocol, revision 5.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from carevia.protocol.engineio import ParseError

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = range(7)
_KINDS = tuple(b"%d" % kind for kind in range(7))
# Names that mean something on a Socket.IO client itself: an event may not bear them.
RESERVED = frozenset(("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"))
MAX_ID_DIGITS = 10
MAX_DEPTH = 100  # deeper values pass the parser and break whoever walks or encodes them by recursion

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_TEXTUAL = frozenset((str, int, float, bool, type(None), msgspec.Raw))
_DEEP = 2 * MAX_DEPTH  # characters that a value nested so deep has at least
_MOST_DIGITS = 4300  # of an integer that Python reads (sys.int_info), and msgspec
_find_long_number = re.compile(rb"\d{%d}" % (_MOST_DIGITS + 1)).search
NO_END = "a value that holds itself, or is nested too deep, cannot be sent"
_NO_EVENT = "an event is an array that begins with its name"
_ZERO, _NINE, _SLASH = 0x30, 0x39, 0x2F


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One decoded packet. `data` is a list for events and acknowledgements, a dict or None for CONNECT."""

    type: int
    namespace: str
    data: Any
    id: int | None
    attachments: int


Read = Callable[[bytes], Any]
_NO_READS: Mapping[bytes, Read] = MappingProxyType({})
_JOIN = Packet(CONNECT, "/", None, None, 0)


def typed(name: str, *types: Any) -> Read:
    """Reads an event of this name with arguments of exactly these types, which are msgspec's; `msgspec.Raw` is JSON
    that is checked and left as it came, but for numbers too large for a float (`1e999`), which pass. Raises ValueError
    for anything else."""
    return msgspec.json.Decoder(tuple[Literal[name], *types]).decode  # type: ignore[valid-type]


def decode(text: bytes, reads: Mapping[bytes, Read] = _NO_READS) -> Packet:
    """Read one packet (valid UTF-8, without the Engine.IO digit). Raises ParseError.

    `reads`: of events of the main namespace, by name, how to read them straight into types (see `typed`). Where that
    does not succeed their arguments come as those of any other event.
    """
    if text[:1] == b"2":  # nearly every packet: an event of the main namespace
        start = text.find(b"[", 1, MAX_ID_DIGITS + 2)
        if start == 1 or (start > 1 and text[1:start].isdigit()):
            body = text[start:]
            read = reads.get(body[2 : body.find(b'"', 2)])
            data = _json(body) if read is None else _read(body, read)
            if not data or type(data[0]) is not str or data[0] in RESERVED:
                raise ParseError(_NO_EVENT)
            return Packet(EVENT, "/", data, int(text[1:start]) if start > 1 else None, 0)
    if text == b"0":
        return _JOIN
    if not text:
        raise ParseError("empty packet")
    kind, at, size = text[0] - _ZERO, 1, len(text)
    if not 0 <= kind <= BINARY_ACK:
        raise ParseError("unknown packet type")
    attachments = 0
    if kind >= BINARY_EVENT:
        attachments, at = _attachment_count(text, at)
    namespace = "/"
    if at < size and text[at] == _SLASH:
        comma = text.find(b",", at)
        stop = size if comma < 0 else comma
        namespace, at = text[at:stop].decode(), stop + 1
    start, end = at, min(size, at + MAX_ID_DIGITS + 1)
    while at < end and _ZERO <= text[at] <= _NINE:
        at += 1
    if at - start > MAX_ID_DIGITS:
        raise ParseError("acknowledgement id too long")
    packet_id = int(text[start:at]) if at > start else None
    data = _json(text[at:]) if at < size else None
    if problem := _problem(kind, data, packet_id):
        raise ParseError(problem)
    return Packet(kind, namespace, data, packet_id, attachments)


def _attachment_count(text: bytes, at: int) -> tuple[int, int]:
    dash = text.find(b"-", at, at + 7)
    digits = text[at:dash] if dash > 0 else b""
    if not digits.isdigit() or int(digits) == 0:  # `450-`: a binary packet without attachments is none
        raise ParseError("bad number of attachments")
    return int(digits), dash + 1


def _json(text: bytes) -> Any:
    try:
        data = _decode(text)
    except (ValueError, RecursionError):
        raise ParseError("not JSON") from None
    if _opens_much(text) and _too_deep(data):
        raise ParseError("nested too deep")
    return data


def _read(text: bytes, read: Read) -> Any:
    try:
        data = read(text)
    except (ValueError, RecursionError):
        return _json(text)
    return _json(text) if _opens_much(text) or _has_long_number(text) else data


def _has_long_number(text: bytes) -> bool:
    """Whether there may be an integer in it that `_json` refuses and `msgspec.Raw` does not look at."""
    return len(text) > _MOST_DIGITS and _find_long_number(text) is not None


def _opens_much(text: bytes) -> bool:
    """Whether it may be nested too deep. What opens is counted where there is room to close as much again; to leave it
    out is quicker than to count."""
    return len(text) > _DEEP and len(text) - len(text.replace(b"[", b"").replace(b"{", b"")) > MAX_DEPTH


def _too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(MAX_DEPTH + 1):
        nested = [item for item in level if isinstance(item, list | dict)]
        if not nested:
            return False
        level = [child for item in nested for child in (item.values() if isinstance(item, dict) else item)]
    return True


def _problem(kind: int, data: Any, packet_id: int | None) -> str:
    match kind:
        case 2 | 5:  # EVENT, BINARY_EVENT
            if not isinstance(data, list) or not data or not isinstance(data[0], str) or data[0] in RESERVED:
                return _NO_EVENT
        case 3 | 6:  # ACK, BINARY_ACK
            if not isinstance(data, list) or packet_id is None:
                return "an acknowledgement is an array with an id"
        case 0:
            if data is not None and not isinstance(data, dict):
                return "CONNECT carries an object"
        case 1:
            if data is not None:
                return "DISCONNECT carries nothing"
        case _:
            return "only a server sends CONNECT_ERROR"
    return ""


def complete(packet: Packet, attachments: Sequence[bytes]) -> Packet:
    """The packet with its attachments in their places. Raises ParseError, see `fill`."""
    return Packet(packet.type, packet.namespace, fill(packet.data, attachments), packet.id, 0)


def fill(data: Any, attachments: Sequence[bytes]) -> Any:
    """Put the attachments into their places. Raises ParseError where a placeholder names none or an attachment is
    left over."""
    used: set[int] = set()
    filled = _fill(data, attachments, used)
    if len(used) != len(attachments):
        raise ParseError("attachment without a placeholder")
    return filled


def _fill(data: Any, attachments: Sequence[bytes], used: set[int]) -> Any:
    if isinstance(data, list):
        return [_fill(item, attachments, used) for item in data]
    if isinstance(data, dict):
        if data.get("_placeholder") is True:
            num = data.get("num")
            if type(num) is not int or not 0 <= num < len(attachments) or num in used:
                raise ParseError("bad placeholder")
            used.add(num)
            return attachments[num]
        return {key: _fill(item, attachments, used) for key, item in data.items()}
    return data


def pull(data: Any, attachments: list[bytes]) -> Any:
    """A copy of `data` with every `bytes` replaced by a placeholder and put into `attachments`."""
    if isinstance(data, bytes | bytearray | memoryview):
        attachments.append(bytes(data))
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(data, list | tuple):
        return [pull(item, attachments) for item in data]
    if isinstance(data, Mapping):
        return {key: pull(item, attachments) for key, item in data.items()}
    return data


def has_binary(items: Collection[Any]) -> bool:
    """Whether `bytes` stand anywhere in lists, tuples and mappings (structs and raw JSON are taken as text).

    Asked for every event that goes out, so the common types are told apart by one look into a set.
    """
    if _TEXTUAL.issuperset(map(type, items)):
        return False
    for item in items:
        kind = type(item)
        if kind in _TEXTUAL:
            continue
        if kind is dict:
            inner = item.values()
        elif kind is list or kind is tuple:
            inner = item
        elif isinstance(item, bytes | bytearray | memoryview):
            return True
        elif isinstance(item, Mapping):
            inner = item.values()
        else:
            inner = item if isinstance(item, list | tuple) else ()
        if inner and has_binary(inner):
            return True
    return False


def encode(kind: int, namespace: str, args: Sequence[Any], packet_id: int | None = None) -> tuple[bytes, list[bytes]]:
    """An event (its name first) or an acknowledgement: the packet's text and its attachments. Raises TypeError,
    ValueError, UnicodeEncodeError or OverflowError for what JSON cannot carry.

    `kind` is EVENT or ACK; it becomes the binary one where there are attachments.
    """
    attachments: list[bytes] = []
    try:
        if has_binary(args):
            args = pull(args, attachments)
            head = b"%d%d-" % (kind + 3, len(attachments))
        else:
            head = _KINDS[kind]
        if namespace != "/":
            head += namespace.encode() + b","
        if packet_id is not None:
            head += b"%d" % packet_id
        return head + _encode(args), attachments
    except RecursionError:
        raise ValueError(NO_END) from None


def control(kind: int, namespace: str, data: Mapping[str, Any] | None = None) -> bytes:
    """CONNECT, DISCONNECT or CONNECT_ERROR."""
    place = b"" if namespace == "/" else namespace.encode() + b","
    return b"%d" % kind + place + (b"" if data is None else _encode(data))
