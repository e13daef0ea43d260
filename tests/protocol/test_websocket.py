"""RFC 6455, read and written by protocol/websocket.py: every rule a server must keep, and bytes that keep none."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carevia.protocol import websocket
from carevia.protocol.websocket import (
    BAD_DATA,
    BINARY,
    CLOSE,
    CONTINUATION,
    FAIL,
    NO_STATUS,
    PING,
    PONG,
    PROTOCOL_ERROR,
    TEXT,
    TOO_BIG,
    Reader,
)
from tests.protocol.frames import MASK, client_frame, feed, read, single

CAFE = "café ☕ 𝄞".encode()


def failed(*pieces: bytes, limit: int = 1_000_000) -> int:
    """The code with which the reader gives up: nothing came before, nothing comes after."""
    reader = Reader(limit)
    found = feed(reader, pieces)
    assert [opcode for opcode, _, _ in found] == [FAIL], found
    assert found[0][1], "a failure says why"
    assert reader.feed(client_frame(TEXT, b"after")) == []
    assert reader.idle
    return found[0][2]


# The opening handshake.


def test_accept_value_is_that_of_the_rfc() -> None:
    assert websocket.accept_value(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    "key", [b"", b"short", b"dGhlIHNhbXBsZQ==", b"dGhlIHNhbXBsZSBub25jZSEh", b"%" * 24, b"\xff" * 24]
)
def test_a_key_that_is_not_sixteen_bytes_has_no_accept_value(key: bytes) -> None:
    assert websocket.accept_value(key) is None


# Frames out.


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70000])
def test_a_server_frame_says_its_length_in_the_shortest_way(size: int) -> None:
    frame = websocket.frame(BINARY, b"x" * size)
    head = 2 if size < 126 else 4 if size < 65536 else 10
    assert len(frame) == head + size
    assert frame[0] == 0x82
    assert not frame[1] & 0x80, "a server never masks (5.1)"
    said = frame[1] if head == 2 else int.from_bytes(frame[2:head], "big")
    assert said == size


def test_a_closing_frame_carries_code_and_reason() -> None:
    assert websocket.close_frame(1001, "bye") == b"\x88\x05\x03\xe9bye"
    assert websocket.close_frame(NO_STATUS, "unsaid") == b"\x88\x00"


def test_a_long_reason_is_cut_between_letters() -> None:
    frame = websocket.close_frame(1000, "é" * 100)
    assert frame[1] <= 125
    assert frame[4:].decode() == "é" * 61


# Whole messages.


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70000])
def test_a_message_of_any_length_form_is_read(size: int) -> None:
    payload = bytes(at & 255 for at in range(size))
    assert read(client_frame(BINARY, payload)) == [(BINARY, payload, 0)]


def test_text_is_given_as_valid_utf8_bytes() -> None:
    assert read(client_frame(TEXT, CAFE)) == [(TEXT, CAFE, 0)]


def test_many_frames_in_one_read_come_out_in_order() -> None:
    data = b"".join(client_frame(TEXT, b"%d" % n) for n in range(500))
    assert read(data) == [(TEXT, b"%d" % n, 0) for n in range(500)]


@pytest.mark.parametrize("payload", [b"", b"a", CAFE, b"x" * 126, b"y" * 65536])
def test_byte_by_byte_it_is_the_same(payload: bytes) -> None:
    data = client_frame(BINARY, payload) + client_frame(PING, b"p") + client_frame(TEXT, b"end")
    expected = [(BINARY, payload, 0), (PING, b"p", 0), (TEXT, b"end", 0)]
    assert read(*single(data)) == expected


def test_a_reader_between_messages_holds_nothing() -> None:
    reader = Reader(1000)
    assert reader.idle
    frame = client_frame(TEXT, b"hello")
    reader.feed(frame[:4])
    assert not reader.idle
    reader.feed(frame[4:])
    assert reader.idle
    reader.feed(client_frame(TEXT, b"half", fin=False))
    assert not reader.idle


def test_a_huge_message_in_small_reads_is_not_quadratic() -> None:
    def seconds(size: int) -> float:
        data = client_frame(BINARY, b"x" * size, mask=b"\0\0\0\0")
        pieces = [data[at : at + 1024] for at in range(0, len(data), 1024)]
        began = time.thread_time()
        found = read(*pieces, limit=64_000_000)
        took = time.thread_time() - began
        assert len(found[0][1]) == size
        return took

    small = min(seconds(2_000_000) for _ in range(3))
    large = min(seconds(16_000_000) for _ in range(2))
    assert large < 8 * small * 5 + 0.2, (small, large)  # quadratic would be 64 times


def test_a_message_of_many_tiny_fragments_is_not_quadratic() -> None:
    pieces = [client_frame(TEXT, b"ab", fin=False)]
    pieces += [client_frame(CONTINUATION, b"cd", fin=False)] * 100_000
    pieces += [client_frame(CONTINUATION, b"", fin=True)]
    began = time.thread_time()
    found = read(b"".join(pieces))
    assert time.thread_time() - began < 3
    assert [(opcode, len(payload)) for opcode, payload, _ in found] == [(TEXT, 200_002)]


# 5.1 Masking.


@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG, CLOSE])
def test_an_unmasked_frame_is_refused(opcode: int) -> None:
    assert failed(client_frame(opcode, b"", mask=None)) == PROTOCOL_ERROR


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\xff\xff\xff", MASK])
def test_any_mask_is_undone(mask: bytes) -> None:
    assert read(client_frame(TEXT, b"hello", mask=mask)) == [(TEXT, b"hello", 0)]


# 5.2 Reserved bits and opcodes.


@pytest.mark.parametrize("rsv", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("opcode", [TEXT, PING, CLOSE])
def test_reserved_bits_are_refused(rsv: int, opcode: int) -> None:
    assert failed(client_frame(opcode, b"", rsv=rsv)) == PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_reserved_opcodes_are_refused(opcode: int) -> None:
    assert failed(client_frame(opcode, b"x")) == PROTOCOL_ERROR


def test_a_reserved_bit_is_refused_before_the_payload_came() -> None:
    assert failed(client_frame(TEXT, b"x" * 500, rsv=4)[:2]) == PROTOCOL_ERROR


# 5.4 Fragments, 5.5 control frames.


def test_fragments_become_one_message() -> None:
    pieces = [client_frame(TEXT, b"he", fin=False), client_frame(CONTINUATION, b"l", fin=False)]
    assert read(*pieces, client_frame(CONTINUATION, b"lo")) == [(TEXT, b"hello", 0)]


def test_control_frames_stand_between_fragments() -> None:
    pieces = [
        client_frame(BINARY, b"\x01", fin=False),
        client_frame(PING, b"are you there"),
        client_frame(CONTINUATION, b"\x02", fin=False),
        client_frame(PONG, b"unasked"),
        client_frame(CONTINUATION, b"\x03"),
    ]
    expected = [(PING, b"are you there", 0), (PONG, b"unasked", 0), (BINARY, b"\x01\x02\x03", 0)]
    assert read(*pieces) == expected
    assert read(*single(b"".join(pieces))) == expected


def test_a_close_between_fragments_ends_it() -> None:
    data = client_frame(TEXT, b"half", fin=False) + client_frame(CLOSE, b"\x03\xe8") + client_frame(CONTINUATION, b"x")
    assert read(data) == [(CLOSE, b"", 1000)]


def test_empty_fragments_are_allowed() -> None:
    pieces = [client_frame(TEXT, b"", fin=False), client_frame(CONTINUATION, b"", fin=False)]
    assert read(*pieces, client_frame(CONTINUATION, b"")) == [(TEXT, b"", 0)]


def test_a_second_message_follows_a_fragmented_one() -> None:
    pieces = [client_frame(TEXT, b"a", fin=False), client_frame(CONTINUATION, b"b"), client_frame(BINARY, b"c")]
    assert read(*pieces) == [(TEXT, b"ab", 0), (BINARY, b"c", 0)]


@pytest.mark.parametrize("fin", [True, False])
def test_a_continuation_of_nothing_is_refused(fin: bool) -> None:
    assert failed(client_frame(CONTINUATION, b"x", fin=fin)) == PROTOCOL_ERROR


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_new_message_within_a_fragmented_one_is_refused(opcode: int, fin: bool) -> None:
    assert failed(client_frame(TEXT, b"a", fin=False), client_frame(opcode, b"b", fin=fin)) == PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_is_never_fragmented(opcode: int) -> None:
    assert failed(client_frame(opcode, b"", fin=False)) == PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_holds_125_bytes_at_most(opcode: int) -> None:
    assert read(client_frame(PING, b"x" * 125)) == [(PING, b"x" * 125, 0)]
    assert failed(client_frame(opcode, b"x" * 126)) == PROTOCOL_ERROR


# 5.5.1 and 7.4 Closing.


def test_a_close_without_a_code_is_one() -> None:
    assert read(client_frame(CLOSE)) == [(CLOSE, b"", NO_STATUS)]


def test_a_close_carries_code_and_reason() -> None:
    assert read(client_frame(CLOSE, b"\x03\xe9" + CAFE)) == [(CLOSE, CAFE, 1001)]


def test_after_a_close_everything_is_ignored() -> None:
    reader = Reader(1000)
    assert len(reader.feed(client_frame(CLOSE) + client_frame(TEXT, b"x"))) == 1
    assert reader.feed(client_frame(TEXT, b"y") + b"\xff" * 50) == []
    assert reader.idle


def test_a_close_of_one_byte_is_refused() -> None:
    assert failed(client_frame(CLOSE, b"\x03")) == PROTOCOL_ERROR


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])
def test_a_peer_may_send_this_code(code: int) -> None:
    assert read(client_frame(CLOSE, code.to_bytes(2, "big"))) == [(CLOSE, b"", code)]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_a_peer_may_not_send_this_code(code: int) -> None:
    assert failed(client_frame(CLOSE, code.to_bytes(2, "big"))) == PROTOCOL_ERROR


def test_a_reason_that_is_no_utf8_is_refused() -> None:
    assert failed(client_frame(CLOSE, b"\x03\xe8\xc3\x28")) == BAD_DATA


# 8.1 UTF-8.

BAD_UTF8 = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3", b"ok\xe2\x82", b"\x80"]


@pytest.mark.parametrize("data", BAD_UTF8)
def test_text_that_is_no_utf8_is_refused(data: bytes) -> None:
    assert failed(client_frame(TEXT, data)) == BAD_DATA
    assert read(client_frame(BINARY, data)) == [(BINARY, data, 0)]


@pytest.mark.parametrize("data", BAD_UTF8)
def test_fragmented_text_that_is_no_utf8_is_refused(data: bytes) -> None:
    frames = [client_frame(TEXT, b"", fin=False)]
    frames += [client_frame(CONTINUATION, piece, fin=False) for piece in single(data)]
    assert failed(*frames, client_frame(CONTINUATION, b"")) == BAD_DATA


def test_a_letter_may_be_cut_by_fragments_anywhere() -> None:
    frames = [client_frame(TEXT, b"", fin=False)]
    frames += [client_frame(CONTINUATION, piece, fin=False) for piece in single(CAFE)]
    assert read(*frames, client_frame(CONTINUATION, b"")) == [(TEXT, CAFE, 0)]


def test_bad_utf8_is_refused_at_its_fragment_not_at_the_end() -> None:
    assert failed(client_frame(TEXT, b"fine", fin=False), client_frame(CONTINUATION, b"\xff", fin=False)) == BAD_DATA


# 10.4 The size limit.


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_the_limit_is_the_last_size_that_passes(opcode: int) -> None:
    for size in (999, 1000):
        assert read(client_frame(opcode, b"x" * size), limit=1000) == [(opcode, b"x" * size, 0)]
    assert failed(client_frame(opcode, b"x" * 1001), limit=1000) == TOO_BIG


def test_the_limit_counts_all_fragments() -> None:
    first = client_frame(BINARY, b"x" * 600, fin=False)
    assert read(first, client_frame(CONTINUATION, b"x" * 400), limit=1000) == [(BINARY, b"x" * 1000, 0)]
    assert failed(first, client_frame(CONTINUATION, b"x" * 401), limit=1000) == TOO_BIG


def test_the_limit_is_seen_in_the_header() -> None:
    assert failed(client_frame(BINARY, b"x" * 70000)[:14], limit=65536) == TOO_BIG
    assert failed(b"\x82\xff" + b"\xff" * 8 + MASK, limit=65536) == TOO_BIG


def test_a_control_frame_does_not_count_towards_the_limit() -> None:
    data = client_frame(BINARY, b"x" * 10, fin=False) + client_frame(PING, b"y" * 10) + client_frame(CONTINUATION)
    assert read(data, limit=10) == [(PING, b"y" * 10, 0), (BINARY, b"x" * 10, 0)]


def test_a_message_before_the_failure_is_still_given() -> None:
    found = read(client_frame(TEXT, b"good") + client_frame(TEXT, b"bad", mask=None))
    assert [(opcode, code) for opcode, _, code in found] == [(TEXT, 0), (FAIL, PROTOCOL_ERROR)]


# Anything at all.

messages = st.lists(
    st.one_of(
        st.tuples(st.just(TEXT), st.text(max_size=300).map(str.encode)),
        st.tuples(st.just(BINARY), st.binary(max_size=300)),
        st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125)),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(messages, st.data())
def test_round_trip_however_it_is_fragmented_and_cut(sent: list[tuple[int, bytes]], data: st.DataObject) -> None:
    wire = bytearray()
    for opcode, payload in sent:
        mask = data.draw(st.binary(min_size=4, max_size=4))
        cuts = [] if opcode >= 8 else sorted(data.draw(st.lists(st.integers(0, len(payload)), max_size=3)))
        edges = [0, *cuts, len(payload)]
        for at, (start, stop) in enumerate(itertools.pairwise(edges)):
            wire += client_frame(opcode if at == 0 else CONTINUATION, payload[start:stop], at == len(cuts), mask=mask)
    step = data.draw(st.integers(1, 50))
    pieces = [bytes(wire[at : at + step]) for at in range(0, len(wire), step)]
    assert read(*pieces) == [(opcode, payload, 0) for opcode, payload in sent]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_never_raise_and_fail_once(pieces: list[bytes]) -> None:
    found = read(*pieces, limit=100)
    ends = [at for at, (opcode, _, _) in enumerate(found) if opcode in (FAIL, CLOSE)]
    assert ends in ([], [len(found) - 1])
    assert all(len(payload) <= 125 for _, payload, _ in found)


@settings(max_examples=300, deadline=None)
@given(messages, st.integers(0, 2000), st.integers(0, 7), st.integers(1, 40))
def test_a_flipped_bit_never_raises(sent: list[tuple[int, bytes]], where: int, bit: int, step: int) -> None:
    wire = bytearray(b"".join(client_frame(opcode, payload) for opcode, payload in sent))
    if wire:
        wire[where % len(wire)] ^= 1 << bit
    whole = read(bytes(wire))
    assert read(*[bytes(wire[at : at + step]) for at in range(0, len(wire), step)]) == whole


@given(
    st.lists(
        st.binary(max_size=300)
        | st.builds(client_frame, st.sampled_from([TEXT, BINARY, PING]), st.binary(max_size=300))
        | st.builds(client_frame, st.just(TEXT), st.text("ab", max_size=150).map(str.encode)),
        min_size=1,
        max_size=4,
    )
)
def test_the_short_way_gives_what_the_long_way_gives(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    texts = Reader(200).texts(data)
    assert texts is None or Reader(200).feed(data) == [(TEXT, text, 0) for text in texts]


def test_the_short_way_takes_whole_texts() -> None:
    data = b"".join(client_frame(TEXT, text) for text in (b"", b"one", b"x" * 125, b"x" * 126, b"x" * 5000))
    assert Reader(5000).texts(data) == [b"", b"one", b"x" * 125, b"x" * 126, b"x" * 5000]
    assert Reader(4999).texts(data) is None
    assert Reader(5000).texts(client_frame(TEXT, "é".encode())) == ["é".encode()]
    assert Reader(5000).texts(client_frame(TEXT, "é".encode()[:1])) is None


@pytest.mark.parametrize("before", [client_frame(TEXT, b"half", fin=False), client_frame(TEXT, b"whole")[:-1]])
def test_the_short_way_is_closed_while_something_is_under_way(before: bytes) -> None:
    reader = Reader(1000)
    reader.feed(before)
    assert reader.texts(client_frame(TEXT, b"text")) is None
