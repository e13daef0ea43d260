"""Who of one person's tabs is the oldest."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from carevia.api.auth import Identity
from carevia.api.seats import Seat, Seats, seat_of, tab_of
from carevia.domain.people import Person
from carevia.domain.presence import Tab
from carevia.realtime.adapter.roster import Roster


@dataclass(eq=False)
class _Tab:
    id: str
    session: Any
    data: Seat
    disconnect: Callable[[], None]


def tab(name: str, since: int, ended: list[str], node: str = "") -> Any:
    seat = Seat(Identity(Person("rima", "user", None, None), None, 60))
    seat.since = since
    session = SimpleNamespace(id=node + name, close=lambda why: ended.append(f"{name}: {why}"))
    return _Tab(id=name, session=session, data=seat, disconnect=lambda: ended.append(name))


def node(now: int) -> Seats:
    return Seats(2, Roster(str(now)), lambda: now)


def there(socket: Any) -> tuple[str, Tab]:
    """As another node tells of it."""
    return tab_of(socket), Tab("rima", False, "", seat_of(socket).since, "here", socket.id)


def test_the_oldest_tab_is_the_one_that_was_let_in_first_however_late_its_turn_comes() -> None:
    """A tab hears that it is in, and the next one may be opened, before the first one's turn to be seated."""
    ended: list[str] = []
    seats = Seats(1, Roster("node"), lambda: 1_000)
    first, second = seats.stamp(), seats.stamp()
    assert first < second
    seats.take(tab("second", second, ended))
    seats.take(tab("first", first, ended))
    assert ended == ["first"]


@pytest.mark.parametrize("ahead", [0, 60_000], ids=["clocks alike", "the first node's clock ahead"])
def test_a_tab_that_comes_back_on_another_node_ends_where_it_was_and_counts_once(ahead: int) -> None:
    """Its old connection has not heard of the cut. The clocks of two nodes need not be alike."""
    ended: list[str] = []
    one, two, three = node(1_000 + ahead), node(5_000), node(9_000)
    oldest, before, again = tab("oldest", 1, ended), tab("rima-1", 0, ended, "one "), tab("rima-1", 0, ended, "two ")
    three.take(oldest)
    one.take(before)
    for other in (two, three):
        other.came_elsewhere(*there(before))
    two.came_elsewhere(*there(oldest))
    two.take(again)
    assert ended == []
    three.came_elsewhere(*there(again))
    assert ended == []
    one.came_elsewhere(*there(again))
    assert ended == ["rima-1: recovered on another node"]
    assert list(one) == []
    two.came_elsewhere(*there(before))  # told late, or once more
    assert list(two) == [again]
    assert len(ended) == 1
    assert two.stamp() > seat_of(again).since  # whoever comes next is the newer one
    three.take(tab("one too many", 0, ended))
    assert ended[1:] == ["oldest"]


def test_what_was_last_heard_of_other_nodes_ends_no_tab_while_they_are_not_heard() -> None:
    ended: list[str] = []
    roster = Roster("node")
    roster.hears = lambda: False
    seats = Seats(1, roster, lambda: 1_000)
    seats.came_elsewhere(*there(tab("elsewhere", 2_000, [])))
    seats.take(tab("here", 1_000, ended))
    assert ended == []
    roster.hears = lambda: True
    seats.came_elsewhere(*there(tab("elsewhere", 2_000, [])))
    assert ended == ["here"]
