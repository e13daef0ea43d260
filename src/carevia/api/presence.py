"""Who is there, told to those who may know: staff see everybody, a customer only whether Support is there.

Straight to the hub and never stored: a fresh page gets all of it at CONNECT, later changes as they come, gathered for
a moment, so that a page that is loaded again does not flicker. Not volatile: while a connection lives, none is lost.
The roster brings the tabs of other nodes; every node counts all, and tells its own sockets.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from carevia.api.seats import Seats, person_of, seat_of, tab_of
from carevia.domain.payloads import PeoplePresent, StaffPresent, SupportPresent
from carevia.domain.people import DESK
from carevia.domain.presence import Presence, State, Tab, TabState, Who, most_present
from carevia.realtime import Namespace, Socket
from carevia.realtime.adapter.roster import Roster

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

GATHER: Final = 0.3
"""Seconds in which changes are gathered: a person who has left is told within a second."""

MOST_CUSTOMERS: Final = 10_000
"""In one event, so that it fits into what may wait for one socket."""


class PresenceBoard:
    """`join`, `tell` and `leave` by socket; `greet` a socket that has just come with what is known."""

    def __init__(self, namespace: Namespace, seats: Seats, roster: Roster) -> None:
        self._namespace = namespace
        self._seats = seats
        self._presence = Presence(self._changed)
        self._tabs: dict[str, Tab] = {}  # of this node, by `tab_of`
        self._known: dict[Who, Tab] = {}  # the last tab of whoever is here, or has left since the last telling
        self._staff: set[Who] = set()  # of them
        self._waiting: dict[Who, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._told: dict[Who, State | None] = {}  # what every socket knows; None where they know different things
        self._support: State | None = "offline"  # likewise
        self._roster = roster
        self._shared = roster.table("tab", Tab)
        self._shared.listen(self._add, self._remove)
        self._shared.listen(seats.came_elsewhere, seats.went_elsewhere)

    def join(self, socket: Socket, auth: Mapping[str, Any]) -> None:
        """A page says at CONNECT when it is in the background; whoever says nothing is here."""
        person = person_of(socket)
        if person is None:
            return
        state: TabState = "away" if auth.get("away") is True else "here"
        name = person.staff_name if person.is_staff else ""
        tab = Tab(person.id, person.is_staff, name, seat_of(socket).since, state, socket.id)
        self._show(tab_of(socket), tab)

    def tell(self, socket: Socket, state: TabState) -> None:
        id = tab_of(socket)
        tab = self._tabs.get(id)
        if tab is not None and tab.state != state:
            self._show(id, msgspec.structs.replace(tab, state=state))

    def leave(self, socket: Socket) -> None:
        id = tab_of(socket)
        tab = self._tabs.pop(id, None)
        if tab is not None:
            self._shared.drop(id)
            self._remove(id, tab)

    def desks(self) -> int:
        """How many desks are open, on all nodes; while we do not hear the others, on this one."""
        if not self._roster.hears():
            return len(self._namespace.members(DESK))
        return sum(self._presence.tabs(who) for who in self._staff)

    def collect(self) -> "Iterator[Metric]":
        """For /metrics: people over all nodes, as far as this one hears."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        family = GaugeMetricFamily("carevia_people", "People present, on any node", labels=["kind", "state"])
        people = self._presence.people().items()
        counts = Counter(("staff" if who.staff else "customer", state) for who, state in people)
        for kind in ("staff", "customer"):
            for state in ("here", "away"):
                family.add_metric([kind, state], counts[kind, state])
        yield family

    def _show(self, id: str, tab: Tab) -> None:
        self._tabs[id] = tab
        self._shared.set(id, tab)
        self._add(id, tab)

    def _add(self, id: str, tab: Tab) -> None:
        self._known[tab.who] = tab
        if tab.staff:
            self._staff.add(tab.who)
        self._presence.join(tab.who, id, tab.state)

    def _remove(self, id: str, tab: Tab) -> None:
        self._presence.leave(tab.who, id)

    def greet(self, socket: Socket) -> None:
        """Everything this socket may know, as it is now: it then knows more than those who wait for what is gathered,
        and has to hear of it even if it is taken back by then."""
        person = person_of(socket)
        if person is None:
            return
        if person.is_staff:
            socket.emit("presence", self._event(self._presence.people().items(), whole=True))
            self._told |= dict.fromkeys(self._waiting)
        else:
            support = self._support_now()
            socket.emit("support", SupportPresent(support))
            self._support = support if support == self._support else None

    def _changed(self, who: Who, _: State) -> None:
        self._waiting[who] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER, self._tell_all)

    def _tell_all(self) -> None:
        self._timer = None
        now = {who: self._presence.state(who) for who in self._waiting}
        self._waiting.clear()
        news = [(who, state) for who, state in now.items() if self._told.get(who, "offline") != state]
        if news:
            self._namespace.local.to(DESK).emit("presence", self._event(news, whole=False))
        for who, state in now.items():
            if state == "offline":
                self._told.pop(who, None)
                self._known.pop(who, None)
                self._staff.discard(who)
            else:
                self._told[who] = state
        self._tell_customers()

    def _tell_customers(self) -> None:
        if (support := self._support_now()) == self._support:
            return
        self._support = support
        rooms = tuple(self._seats.customers())
        if rooms:
            self._namespace.local.to(*rooms).emit("support", SupportPresent(support))

    def _support_now(self) -> State:
        return most_present({self._presence.state(who) for who in self._staff})

    def _event(self, people: Iterable[tuple[Who, State]], *, whole: bool) -> PeoplePresent:
        event = PeoplePresent(whole, [], [], [], [])
        customers = {"here": event.here, "away": event.away, "offline": event.offline}
        for who, state in people:
            if who.staff:
                event.staff.append(StaffPresent(who.person, self._known[who].name, state))
            elif len(customers[state]) < MOST_CUSTOMERS:
                customers[state].append(who.person)
        return event
