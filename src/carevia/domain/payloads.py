"""What socket events carry: the types of their payloads, each field with its meaning for docs/events.md."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from carevia.domain.attachments import Attachment
from carevia.domain.chat import Side, Status
from carevia.domain.conversations import Staff
from carevia.domain.conversations import Status as ConversationStatus
from carevia.domain.fields import about
from carevia.domain.presence import State, TabState


def _number(meaning: str) -> Meta:
    """A number of the journal, as far as JavaScript counts: beyond that it is none, and no database takes it."""
    return Meta(ge=0, le=2**53, description=meaning)


RoomId = Annotated[str, about("the customer's user id, which is the name of their conversation")]
Iso = Annotated[str, about("ISO 8601, UTC, milliseconds")]
_STATUS = about("`open` or `closed`; a message or a booking of the customer opens it again")
_ASSIGNEE = about("whose it is: {_id, name} of a member of staff, or null")
_WAITING = about("number of the customer's first message that nobody has answered")
_SINCE = about("its time")
_ACTIVITY = about("number of the customer's last booking or message")


# --- what clients send ------------------------------------------------------------------------------------------


class SendMessage(Struct):
    id: Annotated[str, about("chosen by the client, 1 to 200 characters, unique per sender; makes resending safe")]
    roomId: RoomId
    text: Annotated[str, about("1 to 10,000 characters; may be empty where something is attached")]
    as_: Annotated[
        str | None,
        about("user id of whoever wrote it; refused (`not_yours`) on a socket that is somebody else's by now"),
    ] = msgspec.field(default=None, name="as")
    attachments: Annotated[list[str], about("ids of what was uploaded before, at most 10")] = []
    note: Annotated[bool, about("a private note: staff only, and never told to the customer")] = False


class ReportStatus(Struct):
    roomId: RoomId
    delivered: Annotated[int, _number("up to this number every message is on this device")]
    seen: Annotated[int, _number("up to this number they were painted in a visible tab")] = 0


class Typing(Struct):
    room: RoomId
    userName: Annotated[str | None, about("ignored: the name shown is the server's word")] = None


class MarkRead(Struct):
    roomId: RoomId
    seq: Annotated[int, _number("the journal's number of the newest message that is on the screen")]


class Shown(Struct):
    seq: Annotated[int, _number("up to this number of the journal every paid booking is painted")]
    since: Annotated[int, _number("from this number on; 0 where the whole list is shown")] = 0


class Noticed(Struct):
    trackingIds: Annotated[list[str], Meta(max_length=200, description="of the bookings, 200 at most")]


class Renew(Struct):
    token: Annotated[str, Meta(min_length=1, max_length=8192, description="a new one, of the same person and role")]


class TabPresence(Struct):
    state: Annotated[TabState, about("`here` while the tab is looked at, `away` when it is hidden or left alone")]


# --- what the server sends --------------------------------------------------------------------------------------


class ReceiveMessage(Struct):
    id: Annotated[str, about("the client's id of the message")]
    roomId: RoomId
    senderId: Annotated[str, about("user id of whoever wrote it")]
    senderName: Annotated[str, about('to customers, staff are always "Carevia Support"')]
    text: Annotated[str, about("what was written")]
    time: Iso
    status: Annotated[Status, about("how far it got")] = "sent"
    attachments: Annotated[list[Attachment] | UnsetType, about("what is attached")] = UNSET


class NoteAdded(Struct):
    id: Annotated[str, about("the client's id of the note")]
    roomId: RoomId
    senderId: Annotated[str, about("user id of whoever wrote it")]
    senderName: Annotated[str, about("their name")]
    text: Annotated[str, about("what was written")]
    time: Iso


class MessageStatus(Struct):
    roomId: RoomId
    by: Annotated[Side, about("who has got so far: the customer, or staff")]
    delivered: Annotated[int, about("the other side's messages up to this number are delivered")]
    seen: Annotated[int, about("and up to this number seen")]


class CustomerAdded(Struct):
    userId: Annotated[str, about("the customer")]
    userEmail: Annotated[str, about("empty when unknown")]
    userName: Annotated[str, about("empty when unknown")]
    serviceName: Annotated[str, about("empty when unknown")]
    trackingId: Annotated[str, about("as it was told first; others find it too; knowing one gives no right")]
    amountPaid: Annotated[str, about('major units: "3000", "3000.50"')]
    amount: Annotated[int, about("the same in minor units")]
    currency: Annotated[str, about("three small letters, as the payment provider writes it")]


class LastMessage(Struct):
    id: Annotated[str, about("the client's id of the message")]
    senderId: Annotated[str, about("user id of whoever wrote it")]
    senderName: Annotated[str, about("their name")]
    text: Annotated[str, about("what was written")]
    time: Iso
    attachments: Annotated[int | UnsetType, about("how many are attached")] = UNSET


class ConversationUpdated(Struct):
    roomId: RoomId
    seq: Annotated[int, about("the journal's number of the last message")]
    lastMessage: LastMessage
    unread: Annotated[int, about("messages of the customer that no member of staff has seen")]
    userName: Annotated[str, about("the customer's name, empty when unknown")]
    read: Annotated[bool, about("staff have seen it: nothing new was written")] = False
    userEmail: Annotated[str, about("empty when unknown")] = ""
    status: Annotated[ConversationStatus, _STATUS] = "open"
    assignee: Annotated[Staff | None, _ASSIGNEE] = None
    waiting: Annotated[int | None, _WAITING] = None
    waitingSince: Annotated[str | None, _SINCE] = None
    activity: Annotated[int, _ACTIVITY] = 0


class ConversationChanged(Struct, kw_only=True):
    roomId: RoomId
    userName: Annotated[str, about("the customer's name, empty when unknown")]
    userEmail: Annotated[str, about("empty when unknown")]
    status: Annotated[ConversationStatus, _STATUS]
    assignee: Annotated[Staff | None, _ASSIGNEE]
    unread: Annotated[int, about("messages of the customer that no member of staff has seen")]
    waiting: Annotated[int | None, _WAITING]
    waitingSince: Annotated[str | None, _SINCE]
    activity: Annotated[int, _ACTIVITY]
    by: Annotated[Staff, about("who did it")]


class WhoTypes(Struct):
    room: RoomId
    userId: Annotated[str, about("whoever is typing")]


class StaffPresent(Struct):
    userId: Annotated[str, about("a member of staff")]
    name: Annotated[str, about("their name")]
    state: Annotated[State, about("by person: the most present of their tabs")]


class PeoplePresent(Struct):
    whole: Annotated[bool, about("whoever is not in it is offline; otherwise only what has changed")]
    staff: Annotated[list[StaffPresent], about("staff")]
    here: Annotated[list[str], about("user ids of customers who look at a tab")]
    away: Annotated[list[str], about("who have tabs that they do not look at")]
    offline: Annotated[list[str], about("who have left")]


class SupportPresent(Struct):
    state: Annotated[State, about("the most present of all staff, who are not named")]


class BookingsChanged(Struct):
    seq: Annotated[int, about("the journal's number of what the desk was told")]


class Viewer(Struct):
    userId: Annotated[str, about("a member of staff")]
    name: Annotated[str, about("their name")]


class Viewers(Struct):
    room: RoomId
    viewers: Annotated[list[Viewer], about("each person once, whoever is told of it among them")]


class Live(Struct, omit_defaults=True):
    seq: Annotated[int, about("the newest journal number addressed to this socket's rooms")]
    time: Annotated[str, about("the server's clock, ISO 8601, UTC, milliseconds")]
    alarm: Annotated[str | None, about("to the desk, while something is wrong with the server: what, in words")] = None


class Reset(Struct):
    reason: Annotated[str, about("for a log: `retention`, `restored` (an older database), `rights`, `not yours`")]


class TestEvent(Struct):
    __test__ = False  # the name is the wire's; pytest would take it for a test class

    n: Annotated[int, about("counts the test events of this socket")]
    time: Iso
