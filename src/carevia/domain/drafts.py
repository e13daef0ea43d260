"""Drafts: what somebody has begun to write in a conversation, a message or a private note. Nobody else reads them."""

from typing import Final

import msgspec

from carevia.domain.chat import LONGEST_TEXT, check_own_room
from carevia.domain.fields import refusal
from carevia.domain.people import Person, valid_user_id
from carevia.domain.text import is_clean
from carevia.errors import FieldError, Forbidden

MOST: Final = 200
"""Of one person. What was written longest ago is given up for a newer one."""


class Draft(msgspec.Struct, frozen=True):
    """`note`: of a private note, which is kept apart, lest it come back as a message."""

    roomId: str
    note: bool
    text: str


def check_draft(person: Person, draft: Draft) -> None:
    """Raises BadInput with every field that is wrong, NotFound for a conversation that is not theirs, and Forbidden for
    a customer's private note. A text of nothing is how a draft ends."""
    errors: list[FieldError] = []
    if not valid_user_id(draft.roomId):
        errors.append({"field": "roomId", "message": "must be a user id"})
    if len(draft.text) > LONGEST_TEXT:
        errors.append({"field": "text", "message": f"must be at most {LONGEST_TEXT:,} characters"})
    elif not is_clean(draft.text):
        errors.append({"field": "text", "message": "must hold no control characters"})
    if errors:
        raise refusal("This draft cannot be kept", errors)
    check_own_room(person, draft.roomId)
    if draft.note and not person.is_staff:
        raise Forbidden("Private notes are for staff only.")
