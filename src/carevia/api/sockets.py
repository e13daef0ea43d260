"""Sockets come and go: who may connect, which rooms they are in from the first moment, and what the terminal says.

Staff are in room `desk`, a customer in the room of their own id, a guest in none. A refused CONNECT is a final answer;
what is temporary (a store that does not answer, too many handshakes) closes the transport or is said at the handshake,
because from there clients come back by themselves.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from carevia.api.auth import Auth
from carevia.api.doorman import Doorman
from carevia.api.limits import TooFast, begin_budget
from carevia.api.presence import PresenceBoard
from carevia.api.seats import Seat, Seats, person_of, seat_of
from carevia.api.viewers import ViewerList
from carevia.domain.chat import desk_side
from carevia.domain.people import DESK, Person
from carevia.errors import SignInFirst, Unavailable
from carevia.logs import Log
from carevia.realtime import ConnectRefused, Namespace, Session, Socket
from carevia.service.replay import Replay
from carevia.service.rooms import Rooms

CONNECTED: Final = "✅ Client connected: "
DISCONNECTED: Final = "❌ Client disconnected: "
NOT_NOW: Final = "Not at the moment. Try again."


class Sockets:
    """`guests` says whether anybody may connect without signing in; `rate` is events a second of one connection."""

    def __init__(
        self, auth: Auth, seats: Seats, presence: PresenceBoard, doorman: Doorman, rooms: Rooms,
        replay: Replay, viewers: ViewerList, log: Log, *, guests: bool, rate: int,
    ) -> None:  # fmt: skip
        self._auth = auth
        self._seats = seats
        self._presence = presence
        self._doorman = doorman
        self._rooms = rooms
        self._replay = replay
        self._log = log
        self._viewers = viewers
        self._guests = guests
        self._rate = rate

    def declare(self, namespace: Namespace) -> None:
        namespace.use(self.identify)
        namespace.on("connect")(self.connected)
        namespace.on("disconnect")(self.gone)

    async def identify(self, socket: Socket, auth: Mapping[str, Any]) -> None:
        """Middleware: ConnectRefused says why in the words of the contract."""
        handshake = socket.handshake
        self._comes_again(socket.session)
        self._seats.comes(socket)
        try:
            identity = await self._auth.of_socket(handshake, auth)
            if identity is not None:
                await self._replay.look(auth)
        except SignInFirst as refused:
            raise self._refused(socket.session, refused.message) from None
        except Unavailable:
            socket.session.close("the store does not answer")
            raise ConnectRefused(NOT_NOW) from None
        except Exception:  # a refusal would be for good, and nothing is known against this client
            socket.session.close("could not be identified")
            raise
        if identity is None and not self._guests:
            raise self._refused(socket.session, "Sign in first")
        if identity is not None:
            self._doorman.proved(socket.session)
        seat = socket.data = Seat(identity)
        seat.since = self._seats.stamp()

    async def connected(self, socket: Socket, auth: Mapping[str, Any]) -> None:
        self._log.say(CONNECTED + socket.id)
        seat = seat_of(socket)
        self._seats.take(socket)
        if seat.person is None or not socket.connected:
            return
        self._presence.join(socket, auth)
        try:
            rooms, joined = await self._rooms_of(socket, seat.person)
            await self._replay.catch_up(socket, rooms, joined)
            self._presence.greet(socket)
            for room in joined:
                self._viewers.came(socket, room)
        except Unavailable:
            socket.session.close("the store does not answer")
        except BaseException:  # better gone and back again than here and in no room
            socket.session.close("could not catch up")
            raise

    def _comes_again(self, session: Session) -> None:
        """A CONNECT on a connection where somebody has left, spoken or been refused counts as an event: no handshake
        limits it."""
        if session.data is None:
            return
        try:
            session.data.spend(self._rate, time.monotonic())
        except TooFast:
            session.close("too many events")
            raise ConnectRefused(NOT_NOW) from None

    def _refused(self, session: Session, why: str) -> ConnectRefused:
        self._counts_from_now(session)
        return ConnectRefused(why)

    def _counts_from_now(self, session: Session) -> None:
        if session.data is None:
            begin_budget(session, self._rate, time.monotonic())

    def gone(self, socket: Socket, _: str) -> None:
        self._log.say(DISCONNECTED + socket.id)
        if not socket.session.closed:
            self._counts_from_now(socket.session)
        self._viewers.gone(socket)
        if person_of(socket) is not None:
            self._seats.give_up(socket)
            self._presence.leave(socket)

    async def _rooms_of(self, socket: Socket, person: Person) -> tuple[dict[str, str], dict[str, int]]:
        """The journal's rooms and the hub's, and from where on those are owed that were joined: from who somebody is
        and from what is stored, never from a memory that may have died."""
        if not person.is_staff:
            return {person.id: person.id}, {}
        rooms, joined = {DESK: DESK}, {}
        for room, seq in await self._rooms.still_open(socket.id) if socket.recovered else ():
            rooms[room], joined[room] = desk_side(room), seq
            notes = desk_side(room)  # what only staff are told in it: the journal's room has the hub's name
            rooms[notes], joined[notes] = notes, seq
        return rooms, joined
