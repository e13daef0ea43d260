"""Text from outside made fit for storing: what a database, JSON or a terminal would choke on is taken out."""

import re
import unicodedata

from carevia.domain.graphemes import cut

# Lone surrogates are no text; NUL ends strings elsewhere; other control characters forge log lines and terminals.
_UNFIT = re.compile(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Of JSON's escapes those that are kept (pairs of surrogates, and all others), or else one surrogate alone.
_ESCAPE = re.compile(
    rb"(\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u(?![dD][89a-fA-F])|[^u]))"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_SPACE = re.compile(r"\s+")
_UNSEEN = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})  # joiners, marks of direction, spaces


def tidy(value: object, most: int) -> str | None:
    """One line of at most `most` characters, none of them torn; None for what is no text or holds nothing."""
    if not isinstance(value, str):
        return None
    if len(value) <= most and value.isprintable() and "  " not in value:
        return value.strip() or None  # as nearly everything is: no space but " " is printable, and nothing unfit
    # A huge string is cut first, generously, so that it costs no more than a long one.
    text = _SPACE.sub(" ", _UNFIT.sub("", cut(value, most * 4))).strip()
    return cut(text, most).rstrip() or None


def whole_characters(body: bytes) -> bytes:
    """JSON without the halves of characters that JavaScript's slice leaves at the end of a name: msgspec refuses all
    of a body for one of them, and what else they might be is nothing either."""
    return _ESCAPE.sub(rb"\1", body)


def is_clean(text: str) -> bool:
    """Whether chat may hold it: line breaks and tabs are fine, control characters and lone surrogates are not."""
    return text.isprintable() or _UNFIT.search(text) is None  # most are one line, and nothing unfit is printable


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing in it."""
    return not text.strip() or (not text.isascii() and all(unicodedata.category(sign) in _UNSEEN for sign in text))


def like_pattern(text: str) -> str:
    """For LIKE with ESCAPE '\\\\': the text anywhere, its own % and _ taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
