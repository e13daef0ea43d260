"""How many pixels a picture has, by the head of its file: a few KB may unfold to a gigabyte in each page that shows it.

Sources: PNG 11.2.2, GIF89a 18, JPEG (ITU T.81) B.1 and B.2.2, WebP (RFC 9649).
"""

import re
from typing import Final

MOST_PIXELS: Final = 50_000_000
"""What a telephone's camera makes; 200 MB where it is shown."""
TOO_MANY_PIXELS: Final = "A picture may have at most 50 million pixels."

_MOST_SEGMENTS: Final = 2_000  # before the size is told: a camera writes a dozen
_find_marker = re.compile(rb"\xff([^\x00\xff])").search  # as many 0xff as one likes may stand before one
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset(range(0xD0, 0xD9)) | {0x01}  # markers without a segment


def has_too_many_pixels(content: bytes, type: str) -> bool:
    """Also where a JPEG or a GIF hides its size. False where the file breaks off before it, or is no such picture but
    for its first bytes: then nothing shows it either."""
    return _READ[type](content) > MOST_PIXELS if type in _READ else False


def _png(content: bytes) -> int:
    return _product(content[16:20], content[20:24]) if content[8:16] == b"\0\0\0\rIHDR" else 0


def _gif(content: bytes) -> int:
    """Of the screen, which browsers make as large as the first image needs it."""
    flags = _little(content[10:11])
    at, inside = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0), False  # an extension
    for _ in range(_MOST_SEGMENTS):
        sign = content[at : at + 1]
        if inside:
            at, inside = at + 1 + _little(sign), sign > b"\0"
        elif sign == b"!":
            at, inside = at + 2, True
        else:
            return _screen(content, content[at + 1 : at + 9]) if sign == b"," else 0
    return MOST_PIXELS + 1


def _screen(content: bytes, image: bytes) -> int:
    wide = max(_little(content[6:8]), _little(image[0:2]) + _little(image[4:6]))
    return wide * max(_little(content[8:10]), _little(image[2:4]) + _little(image[6:8]))


def _jpeg(content: bytes) -> int:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        found = _find_marker(content, at)
        if found is None:
            return 0
        at, [marker] = found.end(), found[1]
        size = int.from_bytes(content[at : at + 2], "big")
        if marker in _FRAMES and size == 8 + 3 * _little(content[at + 7 : at + 8]):
            return _product(content[at + 3 : at + 5], content[at + 5 : at + 7])
        if marker not in _ALONE:
            at += size
    return MOST_PIXELS + 1


def _webp(content: bytes) -> int:
    kind, head = content[12:16], content[20:30]
    if kind == b"VP8X":
        return (_little(head[4:7]) + 1) * (_little(head[7:10]) + 1)
    if kind == b"VP8L":
        bits = _little(head[1:5])
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 ":
        return (_little(head[6:8]) & 0x3FFF) * (_little(head[8:10]) & 0x3FFF)
    return 0


def _product(width: bytes, height: bytes) -> int:
    return int.from_bytes(width, "big") * int.from_bytes(height, "big")


def _little(number: bytes) -> int:
    return int.from_bytes(number, "little")


_READ: Final = {"image/png": _png, "image/gif": _gif, "image/jpeg": _jpeg, "image/webp": _webp}
