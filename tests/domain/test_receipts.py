"""Receipts, the pure part: what a confirmation adds, which bookings are unseen, and when that is too long."""

from hypothesis import given
from hypothesis import strategies as st

from carevia.domain.histogram import PATIENCE, Histogram
from carevia.domain.receipts import PresenceClock, Screen, Unseen, Unsent

SEQ = st.integers(0, 30)


def test_a_confirmation_adds_only_what_is_new() -> None:
    screen = Screen()
    assert screen.confirm(5, 10) == [(5, 10)]
    assert screen.confirm(5, 10) == []
    assert screen.confirm(5, 12) == [(11, 12)]
    assert screen.confirm(0, 12) == [(1, 4)]
    assert screen.confirm(0, 11) == []
    assert screen.confirm(20, 22) == [(20, 22)]  # the page was loaded anew: 13 to 19 were never said to be shown
    assert screen.confirm(7, 3) == []


@given(st.lists(st.tuples(SEQ, SEQ), max_size=12))
def test_what_is_added_is_exactly_what_was_said(said: list[tuple[int, int]]) -> None:
    screen = Screen()
    added = {seq for since, through in said for a, b in screen.confirm(since, through) for seq in range(a, b + 1)}
    assert added == {seq for since, through in said for seq in range(max(1, since), through + 1)}


def test_a_booking_is_unseen_until_a_desk_had_it_and_then_never_again() -> None:
    unseen = Unseen()
    for seq in (3, 9, 7):
        unseen.add(seq, 0.0)
    assert unseen.take(4, 8) == [7]
    assert unseen.take(4, 8) == []
    assert len(unseen) == 2
    assert unseen.take(1, 100) == [3, 9]


def test_the_alarms_clock_stands_while_nobody_could_have_seen_anything() -> None:
    presence, unseen = PresenceClock(), Unseen()
    presence.note(100.0, False)
    unseen.add(1, presence.total(100.0))
    presence.note(500.0, True)  # the first desk comes
    assert unseen.overdue(presence.total(529.0), 30) == []
    assert unseen.overdue(presence.total(530.0), 30) == [1]
    presence.note(529.0, False)
    assert unseen.overdue(presence.total(900.0), 30) == []
    presence.note(900.0, True)
    assert unseen.overdue(presence.total(901.0), 30) == [1]  # a desk that comes and goes does not put it off for ever


def test_rows_are_overdue_when_the_relay_has_not_reached_where_the_journal_was() -> None:
    unsent = Unsent()
    unsent.note(0.0, 5, 5)
    unsent.note(1.0, 8, 5)
    unsent.note(20.0, 9, 5)
    assert unsent.overdue(30.9, 30, 5) == 0
    assert unsent.overdue(31.0, 30, 5) == 3
    unsent.note(32.0, 9, 8)  # it moves again: row 9 is young
    assert unsent.overdue(32.0, 30, 8) == 0
    unsent.note(50.0, 9, 8)
    assert unsent.overdue(50.0, 30, 8) == 1
    unsent.note(51.0, 9, 9)
    assert unsent.overdue(500.0, 30, 9) == 0


def test_a_histogram_counts_as_prometheus_wants_it() -> None:
    histogram = Histogram()
    for seconds in (-1.0, 0.05, 0.06, 7_200.0):
        histogram.observe(seconds)
    found = histogram.cumulative()
    assert found[:2] == [("0.05", 2), ("0.1", 3)]
    assert found[-1] == ("+Inf", 4)
    assert len(found) == len(PATIENCE) + 1
