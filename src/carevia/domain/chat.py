"""Rules of the chat: what a message may be, who may open which conversation, and what customers see of staff."""

import msgspec

from carevia.domain.people import SUPPORT_NAME, Person, valid_user_id
from carevia.domain.text import is_clean
from carevia.errors import BadInput, FieldError, NotFound

LONGEST_TEXT = 10_000
LONGEST_ID = 200
PAGE = 50
LARGEST_PAGE = 200


class Message(msgspec.Struct, frozen=True):
    """One message as `GET /api/chat/message` shows it; `time` is ISO 8601."""

    id: str
    roomId: str
    senderId: str
    senderName: str
    text: str
    time: str
    status: str
    seq: int


def check_message(room_id: str, id_: str, text: str) -> None:
    """Raises BadInput with every field that is wrong."""
    errors: list[FieldError] = []
    if not valid_user_id(room_id):
        errors.append({"field": "roomId", "message": "must be a user id"})
    if not 1 <= len(id_) <= LONGEST_ID or not id_.isprintable():
        errors.append({"field": "id", "message": f"must be 1 to {LONGEST_ID} visible characters"})
    if not text.strip() or len(text) > LONGEST_TEXT:
        errors.append({"field": "text", "message": f"must be 1 to {LONGEST_TEXT:,} characters"})
    elif not is_clean(text):
        errors.append({"field": "text", "message": "must hold no control characters"})
    if errors:
        raise BadInput(f"This message cannot be sent: {errors[0]['field']} {errors[0]['message']}.", errors=errors)


def check_own_room(person: Person, room_id: str) -> None:
    """A customer's only conversation is the one named by their own id; another's might as well not exist."""
    if not person.is_staff and room_id != person.id:
        raise NotFound("There is no such conversation.")


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


def page_size(limit: int | None, usual: int, largest: int) -> int:
    """What was asked for, up to the largest page. Raises BadInput below 1."""
    if limit is None:
        return usual
    if limit < 1:
        raise BadInput("limit must be at least 1.", errors=[{"field": "limit", "message": "must be at least 1"}])
    return min(limit, largest)
