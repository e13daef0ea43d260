"""Virtual time: an event loop whose clock leaps to the next timer whenever nothing is ready to run.

A wait of 25 seconds takes no time and is exactly 25 seconds long. What runs is the ordinary asyncio, unchanged; only
the loop's clock and the selector's sleep are ours.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_PATIENCE = 10.0  # real seconds for a thread or a descriptor to wake a loop that has no timer


class Stuck(RuntimeError):
    """Every task waits, no timer is set and nothing comes from outside: nothing would ever happen."""


class _Leaping(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.threads = 0  # jobs of the loop's executor under way: time stands still for them

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self.threads:
            ready = super().select(_PATIENCE)
            if not ready:
                raise Stuck("every task waits and no timer is set: nothing would ever happen")
            return ready
        self.now = round(self.now + timeout, 9)  # a clock of whole nanoseconds: sums stay exact
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """For whoever makes loops by a factory: `asyncio.Runner(loop_factory=VirtualLoop)`. `time()` begins at 0.

    Real sockets and threads work, but no timer waits for them, except that time stands still while `to_thread` and
    `run_in_executor` are under way.
    """

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._leaping.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As ever; virtual time waits for it."""
        future = super().run_in_executor(executor, func, *args)
        self._leaping.threads += 1
        future.add_done_callback(self._thread_done)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """As ever; virtual time waits for it. Since Python 3.12 a runner allows it 300 s, which would leap by."""
        self._leaping.threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._leaping.threads -= 1

    def _thread_done(self, _: object) -> None:
        self._leaping.threads -= 1


class VirtualClock:
    """What `virtual_time` gives."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run to the end, in virtual time. May be called again: the time goes on."""
        return self._runner.run(main)

    @property
    def now(self) -> float:
        """Virtual seconds since the start. Sleeping (`await asyncio.sleep(25)`) is what makes them pass."""
        return self._runner.get_loop().time()


@contextmanager
def virtual_time() -> Iterator[VirtualClock]:
    """A clock of its own for what its `run` runs."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        yield VirtualClock(runner)
