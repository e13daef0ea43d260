"""Reads of one peer, a portion in each turn of the loop.

A read may hold forty thousand frames or thousands of requests, and the system makes thirty reads in a row where a peer
sends without end. Everybody else would wait for all of them.
"""

import asyncio
from collections.abc import Callable

AT_ONCE = 16_384  # bytes of one peer that are looked at in one turn


class Portions:
    """For a class with a `_transport`, which is read while neither its owner nor the others' turn wants it stopped."""

    __slots__ = ("_held", "_stopped")
    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._held: bytes | None = None  # read, and for the next turn
        self._stopped = False  # its owner wants nothing more just now

    def portion(self, data: bytes, then: Callable[[], object]) -> bytes:
        """What of a large read is looked at in this turn; `then` is called in the next one, to ask for the `rest`."""
        self._held = data[AT_ONCE:]
        self._transport.pause_reading()
        asyncio.get_running_loop().call_soon(self.take_up, then)
        return data[:AT_ONCE]

    def take_up(self, then: Callable[[], object]) -> None:
        """Look at the rest, unless the connection ends. Where that fails it does, as the loop has it where a read
        fails: what comes next is nothing without what was lost."""
        if self._transport.is_closing():
            return
        try:
            then()
        except BaseException:
            self._transport.abort()
            raise

    def rest(self) -> bytes:
        """What was held back, if anything was: from now on it is as the owner wants it again."""
        data, self._held = self._held, None
        if data is not None and not self._stopped and not self._transport.is_closing():
            self._transport.resume_reading()
        return data or b""

    def pause_reading(self) -> None:
        self._stopped = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._stopped = False
        if self._held is None and not self._transport.is_closing():
            self._transport.resume_reading()
