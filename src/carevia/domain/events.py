"""Every socket event in one place: its name, direction, room, payload, and whether it is stored.

The table `EVENTS` validates what clients send (`read_arguments`), types what the server sends, and is the source of
docs/events.md (`python -m carevia.domain.events`). A name that is not in this table does not exist on the wire.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

from carevia.domain.bookings import BookingRow
from carevia.domain.fields import about, field_error
from carevia.domain.payloads import (
    BookingsChanged,
    ConversationChanged,
    ConversationUpdated,
    CustomerAdded,
    Live,
    MarkRead,
    MessageStatus,
    NoteAdded,
    Noticed,
    PeoplePresent,
    ReceiveMessage,
    Renew,
    ReportStatus,
    Reset,
    RoomId,
    SendMessage,
    Shown,
    SupportPresent,
    TabPresence,
    TestEvent,
    Typing,
    Viewers,
    WhoTypes,
)
from carevia.domain.payment_lists import PaymentRow
from carevia.domain.people import DESK
from carevia.domain.receipts import ReceiptAlarm
from carevia.errors import BadInput

Direction = Literal["client", "server"]


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
    Event(
        "message_status",
        "client",
        _OWN,
        True,
        (ReportStatus,),
        "What has arrived at this device and was painted in a visible tab, cumulatively: told when it grows, at most "
        "once a second, and again after a reconnect.",
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
        "noticed",
        "client",
        _OWN,
        False,
        (Noticed,),
        "Somebody has opened or dismissed the notice of these bookings: it goes from the other desks too. Staff only. "
        "It may be lost: then a colleague dismisses it once more.",
    ),
    Event(
        "renew",
        "client",
        _OWN,
        False,
        (Renew,),
        "A new token for this socket, before the old one ends: no reconnection. Acknowledged with `{ok}`.",
    ),
    Event(
        "presence",
        "client",
        _OWN,
        False,
        (TabPresence,),
        "Whether this tab is looked at. At CONNECT `auth: {away: true}` says it for a page in the background; whoever "
        "says nothing is here.",
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
        "message_status",
        "server",
        "the conversation",
        True,
        (MessageStatus,),
        "The other side's messages were delivered or seen up to a number. Once per change, not per message.",
    ),
    Event(
        "note_added",
        "server",
        "the conversation's staff",
        True,
        (NoteAdded,),
        "A private note, to staff who have the conversation open. Never to a customer.",
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
        "A booking is not what it was: more was paid, refunded or disputed, the provider's list says otherwise, or its "
        "customer's name or e-mail became known (then for each of their bookings). The whole row as "
        "`GET /api/booking` lists it, once per change, always after the booking's `customer_added`.",
    ),
    Event(
        "payment_updated",
        "server",
        DESK,
        True,
        (PaymentRow,),
        "A payment for which no booking is known was recorded, or is not what it was: a person should look at it. The "
        "row as `GET /api/payment` lists it. Every other payment is told of by its booking.",
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
        (Annotated[str, about("the name of whoever is typing, the server's word")], WhoTypes),
        "Somebody is typing.",
    ),
    Event(
        "viewers",
        "server",
        "the conversation's staff",
        False,
        (Viewers,),
        "Which staff have this conversation open: told while it is more than one person, and when it no longer is.",
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
        "presence",
        "server",
        DESK,
        False,
        (PeoplePresent,),
        "Who is there, by person: all of them right after CONNECT, then changes, gathered for 0.3 s.",
    ),
    Event(
        "support",
        "server",
        "every customer's own",
        False,
        (SupportPresent,),
        "Whether Support is there: right after CONNECT, then when it changes.",
    ),
    Event(
        "bookings_changed",
        "server",
        "every customer's own",
        False,
        (BookingsChanged,),
        "One of the customer's own bookings is new or not what it was: a page reads `GET /api/booking` again, as it "
        "does after every CONNECT.",
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
        "noticed",
        "server",
        DESK,
        False,
        (Noticed,),
        "The notice of these bookings was opened or dismissed on another tab or by a colleague.",
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


def read_arguments(name: str, arguments: Sequence[object]) -> tuple[Any, ...]:
    """The typed arguments of a client's event, which the engine may have read already; further arguments and fields
    are ignored. Raises BadInput."""
    wanted = CLIENT_EVENTS[name].payload
    if len(arguments) < len(wanted):
        raise BadInput(f"{name} needs {len(wanted)} argument(s), got {len(arguments)}.")
    return tuple([_read(name, given, kind) for given, kind in zip(arguments, wanted, strict=False)])


def _read(name: str, given: object, kind: Any) -> Any:
    if type(given) is kind:
        return given
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        wrong = field_error(error, "payload")
        raise BadInput(f"{name} was sent with a payload we cannot read.", errors=[wrong]) from None


if __name__ == "__main__":
    from carevia.domain.events_page import page

    print(page(), end="")
