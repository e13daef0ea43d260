"""The timers that many connections share, on a clock of the test's own."""

from collections.abc import Callable
from typing import Any

import pytest

from carevia.deadlines import Bucket, Deadlines
from tests.clock import Clock


def deadlines(clock: Clock, delay: float, expired: Callable[[Any], None]) -> Deadlines[Any]:
    loop: Any = clock
    return Deadlines(delay, expired, loop)


def test_deadlines_are_never_late_and_at_most_a_fiftieth_early() -> None:
    for delay in (0.0125, 0.2, 0.3, 25.0375):
        clock, waited = Clock(), list[float]()
        row = deadlines(clock, delay, lambda began, c=clock, w=waited: w.append(c.now - began))  # type: ignore[misc]
        for _ in range(300):
            row.set(clock.now)
            clock.advance(delay / 130)
        clock.advance(2 * delay)
        assert len(waited) == 300
        assert delay * 0.98 - 0.0011 <= min(waited)
        assert max(waited) <= delay + 1e-9


def test_one_timer_serves_them_all_and_none_is_left() -> None:
    clock, gone = Clock(), list[int]()
    row = deadlines(clock, 1.0, gone.append)
    for number in range(1000):
        row.set(number)
        clock.advance(0.0005)
        assert clock.pending == 1
    clock.advance(3)
    assert sorted(gone) == list(range(1000))
    assert clock.pending == 0
    row.set(1)
    row.close()
    clock.advance(3)
    assert len(gone) == 1000


def test_a_deadline_that_was_called_off_does_not_come() -> None:
    clock, gone = Clock(), list[str]()
    row = deadlines(clock, 1.0, gone.append)
    row.set("off").discard("off")
    clock.advance(0.5)
    row.set("on")
    clock.advance(0.6)
    assert gone == []
    clock.advance(0.5)
    assert gone == ["on"]


def test_one_that_expires_may_call_off_others_and_itself_and_start_again() -> None:
    """A set that changed while it was walked once stopped every timer."""
    clock, gone = Clock(), list[str]()
    buckets: dict[str, Bucket[str]] = {}

    def expired(thing: str) -> None:
        gone.append(thing)
        for name in ("a", "b", "c"):
            buckets[name].discard(name)
        if len(gone) == 1:
            buckets["again"] = row.set("again")

    row = deadlines(clock, 1.0, expired)
    for name in ("a", "b", "c"):
        buckets[name] = row.set(name)
    clock.advance(1.001)
    assert len(gone) == 1 and gone[0] in "abc"
    clock.advance(1.001)
    assert gone[1:] == ["again"]


def test_a_timer_that_was_late_does_not_make_the_next_one_late_too() -> None:
    """A session is dead at interval + timeout, whatever the loop was busy with when the ping was due."""
    clock, gone = Clock(), list[float]()
    pongs = deadlines(clock, 0.2, lambda began: gone.append(clock.now - began))

    def ping(began: float) -> None:
        pongs.set(began, since=pings.due)

    pings = deadlines(clock, 0.3, ping)
    pings.set(clock.now)
    clock.advance(0.35, late=0.04)
    clock.advance(0.25)
    assert [round(waited, 6) for waited in gone] == [0.5]


def test_what_a_long_stop_took_is_not_taken_from_those_who_must_answer() -> None:
    clock, gone = Clock(), list[float]()
    pongs = deadlines(clock, 20.0, lambda began: gone.append(clock.now - began))
    pongs.set(clock.now, since=clock.now - 600)
    clock.advance(30)
    assert [round(waited, 6) for waited in gone] == [15.0]


def test_what_is_due_comes_due_before_its_timer_where_somebody_asks() -> None:
    """A request that a busy loop read before it looked at its timers found a session alive at the moment of its end."""
    clock, ended = Clock(), list[str]()
    row = deadlines(clock, 0.5, ended.append)
    row.set("first")
    clock.now += 0.3
    row.set("second")
    row.catch_up()
    assert ended == []
    clock.now += 0.2
    row.catch_up()
    assert ended == ["first"]
    clock.advance(0.31)
    assert ended == ["first", "second"]
    assert clock.pending == 0


def test_one_that_raises_takes_nobody_elses_deadline_along() -> None:
    """An application's word on an ended session that raised left the others of its moment without a timer."""
    clock, gone = Clock(), list[str]()

    def expired(thing: str) -> None:
        row.set("again")
        gone.append(thing)
        if len(gone) == 2:
            raise ValueError(thing)

    row = deadlines(clock, 1.0, expired)
    for name in ("a", "b", "c", "d"):
        row.set(name)
    with pytest.raises(ValueError):
        clock.advance(1.1)
    clock.advance(0.1)
    assert sorted(gone) == ["a", "b", "c", "d"]
    assert clock.pending == 1
