"""Ids that we make, and how those of others are read.

Randomness is an argument: `random(n)` gives n bytes nobody can guess.
"""

import hashlib
import re
from collections.abc import Callable, Mapping

from carevia.domain.text import tidy

Random = Callable[[int], bytes]

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST_PROVIDER_ID = 255
_OWN_TRACKING = re.compile(f"CV-[{CROCKFORD}]{{8}}")
TRACKING_ID = "[A-Za-z0-9](?:[A-Za-z0-9_.:#/-]{0,62}[A-Za-z0-9])?"
_TRACKING = re.compile(TRACKING_ID)
_PAIRS = [one + other for one in CROCKFORD for other in CROCKFORD]  # by ten bits


def tracking_id(random: Random) -> str:
    """CV- and 8 characters of Crockford's base 32 (no I, L, O, U): 40 bits, to be read out on the phone."""
    return _tracking(random(5))


def tracking_id_from(text: str, attempt: int = 0) -> str:
    """The same id for the same text, so that a delivery made twice is the same booking."""
    return _tracking(hashlib.sha256(f"{attempt}:{text}".encode()).digest()[:5])


def valid_tracking_id(text: object) -> bool:
    """Ours and those of other systems, taken as they are: 1 to 64 characters without spaces."""
    return isinstance(text, str) and _TRACKING.fullmatch(text) is not None


def own_tracking_id(text: str) -> str | None:
    """A whole id of our own making, as it is stored; None for anything else that somebody may search."""
    text = text.strip().upper()
    return text if _OWN_TRACKING.fullmatch(text) else None


def provider_id(value: object) -> str | None:
    """Stripe sends an id, or the whole thing where it was expanded."""
    if not isinstance(value, str) and isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and value and tidy(value, LONGEST_PROVIDER_ID) == value else None


def row_id(prefix: str, random: Random, now: int) -> str:
    """80 bits that cannot be guessed, though no right follows from knowing them, behind the time in ms: rows that are
    made together lie together, and a group of bookings touches one page of a table instead of one each."""
    return f"{prefix}_{now:012x}{random(10).hex()}"


def _tracking(five: bytes) -> str:
    number = int.from_bytes(five, "big")
    return f"CV-{_PAIRS[number >> 30]}{_PAIRS[number >> 20 & 1023]}{_PAIRS[number >> 10 & 1023]}{_PAIRS[number & 1023]}"
