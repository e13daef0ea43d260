"""Frames that come in pieces: put together, unmasked and checked as they come, by protocol/websocket.py."""

import tracemalloc

import pytest

from carevia.protocol.websocket import BAD_DATA, BINARY, CONTINUATION, FAIL, PING, TEXT, Reader
from tests.protocol.frames import client_frame, read, single

BAD_AT_ONCE = [b"\x80", b"\xc0", b"\xe0\x80", b"\xed\xa0", b"\xed\xbf", b"\xf0\x80", b"\xf4\x90", b"\xf5", b"\xff"]


@pytest.mark.parametrize("bad", BAD_AT_ONCE)
@pytest.mark.parametrize("before", [b"", b"plain", "é€𝄞".encode()])
def test_bad_utf8_is_refused_within_a_frame_that_is_not_whole(bad: bytes, before: bytes) -> None:
    whole = client_frame(TEXT, before + bad + b"x" * 100)
    came = whole[: 6 + len(before) + len(bad)]
    assert len(whole) < 126 + 6
    for pieces in ([came], single(came), [came[:-1], came[-1:]]):
        [failure] = read(*pieces)
        assert (failure[0], failure[2]) == (FAIL, BAD_DATA)


def test_a_letter_may_be_cut_by_reads_anywhere() -> None:
    text = "κόσμε 𝄞 €".encode() * 3
    whole = client_frame(TEXT, text)
    for at in range(1, len(whole)):
        assert read(whole[:at], whole[at:]) == [(TEXT, text, 0)]


def test_what_follows_a_frame_in_pieces_is_read_in_the_same_read() -> None:
    first, rest = client_frame(TEXT, b"one two"), client_frame(BINARY, b"\xff") + client_frame(PING, b"p")
    reader = Reader(1_000)
    assert reader.feed(first[:9]) == []
    assert reader.feed(first[9:] + rest[:9]) == [(TEXT, b"one two", 0), (BINARY, b"\xff", 0)]
    assert reader.feed(rest[9:]) == [(PING, b"p", 0)]
    assert reader.idle


def test_a_control_frame_in_pieces_stands_between_fragments_in_pieces() -> None:
    sent = client_frame(TEXT, b"one ", fin=False) + client_frame(PING, b"p") + client_frame(CONTINUATION, b"two")
    for at in range(1, len(sent)):
        assert read(sent[:at], sent[at:]) == [(PING, b"p", 0), (TEXT, b"one two", 0)]


def test_a_big_message_in_pieces_is_held_once() -> None:
    size = 4_000_000
    sent = client_frame(BINARY, bytes(size), mask=bytes(4))
    pieces = [sent[at : at + 65_536] for at in range(0, len(sent), 65_536)]
    reader = Reader(size)
    tracemalloc.start()
    for piece in pieces[:-1]:
        assert reader.feed(piece) == []
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1.3 * size
    assert len(reader.feed(pieces[-1])) == 1


def test_the_beginning_of_a_long_frame_is_never_taken_for_a_short_one() -> None:
    whole = client_frame(TEXT, b"x" * 70_000, mask=bytes(4))
    for size in range(1, 300):
        assert Reader(100_000).texts(whole[:size]) is None
