"""Every socket event in one place: its name, direction, room, payload, and whether it is stored.

The table `EVENTS` validates what clients send (`read_arguments`), types what the server sends, and is the source of
docs/events.md (`python -m carevia.domain.events`). A name that is not in this table does not exist on the wire.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from carevia.domain.bookings import BookingRow
from carevia.domain.conversations import Staff, Status
from carevia.domain.people import DESK
from carevia.domain.receipts import ReceiptAlarm
from carevia.errors import BadInput, FieldError

Direction = Literal["client", "server"]


def _about(text: str) -> Meta:
    return Meta(description=text)


RoomId = Annotated[str, _about("the customer's user id, which is the name of their conversation")]
Iso = Annotated[str, _about("ISO 8601, UTC, milliseconds")]
Seq = Annotated[int, _about("the journal's number")]
_STATUS = _about("`open` or `closed`; a message or a booking of the customer opens it again")
_ASSIGNEE = _about("whose it is: {_id, name} of a member of staff, or null")
_WAITING = _about("number of the customer's first message that nobody has answered")
_SINCE = _about("its time")
_ACTIVITY = _about("number of the customer's last booking or message")


# --- what clients send ------------------------------------------------------------------------------------------


class SendMessage(Struct):
    id: Annotated[str, _about("chosen by the client, 1 to 200 characters, unique per sender; makes resending safe")]
    roomId: RoomId
    text: Annotated[str, _about("1 to 10,000 characters")]


class Typing(Struct):
    room: RoomId
    userName: Annotated[str | None, _about("ignored: the name shown is the server's word")] = None


class MarkRead(Struct):
    roomId: RoomId
    seq: Annotated[int, Meta(ge=0, description="the journal's number of the newest message that is on the screen")]


class Shown(Struct):
    seq: Annotated[int, Meta(ge=0, description="up to this number of the journal every paid booking is painted")]
    since: Annotated[int, Meta(ge=0, description="from this number on; 0 where the whole list is shown")] = 0


# --- what the server sends --------------------------------------------------------------------------------------


class ReceiveMessage(Struct):
    id: Annotated[str, _about("the client's id of the message")]
    roomId: RoomId
    senderId: Annotated[str, _about("user id of whoever wrote it")]
    senderName: Annotated[str, _about('to customers, staff are always "Carevia Support"')]
    text: Annotated[str, _about("what was written")]
    time: Iso
    status: Annotated[Literal["sent", "delivered", "seen"], _about("how far it got")] = "sent"


class CustomerAdded(Struct):
    userId: Annotated[str, _about("the customer")]
    userEmail: Annotated[str, _about("empty when unknown")]
    userName: Annotated[str, _about("empty when unknown")]
    serviceName: Annotated[str, _about("empty when unknown")]
    trackingId: Annotated[str, _about("as told to the customer; knowing one gives no right")]
    amountPaid: Annotated[str, _about('major units: "3000", "3000.50"')]
    amount: Annotated[int, _about("the same in minor units")]
    currency: Annotated[str, _about("three small letters, as the payment provider writes it")]


class LastMessage(Struct):
    id: Annotated[str, _about("the client's id of the message")]
    senderId: Annotated[str, _about("user id of whoever wrote it")]
    senderName: Annotated[str, _about("their name")]
    text: Annotated[str, _about("what was written")]
    time: Iso


class ConversationUpdated(Struct):
    roomId: RoomId
    seq: Annotated[int, _about("the journal's number of the last message")]
    lastMessage: LastMessage
    unread: Annotated[int, _about("messages of the customer that no member of staff has seen")]
    userName: Annotated[str, _about("the customer's name, empty when unknown")]
    read: Annotated[bool, _about("staff have seen it: nothing new was written")] = False
    userEmail: Annotated[str, _about("empty when unknown")] = ""
    status: Annotated[Status, _STATUS] = "open"
    assignee: Annotated[Staff | None, _ASSIGNEE] = None
    waiting: Annotated[int | None, _WAITING] = None
    waitingSince: Annotated[str | None, _SINCE] = None
    activity: Annotated[int, _ACTIVITY] = 0


class ConversationChanged(Struct, kw_only=True):
    roomId: RoomId
    userName: Annotated[str, _about("the customer's name, empty when unknown")]
    userEmail: Annotated[str, _about("empty when unknown")]
    status: Annotated[Status, _STATUS]
    assignee: Annotated[Staff | None, _ASSIGNEE]
    unread: Annotated[int, _about("messages of the customer that no member of staff has seen")]
    waiting: Annotated[int | None, _WAITING]
    waitingSince: Annotated[str | None, _SINCE]
    activity: Annotated[int, _ACTIVITY]
    by: Annotated[Staff, _about("who did it")]


class WhoTypes(Struct):
    room: RoomId
    userId: Annotated[str, _about("whoever is typing")]


class Live(Struct, omit_defaults=True):
    seq: Annotated[int, _about("the newest journal number addressed to this socket's rooms")]
    time: Annotated[str, _about("the server's clock, ISO 8601, UTC, milliseconds")]
    alarm: Annotated[str | None, _about("to the desk, while something is wrong with the server: what, in words")] = None


class Reset(Struct):
    reason: Annotated[str, _about("for a log: `retention`, `restored` (an older database), `rights`, `not yours`")]


class TestEvent(Struct):
    __test__ = False  # the name is the wire's; pytest would take it for a test class

    n: Annotated[int, _about("counts the test events of this socket")]
    time: Iso


class Event(Struct, frozen=True):
    """One row of the table. `payload` holds the type of each argument, in order."""

    name: str
    direction: Direction
    room: str
    durable: bool
    payload: tuple[Any, ...]
    meaning: str


_OWN = "-"

EVENTS: tuple[Event, ...] = (
    Event(
        "join_room",
        "client",
        _OWN,
        False,
        (RoomId,),
        "Open a conversation. A customer only their own, staff any existing user's. Acknowledged with `{ok}`.",
    ),
    Event("leave_room", "client", _OWN, False, (RoomId,), "Close it again. Acknowledged with `{ok}`."),
    Event(
        "send_message",
        "client",
        _OWN,
        True,
        (SendMessage,),
        "Say something. Acknowledged after commit with `{ok, id, seq, time}`; "
        "the same id again gives the same answer and no second message.",
    ),
    Event("typing", "client", _OWN, False, (Typing,), "Somebody is typing. First to be dropped under load."),
    Event(
        "mark_read",
        "client",
        _OWN,
        False,
        (MarkRead,),
        "A desk has the conversation on the screen of a tab that is looked at, up to this message: it is unread no "
        "more. Opening a conversation (`join_room`) says nothing of reading, for a tab in the background opens its "
        "own again after each reconnect. Staff only. It may be lost: the next one says more.",
    ),
    Event(
        "shown",
        "client",
        _OWN,
        False,
        (Shown,),
        "A desk confirms what is on its screen, cumulatively: once soon after an arrival, then at most every second, "
        "and again after a reconnect. Staff only. It may be lost: the next one says more.",
    ),
    Event(
        "new_booking", "client", _OWN, False, (), "Refused to everyone: a trusted service uses `POST /emit-booking`."
    ),
    Event(
        "test_event",
        "client",
        _OWN,
        False,
        (),
        "Ask for a nameless `test_event`; works without sign-in on the connection test page.",
    ),
    Event(
        "receive_message",
        "server",
        "the conversation",
        True,
        (ReceiveMessage,),
        "A chat message, to the others in the room.",
    ),
    Event(
        "customer_added",
        "server",
        DESK,
        True,
        (CustomerAdded,),
        "A paid booking, once per booking. Never to a customer or a guest.",
    ),
    Event(
        "booking_updated",
        "server",
        DESK,
        True,
        (BookingRow,),
        "A booking is not what it was: more was paid, refunded or disputed. The whole row as `GET /api/booking` "
        "lists it, once per change, always after the booking's `customer_added`.",
    ),
    Event(
        "conversation_updated",
        "server",
        DESK,
        True,
        (ConversationUpdated,),
        "Follows every chat message, and when a conversation was read, "
        "so that unread counts are right for conversations nobody has open.",
    ),
    Event(
        "conversation_changed",
        "server",
        DESK,
        True,
        (ConversationChanged,),
        "A conversation was assigned, closed or opened again by a member of staff.",
    ),
    Event(
        "user_typing",
        "server",
        "the conversation",
        False,
        (Annotated[str, _about("the name of whoever is typing, the server's word")], WhoTypes),
        "Somebody is typing.",
    ),
    Event(
        "live",
        "server",
        "desk every second, customers every 5 s",
        False,
        (Live,),
        "Proof of freshness: a page that sees a number it has not shown repairs itself.",
    ),
    Event(
        "receipt_alarm",
        "server",
        DESK,
        False,
        (ReceiptAlarm,),
        "A paid booking is on no screen although desks are connected, or rows wait to be sent. Every second while it "
        "lasts, and once with zeros when it is over.",
    ),
    Event(
        "reset",
        "server",
        "this socket",
        False,
        (Reset,),
        "A gap cannot be filled: load everything afresh. Comes before anything else and ends in the current offset.",
    ),
    Event(
        "test_event",
        "server",
        "this socket",
        False,
        (TestEvent,),
        "Answers a `test_event` of the connection test page.",
    ),
)

CLIENT_EVENTS: dict[str, Event] = {event.name: event for event in EVENTS if event.direction == "client"}
SERVER_EVENTS: dict[str, Event] = {event.name: event for event in EVENTS if event.direction == "server"}


def read_arguments(name: str, arguments: Sequence[object]) -> tuple[Any, ...]:
    """The typed arguments of a client's event; further arguments and fields are ignored. Raises BadInput."""
    wanted = CLIENT_EVENTS[name].payload
    if len(arguments) < len(wanted):
        raise BadInput(f"{name} needs {len(wanted)} argument(s), got {len(arguments)}.")
    return tuple(_read(name, given, kind) for given, kind in zip(arguments, wanted, strict=False))


def _read(name: str, given: object, kind: Any) -> Any:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise BadInput(f"{name} was sent with a payload we cannot read.", errors=[_field_error(error)]) from None


def _field_error(error: msgspec.ValidationError) -> FieldError:
    """msgspec says "Expected `str`, got `int` - at `$.text`": the part behind the dash is the field."""
    message, _, place = str(error).partition(" - at ")
    return {"field": place.strip("`").removeprefix("$").removeprefix(".") or "payload", "message": message}


if __name__ == "__main__":
    from carevia.domain.events_page import page

    print(page(), end="")
