"""The sockets as people: who sits on each, which tabs belong to one person, and who has to go."""

import time
from collections.abc import Callable, Collection, Iterator
from weakref import WeakKeyDictionary

from carevia.api.auth import Identity
from carevia.domain.people import Person
from carevia.domain.presence import Tab, too_many
from carevia.domain.receipts import Screen
from carevia.realtime import Socket
from carevia.realtime.adapter.roster import Roster


class Seat:
    """What we know of one socket: who it is, and how it proved that.

    `expires` is on the monotonic clock: a wall clock that is set forward ends nobody's token early. `since` is ms since
    1970 UTC: it says over all nodes which tab is the oldest.
    """

    __slots__ = ("_screen", "expires", "person", "session", "since", "tests")

    def __init__(self, identity: Identity | None) -> None:
        self.person: Person | None = None
        self.session: str | None = None
        self.expires: float | None = None
        if identity is not None:
            self.take(identity)
        self.since = 0
        self.tests = 0
        self._screen: Screen | None = None

    def take(self, identity: Identity) -> None:
        """Who sits here, by which credential: at CONNECT, and when a newer one is shown."""
        self.person, self.session = identity.person, identity.session
        self.expires = None if identity.good_for is None else time.monotonic() + identity.good_for

    @property
    def screen(self) -> Screen:
        """What has been confirmed here; a customer's is never asked for."""
        if self._screen is None:
            self._screen = Screen()
        return self._screen


def seat_of(socket: Socket) -> Seat:
    """Set at CONNECT, before any event can come."""
    seat: Seat = socket.data
    return seat


def person_of(socket: Socket) -> Person | None:
    person: Person | None = socket.data.person
    return person


def tab_of(socket: Socket) -> str:
    """What its tab is called on every node. Who comes again on the same connection is another tab: of the one that left
    there may be handlers under way, and until they end it is still to go."""
    return f"{socket.session.id} {seat_of(socket).since}"


class Seats:
    """Every connected socket of somebody who signed in, by person, oldest tab first. `most` is the limit of one
    person's tabs over all nodes; `now` is ms since 1970 UTC."""

    def __init__(self, most: int, roster: Roster, now: Callable[[], int]) -> None:
        self._most = most
        self._roster = roster
        self._now = now
        self._newest = 0
        self.ended = 0  # tabs, because their person had more than the limit
        self._tabs: dict[str, list[Socket]] = {}
        self._elsewhere: dict[str, dict[str, Tab]] = {}  # person -> tabs on other nodes
        # Of sockets whose credentials are being looked up: what has ended since. Who is not let in is forgotten.
        self._coming: WeakKeyDictionary[Socket, list[tuple[str, str | None]]] = WeakKeyDictionary()

    def stamp(self) -> int:
        """When a tab comes: no two on this node at the same time. It is taken before the tab hears that it is in, so
        that of two tabs, one opened after the other, it is never the first that counts as the newer."""
        self._newest = max(self._now(), self._newest + 1)
        return self._newest

    def comes(self, socket: Socket) -> None:
        """Before its credentials are looked up: what ends from then on may have been found good."""
        self._coming[socket] = []

    def take(self, socket: Socket) -> None:
        """A socket came; a guest has no seat. Past the limit of one person the oldest tab gets a DISCONNECT, or two
        would push each other out for ever."""
        seat, ended = seat_of(socket), self._coming.pop(socket, ())
        if seat.person is None:
            return
        person = seat.person.id
        self._date(socket, seat)
        if tabs := self._tabs.get(person):
            tabs[:] = [tab for tab in tabs if tab.id != socket.id]  # recovered before its old connection has gone
            tabs.append(socket)
        else:
            tabs = self._tabs[person] = [socket]
        if (person, None) in ended or (person, seat.session) in ended:
            socket.disconnect()
        elif person in self._elsewhere or len(tabs) > self._most:
            self._end_oldest(person)

    def _date(self, socket: Socket, seat: Seat) -> None:
        """A tab that comes back is newer than what another node still has of it, whatever the clocks say."""
        elsewhere = self._elsewhere.get(seat.person.id if seat.person else "", {}).values()
        before = [tab.since for tab in elsewhere if tab.socket == socket.id]
        seat.since = max([seat.since or self.stamp(), *(since + 1 for since in before)])
        self._newest = max(self._newest, seat.since)

    def came_elsewhere(self, id: str, tab: Tab) -> None:
        """A tab on another node. One that was here before has been recovered there: what is here still is a connection
        that has not heard of its cut."""
        self._elsewhere.setdefault(tab.person, {})[id] = tab
        for socket in tuple(self._tabs.get(tab.person, ())):
            if socket.id == tab.socket and seat_of(socket).since < tab.since:
                self.give_up(socket)
                socket.session.close("recovered on another node")
        self._end_oldest(tab.person)

    def went_elsewhere(self, id: str, tab: Tab) -> None:
        tabs = self._elsewhere.get(tab.person, {})
        tabs.pop(id, None)
        if not tabs:
            self._elsewhere.pop(tab.person, None)

    def _end_oldest(self, person: str) -> None:
        tabs = self._tabs.get(person, ())
        elsewhere = self._counted(person, tabs) if self._roster.hears() else {}
        if not self._most or len(tabs) + len(elsewhere) <= self._most:
            return
        by_id = {tab_of(socket): socket for socket in tabs}
        here = {id: seat_of(socket).since for id, socket in by_id.items()}
        for id in too_many(here, elsewhere, self._most):
            self.ended += 1
            self.give_up(by_id[id])
            by_id[id].disconnect()

    def _counted(self, person: str, tabs: Collection[Socket]) -> dict[str, int]:
        """The tabs on other nodes, with their age. One that came back on another node counts there alone, also before
        all have heard that it is gone from where it was."""
        elsewhere = self._elsewhere.get(person, {})
        newest = {socket.id: seat_of(socket).since for socket in tabs}
        for tab in elsewhere.values():
            newest[tab.socket] = max(tab.since, newest.get(tab.socket, 0))
        return {id: tab.since for id, tab in elsewhere.items() if not tab.socket or tab.since == newest[tab.socket]}

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
        """Ids of the customers who are connected. One may be staff on an older tab, until its token ends."""
        for user_id, tabs in self._tabs.items():
            if any((person := person_of(tab)) is not None and not person.is_staff for tab in tabs):
                yield user_id

    def sessions(self) -> set[str]:
        return {session for socket in self if (session := seat_of(socket).session) is not None}

    def sign_out(self, person: str, session: str | None) -> None:
        """The session has ended, or all of this person's: their tabs are told so, and do not come back by themselves.
        They close the transport, we do not: what waits for their next poll would be lost with it."""
        for ended in self._coming.values():
            ended.append((person, session))
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
