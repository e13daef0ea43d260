"""Saved replies: texts that staff write once and use again, each under a word that is typed behind a slash."""

import re
from typing import Final

import msgspec

from carevia.domain.chat import LONGEST_TEXT
from carevia.domain.fields import refusal
from carevia.domain.text import is_clean
from carevia.errors import FieldError

LONGEST_SHORTCUT: Final = 40
MOST: Final = 500
_SHORTCUT: Final = re.compile(r"[^\s/]+")


class SavedReply(msgspec.Struct, frozen=True):
    id: str
    shortcut: str
    text: str


def check_reply(shortcut: str, text: str) -> None:
    """Raises BadInput with every field that is wrong."""
    errors: list[FieldError] = []
    if len(shortcut) > LONGEST_SHORTCUT or not _SHORTCUT.fullmatch(shortcut) or not is_clean(shortcut):
        rule = f"must be 1 to {LONGEST_SHORTCUT} characters without spaces, slashes or control characters"
        errors.append({"field": "shortcut", "message": rule})
    if not text.strip() or len(text) > LONGEST_TEXT:
        errors.append({"field": "text", "message": f"must be 1 to {LONGEST_TEXT:,} characters"})
    elif not is_clean(text):
        errors.append({"field": "text", "message": "must hold no control characters"})
    if errors:
        raise refusal("This reply cannot be saved", errors)
