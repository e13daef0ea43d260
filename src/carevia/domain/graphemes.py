"""Where a text may be cut: never inside what a reader sees as one character (Unicode UAX #29, extended clusters).

Written out where Python has no rule of its own: marks, joiners, flags, Hangul, and conjuncts of the Indic scripts
(GB9c), without which a Bengali syllable would be torn. In doubt two characters belong together.
"""

import unicodedata
from typing import Final

_ZWNJ: Final = "\u200c"
_ZWJ: Final = "\u200d"
_VIRAMAS: Final = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
_HALF_WIDTH_MARKS: Final = "\uff9e\uff9f"
_PREPENDED: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")


def cut(text: str, most: int) -> str:
    """The longest beginning of at most `most` code points that ends where a reader's character ends."""
    if len(text) <= most:
        return text
    end = most
    while end > 0 and not _is_boundary(text, end):
        end -= 1
    return text[:end]


def _is_boundary(text: str, at: int) -> bool:
    """Whether a cluster may end before `text[at]`; `at` is inside the text."""
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if _extends(after) or before == _ZWJ or before in _PREPENDED:
        return False
    if _is_flag_half(after) and _is_flag_half(before):
        return _flag_halves_before(text, at) % 2 == 0
    if before in _VIRAMAS and unicodedata.category(after) == "Lo":
        return False
    return not _is_one_syllable(ord(before), ord(after))


def _extends(character: str) -> bool:
    """Marks, joiners, variation selectors (marks, too), skin tones and the tags of flags."""
    number = ord(character)
    if number < 0x300:
        return False
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in (_ZWJ, _ZWNJ)
        or character in _HALF_WIDTH_MARKS
        or 0x1F3FB <= number <= 0x1F3FF
        or 0xE0020 <= number <= 0xE007F
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    start = at
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return at - start


def _is_one_syllable(before: int, after: int) -> bool:
    """Hangul in single letters: GB6 to GB8."""
    if _is_leading(before):
        return _is_leading(after) or _is_vowel(after) or 0xAC00 <= after <= 0xD7A3
    open_syllable = 0xAC00 <= before <= 0xD7A3 and (before - 0xAC00) % 28 == 0
    if open_syllable or _is_vowel(before):
        return _is_vowel(after) or _is_trailing(after)
    return (0xAC00 <= before <= 0xD7A3 or _is_trailing(before)) and _is_trailing(after)


def _is_leading(number: int) -> bool:
    return 0x1100 <= number <= 0x115F or 0xA960 <= number <= 0xA97C


def _is_vowel(number: int) -> bool:
    return 0x1160 <= number <= 0x11A7 or 0xD7B0 <= number <= 0xD7C6


def _is_trailing(number: int) -> bool:
    return 0x11A8 <= number <= 0x11FF or 0xD7CB <= number <= 0xD7FB
