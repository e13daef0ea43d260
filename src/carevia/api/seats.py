"""The sockets as people: who sits on each, which tabs belong to one person, and who has to go."""

import time
from collections.abc import Collection, Iterator

from carevia.api.auth import Identity
from carevia.api.limits import EventBudget
from carevia.domain.people import Person
from carevia.domain.receipts import Screen
from carevia.realtime import Socket


class Seat:
    """What we know of one socket: who it is, how it proved that, and what it may still send.

    `expires` is on the monotonic clock: a wall clock that is set forward ends nobody's token early.
    """

    __slots__ = ("address", "budget", "expires", "person", "screen", "session", "tests")

    def __init__(self, identity: Identity | None, address: str, budget: EventBudget) -> None:
        self.person: Person | None = None
        self.session: str | None = None
        self.expires: float | None = None
        if identity is not None:
            self.take(identity)
        self.address = address
        self.budget = budget
        self.tests = 0
        self.screen = Screen()

    def take(self, identity: Identity) -> None:
        """Who sits here, by which credential: at CONNECT, and when a newer one is shown."""
        self.person, self.session = identity.person, identity.session
        self.expires = None if identity.good_for is None else time.monotonic() + identity.good_for


def seat_of(socket: Socket) -> Seat:
    """Set at CONNECT, before any event can come."""
    seat: Seat = socket.data
    return seat


def person_of(socket: Socket) -> Person | None:
    return seat_of(socket).person


class Seats:
    """Every connected socket of somebody who signed in, by person, oldest tab first."""

    def __init__(self, tabs: int) -> None:
        self._most = tabs
        self._tabs: dict[str, list[Socket]] = {}

    def take(self, socket: Socket) -> None:
        """A socket came. Past the limit of one person the oldest tab gets a DISCONNECT, or two would push each other
        out for ever."""
        person = person_of(socket)
        if person is None:
            return
        tabs = self._tabs.setdefault(person.id, [])
        tabs[:] = [tab for tab in tabs if tab.id != socket.id]  # recovered before its old connection has gone
        tabs.append(socket)
        if self._most and len(tabs) > self._most:
            tabs.pop(0).disconnect()

    def give_up(self, socket: Socket) -> None:
        person = person_of(socket)
        tabs = self._tabs.get(person.id, []) if person else []
        if socket in tabs:
            tabs.remove(socket)
        if person and not tabs:
            self._tabs.pop(person.id, None)

    def __iter__(self) -> Iterator[Socket]:
        return iter([socket for tabs in self._tabs.values() for socket in tabs])

    def people(self) -> Collection[str]:
        return self._tabs.keys()

    def staff(self) -> Iterator[Socket]:
        """The sockets of the desk."""
        for socket in self:
            if (person := person_of(socket)) is not None and person.is_staff:
                yield socket

    def customers(self) -> Iterator[str]:
        """Ids of the customers who are connected."""
        for user_id, tabs in self._tabs.items():
            person = person_of(tabs[0])
            if person is not None and not person.is_staff:
                yield user_id

    def sessions(self) -> set[str]:
        return {session for socket in self if (session := seat_of(socket).session) is not None}

    def sign_out(self, person: str, session: str | None) -> None:
        """The session has ended, or all of this person's: their tabs are told so, and do not come back by themselves.
        They close the transport, we do not: what waits for their next poll would be lost with it."""
        for socket in tuple(self._tabs.get(person, ())):
            if session is None or seat_of(socket).session == session:
                socket.disconnect()

    def end(self, sessions: Collection[str], people: Collection[str], now: float) -> None:
        """Close whose credential is no longer good at `now` (monotonic seconds). The transport only: a page that comes
        back learns why at CONNECT, and may renew what it shows."""
        for socket in self:
            seat = seat_of(socket)
            late = seat.expires is not None and seat.expires <= now
            gone = seat.person is not None and seat.person.id in people
            if late or gone or seat.session in sessions:
                socket.session.close("credential ended")
