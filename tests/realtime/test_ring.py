"""Sends by a ring do what a call for each does, and where the system refuses one nobody notices."""

import errno
import os
import socket
from array import array
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from itertools import repeat
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carevia.realtime.descriptor import put_all
from carevia.realtime.fanout import Fanout
from carevia.realtime.message import Message
from carevia.realtime.ring import ENTRIES, ROOM, Ring, open_ring
from carevia.realtime.session import FdChanges
from tests.realtime.peer import Peer

HAS_RINGS = open_ring() is not None
LARGE = 80


class OneByOne:
    """What a ring does, by a call for each."""

    def send(self, fds: "array[int]", frame: bytes) -> list[int]:
        return put_all(fds, repeat(frame))

    def send_each(self, fds: "array[int]", frames: Collection[bytes], sizes: Sequence[int]) -> list[int]:
        return put_all(fds, frames)


def sender(way: str) -> Ring | OneByOne:
    """Where the system has no ring for us, both are the second."""
    return (open_ring() if way == "by a ring" else None) or OneByOne()


both_ways = pytest.mark.parametrize("way", ["by a ring", "one by one"])


class Pairs:
    """Sockets that do not wait, and their other ends."""

    def __init__(self, count: int) -> None:
        self._stack = ExitStack()
        self.ends = [[self._stack.enter_context(end) for end in socket.socketpair()] for _ in range(count)]
        for here, there in self.ends:
            here.setblocking(False)
            there.setblocking(False)
        self.fds = array("i", [here.fileno() for here, _ in self.ends])

    def heard(self) -> list[bytes]:
        return [_all_of(there) for _, there in self.ends]

    def fill(self, number: int) -> int:
        """How many bytes it took."""
        count = 0
        with pytest.raises(BlockingIOError):
            while True:
                count += self.ends[number][0].send(bytes(1024))
        return count

    def __enter__(self) -> "Pairs":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _all_of(end: socket.socket) -> bytes:
    pieces: list[bytes] = []
    while True:
        try:
            piece = end.recv(1 << 20)
        except BlockingIOError:
            return b"".join(pieces)
        pieces.append(piece)
        if not piece:
            return b"".join(pieces)


@both_ways
@pytest.mark.parametrize("count", [1, 100, ENTRIES - 1, ENTRIES, ENTRIES + 1, 2 * ENTRIES + 7])
def test_everybody_gets_every_message_once_and_in_order(way: str, count: int) -> None:
    """Also where the messages of one call lie around the end of a ring."""
    out = sender(way)
    with Pairs(count) as pairs:
        frames = [b"%d " % number for number in range(7)]
        for frame in frames:
            assert out.send(pairs.fds, frame) == [len(frame)] * count
        own = [b"only for %d" % number for number in range(count)]
        assert out.send_each(pairs.fds, own, list(map(len, own))) == list(map(len, own))
        assert pairs.heard() == [b"".join(frames) + one for one in own]


@both_ways
def test_who_takes_nothing_or_less_is_told_by_place(way: str) -> None:
    out = sender(way)
    with Pairs(40) as pairs:
        before = {number: pairs.fill(number) for number in (0, 17, 39)}
        pairs.ends[5][0].close()
        pairs.ends[6][1].close()
        taken = out.send(pairs.fds, b"news")
        assert [number for number, size in enumerate(taken) if size != 4] == [0, 5, 6, 17, 39]
        assert {taken[number] for number in (0, 5, 6, 17, 39)} == {0}
        del pairs.ends[5:7]
        heard = pairs.heard()
        assert heard[1] == b"news" and len(heard[0]) == before[0]


@both_ways
@pytest.mark.parametrize("size", [1, ROOM])
def test_a_message_that_fits_in_part_is_told_in_bytes(way: str, size: int) -> None:
    out = sender(way)
    with Pairs(20) as pairs:
        frame = os.urandom(size)
        taken = out.send(pairs.fds, frame)
        assert all(0 < count <= size for count in taken)
        assert pairs.heard() == [frame[:count] for count in taken]


@both_ways
@given(
    turns=st.lists(
        st.lists(st.tuples(st.integers(0, 29), st.binary(min_size=1, max_size=300)), max_size=30), max_size=60
    )
)
@settings(max_examples=20, deadline=None)
def test_whatever_is_sent_by_one_sender_arrives_whole_in_order_and_where_it_belongs(
    way: str, turns: list[list[tuple[int, bytes]]]
) -> None:
    out = sender(way)
    with Pairs(30) as pairs:
        wanted = [b""] * 30
        for turn in turns:
            own = dict(turn)
            fds = array("i", [pairs.fds[number] for number in own])
            sizes = [len(frame) for frame in own.values()]
            assert out.send_each(fds, own.values(), sizes) == sizes
            for number, frame in own.items():
                wanted[number] += frame
        assert pairs.heard() == wanted


def test_a_ring_leaves_nothing_open_when_it_goes() -> None:
    before = len(os.listdir("/proc/self/fd"))
    ring = open_ring()
    del ring
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EPERM, errno.ENOMEM])
def test_where_the_system_refuses_there_is_no_ring(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """As in a container, whose rules forbid the call, or on a Linux that does not know it."""

    def refuses(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    before = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(Ring, "_system", refuses)
    assert open_ring() is None
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_linux_that_has_rings_and_cannot_send_by_them_has_none_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 5.6; it would say so of each message."""
    monkeypatch.setattr("carevia.realtime.ring._SINCE_5_6", 1 << 31)
    assert open_ring() is None


def test_a_signal_in_between_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    if (ring := open_ring()) is None:
        return
    interruptions = iter([True, True, False])
    system = Ring._system

    def interrupted(ring: Ring, *arguments: int) -> int:
        if next(interruptions):
            raise InterruptedError
        return system(ring, *arguments)

    monkeypatch.setattr(Ring, "_system", interrupted)
    with Pairs(20) as pairs:
        assert ring.send(pairs.fds, b"news") == [4] * 20
        assert pairs.heard() == [b"news"] * 20


def test_on_another_system_nobody_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert open_ring() is None


@pytest.mark.parametrize("reached", [0, 30])
def test_a_ring_that_breaks_takes_no_event_from_anybody_and_gives_nobody_one_twice(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch, reached: int
) -> None:
    """`reached`: so many of 80 the system has taken up when it refuses."""
    peers = [Peer(stack) for _ in range(LARGE)]
    fd_changes = FdChanges()
    fanout = Fanout(fd_changes)
    fanout._scheduled = True

    def push(text: bytes) -> bytes:
        message = Message(b"4" + text)
        fanout.push(cast("Any", peers), message)
        fanout.flush()
        return message.frames

    def refuses(ring: Ring, call: int, fd: int, waiting: int, *rest: int) -> int:
        if waiting > LARGE - reached:
            return system(ring, call, fd, reached, reached, *rest[1:])
        raise OSError(errno.EFAULT, "refused")

    system = Ring._system
    first = push(b"first")
    with monkeypatch.context() as patch:
        patch.setattr(Ring, "_system", refuses)
        second = push(b"second")
    fd_changes.count += 1  # as a session does whose `fd` has gone
    third = push(b"third")
    if HAS_RINGS:
        assert fanout._usable_ring() is None
        assert [bool(peer.left) for peer in peers] == [False] * reached + [True] * (LARGE - reached)
    for peer in peers:
        left = b"".join([left[taken:] for left, taken in peer.left])
        assert peer.heard() + left + b"".join(peer.sent) == first + second + third
