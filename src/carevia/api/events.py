"""What clients may say on a socket: one handler per event, each with its policy and its payload.

Whatever happens, an acknowledgement is answered: `{ok: true, ...}` or `{ok: false, error, code}`. Nothing here sends a
durable event: those come from the journal, by the relay.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from carevia.api.auth import Auth
from carevia.api.limits import TooFast, begin_budget
from carevia.api.policy import SocketEvent, check_events, permit
from carevia.api.presence import PresenceBoard
from carevia.api.seats import Seat, seat_of
from carevia.api.viewers import ViewerList
from carevia.domain.chat import NO_CONVERSATION, desk_side
from carevia.domain.events import CLIENT_EVENTS, read_arguments
from carevia.domain.payloads import (
    MarkRead,
    Noticed,
    Renew,
    ReportStatus,
    SendMessage,
    Shown,
    TabPresence,
    TestEvent,
    Typing,
    WhoTypes,
)
from carevia.domain.people import DESK, SUPPORT_NAME, Person, check_writer, valid_user_id
from carevia.domain.times import iso
from carevia.errors import CareviaError, Forbidden, NotFound, SignInFirst
from carevia.logs import Log
from carevia.realtime import Namespace, Socket
from carevia.service.receipts import Receipts
from carevia.service.relay import Relay
from carevia.service.rooms import Rooms
from carevia.service.talk import Talk

SORRY: Final = "Something went wrong here. It was noted; try again."
Answer = dict[str, Any]


class Events:
    """`rate` is events a second of one connection, `most_rooms` the conversations it may have open; 0 is off."""

    def __init__(
        self, namespace: Namespace, auth: Auth, talk: Talk, rooms: Rooms, relay: Relay, receipts: Receipts,
        presence: PresenceBoard, viewers: ViewerList, log: Log, now: Callable[[], int], *, rate: int, most_rooms: int,
    ) -> None:  # fmt: skip
        self._namespace = namespace
        self._auth = auth
        self._chat = talk.chat
        self._statuses = talk.statuses
        self._conversations = talk.conversations
        self._rooms = rooms
        self._relay = relay
        self._receipts = receipts
        self._presence = presence
        self._viewers = viewers
        self._log = log
        self._now = now
        self._rate = rate
        self._most_rooms = most_rooms
        self.counts: dict[tuple[str, str], int] = {}  # (event, outcome) -> how often

    def table(self) -> list[SocketEvent]:
        """Every event of domain/events.py that clients may send."""

        def event(name: str, policy: Any, handler: Callable[..., Awaitable[Any]]) -> SocketEvent:
            return SocketEvent(name, handler, policy, CLIENT_EVENTS[name].payload)

        return [
            event("join_room", "customer", self.join_room),
            event("leave_room", "customer", self.leave_room),
            event("send_message", "customer", self.send_message),
            event("message_status", "customer", self.message_status),
            event("typing", "customer", self.typing),
            event("mark_read", "staff", self.mark_read),
            event("shown", "staff", self.shown),
            event("noticed", "staff", self.noticed),
            event("renew", "customer", self.renew),
            event("presence", "customer", self.presence),
            event("new_booking", "guest", self.new_booking),
            event("test_event", "guest", self.test_event),
        ]

    def declare(self) -> None:
        """Take the events in, after the check that none lacks policy or schema."""
        table = self.table()
        check_events(table, CLIENT_EVENTS)
        for event in table:
            self._namespace.on(event.name, *event.payload or ())(self._answering(event))
        self._namespace.on_unknown(self._unknown)

    def _answering(self, event: SocketEvent) -> Callable[..., Awaitable[Answer]]:
        async def answer(socket: Socket, *given: Any) -> Answer:
            try:
                said, outcome = {"ok": True, **(await self._begun(event, socket, given) or {})}, "ok"
            except TooFast as error:
                said, outcome = {**refusal(error), "retryAfter": error.wait}, error.code
                if error.floods:
                    socket.session.close("too many events")
            except CareviaError as error:
                said, outcome = refusal(error), error.code
            except Exception as problem:
                self._log.error("event failed", problem, event_name=event.name, socket=socket.id)
                said, outcome = {"ok": False, "error": SORRY, "code": "internal"}, "internal"
            self.counts[event.name, outcome] = self.counts.get((event.name, outcome), 0) + 1
            return said

        return answer

    def _begun(self, event: SocketEvent, socket: Socket, given: tuple[Any, ...]) -> Awaitable[Answer | None]:
        """The handler, to be awaited, of who may call it with arguments that are as they must be."""
        seat = seat_of(socket)
        self._spend(socket)
        permit(event.policy or "staff", seat.person)
        return event.handler(socket, seat, *read_arguments(event.name, given))

    def _spend(self, socket: Socket) -> None:
        rate, now = self._rate, time.monotonic()
        (socket.session.data or begin_budget(socket.session, rate, now)).spend(rate, now)

    def _unknown(self, socket: Socket, _: str) -> None:
        """Never answered, but a flood of them is one."""
        try:
            self._spend(socket)
        except TooFast as error:
            if error.floods:
                socket.session.close("too many events")

    # The handlers.

    async def join_room(self, socket: Socket, seat: Seat, room: str) -> None:
        """Staff open a conversation; a customer is in their own already."""
        person = _signed_in(seat)
        if not person.is_staff:
            if room != person.id:  # the same for a room that is not there, so that the answer tells nothing
                raise Forbidden("You may open your own conversation only.")
            return
        if not valid_user_id(room):
            raise NotFound(NO_CONVERSATION)
        await self._chat.may_open(person, room)
        if desk_side(room) in socket.rooms:
            socket.join(desk_side(room))  # now the most recently joined
            await self._rooms.join_again(socket.id, room)
        else:
            await self._make_place(socket, desk_side(room))
            await self._enter(socket, room)
        self._viewers.came(socket, room)

    async def _enter(self, socket: Socket, room: str) -> None:
        """In one turn of the loop: from the number that is stored on, everything reaches it live."""
        seq = self._relay.position
        socket.join(desk_side(room))
        try:
            await self._rooms.join(socket.id, room, seq)
        except Exception:
            socket.leave(desk_side(room))
            raise

    async def leave_room(self, socket: Socket, seat: Seat, room: str) -> None:
        """A customer stays in their own room, on every tab, whatever a page says."""
        if not _signed_in(seat).is_staff or not valid_user_id(room):
            return
        if desk_side(room) in socket.rooms:
            socket.leave(desk_side(room))
            self._viewers.went(socket, room)
        await self._rooms.leave(socket.id, room)  # also when asked again, where it could not be stored before

    async def mark_read(self, _: Socket, __: Seat, read: MarkRead) -> None:
        await self._conversations.mark_read(read.roomId, read.seq)

    async def send_message(self, socket: Socket, seat: Seat, message: SendMessage) -> Answer:
        person, room, id_, text = _signed_in(seat), message.roomId, message.id, message.text
        check_writer(person, message.as_)
        sent = await self._chat.send(person, room, id_, text, socket.id, message.attachments, note=message.note)
        return {"id": sent.id, "seq": sent.seq, "time": sent.time}

    async def message_status(self, _: Socket, seat: Seat, report: ReportStatus) -> None:
        await self._statuses.confirm(_signed_in(seat), report.roomId, report.delivered, report.seen)

    async def typing(self, socket: Socket, seat: Seat, payload: Typing) -> None:
        """To the others of the conversation: customers see "Carevia Support" where staff type."""
        person, room = _signed_in(seat), payload.room
        if person.is_staff and desk_side(room) not in socket.rooms:
            raise NotFound("Open the conversation first.")
        if not person.is_staff and room != person.id:
            raise NotFound(NO_CONVERSATION)
        who = WhoTypes(room, person.id)
        true_name = person.staff_name if person.is_staff else person.name or "Customer"
        shown = SUPPORT_NAME if person.is_staff else true_name
        self._namespace.to(room).except_(socket.id).volatile.emit("user_typing", shown, who)
        self._namespace.to(desk_side(room)).except_(socket.id).volatile.emit("user_typing", true_name, who)

    async def shown(self, socket: Socket, seat: Seat, shown: Shown) -> None:
        self._receipts.shown(_signed_in(seat), socket.id, seat.screen, shown.since, shown.seq)

    async def noticed(self, socket: Socket, _: Seat, noticed: Noticed) -> None:
        self._namespace.to(DESK).except_(socket.id).emit("noticed", noticed)

    async def presence(self, socket: Socket, _: Seat, payload: TabPresence) -> None:
        self._presence.tell(socket, payload.state)

    async def new_booking(self, _: Socket, __: Seat) -> None:
        """Known and refused: a client that may announce bookings may forge them."""
        raise Forbidden("Bookings are announced by services, with POST /emit-booking.")

    async def renew(self, socket: Socket, seat: Seat, said: Renew) -> None:
        """The same person goes on with a newer token; who is somebody else now has to come anew."""
        identity, person = await self._auth.of_token(said.token), _signed_in(seat)
        if (identity.person.id, identity.person.role) != (person.id, person.role):
            raise Forbidden("This token is somebody else's. Connect anew with it.")
        seat.take(identity)

    async def test_event(self, socket: Socket, seat: Seat) -> None:
        seat.tests += 1
        socket.emit("test_event", TestEvent(seat.tests, iso(self._now())))

    async def _make_place(self, socket: Socket, wanted: str) -> None:
        """Past the limit the least recently joined conversation is left; never the desk."""
        open_now = [room for room in socket.rooms if room.endswith(desk_side("")) and room != wanted]
        if self._most_rooms and len(open_now) >= self._most_rooms:
            socket.session.engine.stats.met("rooms")
            oldest = open_now[0]
            socket.leave(oldest)
            room = oldest.removesuffix(desk_side(""))
            self._viewers.went(socket, room)
            await self._rooms.leave(socket.id, room)


def refusal(error: CareviaError) -> Answer:
    """`{ok: false, error, code}`; the sentence names the field where one is to blame."""
    sentence = error.message
    if error.errors and error.errors[0]["message"] not in sentence:
        sentence = f"{sentence.rstrip('.')}: {error.errors[0]['field']} ({error.errors[0]['message']})."
    return {"ok": False, "error": sentence, "code": error.code}


def _signed_in(seat: Seat) -> Person:
    if seat.person is None:
        raise SignInFirst
    return seat.person
