"""Whoever reaches the broker may write anything into any channel: nothing breaks, and what is refused is counted."""

import json
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carevia.protocol import socketio
from carevia.realtime.adapter import MemoryBroker, MemoryBus, wire
from carevia.realtime.adapter.redis import RedisBroker
from tests.harness.valkey import Valkey
from tests.realtime.adapter.cluster import cluster, counted, heard
from tests.realtime.serving import run

pack = msgspec.msgpack.encode
EVENT = {"type": 2, "data": ["e", 1], "nsp": "/"}
ALL: dict[str, Any] = {"rooms": [], "except": []}
DEEP = b"\x91" * 200_000 + b"\xc0"
BAD_BROADCASTS = [
    (b"", "format"),
    (b"\xc1", "format"),
    (b"{}", "format"),
    (DEEP, "format"),
    (pack(["x", {**EVENT, "data": ["e", json.loads("[" * 150 + "]" * 150)]}, ALL]), "depth"),
    (pack("text"), "format"),
    (pack(["x", EVENT]), "format"),
    (pack([1, None, ALL]), "packet"),
    (pack(["x", {**EVENT, "nsp": "/admin"}, ALL]), "namespace"),
    (pack(["x", {**EVENT, "type": 0}, ALL]), "packet"),
    (pack(["x", {**EVENT, "data": []}, ALL]), "packet"),
    (pack(["x", {**EVENT, "data": [["e"]]}, ALL]), "packet"),
    (pack(["x", {**EVENT, "data": ["disconnect"]}, ALL]), "packet"),
    (pack(["x", {**EVENT, "data": {"0": "e"}}, ALL]), "packet"),
    (pack(["x", EVENT, None]), "options"),
    (pack(["x", EVENT, {"rooms": "all"}]), "options"),
    (pack(["x", EVENT, {"rooms": [{}]}]), "options"),
    (pack(["x", EVENT, {"rooms": ["r"] * 10_001}]), "options"),
    (pack(["x", EVENT, {"rooms": [], "flags": 7}]), "options"),
    (pack(["x", {**EVENT, "data": ["e", {1: 2}]}, ALL]), "format"),
    (pack(["x", {**EVENT, "data": ["e", msgspec.msgpack.Ext(5, b"x")]}, ALL]), "format"),
    (pack(["x", {**EVENT, "data": ["e", "x" * wire.MAX_BYTES]}, ALL]), "size"),
]
BAD_REQUESTS = [
    (b"{", "format"),
    (b"[]", "format"),
    (b"", "format"),
    (b"{" + b" " * wire.MAX_BYTES + b"}", "size"),
    (b'{"type": 99}', "type"),
    (b'{"type": "0"}', "type"),
    (b'{"type": true}', "type"),
    (b'{"type": 2, "opts": {"rooms": {}}, "rooms": ["r"]}', "options"),
    (b'{"type": 2, "opts": {"rooms": []}, "rooms": "r"}', "options"),
    (b'{"type": 2, "sid": []}', "options"),
    (b'{"type": 0, "rooms": [null]}', "options"),
    (b'{"type": 4, "opts": 1}', "options"),
    (b'{"type": 5}', "options"),
    (b'{"type": 6, "data": "hello"}', "packet"),
    (b'{"type": 6, "data": ["unknown"]}', "unheard"),
    (b'{"type": 7, "packet": 1}', "packet"),
    (pack({"type": 7, "packet": EVENT, "opts": []}), "options"),
    (b'{"type": 5, "opts": ' + b'{"rooms":[],"x":' * 500 + b"1" + b"}" * 501, "depth"),
]


def test_malformed_messages_do_nothing_and_are_counted(valkey: Valkey, key: str) -> None:
    async def main() -> None:
        async with cluster(lambda: RedisBroker(valkey.unix_url), 1, key=key) as ours:
            (one,) = await ours.clients("a")
            broker, adapter = ours.brokers[0], ours.adapter(0)
            for channel, bad in ((f"{key}#/#", BAD_BROADCASTS), (f"{key}-request#/#", BAD_REQUESTS)):
                for message, reason in bad:
                    before = adapter.refused[reason]
                    broker.publish(channel, message)
                    await counted(adapter, reason, before + 1)
            for response in (b"", b"{}", b'{"requestId": 1}', b'{"requestId": "of nobody"}', pack(7)):
                broker.publish(f"{key}-response#/#", response)
            own = pack([adapter.uid, EVENT, ALL])
            for channel in (f"{key}#/#", f"{key}#/#a#", f"{key}#/#nobody#", f"{key}#/admin#"):
                broker.publish(channel, own)
            broker.publish(f"{key}-request#/#", json.dumps({"uid": adapter.uid, "type": 4, "opts": ALL}).encode())
            broker.publish(f"{key}#/#", pack(["other", {**EVENT, "data": ["end"]}, ALL]))
            assert await heard(one) == []
            assert isinstance(broker, RedisBroker) and broker.failed == 0 and broker.connections == 1

    run(main())


def test_who_is_put_into_thousands_of_rooms_at_once_or_taken_out_of_them_stays_small(valkey: Valkey, key: str) -> None:
    """`protects` of a house may itself put a socket into a room, for each that it is put into."""

    async def main() -> None:
        asked = []

        def protects(_: Any, room: str) -> bool:
            asked.append(room)
            return False

        async with cluster(lambda: RedisBroker(valkey.unix_url), 1, key=key, protects=protects) as ours:
            (one,) = await ours.clients("a")
            for kind, rooms in ((2, ["b"]), (2, [f"room-{n}" for n in range(1_000)]), (3, ["x", "b", "y"])):
                told = json.dumps({"uid": "other", "type": kind, "opts": ALL, "rooms": rooms})
                ours.brokers[0].publish(f"{key}-request#/#", told.encode())
            ours.brokers[0].publish(f"{key}#/#", pack(["other", {**EVENT, "data": ["end"]}, ALL]))
            assert await heard(one) == []
            (socket,) = ours.spaces[0].sockets.values()
            assert (set(socket.rooms), asked, ours.adapter(0).refused["rooms"]) == ({"a"}, ["b", "b"], 1)

    run(main())


def test_a_date_at_the_end_is_text_and_no_offset(valkey: Valkey, key: str) -> None:
    """A client takes a string at the end of an event for its offset: a foreign one must not move it."""
    from carevia.realtime import MemoryRecovery

    async def main() -> None:
        async with cluster(lambda: RedisBroker(valkey.unix_url), 1, key=key) as ours:
            ours.spaces[0].recovery = MemoryRecovery()
            (one,) = await ours.clients("a")
            for last in (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "text"):
                event = {**EVENT, "data": ["e", last]}
                ours.brokers[0].publish(f"{key}#/#", pack(["x", event, {**ALL, "flags": {"volatile": True}}]))
            assert (await one.receive("e")).args == ["2026-01-02T03:04:05.000Z", None]
            assert (await one.receive("e")).args == ["text", None]

    run(main())


LEAVES: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats()
LEAVES |= st.text(max_size=5) | st.binary(max_size=5)
KEYS = st.text(max_size=5) | st.integers(0, 9)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10
)
FIELDS = st.fixed_dictionaries(
    {"type": st.integers(-1, 11) | VALUES},
    optional={name: VALUES for name in ("uid", "requestId", "opts", "rooms", "room", "sid", "data", "packet", "close")},
)


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=50) | VALUES.map(pack) | FIELDS.map(pack), max_size=20))
def test_nothing_that_is_written_to_a_channel_raises(messages: list[bytes]) -> None:
    async def main() -> None:
        async with cluster(lambda: MemoryBroker(bus), 1, key="k") as ours:
            await ours.clients("a")
            for message in messages:
                for channel in ("k#/#", "k#/#a#", "k-request#/#", "k-response#/#", "k-count#/#"):
                    ours.brokers[0].publish(channel, message)
            (another,) = await ours.clients("b")
            ours.brokers[0].publish("k#/#b#", pack(["x", {**EVENT, "data": ["end"]}, {"rooms": ["b"]}]))
            await another.receive("end")

    bus = MemoryBus()
    run(main())


@pytest.mark.parametrize("value", [[1, {"a": [None, "b", 2.5, b"\x00"]}], {"ন": 2**60, "n": -(2**40)}, "text", b"", 0])
def test_what_is_packed_is_read_again(value: Any) -> None:
    _, packet, opts = wire.read_broadcast(wire.encode(["u", wire.packet("/", ("e", value)), wire.options(("a",), ())]))
    assert wire.read_packet(packet, "/") == ["e", value]
    assert wire.read_options(opts) == (("a",), (), False, None)


class Point(msgspec.Struct):
    x: int


class Parcel(msgspec.Struct):
    content: bytes
    label: msgspec.Raw


class Size(Enum):
    SMALL = "s"


MORNING = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [Parcel(b"x", msgspec.Raw(b'{"to":"Ada"}')), {Size.SMALL: Size.SMALL}, {MORNING: MORNING}, [{1: {2}}, b"\x00"]],
    ids=["a Struct", "an Enum", "a date", "numbers and bytes"],
)
def test_clients_of_other_servers_get_what_ours_get(value: Any) -> None:
    """They got another name for a key, bytes for a text; and a Struct with `Raw` in it could not be said at all."""
    event = ("e", value)
    assert socketio.encode(socketio.EVENT, "/", wire.plain(event)) == socketio.encode(socketio.EVENT, "/", event)


@pytest.mark.parametrize("key", [True, None, (1, 2)])
def test_a_key_that_json_does_not_have_goes_to_no_server(key: Any) -> None:
    """The others' clients got the event, and its emit raised."""
    with pytest.raises(TypeError):
        wire.plain(("e", {key: 1}))


def test_structs_and_raw_json_are_packed_as_what_they_say() -> None:
    assert wire.plain((Point(1), msgspec.Raw(b'{"y": [2]}'), {3: (4,)}, bytearray(b"b"))) == [
        {"x": 1}, {"y": [2]}, {"3": [4]}, b"b",
    ]  # fmt: skip
