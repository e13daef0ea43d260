"""The list of nodes and what each says of itself: every node has its own entries, and a copy of every other's.

Pure: messages come in by `hear` and go out by `send`, `now` is monotonic seconds. What carries them may lose some, but
keeps the order of one node's messages. The rules that make the copies right:

1. Only a node itself changes its entries, and numbers its changes. Who finds a number missing asks for all of them.
2. A beat says the newest number, so that a change that was lost is found out at the next beat.
3. Who has been silent for GONE seconds is gone, with its entries; but not because we ourselves hear nobody, or stood
   still and have not read yet what was said meanwhile.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, TypeVar

import msgspec

from carevia.realtime.adapter.wire import Refused

GONE: Final = 5.0
_LATE: Final = 2.0  # s between two beats of our own, after which it is we who stood still
_ASK_AGAIN: Final = 1.0  # s for an answer to come
_AT_ONCE: Final = 1_000  # entries in one message
_MOST_NODES: Final = 1_000
V = TypeVar("V")


class _Message(msgspec.Struct, array_like=True, frozen=True, tag=True):
    node: str  # who says it


class Beat(_Message, frozen=True):
    """I live; `number` is that of my newest change."""

    number: int


class Change(_Message, frozen=True):
    """The change of this number: entries that are new or changed, and those that are no more."""

    number: int
    new: dict[str, bytes]
    gone: list[str]


class Whole(_Message, frozen=True):
    """All entries as they stand after the change of this number, in parts from 0 to `last`."""

    number: int
    part: int
    last: int
    entries: dict[str, bytes]


class Ask(_Message, frozen=True):
    """Who is named (everybody, where nobody is) says all they have."""

    of: str


class Bye(_Message, frozen=True):
    """I end."""


Message = Beat | Change | Whole | Ask | Bye


class _Copy:
    """What is known of another node."""

    __slots__ = ("asked", "coming", "coming_number", "entries", "heard", "number", "parts")

    def __init__(self, now: float) -> None:
        self.heard = now
        self.asked: float | None = None
        self.number = -1  # of the newest change that is in `entries`
        self.entries: dict[str, bytes] = {}
        self.coming: dict[str, bytes] = {}  # of a Whole whose last part has not come
        self.coming_number = -1  # its number
        self.parts = 0  # of it, that have


class Table(Generic[V]):
    """One kind of entries. `set` and `drop` are this node's own; `others` are the other nodes', by node and key."""

    def __init__(self, roster: "Roster", name: str, kind: Any) -> None:
        self.others: dict[str, dict[str, V]] = {}
        self._roster = roster
        self._name = name
        self._decode: Callable[[bytes], V] = msgspec.msgpack.Decoder(kind).decode
        self._came: list[Callable[[str, V], object]] = []
        self._went: list[Callable[[str, V], object]] = []

    def set(self, key: str, value: V) -> None:
        self._roster.put(f"{self._name}:{key}", msgspec.msgpack.encode(value))

    def drop(self, key: str) -> None:
        self._roster.put(f"{self._name}:{key}", None)

    def listen(self, came: Callable[[str, V], object], went: Callable[[str, V], object]) -> None:
        """Be told of other nodes' entries: key and value of those that are new or changed, and of those that go."""
        self._came.append(came)
        self._went.append(went)

    def values(self, key: str) -> Iterator[V]:
        """What the other nodes have under this key."""
        return (entries[key] for entries in self.others.values() if key in entries)

    def take(self, node: str, key: str, raw: bytes) -> None:
        """An entry of another node is new or changed (the roster calls this). Raises msgspec.MsgspecError."""
        value = self.others.setdefault(node, {})[key] = self._decode(raw)
        for told in self._came:
            told(key, value)

    def lose(self, node: str, key: str) -> None:
        """It is no more (the roster calls this)."""
        entries = self.others.get(node, {})
        if key not in entries:
            return
        value = entries.pop(key)
        if not entries:
            del self.others[node]
        for told in self._went:
            told(key, value)


class Roster:
    """`node` is this node's name, which no other ever has. Without `carry` it stands alone."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.fell_silent = 0  # nodes that went without a word
        self.refused: Counter[str] = Counter()
        self.hears: Callable[[], bool] = lambda: True  # whether the others' entries are of now
        self._send: Callable[[Message], object] | None = None
        self._news: Callable[[], object] = lambda: None
        self._tables: dict[str, Table[Any]] = {}
        self._own: dict[str, bytes] = {}
        self._number = 0
        self._changed: dict[str, bytes | None] = {}
        self._asked = False
        self._beat_at = 0.0
        self._copies: dict[str, _Copy] = {}

    def carry(self, send: Callable[[Message], object], news: Callable[[], object]) -> None:
        """From now on there are others. `news` is called when there is something to `flush` soon."""
        self._send, self._news = send, news

    def table(self, name: str, kind: Any) -> Table[Any]:
        """The entries of this kind (any type that msgpack carries); the same name is the same kind on every node."""
        table = self._tables[name] = Table(self, name, kind)
        return table

    @property
    def nodes(self) -> list[str]:
        """All that live, in an order that is the same everywhere."""
        return sorted((self.node, *self._copies))

    @property
    def first(self) -> bool:
        """Whether this node does what only one of them is to do. While nobody is heard each does it: better twice than
        not at all."""
        return not self.hears() or self.nodes[0] == self.node

    # Out.

    def put(self, name: str, value: bytes | None) -> None:
        """Set an entry of this node; None takes it out."""
        if value is None:
            self._own.pop(name, None)
        else:
            self._own[name] = value
        if self._send is not None:
            self._changed[name] = value
            self._news()

    def flush(self) -> None:
        """Tell what has changed, and everything if somebody has asked."""
        if self._send is None:
            return
        changed, self._changed = list(self._changed.items()), {}
        for start in range(0, len(changed), _AT_ONCE):
            page = changed[start : start + _AT_ONCE]
            self._number += 1
            new = {name: value for name, value in page if value is not None}
            self._send(Change(self.node, self._number, new, [name for name, value in page if value is None]))
        if self._asked:
            self._asked = False
            self._tell_all(self._send)

    def _tell_all(self, send: Callable[[Message], object]) -> None:
        entries = list(self._own.items())
        last = max(0, len(entries) - 1) // _AT_ONCE
        for part in range(last + 1):
            page = dict(entries[part * _AT_ONCE : (part + 1) * _AT_ONCE])
            send(Whole(self.node, self._number, part, last, page))

    def beat(self, now: float) -> None:
        """Every second."""
        stood_still, self._beat_at = now - self._beat_at > _LATE, now
        self.flush()
        if self._send is not None:
            self._send(Beat(self.node, self._number))
        for node, copy in list(self._copies.items()):
            if stood_still or not self.hears():
                copy.heard = now
            elif now - copy.heard > GONE:
                self.fell_silent += 1
                self._forget(node)

    def join(self, now: float) -> None:
        """At the start, and when we hear again after we did not: who is there now?"""
        for copy in self._copies.values():
            copy.heard = now
        if self._send is not None:
            self._asked = True
            self.flush()
            self._send(Ask(self.node, ""))

    def leave(self) -> None:
        """At the end: nothing is said after it, or the others would take this node for one that is there."""
        send, self._send = self._send, None
        if send is not None:
            send(Bye(self.node))

    # In.

    def hear(self, message: Message, now: float) -> None:
        """Raises Refused."""
        if message.node == self.node:
            return
        match message:
            case Ask(of=of):
                if of in ("", self.node):
                    self._asked = True
                    self._news()
            case Bye():
                self._forget(message.node)
            case Beat(number=number):
                copy = self._heard(message.node, now)
                if copy.number != number:
                    self._ask(message.node, copy, now)
            case Change():
                self._change(message, self._heard(message.node, now), now)
            case Whole():
                self._whole(message, self._heard(message.node, now))

    def _heard(self, node: str, now: float) -> _Copy:
        copy = self._copies.get(node)
        if copy is None:
            if len(self._copies) >= _MOST_NODES:
                raise Refused("nodes")
            copy = self._copies[node] = _Copy(now)
        copy.heard = now
        return copy

    def _ask(self, node: str, copy: _Copy, now: float) -> None:
        if self._send is not None and (copy.asked is None or now - copy.asked >= _ASK_AGAIN):
            copy.asked = now
            self._send(Ask(self.node, node))

    def _change(self, change: Change, copy: _Copy, now: float) -> None:
        if change.number == copy.number + 1:
            copy.number = change.number
            for name, value in change.new.items():
                self._set(change.node, copy, name, value)
            for name in change.gone:
                self._drop(change.node, copy, name)
        elif change.number > copy.number:
            self._ask(change.node, copy, now)

    def _whole(self, whole: Whole, copy: _Copy) -> None:
        if whole.part == 0:
            copy.coming, copy.coming_number, copy.parts = {}, whole.number, 0
        if whole.number < copy.number or (whole.number, whole.part) != (copy.coming_number, copy.parts):
            return  # older than what is known; or a part was lost, and the next beat asks again
        copy.coming |= whole.entries
        copy.parts += 1
        if whole.part < whole.last:
            return
        entries, copy.coming, copy.number = copy.coming, {}, whole.number
        for name in copy.entries.keys() - entries.keys():
            self._drop(whole.node, copy, name)
        for name, value in entries.items():
            self._set(whole.node, copy, name, value)

    def _set(self, node: str, copy: _Copy, name: str, value: bytes) -> None:
        if copy.entries.get(name) == value:
            return
        copy.entries[name] = value
        kind, _, key = name.partition(":")
        if (table := self._tables.get(kind)) is not None:  # else it is of a newer version
            try:
                table.take(node, key, value)
            except msgspec.MsgspecError:
                self.refused["content"] += 1

    def _drop(self, node: str, copy: _Copy, name: str) -> None:
        copy.entries.pop(name, None)
        kind, _, key = name.partition(":")
        if (table := self._tables.get(kind)) is not None:
            table.lose(node, key)

    def _forget(self, node: str) -> None:
        copy = self._copies.pop(node, _Copy(0.0))
        for name in list(copy.entries):
            self._drop(node, copy, name)
