"""Which staff have a conversation open: each person once, however many tabs. Ephemeral; never told to a customer.

It is told to the conversation's staff while it is more than one person, and once more when it no longer is. Each
process knows of its own sockets, and tells those only.
"""

from carevia.api.seats import person_of
from carevia.domain.chat import desk_side
from carevia.domain.payloads import Viewer, Viewers
from carevia.domain.people import SUPPORT_NAME
from carevia.realtime import Namespace, Socket


class ViewerList:
    """The sockets of this process that have a conversation open."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._open: dict[str, dict[str, Viewer]] = {}  # room -> socket id -> who

    def came(self, socket: Socket, room: str) -> None:
        person = person_of(socket)
        if person is None:
            return
        before = self._people(room)
        self._open.setdefault(room, {})[socket.id] = Viewer(person.id, person.name or SUPPORT_NAME)
        if len(self._people(room)) > len(before):
            self._tell(room, before)
        elif len(before) > 1:  # another tab of somebody who is there already
            self._namespace.local.to(socket.id).volatile.emit("viewers", Viewers(room, before))

    def went(self, socket: Socket, room: str) -> None:
        sockets = self._open.get(room)
        if sockets is None or socket.id not in sockets:
            return
        before = self._people(room)
        del sockets[socket.id]
        if not sockets:
            del self._open[room]
        if len(self._people(room)) < len(before):
            self._tell(room, before)

    def gone(self, socket: Socket) -> None:
        """It is no longer connected."""
        for room in [room for room, sockets in self._open.items() if socket.id in sockets]:
            self.went(socket, room)

    def _people(self, room: str) -> list[Viewer]:
        return list({who.userId: who for who in self._open.get(room, {}).values()}.values())

    def _tell(self, room: str, before: list[Viewer]) -> None:
        now = self._people(room)
        if len(now) > 1 or len(before) > 1:
            self._namespace.local.to(desk_side(room)).volatile.emit("viewers", Viewers(room, now))
