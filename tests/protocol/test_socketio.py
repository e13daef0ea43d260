"""The Socket.IO v5 codec: every kind of packet, every kind of malformed one, and round trips."""

import json
import math
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carevia.protocol import socketio
from carevia.protocol.engineio import ParseError
from carevia.protocol.socketio import ACK, BINARY_ACK, BINARY_EVENT, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, Packet

# What a client may send.


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ("0", Packet(CONNECT, "/", None, None, 0)),
        ("0{}", Packet(CONNECT, "/", {}, None, 0)),
        ('0{"token":"123"}', Packet(CONNECT, "/", {"token": "123"}, None, 0)),
        ("0/custom,", Packet(CONNECT, "/custom", None, None, 0)),
        ("0/custom", Packet(CONNECT, "/custom", None, None, 0)),
        ('0/custom,{"a":[1]}', Packet(CONNECT, "/custom", {"a": [1]}, None, 0)),
        ("1", Packet(DISCONNECT, "/", None, None, 0)),
        ("1/custom,", Packet(DISCONNECT, "/custom", None, None, 0)),
        ('2["hi"]', Packet(EVENT, "/", ["hi"], None, 0)),
        ('2["hi",1,"2",{"3":[true]}]', Packet(EVENT, "/", ["hi", 1, "2", {"3": [True]}], None, 0)),
        ('212["hi"]', Packet(EVENT, "/", ["hi"], 12, 0)),
        ('2/custom,12["hi"]', Packet(EVENT, "/custom", ["hi"], 12, 0)),
        ('20["hi"]', Packet(EVENT, "/", ["hi"], 0, 0)),
        ('29999999999["hi"]', Packet(EVENT, "/", ["hi"], 9999999999, 0)),
        ('2["/",","]', Packet(EVENT, "/", ["/", ","], None, 0)),
        ("313[]", Packet(ACK, "/", [], 13, 0)),
        ('3/a,13["ok"]', Packet(ACK, "/a", ["ok"], 13, 0)),
        (
            '51-["x",{"_placeholder":true,"num":0}]',
            Packet(BINARY_EVENT, "/", ["x", {"_placeholder": True, "num": 0}], None, 1),
        ),
        ('510-/a,7["x"]', Packet(BINARY_EVENT, "/a", ["x"], 7, 10)),
        ("62-7[]", Packet(BINARY_ACK, "/", [], 7, 2)),
        ('2["ünï","\\u00e9\\ud834\\udd1e"]', Packet(EVENT, "/", ["ünï", "é𝄞"], None, 0)),
    ],
)
def test_a_packet_is_decoded(text: str, packet: Packet) -> None:
    assert socketio.decode(text.encode()) == packet


# What it may not.

MALFORMED = {
    "empty packet": "",
    "type is a letter": "abc",
    "type 7": '7["x"]',
    "type 9": "9",
    "type is a space": ' 2["x"]',
    "only a server sends CONNECT_ERROR": '4{"message":"no"}',
    "CONNECT with an array": "0[]",
    "CONNECT with text": '0"x"',
    "CONNECT with a number behind a comma": "0/a,1.5",
    "CONNECT with broken JSON": "0{",
    "DISCONNECT with data": "1{}",
    "DISCONNECT with an array": '1/a,["x"]',
    "EVENT without data": "2",
    "EVENT with an object": "2{}",
    "EVENT with an empty array": "2[]",
    "EVENT whose name is a number": "2[1]",
    "EVENT whose name is null": "2[null]",
    "EVENT with broken JSON": '2["x"',
    "EVENT with something behind": '2["x"]y',
    "ACK without an id": "3[]",
    "ACK with an object": "31{}",
    "ACK without data": "31",
    "acknowledgement id of letters": '2abc["x"]',
    "acknowledgement id of eleven digits": '212345678901["x"]',
    "acknowledgement id of a million digits": "2" + "1" * 1_000_000 + '["x"]',
    "negative acknowledgement id": '2-1["x"]',
    "zero attachments": '50-["x"]',
    "zero attachments, twice zero": '500-["x"]',
    "attachments without a number": '5-["x"]',
    "attachments without a dash": '51["x"]',
    "attachments that are letters": '5a-["x"]',
    "attachments negative": '5-1-["x"]',
    "attachments with a fraction": '51.5-["x"]',
    "attachments with a sign": '5+1-["x"]',
    "attachments of Arabic digits": '5\u0661-["x"]',
    "attachments past all sense": '599999999-["x"]',
    "binary ACK without an id": "61-[]",
    "binary event without data": "51-",
    "NaN": '2["x",NaN]',
    "Infinity": '2["x",-Infinity]',
    "a number too large for a double": '2["x",1e400]',
    "a number of 5,000 digits": '2["x",' + "9" * 5000 + "]",
    "a lone surrogate": '2["x","\\ud800"]',
    "a lone low surrogate as a key": '2["x",{"\\udc00":1}]',
    "a raw control character": '2["x","\n"]',
    "single quotes": "2['x']",
    "a trailing comma": '2["x",]',
    "a comment": '2["x"/**/]',
    "nesting 100,000 deep": '2["x",' + "[" * 100_000 + "]" * 100_000 + "]",
    "nesting 100,000 objects deep": '2["x",' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "]",
    "nesting never closed": '2["x",' + "[" * 100_000,
    "nesting 900 deep": '2["x",' + "[" * 900 + "]" * 900 + "]",
    "CONNECT nested 900 deep": '0{"a":' + "[" * 900 + "]" * 900 + "}",
} | {f"reserved name {name}": f'2["{name}"]' for name in sorted(socketio.RESERVED)}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_packet_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        socketio.decode(text.encode())


def test_reserved_names_are_those_of_the_reference_server() -> None:
    names = {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
    assert names == socketio.RESERVED


def test_a_depth_of_a_hundred_passes_and_can_be_sent_on() -> None:
    deepest = "2" + "[" * 1 + '"x",' + "[" * 99 + "]" * 99 + "]"
    data = socketio.decode(deepest.encode()).data
    assert socketio.encode(EVENT, "/", data) == (deepest.encode(), [])
    with pytest.raises(ParseError):
        socketio.decode(("2[" + '"x",' + "[" * 100 + "]" * 100 + "]").encode())


class Point(msgspec.Struct):
    x: int
    y: int = 0


READS = {b"go": socketio.typed("go", Point, msgspec.Raw)}


def test_an_event_with_types_is_read_straight_into_them() -> None:
    packet = socketio.decode(b'217["go",{"x":1,"z":2},{"a": [1.50]}]', READS)
    name, point, raw = packet.data
    assert (packet.type, packet.id, name, point) == (EVENT, 17, "go", Point(1))
    assert bytes(raw) == b'{"a": [1.50]}'
    assert socketio.encode(EVENT, "/", ("went", raw)) == (b'2["went",{"a": [1.50]}]', [])


@pytest.mark.parametrize(
    "text",
    [
        '2["go",{"x":"1"},2]',  # of another type
        '2["go",{"x":1}]',  # too few
        '2["go",{"x":1},2,3]',  # too many
        '2[ "go",{"x":1},2]',
        '2["g\\u006f",{"x":1},2]',
        '2/other,["go",{"x":1},2]',
        '2["away",{"x":1},2]',
        '2["go",{"x":1},"' + "[" * 250 + '"]',  # perhaps too deep, and it is not
    ],
)
def test_what_does_not_fit_the_types_comes_as_plain_values(text: str) -> None:
    assert socketio.decode(text.encode(), READS) == socketio.decode(text.encode())


@pytest.mark.parametrize(
    "value",
    ['{"a":1,}', "NaN", "01", "1.", '"\\x"', '"\\ud800"', '"\\udc00abcdef"', "[" * 100 + "]" * 100, "[" * 9000],
    ids=lambda value: value[:12],
)
def test_what_is_malformed_is_refused_where_it_is_left_as_it_came_too(value: str) -> None:
    with pytest.raises(ParseError):
        socketio.decode(f'2["go",{{"x":1}},{value}]'.encode(), READS)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    text = '2["x"' + ",[]" * 1000 + ',"' + "[" * 1000 + '"]'
    assert len(socketio.decode(text.encode()).data) == 1002


# Attachments.


def place(num: Any) -> dict[str, Any]:
    return {"_placeholder": True, "num": num}


def test_attachments_are_put_into_their_places() -> None:
    data = ["x", place(1), {"deep": [place(0)]}, {"_placeholder": False, "num": 0}]
    filled = socketio.fill(data, [b"zero", b"one"])
    assert filled == ["x", b"one", {"deep": [b"zero"]}, {"_placeholder": False, "num": 0}]


@pytest.mark.parametrize("num", [-1, 1, 2, "x", "0", 1e99, 0.0, None, True, False, [0], {}, place(0)])
def test_a_placeholder_that_names_no_attachment_is_refused(num: Any) -> None:
    with pytest.raises(ParseError):
        socketio.fill(["x", place(num)], [b"only"])


def test_a_placeholder_without_num_is_refused() -> None:
    with pytest.raises(ParseError):
        socketio.fill(["x", {"_placeholder": True}], [b"only"])


def test_a_repeated_placeholder_is_refused() -> None:
    """One attachment of 1 MB in 30,000 places would be 30 GB once it is sent on."""
    with pytest.raises(ParseError):
        socketio.fill(["x", place(0), place(0)], [b"only"])


def test_an_attachment_without_a_place_is_refused() -> None:
    with pytest.raises(ParseError):
        socketio.fill(["x", place(0)], [b"one", b"two"])
    with pytest.raises(ParseError):
        socketio.fill(["x"], [b"one"])


def test_a_placeholder_within_a_placeholder_is_refused() -> None:
    with pytest.raises(ParseError):
        socketio.fill(["x", {"_placeholder": True, "num": place(0)}], [b"one"])


# What a server says.


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (socketio.encode(EVENT, "/", ["hi", 1, "2", {"b": [True], "a": None}]), '2["hi",1,"2",{"b":[true],"a":null}]'),
        (socketio.encode(EVENT, "/custom", ["hi"], 12), '2/custom,12["hi"]'),
        (socketio.encode(EVENT, "/", ["hi"], 0), '20["hi"]'),
        (socketio.encode(ACK, "/", (), 456), "3456[]"),
        (socketio.encode(ACK, "/a", (1,), 1), "3/a,1[1]"),
        (socketio.encode(EVENT, "/", ["é☕"]), '2["é☕"]'),
    ],
)
def test_packets_are_compact_json_with_their_keys_in_order(made: tuple[bytes, list[bytes]], expected: str) -> None:
    assert made == (expected.encode(), [])


def test_bytes_become_attachments_in_order() -> None:
    text, attachments = socketio.encode(EVENT, "/", ["x", b"\x01", {"k": [bytearray(b"\x02"), memoryview(b"\x03")]}])
    assert text == (
        b'53-["x",{"_placeholder":true,"num":0},{"k":[{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]}]'
    )
    assert attachments == [b"\x01", b"\x02", b"\x03"]


def test_a_binary_acknowledgement_has_its_count_before_its_id() -> None:
    assert socketio.encode(ACK, "/a", [b"\x01"], 789) == (b'61-/a,789[{"_placeholder":true,"num":0}]', [b"\x01"])


def test_controls() -> None:
    assert socketio.control(CONNECT, "/", {"sid": "x"}) == b'0{"sid":"x"}'
    assert socketio.control(CONNECT, "/custom", {"sid": "x"}) == b'0/custom,{"sid":"x"}'
    assert socketio.control(DISCONNECT, "/") == b"1"
    assert socketio.control(DISCONNECT, "/custom") == b"1/custom,"
    said = socketio.control(CONNECT_ERROR, "/random", {"message": "Invalid namespace"})
    assert said == b'4/random,{"message":"Invalid namespace"}'


@pytest.mark.parametrize("value", ["\ud800", {"\udc00": 1}, object(), {1, object()}])
def test_what_json_cannot_carry_raises_at_the_sender(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        socketio.encode(EVENT, "/", ["x", value])


# Round trips.

whole = st.integers(-(2**53), 2**53)
fraction = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(max_size=30)
keys = st.text(max_size=10).filter(lambda key: key != "_placeholder")
json_leaves = st.one_of(st.none(), st.booleans(), whole, fraction, text)
json_values = st.recursive(
    json_leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12
)
leaves = json_leaves | st.binary(max_size=30)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
names = text.filter(lambda name: name not in socketio.RESERVED)
namespaces = st.one_of(
    st.just("/"), st.text(min_size=1, max_size=10).filter(lambda name: "," not in name).map(lambda name: "/" + name)
)
ids = st.one_of(st.none(), st.integers(0, 9_999_999_999))


def decoded(text: bytes, attachments: list[bytes]) -> Packet:
    packet = socketio.decode(text)
    assert packet.attachments == len(attachments)
    return socketio.complete(packet, attachments) if attachments else packet


@settings(max_examples=300, deadline=None)
@given(namespaces, names, st.lists(values, max_size=4), ids)
def test_events_round_trip(namespace: str, name: str, args: list[Any], packet_id: int | None) -> None:
    text, attachments = socketio.encode(EVENT, namespace, [name, *args], packet_id)
    packet = decoded(text, attachments)
    assert (packet.namespace, packet.data, packet.id) == (namespace, [name, *args], packet_id)
    assert packet.type == (BINARY_EVENT if attachments else EVENT)


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_what_is_left_as_it_came_goes_out_as_what_it_is(value: Any) -> None:
    text, _ = socketio.encode(EVENT, "/", ["go", {"x": 1}, value])
    raw = socketio.decode(text, READS).data[2]
    assert type(raw) is msgspec.Raw
    assert socketio.encode(EVENT, "/", ["went", raw]) == socketio.encode(EVENT, "/", ["went", value])


def test_what_is_left_as_it_came_has_no_integer_that_others_cannot_read() -> None:
    for most in (4300, 4299):
        text = b'2["go",{"x":1},%s]' % (b"9" * most)
        assert socketio.decode(text, READS).data[2] == msgspec.Raw(b"9" * most)
    with pytest.raises(ParseError):
        socketio.decode(b'2["go",{"x":1},[%s]]' % (b"9" * 4301), READS)
    digits = b'"%s"' % (b"9" * 4301)  # in a string they are no number
    assert socketio.decode(b'2["go",{"x":1},%s]' % digits, READS).data[2] == digits.decode()[1:-1]


def test_of_an_acknowledgement_id_no_more_is_looked_at_than_it_may_have() -> None:
    """A million digits took 62 ms, each time."""
    began = time.process_time()
    for _ in range(10):
        with pytest.raises(ParseError):
            socketio.decode(b"2" + b"1" * 1_000_000 + b'["x"]', {})
    assert time.process_time() - began < 0.1


@settings(max_examples=100, deadline=None)
@given(namespaces, st.lists(values, max_size=4), st.integers(0, 9_999_999_999))
def test_acknowledgements_round_trip(namespace: str, args: list[Any], packet_id: int) -> None:
    text, attachments = socketio.encode(ACK, namespace, args, packet_id)
    packet = decoded(text, attachments)
    assert (packet.namespace, packet.data, packet.id) == (namespace, args, packet_id)
    assert packet.type == (BINARY_ACK if attachments else ACK)


@settings(max_examples=100, deadline=None)
@given(namespaces, st.none() | st.dictionaries(keys, values.filter(lambda value: not socketio.has_binary([value]))))
def test_connects_round_trip(namespace: str, auth: dict[str, Any] | None) -> None:
    assert socketio.decode(socketio.control(CONNECT, namespace, auth)) == Packet(CONNECT, namespace, auth, None, 0)


@settings(max_examples=200, deadline=None)
@given(names, st.lists(values.filter(lambda value: not socketio.has_binary([value])), max_size=4))
def test_any_json_parser_reads_what_is_sent(name: str, args: list[Any]) -> None:
    text, _ = socketio.encode(EVENT, "/", [name, *args])
    assert json.loads(text[1:]) == [name, *args]


# Anything at all.

pieces = st.lists(
    st.sampled_from(
        [
            *"0123456789",
            "-",
            "/",
            ",",
            '["x"]',
            "[",
            "]",
            "{",
            "}",
            '"',
            ":",
            "null",
            '{"_placeholder":true,"num":0}',
            "é",
        ]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), pieces))
def test_any_text_raises_nothing_but_parse_error(text: str) -> None:
    try:
        packet = socketio.decode(text.encode())
        socketio.fill(packet.data, [b"x"] * min(packet.attachments, 10))
    except ParseError:
        return
    assert packet.type != CONNECT_ERROR


@settings(max_examples=200, deadline=None)
@given(values, st.lists(st.binary(max_size=3), max_size=3))
def test_filling_anything_raises_nothing_but_parse_error(data: Any, attachments: list[bytes]) -> None:
    try:
        socketio.fill(data, attachments)
    except ParseError:
        assert attachments


def test_a_number_that_is_not_one_goes_out_as_null() -> None:
    assert socketio.encode(EVENT, "/", ["x", math.nan, math.inf])[0] == b'2["x",null,null]'
