"""The Engine.IO v4 payload codec and its handshake packet."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carevia.protocol import engineio
from carevia.protocol.engineio import ParseError

SEPARATOR = b"\x1e"


def test_the_open_packet_has_exactly_the_keys_of_the_protocol() -> None:
    packet = engineio.open_packet("abc", ["websocket"], 0.3, 0.2, 1_000_000)
    assert packet[:1] == b"0"
    assert json.loads(packet[1:]) == {
        "sid": "abc",
        "upgrades": ["websocket"],
        "pingInterval": 300,
        "pingTimeout": 200,
        "maxPayload": 1_000_000,
    }


def test_fractions_of_a_second_go_out_as_milliseconds() -> None:
    said = json.loads(engineio.open_packet("x", [], 25.0375, 0.0005, 1)[1:])
    assert (said["pingInterval"], said["pingTimeout"]) == (25038, 0)


def test_an_error_body_is_compact_json() -> None:
    assert engineio.error_body(*engineio.UNKNOWN_SID) == b'{"code":1,"message":"Session ID unknown"}'


def test_packets_are_joined_and_split_by_the_separator() -> None:
    parts = [b"4hello", b"2", engineio.binary_part(b"\x01\x02\x03\x04"), b"4\xe2\x82\xac"]
    body = engineio.encode_payload(parts)
    assert body == b"4hello\x1e2\x1ebAQIDBA==\x1e4\xe2\x82\xac"
    assert engineio.decode_payload(body, 0) == parts
    assert engineio.decode_binary(parts[2]) == b"\x01\x02\x03\x04"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"abc",
        b"7",
        b"9x",
        b"\x1e",
        b"4a\x1e",
        b"\x1e4a",
        b"4a\x1e\x1e4b",
        b" 4a",
        b"B4AQID",
        b"\x004a",
        b"4a\x1eabc",
    ],
)
def test_what_is_no_packet_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        engineio.decode_payload(body, 0)


@pytest.mark.parametrize("body", [b"4\xff", b"4\xc3\x28", b"4\xed\xa0\x80", b"4ok\x1e4\xe2\x82"])
def test_text_that_is_no_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        engineio.decode_payload(body, 0)


@pytest.mark.parametrize("part", [b"bA", b"bAQ", b"bAQ=", b"b====", b"bA*ID", b"bAQID\t", b"bAQ==AQ==", b"b AQID"])
def test_what_is_no_base64_is_refused(part: bytes) -> None:
    with pytest.raises(ParseError):
        engineio.decode_binary(part)


@pytest.mark.parametrize("part", [b"bAQIDBA==\n", b"bAQID\nBA==", b"bAQID\r\nBA==\r\n"])
def test_base64_may_be_broken_into_lines(part: bytes) -> None:
    assert engineio.decode_binary(part) == b"\x01\x02\x03\x04"


def test_an_empty_binary_message_is_one() -> None:
    assert engineio.decode_binary(engineio.binary_part(b"")) == b""


def test_the_packets_of_a_payload_are_counted() -> None:
    assert len(engineio.decode_payload(SEPARATOR.join([b"3"] * 10), 10)) == 10
    with pytest.raises(ParseError):
        engineio.decode_payload(SEPARATOR.join([b"3"] * 11), 10)
    assert len(engineio.decode_payload(SEPARATOR.join([b"3"] * 2000), 0)) == 2000


packets = st.one_of(
    st.tuples(st.sampled_from("0123456"), st.text().filter(lambda text: "\x1e" not in text))
    .map("".join)
    .map(str.encode),
    st.binary(max_size=100).map(engineio.binary_part),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(packets, min_size=1, max_size=10))
def test_payloads_round_trip(parts: list[bytes]) -> None:
    assert engineio.decode_payload(engineio.encode_payload(parts), 10) == parts


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_binary_round_trips(data: bytes) -> None:
    assert engineio.decode_binary(engineio.binary_part(data)) == data


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.binary(max_size=60), st.lists(st.sampled_from([b"4", b"b", b"\x1e", b"\xff", b"AA=="])).map(b"".join))
)
def test_any_bytes_raise_nothing_but_parse_error(body: bytes) -> None:
    try:
        for part in engineio.decode_payload(body, 5):
            if part[:1] == b"b":
                engineio.decode_binary(part)
    except ParseError:
        pass
