"""Time of a test's own, for what needs timers and nothing else of an event loop."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Any


class Clock:
    """As much of an event loop as timers need."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._cancelled: set[int] = set()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        number = next(self._number)
        heapq.heappush(self._timers, (when, number, callback))
        handle: Any = type("Handle", (), {"cancel": lambda _: self._cancelled.add(number)})()
        return handle  # type: ignore[no-any-return]

    def call_soon(self, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self.call_at(self.now, callback)

    def advance(self, seconds: float, late: float = 0.0) -> None:
        """Let time pass; what is due meanwhile is called `late`."""
        until = self.now + seconds
        while self._timers and self._timers[0][0] + late <= until:
            when, number, callback = heapq.heappop(self._timers)
            self.now = max(self.now, when + late)
            if number not in self._cancelled:
                callback()
        self.now = until

    @property
    def pending(self) -> int:
        return sum(number not in self._cancelled for _, number, _ in self._timers)
