"""Who is there, told to those who may know: staff see everybody, a customer only whether Support is there.

Straight to the hub and never stored: a fresh page gets all of it at CONNECT, later changes as they come, gathered for
a moment, so that a page that is loaded again does not flicker. Not volatile: while a connection lives, none is lost.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from carevia.api.seats import Seats, person_of
from carevia.domain.payloads import PeoplePresent, StaffPresent, SupportPresent
from carevia.domain.people import DESK, SUPPORT_NAME, Person
from carevia.domain.presence import Presence, State, TabState, most_present
from carevia.realtime import Namespace, Socket

GATHER: Final = 0.3
"""Seconds in which changes are gathered: a person who has left is told within a second."""

MOST_CUSTOMERS: Final = 10_000
"""In one event, so that it fits into what may wait for one socket."""


class PresenceBoard:
    """`join`, `tell` and `leave` by socket; `greet` a socket that has just come with what is known."""

    def __init__(self, namespace: Namespace, seats: Seats) -> None:
        self._namespace = namespace
        self._seats = seats
        self._presence = Presence(self._changed)
        self._known: dict[str, Person] = {}  # who is here, and who has left since the last telling
        self._staff: set[str] = set()  # of them
        self._waiting: dict[str, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._told: dict[str, State] = {}
        self._support: State = "offline"

    def join(self, socket: Socket, auth: Mapping[str, Any]) -> None:
        """A page says at CONNECT when it is in the background; whoever says nothing is here."""
        person = person_of(socket)
        if person is not None:
            self._known[person.id] = person
            (self._staff.add if person.is_staff else self._staff.discard)(person.id)
            self._presence.join(person.id, socket.session.id, "away" if auth.get("away") is True else "here")

    def tell(self, socket: Socket, state: TabState) -> None:
        person = person_of(socket)
        if person is not None:
            self._presence.tell(person.id, socket.session.id, state)

    def leave(self, socket: Socket) -> None:
        person = person_of(socket)
        if person is not None:
            self._presence.leave(person.id, socket.session.id)

    def greet(self, socket: Socket) -> None:
        """Everything this socket may know, as it is now."""
        person = person_of(socket)
        if person is None:
            return
        if person.is_staff:
            socket.emit("presence", self._event(self._presence.people().items(), whole=True))
        else:
            socket.emit("support", SupportPresent(self._support_now()))

    def _changed(self, person: str, _: State) -> None:
        self._waiting[person] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER, self._tell_all)

    def _tell_all(self) -> None:
        self._timer = None
        now = {person: self._presence.state(person) for person in self._waiting}
        self._waiting.clear()
        news = [(person, state) for person, state in now.items() if self._told.get(person, "offline") != state]
        if news:
            self._namespace.to(DESK).emit("presence", self._event(news, whole=False))
        for person, state in now.items():
            if state == "offline":
                self._told.pop(person, None)
                self._known.pop(person, None)
                self._staff.discard(person)
            else:
                self._told[person] = state
        self._tell_customers()

    def _tell_customers(self) -> None:
        if (support := self._support_now()) == self._support:
            return
        self._support = support
        rooms = tuple(self._seats.customers())
        if rooms:
            self._namespace.to(*rooms).emit("support", SupportPresent(support))

    def _support_now(self) -> State:
        return most_present({self._presence.state(person) for person in self._staff} - {"offline"})

    def _event(self, people: Iterable[tuple[str, State]], *, whole: bool) -> PeoplePresent:
        event = PeoplePresent(whole, [], [], [], [])
        customers = {"here": event.here, "away": event.away, "offline": event.offline}
        for id, state in people:
            person = self._known[id]
            if person.is_staff:
                event.staff.append(StaffPresent(id, person.name or SUPPORT_NAME, state))
            elif len(customers[state]) < MOST_CUSTOMERS:
                customers[state].append(id)
        return event
