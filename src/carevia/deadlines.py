"""Timers for many things that all wait equally long: one event-loop timer and a row of buckets, none per connection.

Because the wait is the same for all, deadlines come due in the order they were set. Things set within a fiftieth of the
wait share a bucket, which comes due when its first member does: never late, at most that fiftieth early.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Bucket(set[T]):
    """Things that come due together. `discard` a thing to call its deadline off."""

    __slots__ = ("due", "until")

    def __init__(self, due: float, until: float) -> None:
        super().__init__()
        self.due = due
        self.until = until


class Deadlines(Generic[T]):
    """Calls `expired(thing)` once for everything that was set and not discarded from its bucket meanwhile."""

    __slots__ = ("_buckets", "_delay", "_expired", "_loop", "_timer", "_width", "due")

    def __init__(self, delay: float, expired: Callable[[T], None], loop: asyncio.AbstractEventLoop) -> None:
        self._delay = delay
        self._width = min(delay / 50, 0.25)
        self._expired = expired
        self._loop = loop
        self._buckets: deque[Bucket[T]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.due = 0.0  # when what expires just now should have

    def set(self, thing: T, since: float = math.inf) -> Bucket[T]:
        """Start the wait for one thing; gives the bucket to call it off with.

        `since` is when it should have started, where another timer was late: that much less is waited, but never less
        than three quarters. It must not decrease from call to call.
        """
        now = self._loop.time()
        if since < now:
            now = max(since, now - self._delay / 4)
        buckets = self._buckets
        if not buckets or (bucket := buckets[-1]).until <= now:
            bucket = Bucket(now + self._delay, now + self._width)
            buckets.append(bucket)
            if self._timer is None:
                self._timer = self._loop.call_at(buckets[0].due, self._fire)
        bucket.add(thing)
        return bucket

    def catch_up(self) -> None:
        """Whatever is due by now comes due, though the loop turns to what it has read before it turns to its timers."""
        if self._buckets and self._buckets[0].due <= self._loop.time() and self._timer is not None:
            self._timer.cancel()
            self._fire()

    def close(self) -> None:
        """Forget everything."""
        self._buckets.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        now = self._loop.time() + 0.001  # a loop's clock ticks in milliseconds
        try:
            while self._buckets and self._buckets[0].due <= now:
                self._expire(self._buckets.popleft())
        finally:
            while self._buckets and not self._buckets[0]:
                self._buckets.popleft()
            if self._buckets and self._timer is None:
                self._timer = self._loop.call_at(self._buckets[0].due, self._fire)

    def _expire(self, bucket: Bucket[T]) -> None:
        self.due = bucket.due
        try:
            while bucket:  # one that expires may call others off
                self._expired(bucket.pop())
        finally:
            if bucket:  # one has raised, which the loop will say: the others come due all the same
                self._buckets.appendleft(bucket)
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
