"""One piece of work on its way: from a caller on the loop, to a thread of the store, and back.

Whoever calls `take` first decides its fate: the thread that runs it, or the caller who gave up. So a work whose caller
has gone before it began is never run.
"""

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import Any

from carevia.deadlines import Deadlines
from carevia.errors import Unavailable


class Job:
    __slots__ = ("_bucket", "_turn", "error", "future", "result", "work")

    def __init__(
        self, work: Callable[..., Any], future: "asyncio.Future[Any]", patience: "Deadlines[Job] | None" = None
    ) -> None:
        """`patience` is how long the caller waits, and calls `expire`; without it they wait for as long as it takes."""
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None
        self._turn = Lock()
        self._bucket = None if patience is None else patience.set(self)

    def take(self) -> bool:
        return self._turn.acquire(blocking=False)

    @property
    def waits(self) -> bool:
        return not self._turn.locked()

    def leave(self) -> None:
        """On the loop: the caller waits no more, and wants nothing begun any more."""
        if self._bucket is not None:
            self._bucket.discard(self)
        self.take()

    def expire(self) -> None:
        """On the loop: the caller has waited long enough."""
        self.take()
        if not self.future.done():
            self.future.set_exception(Unavailable("The store did not answer in time. Try again in a moment."))

    def settle(self) -> None:
        """On the loop: hand the outcome to the caller, if anybody still waits."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        elif not isinstance(self.error, Exception) or isinstance(self.error, StopIteration):
            # A future refuses StopIteration, and the others would stop the loop or look like a cancellation.
            self.future.set_exception(RuntimeError(f"a work raised {type(self.error).__name__}"))
        else:
            self.future.set_exception(self.error)
