"""Rules of the chat: what a message may be, who may open which conversation, and what customers see of staff."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from carevia.domain.attachments import MOST_OF_MESSAGE, Attachment
from carevia.domain.fields import refusal
from carevia.domain.people import SUPPORT_NAME, Person, valid_user_id
from carevia.domain.text import is_blank, is_clean
from carevia.errors import FieldError, NotFound

LONGEST_TEXT = 10_000
LONGEST_ID = 200
PAGE = 50
LARGEST_PAGE = 200
NO_CONVERSATION = "There is no such conversation."

Side = Literal["customer", "staff"]
"""Who read: in a conversation there are its customer, on every tab, and all staff together."""

Status = Literal["sent", "delivered", "seen"]


class Message(msgspec.Struct, frozen=True):
    """One message as `GET /api/chat/message` shows it; `time` is ISO 8601. `note`: a private one, to staff only."""

    id: str
    roomId: str
    senderId: str
    senderName: str
    text: str
    time: str
    status: Status
    seq: int
    attachments: list[Attachment] | UnsetType = UNSET
    note: bool | UnsetType = UNSET


class Reached(msgspec.Struct, frozen=True):
    """How far one side has got in a conversation: up to these messages, by their number in the journal."""

    delivered: int = 0
    seen: int = 0

    def status_of(self, seq: int) -> Status:
        """Of a message of the other side."""
        return "seen" if seq <= self.seen else "delivered" if seq <= self.delivered else "sent"


def side_of(room_id: str, person_id: str) -> Side:
    """In a conversation everybody but its customer is staff."""
    return "customer" if person_id == room_id else "staff"


def check_message(room_id: str, id_: str, text: str, attachments: int = 0) -> None:
    """Raises BadInput with every field that is wrong. A message may be nothing but its attachments."""
    errors: list[FieldError] = []
    if not valid_user_id(room_id):
        errors.append({"field": "roomId", "message": "must be a user id"})
    if not 1 <= len(id_) <= LONGEST_ID or not id_.isprintable():
        errors.append({"field": "id", "message": f"must be 1 to {LONGEST_ID} visible characters"})
    if attachments > MOST_OF_MESSAGE:
        errors.append({"field": "attachments", "message": f"must be at most {MOST_OF_MESSAGE}"})
    if (is_blank(text) and not attachments) or len(text) > LONGEST_TEXT:
        errors.append({"field": "text", "message": f"must be 1 to {LONGEST_TEXT:,} characters"})
    elif not is_clean(text):
        errors.append({"field": "text", "message": "must hold no control characters"})
    if errors:
        raise refusal("This message cannot be sent", errors)


def check_own_room(person: Person, room_id: str) -> None:
    """A customer's only conversation is the one named by their own id; another's might as well not exist."""
    if not person.is_staff and room_id != person.id:
        raise NotFound(NO_CONVERSATION)


def desk_side(room: str) -> str:
    """The conversation as staff have it: the hub's room for those who have opened it, and the journal's room for what
    is theirs only. Its customer's tabs are in `room` itself; no user id has a slash."""
    return f"{room}/desk"


def shown_sender(viewer: Person, room_id: str, sender_id: str, sender_name: str) -> str:
    """In a conversation everybody but its customer is staff, and staff have one name there."""
    return sender_name if viewer.is_staff or sender_id == room_id else SUPPORT_NAME


def for_customer(payload: bytes, room: str) -> bytes:
    """A `receive_message` payload (JSON) of this room as its customer gets it: staff have no names there."""
    message = msgspec.json.decode(payload)
    if message.get("senderId") == room:
        return payload
    message["senderName"] = SUPPORT_NAME
    return msgspec.json.encode(message)
