"""Who of one person's tabs is the oldest."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from carevia.api.auth import Identity
from carevia.api.seats import Seat, Seats
from carevia.domain.people import Person
from carevia.realtime.adapter.roster import Roster


@dataclass(eq=False)
class _Tab:
    id: str
    session: Any
    data: Seat
    disconnect: Callable[[], None]


def tab(name: str, since: int, ended: list[str]) -> Any:
    seat = Seat(Identity(Person("rima", "user", None, None), None, 60))
    seat.since = since
    session = SimpleNamespace(id=name)
    return _Tab(id=name, session=session, data=seat, disconnect=lambda: ended.append(name))


def test_the_oldest_tab_is_the_one_that_was_let_in_first_however_late_its_turn_comes() -> None:
    """A tab hears that it is in, and the next one may be opened, before the first one's turn to be seated."""
    ended: list[str] = []
    seats = Seats(1, Roster("node"), lambda: 1_000)
    first, second = seats.stamp(), seats.stamp()
    assert first < second
    seats.take(tab("second", second, ended))
    seats.take(tab("first", first, ended))
    assert ended == ["first"]
