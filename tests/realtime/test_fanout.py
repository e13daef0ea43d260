"""What leaves in one turn for different receivers: in order, once, and with what the system does not take."""

import asyncio
import os
import tracemalloc
from contextlib import ExitStack
from typing import Any, cast

import pytest

from carevia.realtime import MemoryRecovery
from carevia.realtime.fanout import Fanout
from carevia.realtime.message import Message
from carevia.realtime.session import FdChanges
from carevia.realtime.testing import TestClient
from tests.realtime.kit import lively, quiet
from tests.realtime.peer import Peer
from tests.realtime.serving import run

SMALL, LARGE = 9, 80


@pytest.fixture(autouse=True, params=["by a ring", "one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no ring for us, both are the second."""
    if request.param == "one by one":
        monkeypatch.setattr("carevia.realtime.fanout.open_ring", lambda: None)


def push(fanout: Fanout, peers: list[Peer], text: bytes) -> bytes:
    message = Message(b"4" + text)
    fanout.push(cast("Any", peers), message)
    return message.frames


def quiet_fanout() -> Fanout:
    """One that is flushed by hand: there is no loop here."""
    fanout = Fanout(FdChanges())
    fanout._scheduled = True
    return fanout


@pytest.mark.parametrize("many", [SMALL, LARGE])
def test_who_is_in_several_rooms_gets_one_write_in_the_order_of_the_events(stack: ExitStack, many: int) -> None:
    peers = [Peer(stack) for _ in range(many)]
    fanout = quiet_fanout()
    one = push(fanout, peers, b"to all")
    two = push(fanout, peers[:-1], b"to most")
    three = push(fanout, peers[:1], b"to the first")
    fanout.flush()
    assert [peer.heard() for peer in peers] == [one + two + three, *[one + two] * (many - 2), one]
    assert all(not peer.sent and not peer.left for peer in peers)


@pytest.mark.parametrize("many", [SMALL, LARGE])
def test_a_few_words_beside_a_large_room_keep_their_order(stack: ExitStack, many: int) -> None:
    peers = [Peer(stack) for _ in range(many)]
    fanout = quiet_fanout()
    before = push(fanout, peers[:1], b"before")
    one, two = push(fanout, peers, b"one"), push(fanout, peers, b"two")
    after = push(fanout, peers[:1], b"after")
    fanout.flush()
    assert [peer.heard() for peer in peers] == [before + one + two + after, *[one + two] * (many - 1)]


@pytest.mark.parametrize("many", [SMALL, LARGE])
def test_what_is_not_taken_goes_to_the_transport_and_stops_nobody(stack: ExitStack, many: int) -> None:
    peers = [Peer(stack) for _ in range(many)]
    full, polling = peers[2], Peer(stack, direct=False)
    full.fill()
    fanout = quiet_fanout()
    everybody = [*peers, polling]
    one = push(fanout, everybody, b"one")
    two = push(fanout, [*peers[1:], polling], b"two")
    fanout.flush()
    assert full.left == [(one, 0), (two, 0)] and not full.sent
    assert polling.sent == [one, two]
    others = [peer for peer in peers if peer is not full]
    assert [peer.heard() for peer in others] == [one, *[one + two] * (many - 2)]
    assert all(not peer.sent and not peer.left for peer in others)


@pytest.mark.parametrize("many", [SMALL, LARGE])
def test_who_is_sent_to_again_and_again_is_sent_to_the_same(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """With the first events they are equipped, a part of them each time; 18,000 at once would hold one event up."""
    monkeypatch.setattr("carevia.realtime.fanout._EQUIPPED", 30)
    peers = [Peer(stack) for _ in range(many)]
    full, fd_changes = peers[2], FdChanges()
    fanout = Fanout(fd_changes)
    fanout._scheduled = True
    sent = []
    for number in range(5):
        sent.append(push(fanout, peers, b"%d" % number))
        fanout.flush()
        if many == LARGE and fanout._ring is None:
            _, receivers = fanout._known[id(peers)]
            assert (len(receivers._made), receivers.outlets is not None) == (min(30 * number, LARGE), number >= 3)
    full.fill()
    last = push(fanout, peers, b"last")
    fanout.flush()
    fd_changes.count += 1  # as a session does whose `fd` has gone
    behind = push(fanout, peers, b"behind")
    fanout.flush()
    assert full.left == [(last, 0)] and full.sent == [behind]
    others = [peer for peer in peers if peer is not full]
    assert [peer.heard() for peer in others] == [b"".join([*sent, last, behind])] * (many - 1)


def test_a_connection_that_breaks_off_before_anybody_knows_stops_nobody(stack: ExitStack) -> None:
    peers = [Peer(stack) for _ in range(LARGE)]
    fanout = quiet_fanout()
    first = push(fanout, peers, b"first")
    fanout.flush()
    peers[2].close()
    second = push(fanout, peers, b"second")
    fanout.flush()
    third = push(fanout, peers, b"third")
    fanout.flush()
    assert peers[2].left[0] == (second, 0)
    assert [peer.heard() for peer in peers if peer is not peers[2]] == [first + second + third] * (LARGE - 1)


def test_an_outlet_leaves_the_connection_open_when_it_goes(stack: ExitStack) -> None:
    peer = Peer(stack)
    outlet = peer.outlet(peer.fd or 0)
    assert outlet.send(b"one") == 3
    del outlet
    assert os.write(peer.fd or 0, b"two") == 3
    assert peer.heard() == b"onetwo"


@pytest.mark.parametrize("many", [SMALL, LARGE])
def test_a_flood_of_large_messages_for_different_rooms_is_copied_once_and_not_again_for_each(
    stack: ExitStack, many: int
) -> None:
    """Every message used to copy all before it, for every client: 400 of 10 KB to 60 desks held the process up for
    eight seconds and took 100 MB."""
    peers = [Peer(stack) for _ in range(many)]
    fanout = quiet_fanout()
    to_all, to_most = [], []
    for number in range(40):
        to_all.append(push(fanout, peers, b"a%d" % number + b"x" * 10_000))
        to_most.append(push(fanout, peers[1:], b"m%d" % number + b"y" * 10_000))
    tracemalloc.start()
    fanout.flush()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < many * 2 * 65_536  # what is written, and what is left of it
    everything = b"".join(frames for pair in zip(to_all, to_most, strict=True) for frames in pair)
    wanted = [b"".join(to_all), *[everything] * (many - 1)]
    for peer, frames in zip(peers, wanted, strict=True):
        left = b"".join(left[taken:] for left, taken in peer.left)
        assert peer.heard() + left + b"".join(peer.sent) == frames


def test_a_client_that_reads_is_not_overrun_by_a_flood_of_one_turn(stack: ExitStack) -> None:
    """150 messages of 10 KB in one turn are more than may wait for anybody: who read them would be dropped, too."""

    async def main() -> None:
        loop, fanout, peer = asyncio.get_running_loop(), Fanout(FdChanges()), Peer(stack)
        heard: list[bytes] = []
        loop.add_reader(peer.other_end, lambda: heard.append(peer.heard()))
        sent = b"".join([push(fanout, [peer], b"%d" % number + b"x" * 10_000) for number in range(150)])
        async with asyncio.timeout(20):
            while sum(map(len, heard)) < len(sent):
                await asyncio.sleep(0)
        loop.remove_reader(peer.other_end)
        assert b"".join(heard) == sent
        assert not peer.left and not peer.sent

    asyncio.run(main())


def test_what_is_said_while_a_flood_leaves_does_not_hurry_it(stack: ExitStack) -> None:
    """As by a "disconnect" of who could not take it: each such word doubled what left in a turn from then on."""

    class Answering(Peer):
        def send(self, message: Message, taken: int | None = None) -> None:
            super().send(message, taken)
            push(fanout, [other], b"one has gone")

    async def main() -> None:
        for _ in range(10):
            push(fanout, [peer], b"x" * 70_000)
        for turn in range(1, 11):
            await asyncio.sleep(0)
            assert len(peer.sent) == turn

    fanout = Fanout(FdChanges())
    peer, other = Answering(stack, direct=False), Peer(stack, direct=False)
    asyncio.run(main())


def test_who_says_more_in_each_turn_than_leaves_in_one_does_not_fill_the_memory(stack: ExitStack) -> None:
    async def main() -> None:
        fanout, peer = Fanout(FdChanges()), Peer(stack, direct=False)
        most = 0
        for _ in range(50):
            for number in range(100):
                push(fanout, [peer], b"%d" % number + b"x" * 10_000)
            await asyncio.sleep(0)
            most = max(most, sum(message.size for _, message in fanout._entries))
        assert most <= 2_000_000

    asyncio.run(main())


@pytest.mark.parametrize("many", [SMALL, LARGE])
def test_who_is_dropped_in_the_middle_of_a_flood_mixes_up_nothing_for_the_others(stack: ExitStack, many: int) -> None:
    """To drop a client changes who is in a room, which sends what waits: the next portion came before this one."""
    fanout = quiet_fanout()
    peers = [Peer(stack, direct=False) for _ in range(many)]
    room = set(peers)
    late = Peer(stack, direct=False)

    class Dropped(Peer):
        def send(self, message: Message, taken: int | None = None) -> None:
            super().send(message, taken)
            if self in room and len(self.sent) == 3:
                fanout.settle()
                room.discard(self)
                room.add(late)

    room.add(Dropped(stack, direct=False))
    sent = []
    for number in range(40):
        message = Message(b"4%d" % number + b"x" * 10_000)
        fanout.push(cast("Any", room), message)
        fanout.push(cast("Any", peers), small := Message(b"4after %d" % number))
        sent += [message.frames, small.frames]
    fanout.flush()
    assert all(peer.sent == sent for peer in peers)
    assert late.sent == []


def test_who_joins_because_another_is_dropped_gets_nothing_that_was_said_before(stack: ExitStack) -> None:
    """As by a "disconnect" handler; a few words beside a large room were for whoever was there when they left."""
    fanout = quiet_fanout()
    room = {Peer(stack, direct=False) for _ in range(3)}
    before, late = list(room), Peer(stack, direct=False)

    class Dropped(Peer):
        def send(self, message: Message, taken: int | None = None) -> None:
            fanout.settle()
            room.add(late)

    push(fanout, [Dropped(stack, direct=False), *[Peer(stack, direct=False) for _ in range(LARGE)]], b"to all")
    said = Message(b"4to a few")
    fanout.push(cast("Any", room), said)
    fanout.flush()
    assert [peer.sent for peer in before] == [[said.frames]] * 3
    assert late.sent == []


def test_an_emit_from_a_thread_is_refused_and_nothing_is_queued() -> None:
    """The first one stopped everything that the server said from then on: the turn that sends counted as on its way."""

    async def main() -> None:
        server = lively()
        space = server.namespace("/")
        space.recovery = MemoryRecovery()
        async with TestClient(server) as client:
            socket = space.sockets[client.sid]
            await client.call("join", "desk")
            for say in (space.emit, space.to("desk").emit, space.to("nobody").emit, socket.emit):
                for waiting in (False, True):
                    if waiting:
                        space.emit("said", "here")
                    with pytest.raises(RuntimeError, match="call_soon_threadsafe"):
                        await asyncio.get_running_loop().run_in_executor(None, say, "said", "in a thread")
            with pytest.raises(RuntimeError, match="call_soon_threadsafe"):
                await asyncio.to_thread(socket.disconnect)
            assert await client.call("echo", 1) == [1]
            assert [event.args[0] for event in client.events] == ["here"] * 4
            loop = asyncio.get_running_loop()
            await asyncio.to_thread(loop.call_soon_threadsafe, space.emit, "said", "threadsafe")
            while client.events[-1].args[0] != "threadsafe":
                await asyncio.sleep(0)
        await quiet(server)

    run(main())


@pytest.mark.parametrize("others", [2, SMALL, LARGE])
@pytest.mark.parametrize("at_once", [1, 2])
def test_a_receiver_that_raises_takes_the_event_from_nobody(
    stack: ExitStack, others: int, at_once: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Peer):
        id = "broken"

        def send(self, message: Message, taken: int | None = None) -> None:
            raise ZeroDivisionError

    for direct in (True, False):
        broken = Broken(stack, direct)
        if direct:
            broken.fill()
        peers = [Peer(stack, direct and number % 2 == 0) for number in range(others)]
        receivers: Any = [broken, *peers]
        fanout = Fanout(FdChanges())
        fanout._scheduled = True
        for number in range(at_once):
            fanout.push(list(receivers) if number else receivers, Message(b"4%d" % number))
        fanout.flush()
        for peer in peers:
            got = b"".join(peer.sent) if peer.fd is None else peer.heard()
            assert got.count(b"4") == at_once
    assert "session broken" in caplog.text
