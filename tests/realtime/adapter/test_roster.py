"""The list of nodes and what each says of itself: every copy comes to be what its node says, whatever was lost."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevia.realtime.adapter import membership
from carevia.realtime.adapter.broker import MemoryBroker, MemoryBus
from carevia.realtime.adapter.membership import Membership, seal, unseal
from carevia.realtime.adapter.roster import GONE, Ask, Beat, Change, Message, Roster, Table, Whole
from carevia.realtime.adapter.wire import MAX_BYTES, Refused
from tests.realtime.rawclient import until
from tests.realtime.serving import run

KEY = b"what all nodes share"
NOTHING: Iterator[bool] = iter(())
NAMES = ("a", "b", "c")


class Side:
    """A roster with one table, what it was told of the others, and what it has said that was not delivered yet."""

    def __init__(self, name: str) -> None:
        self.roster = Roster(name)
        self.table: Table[int] = self.roster.table("n", int)
        self.told: dict[str, int] = {}
        self.own: dict[str, int] = {}
        self.out: list[Message] = []
        self.table.listen(self._came, self._went)
        self.roster.carry(self.out.append, lambda: None)

    def _came(self, key: str, value: int) -> None:
        self.told[key] = value

    def _went(self, key: str, value: int) -> None:
        assert self.told.pop(key) == value, "who goes is named as they last were"

    def set(self, key: str, value: int) -> None:
        """Keys are unique over the nodes, as sessions are."""
        self.own[f"{self.roster.node}-{key}"] = value
        self.table.set(f"{self.roster.node}-{key}", value)

    def drop(self, key: str) -> None:
        self.own.pop(f"{self.roster.node}-{key}", None)
        self.table.drop(f"{self.roster.node}-{key}")


class World:
    """Nodes on one bus, and its clock."""

    def __init__(self, *names: str) -> None:
        self.sides = {name: Side(name) for name in names}
        self.now = 0.0

    def deliver(self, lost: Iterator[bool] = NOTHING) -> None:
        """What was said, to everybody; until nobody has an answer any more."""
        while any(side.out for side in self.sides.values()):
            said = [message for side in self.sides.values() for message in side.out]
            for side in self.sides.values():
                side.out.clear()
            for message in said:
                wire = seal(KEY, message, 0)
                for side in self.sides.values():
                    if not next(lost, False):
                        side.roster.hear(unseal(KEY, wire, 0), self.now)
            for side in self.sides.values():
                side.roster.flush()

    def second(self, lost: Iterator[bool] = NOTHING) -> None:
        self.now += 1
        for side in self.sides.values():
            side.roster.beat(self.now)
        self.deliver(lost)

    def agree(self) -> None:
        for name, side in self.sides.items():
            others = [other.own for other_name, other in self.sides.items() if other_name != name]
            assert side.told == {key: value for own in others for key, value in own.items()}, name
            assert side.roster.nodes == sorted(self.sides)


def joined(*names: str) -> World:
    world = World(*names)
    for side in world.sides.values():
        side.roster.join(0.0)
    world.deliver()
    return world


Step = tuple[str, str, str, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(("set", "set", "drop", "tell", "second")),
        st.sampled_from(NAMES),
        st.sampled_from(("x", "y", "z")),
        st.integers(0, 3),
    ),
    max_size=40,
)


@given(steps, st.lists(st.booleans(), max_size=200))
def test_whatever_was_lost_all_copies_are_right_three_beats_later(said: list[Step], losses: list[bool]) -> None:
    world = World(*NAMES)
    lost = iter(losses)
    for what, name, key, value in said:
        side = world.sides[name]
        if what == "second":
            world.second(lost)
        elif what == "tell":
            side.roster.flush()
            world.deliver(lost)
        else:
            side.set(key, value) if what == "set" else side.drop(key)
    for _ in range(3):  # a beat, the time after which a question is asked again, and its answer
        world.second()
    world.agree()


def test_what_has_gone_though_nobody_heard_of_it_goes_with_the_next_whole() -> None:
    world = joined("a", "b")
    side = world.sides["a"]
    for key in ("x", "y"):
        side.set(key, 1)
    world.second()
    side.drop("x")
    side.roster.flush()
    side.out.clear()
    world.second()
    world.agree()


def test_who_joins_gets_the_whole_picture_and_is_known_to_all_at_once() -> None:
    world = joined("a", "b")
    for number in range(2_500):  # more than one message holds
        world.sides["a"].set(str(number), number)
    world.sides["a"].roster.flush()
    world.deliver()
    late = world.sides["c"] = Side("c")
    late.set("mine", 1)
    late.roster.join(world.now)
    world.deliver()
    world.agree()
    assert len(late.told) == 2_500


def test_who_falls_silent_is_gone_and_comes_back_with_all_they_have() -> None:
    world = joined("a", "b")
    world.sides["a"].set("x", 1)
    world.sides["a"].roster.flush()
    world.deliver()
    dead = world.sides.pop("a")
    while world.now < GONE:
        world.second()
        assert world.sides["b"].told == {"a-x": 1}
    world.second()
    world.agree()
    assert world.sides["b"].roster.fell_silent == 1
    world.sides["a"] = dead  # it was only cut off
    dead.set("y", 2)
    world.second()
    world.second()
    world.agree()


def test_who_says_goodbye_is_gone_at_once_and_the_first_is_the_same_everywhere() -> None:
    world = joined(*NAMES)
    assert [side.roster.first for side in world.sides.values()] == [True, False, False]
    world.sides["a"].set("x", 1)
    world.sides["a"].roster.leave()
    world.sides["a"].roster.hear(Ask("b", ""), world.now)  # on its way already, as is the change
    world.sides["a"].roster.flush()
    for message in world.sides.pop("a").out:
        for side in world.sides.values():
            side.roster.hear(message, world.now)
    world.agree()
    assert [side.roster.first for side in world.sides.values()] == [True, False]
    assert world.sides["b"].roster.fell_silent == 0


def test_a_node_that_stops_says_goodbye() -> None:
    async def main() -> None:
        bus, rosters = MemoryBus(), [Roster("a"), Roster("b")]
        brokers = [MemoryBroker(bus) for _ in rosters]
        members = [Membership(roster, broker, KEY) for roster, broker in zip(rosters, brokers, strict=True)]
        for member, broker in zip(members, brokers, strict=True):
            await broker.start()
            member.start()
        await until(lambda: rosters[1].nodes == ["a", "b"], "they do not know each other")
        await members[0].stop()
        await until(lambda: rosters[1].nodes == ["b"], "it is still taken for one that is there")
        assert rosters[1].fell_silent == 0
        brokers[1].cut()
        assert not rosters[1].hears()
        await members[1].stop()

    run(main())


def test_each_change_is_told_soon_not_with_the_next_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "BEAT", 60.0)

    async def main() -> None:
        bus, rosters = MemoryBus(), [Roster("a"), Roster("b")]
        tables = [roster.table("n", int) for roster in rosters]
        brokers = [MemoryBroker(bus) for _ in rosters]
        members = [Membership(roster, broker, KEY) for roster, broker in zip(rosters, brokers, strict=True)]
        for member, broker in zip(members, brokers, strict=True):
            await broker.start()
            member.start()
        tables[0].set("x", 1)
        await until(lambda: [*tables[1].values("x")] == [1], "it is not told")
        tables[0].set("x", 2)
        await until(lambda: [*tables[1].values("x")] == [2], "the next one is not told")
        for member in members:
            await member.stop()

    run(main())


def test_a_beat_that_fails_is_not_the_last(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Roster):
        beats = 0

        def beat(self, now: float) -> None:
            self.beats += 1
            if self.beats == 1:
                raise KeyError("a listener that is at fault")
            super().beat(now)

    async def main() -> None:
        roster, broker = Failing("a"), MemoryBroker(MemoryBus())
        member = Membership(roster, broker, KEY)
        await broker.start()
        member.start()
        await until(lambda: roster.beats > 1, "its heart stands still")
        await member.stop()

    run(main())
    assert "a beat failed" in caplog.text


def test_while_we_hear_nobody_nobody_is_gone() -> None:
    world = joined("a", "b")
    world.sides["a"].set("x", 1)
    world.sides["a"].roster.flush()
    world.deliver()
    deaf = world.sides["b"]
    deaf.roster.hears = lambda: False
    for second in range(60):
        deaf.roster.beat(world.now + second)
    assert deaf.told == {"a-x": 1}
    assert deaf.roster.first, "better twice than not at all"
    deaf.roster.hears = lambda: True
    assert not deaf.roster.first
    world.now += 60
    deaf.roster.join(world.now)
    world.second()
    world.agree()
    for second in range(1, 7):
        if second == 5:
            deaf.roster.join(world.now + 4)  # so short that no beat came between
        deaf.roster.beat(world.now + second)
    assert deaf.told == {"a-x": 1}


def test_who_stood_still_takes_nobody_for_gone() -> None:
    """A machine that was suspended: its beat is due before it has read what the others said meanwhile."""
    world = joined("a", "b")
    world.sides["a"].set("x", 1)
    world.second()
    still = world.sides["b"]
    world.now += 60
    still.roster.beat(world.now)
    assert still.told == {"a-x": 1}
    assert still.roster.fell_silent == 0
    del world.sides["a"]  # who is silent from then on is gone as ever
    for _ in range(int(GONE) + 1):
        world.second()
    world.agree()
    assert still.roster.fell_silent == 1


def test_a_replayed_message_changes_nothing() -> None:
    world = joined("a", "b")
    a, b = world.sides["a"], world.sides["b"]
    a.set("x", 1)
    a.roster.flush()
    old = [*a.out, Whole("a", 0, 0, 0, {})]
    world.deliver()
    a.set("x", 2)
    a.roster.flush()
    world.deliver()
    for message in old:
        b.roster.hear(message, world.now)
    assert b.told == {"a-x": 2}


def test_a_part_that_is_missing_is_no_whole() -> None:
    b = Side("b")
    one, two = ({f"n:{key}": msgspec.msgpack.encode(1)} for key in "xy")
    b.roster.hear(Whole("a", 3, 1, 1, two), 0.0)
    assert b.told == {}
    b.roster.hear(Whole("a", 3, 0, 1, one), 0.0)
    assert b.told == {}
    b.roster.hear(Whole("a", 3, 1, 1, two), 0.0)
    assert b.told == {"x": 1, "y": 1}


def test_parts_of_two_wholes_are_no_whole() -> None:
    """The end of the one and the beginning of the other were lost: what had changed between them stayed as it was."""
    b = Side("b")
    old, new = ({"n:x": msgspec.msgpack.encode(value)} for value in (1, 2))
    b.roster.hear(Whole("a", 3, 0, 1, old), 0.0)
    b.roster.hear(Whole("a", 4, 1, 1, {}), 0.0)
    assert b.told == {}
    b.roster.hear(Whole("a", 4, 0, 1, new), 0.0)
    b.roster.hear(Whole("a", 4, 1, 1, {}), 0.0)
    assert b.told == {"x": 2}


def test_what_a_newer_version_says_is_let_be_and_what_is_no_value_is_counted() -> None:
    b = Side("b")
    b.roster.hear(Whole("a", 0, 0, 0, {}), 0.0)
    text = msgspec.msgpack.encode("text")
    b.roster.hear(Change("a", 1, {"n:x": text, "new:x": text, "n:y": b"\xc1", "n:z": b"\x05"}, ["new:gone"]), 0.0)
    assert b.told == {"z": 5}
    assert b.roster.refused == {"content": 2}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "seal"),
        (b"x" * 100, "seal"),
        (seal(b"another key", Beat("evil", 1), 0), "seal"),
        (seal(KEY, Beat("evil", 1), 0)[:-1] + b"\x02", "seal"),
        (seal(KEY, Beat("a", 1), -61), "age"),
        (seal(KEY, Ask("a", ""), 61), "age"),
        (b"x" * (MAX_BYTES + 1), "size"),
    ],
)
def test_a_message_without_a_good_seal_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        unseal(KEY, data, 0)


@given(st.binary(max_size=300))
def test_nothing_but_refused_comes_of_any_bytes(data: bytes) -> None:
    with pytest.raises(Refused):
        unseal(KEY, data, 0)


def test_there_are_only_so_many_nodes() -> None:
    side = Side("b")
    for number in range(1_000):
        side.roster.hear(Beat(f"n{number}", 0), 0.0)
    with pytest.raises(Refused, match="nodes"):
        side.roster.hear(Beat("one more", 0), 0.0)
