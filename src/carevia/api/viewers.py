"""Which staff have a conversation open: each person once, however many tabs. Ephemeral; never told to a customer.

It is told to the conversation's staff while it is more than one person, and once more when it no longer is. Not
volatile, as presence: what is lost would not be said again. Each process knows of the sockets of all (the roster brings
the others'), and tells its own.
"""

import msgspec

from carevia.api.seats import person_of, tab_of
from carevia.domain.chat import desk_side
from carevia.domain.payloads import Viewer, Viewers
from carevia.realtime import Namespace, Socket
from carevia.realtime.adapter.roster import Roster


class Viewing(msgspec.Struct, array_like=True, frozen=True):
    """What one node says of a tab that has a conversation open."""

    room: str
    person: str
    name: str


class ViewerList:
    """The tabs that have a conversation open, known by `tab_of` and room."""

    def __init__(self, namespace: Namespace, roster: Roster) -> None:
        self._namespace = namespace
        self._open: dict[str, dict[str, Viewer]] = {}  # room -> tab -> who
        self._shared = roster.table("viewing", Viewing)
        self._shared.listen(self._add, self._remove)

    def came(self, socket: Socket, room: str) -> None:
        """Nothing happens where it has left or gone by then, while the store was asked."""
        person = person_of(socket)
        if person is None or desk_side(room) not in socket.rooms:
            return
        before = self._people(room)
        key, viewing = _key(socket, room), Viewing(room, person.id, person.staff_name)
        self._shared.set(key, viewing)
        self._add(key, viewing)
        if len(self._people(room)) == len(before) > 1:  # another tab of somebody who is there already
            self._namespace.local.to(socket.id).emit("viewers", Viewers(room, before))

    def went(self, socket: Socket, room: str) -> None:
        key = _key(socket, room)
        if key in self._open.get(room, ()):
            self._shared.drop(key)
            self._take_out(key, room)

    def gone(self, socket: Socket) -> None:
        """It is no longer connected. Customers are not looked for: they have none open, and go by the thousand."""
        person = person_of(socket)
        if person is None or not person.is_staff:
            return
        for room in [room for room, tabs in self._open.items() if _key(socket, room) in tabs]:
            self.went(socket, room)

    def _add(self, key: str, viewing: Viewing) -> None:
        room, before = viewing.room, self._people(viewing.room)
        self._open.setdefault(room, {})[key] = Viewer(viewing.person, viewing.name)
        if len(self._people(room)) > len(before):
            self._tell(room, before)

    def _remove(self, key: str, viewing: Viewing) -> None:
        self._take_out(key, viewing.room)

    def _take_out(self, key: str, room: str) -> None:
        before = self._people(room)
        tabs = self._open[room]
        tabs.pop(key, None)
        if not tabs:
            del self._open[room]
        if len(self._people(room)) < len(before):
            self._tell(room, before)

    def _people(self, room: str) -> list[Viewer]:
        return list({who.userId: who for who in self._open.get(room, {}).values()}.values())

    def _tell(self, room: str, before: list[Viewer]) -> None:
        now = self._people(room)
        if len(now) > 1 or len(before) > 1:
            self._namespace.local.to(desk_side(room)).emit("viewers", Viewers(room, now))


def _key(socket: Socket, room: str) -> str:
    return f"{tab_of(socket)} {room}"
