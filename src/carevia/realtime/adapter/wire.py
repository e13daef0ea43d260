"""The wire format of `@socket.io/redis-adapter` 8.3: channels, broadcasts, requests and responses. Pure.

A broadcast is msgpack `[uid, packet, opts]`, a request or response JSON (it begins with `{`) or msgpack. Whoever
reaches the broker may have written anything: what is read here is checked, and refused with a reason in one word.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from carevia.protocol import socketio

SOCKETS, ALL_ROOMS, REMOTE_JOIN, REMOTE_LEAVE, REMOTE_DISCONNECT, REMOTE_FETCH, SERVER_SIDE_EMIT = range(7)
BROADCAST, BROADCAST_CLIENT_COUNT, BROADCAST_ACK = 7, 8, 9

MAX_BYTES: Final = 4_000_000  # of one message; a client's whole buffer is smaller
MAX_ANSWER: Final = 64_000_000  # what a server has to say of its sockets, to whoever has asked: one of Node's is 1 kB
MAX_NAMES: Final = 10_000  # rooms in one list
_GLOB: Final = str.maketrans({sign: f"\\{sign}" for sign in "*?[]\\^-"})


class Refused(Exception):
    """A message that is not acted upon; its text is the reason, one of few."""


class Options(NamedTuple):
    """Whom a message is for: `rooms` None is everybody. `timeout` is in seconds, for acknowledgements."""

    rooms: tuple[str, ...] | None
    but: tuple[str, ...]
    volatile: bool
    timeout: float | None


class Channels:
    """The names of one namespace's channels."""

    __slots__ = ("broadcast", "count", "own_response", "pattern", "request", "response")

    def __init__(self, key: str, namespace: str, uid: str) -> None:
        self.broadcast = f"{key}#{namespace}#"
        self.pattern = self.broadcast.translate(_GLOB) + "*"
        self.request = f"{key}-request#{namespace}#"
        self.response = f"{key}-response#{namespace}#"
        self.own_response = f"{self.response}{uid}#"
        self.count = f"{key}-count#{namespace}#"  # ours alone: how many sockets others have, without their ids

    def of_broadcast(self, rooms: tuple[str, ...] | None) -> str:
        """A broadcast to a single room goes to the room's own channel."""
        return f"{self.broadcast}{rooms[0]}#" if rooms is not None and len(rooms) == 1 else self.broadcast

    def room_of(self, channel: str) -> str | None:
        """The room that a broadcast's channel names; None names none. Raises Refused for a foreign channel."""
        if not channel.startswith(self.broadcast):
            raise Refused("channel")
        return channel[len(self.broadcast) : -1] or None


# Out.


def plain(value: Any) -> Any:
    """As lists, dicts, strings, numbers and bytes: what other servers can read, and their clients get as ours do.
    Raises TypeError, ValueError and UnicodeEncodeError."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key if type(key) is str else _name(key): plain(item) for key, item in value.items()}
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    return _by_json(value)


def _name(key: Any) -> str:
    [name] = _by_json({key: None})
    return str(name)


def _by_json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def carried(data: Any) -> msgspec.Raw:
    """As JSON, and nothing of what JSON cannot carry: one such socket must not hide all others of its server."""
    try:
        return msgspec.Raw(encode_json(plain(data)))
    except (TypeError, ValueError, RecursionError):
        return msgspec.Raw(b"{}")


def packet(namespace: str, event: Sequence[Any]) -> dict[str, Any]:
    """Raises TypeError and ValueError, as `plain`."""
    try:
        return {"type": socketio.EVENT, "data": plain(tuple(event)), "nsp": namespace}
    except RecursionError:
        raise ValueError(socketio.NO_END) from None


def options(rooms: tuple[str, ...] | None, but: tuple[str, ...], flags: Mapping[str, Any] | None = None) -> Any:
    found = {"rooms": list(dict.fromkeys(rooms or ())), "except": list(dict.fromkeys(but))}
    return found if flags is None else found | {"flags": flags}


encode: Callable[[Any], bytes] = msgspec.msgpack.encode
encode_json: Callable[[Any], bytes] = msgspec.json.encode


# In.


def decode(data: bytes, most: int = MAX_BYTES) -> Any:
    """Msgpack of any shape, made of what JSON has, and bytes. Raises Refused."""
    if len(data) > most:
        raise Refused("size")
    try:
        return _clean(msgspec.msgpack.decode(data), socketio.MAX_DEPTH)
    except (ValueError, RecursionError):
        raise Refused("format") from None


def decode_message(data: bytes, most: int = MAX_BYTES) -> dict[str, Any]:
    """A request or a response. Raises Refused."""
    if len(data) > most:
        raise Refused("size")
    if data[:1] != b"{":
        found = decode(data, most)
    else:
        try:
            found = _clean(msgspec.json.decode(data), socketio.MAX_DEPTH)
        except (ValueError, RecursionError):
            raise Refused("format") from None
    if not isinstance(found, dict):
        raise Refused("format")
    return found


def _clean(value: Any, depth: int) -> Any:
    """The same without what JSON cannot carry: a date becomes its text, as in JavaScript, before anybody looks whether
    an event ends in a string."""
    if isinstance(value, str | int | float | bytes) or value is None:
        return value
    if depth == 0:
        raise Refused("depth")
    if isinstance(value, list):
        return [_clean(item, depth - 1) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise Refused("format")
        return {key: _clean(item, depth - 1) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raise Refused("format")


def read_broadcast(data: bytes) -> tuple[Any, Any, Any]:
    """(uid, packet, opts), not looked into yet. Raises Refused."""
    found = decode(data)
    if not isinstance(found, list) or len(found) != 3:
        raise Refused("format")
    return found[0], found[1], found[2]


def read_packet(found: Any, namespace: str) -> list[Any]:
    """The event in a packet: its name, then its arguments. Raises Refused."""
    if not isinstance(found, dict):
        raise Refused("packet")
    if found.get("nsp", "/") != namespace:
        raise Refused("namespace")
    if found.get("type") not in (socketio.EVENT, socketio.BINARY_EVENT):
        raise Refused("packet")
    return read_event(found.get("data"))


def read_event(data: Any) -> list[Any]:
    """An event's name and arguments. Raises Refused."""
    if not isinstance(data, list) or not data or not isinstance(data[0], str) or data[0] in socketio.RESERVED:
        raise Refused("packet")
    return data


def read_options(found: Any) -> Options:
    """Raises Refused."""
    if not isinstance(found, dict):
        raise Refused("options")
    flags = found.get("flags")
    if flags is None:
        flags = {}
    if not isinstance(flags, dict):
        raise Refused("options")
    timeout = flags.get("timeout")
    return Options(
        read_names(found.get("rooms")) or None,
        read_names(found.get("except")),
        flags.get("volatile") is True,
        timeout / 1000 if isinstance(timeout, int | float) and timeout > 0 else None,
    )


def read_names(found: Any) -> tuple[str, ...]:
    """Rooms or ids; JavaScript's rooms may be numbers. Raises Refused."""
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > MAX_NAMES:
        raise Refused("options")
    if not all(isinstance(name, str) or type(name) is int for name in found):
        raise Refused("options")
    return tuple(map(str, found))
