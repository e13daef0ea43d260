"""What may be attached to a message: pictures and PDF, known by their first bytes and never by their name.

The name a sender gives is shown to people only; on the disk and in addresses an attachment has an id nobody can guess.
"""

import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from carevia.domain.text import tidy

LARGEST: Final = 10_000_000
"""Bytes of one attachment."""

MOST_OF_MESSAGE: Final = 10
LONGEST_NAME: Final = 120
LONGEST_UPLOAD_ID: Final = 200

_ENDINGS: Final = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "application/pdf": (".pdf",),
}
TYPES: Final = tuple(_ENDINGS)
# Characters that turn the direction of writing make "gpj.exe" look like "exe.jpg".
_DIRECTION: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FOLDERS: Final = re.compile(r"[/\\]")


class Attachment(msgspec.Struct, frozen=True):
    """One attachment as messages show it; its bytes are at `GET /api/chat/attachment?id=`."""

    id: Annotated[str, Meta(description="cannot be guessed; knowing one gives no right")]
    name: Annotated[str, Meta(description="what its sender called it, with the ending of what it is")]
    type: Annotated[str, Meta(description="image/jpeg, image/png, image/webp, image/gif or application/pdf")]
    size: Annotated[int, Meta(description="bytes")]


def media_type(content: bytes) -> str | None:
    """What it is by its first bytes, or None for what may not be attached."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    return None


def file_name(given: str, type: str) -> str:
    """Fit to be shown and saved: no folders, no tricks, and the ending of what it really is."""
    name = tidy(_DIRECTION.sub("", _FOLDERS.split(given)[-1]), LONGEST_NAME - 5) or "file"
    endings = _ENDINGS[type]
    return name if name.lower().endswith(endings) else name.rstrip(".") + endings[0]


def is_picture(type: str) -> bool:
    return type.startswith("image/")
