"""Ids that nobody can guess: 120 bits each, 20 characters that are safe in an address."""

import os
from base64 import urlsafe_b64encode

_BYTES, _LETTERS = 15, 20
_AT_ONCE = 256  # a call to the system costs more than everything else about an id


class Ids:
    """Draws from the system's randomness, many at a time. Belongs to one event loop (and to one process)."""

    __slots__ = ("_at", "_pool")

    def __init__(self) -> None:
        self._pool = ""
        self._at = 0

    def new(self) -> str:
        """The next one; none is given twice."""
        if self._at == len(self._pool):
            self._pool, self._at = urlsafe_b64encode(os.urandom(_BYTES * _AT_ONCE)).decode(), 0
        start, self._at = self._at, self._at + _LETTERS
        return self._pool[start : self._at]
