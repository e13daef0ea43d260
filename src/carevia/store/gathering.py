"""On the loop: works that wait for the next COMMIT, and when it begins.

One COMMIT is under way at a time. What comes meanwhile waits for its end, and then a moment more where several are at
work: those who have just been answered are likely to come again, and one COMMIT does for all of them. A work that comes
alone never waits. PostgreSQL knows the same as commit_delay and commit_siblings. Measured by `bench job` and `bench
chat` in pairs, without and with it: of 8 webhooks at once 4 and 7 in a COMMIT, CPU per webhook x 0.83, p50 x 0.81; of
32 at once 15 and 30, CPU x 0.89; chat 1.1 times the messages a second.
"""

import asyncio

from carevia.store.handover import Inbox
from carevia.store.job import Job

MOST_TOGETHER = 256
"""Works in one COMMIT at most, so that the first of a flood is not answered with its last."""
QUIET = 0.002
"""Seconds without another work after which nobody else is waited for."""
LONGEST = 0.01
"""Seconds after the last COMMIT at which nobody else is waited for, however many still come."""


class Gathering:
    """`batches` is what a thread takes the works from, as many as go into one COMMIT; None where there are no more."""

    def __init__(self, loop: asyncio.AbstractEventLoop, batches: Inbox[list[Job] | None]) -> None:
        self.batches = batches
        self._loop = loop
        self._waiting: list[Job] = []
        self._under_way = False
        self._expected = 0  # so many need not wait for others
        self._looked_at = 0  # so many were there when the quiet began
        self._quiet = 0.0  # until then
        self._latest = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether there will be a COMMIT in a moment."""
        return self._under_way or bool(self._waiting)

    def put(self, job: Job) -> None:
        """What comes in one turn is handed over together."""
        self._waiting.append(job)
        if self._under_way:
            return
        if self._timer is not None:
            if len(self._waiting) >= self._expected:
                self._begin()
        elif len(self._waiting) == 1:
            self._loop.call_soon(self._begin)

    def settled(self, count: int) -> None:
        """The COMMIT of so many works is over."""
        self._under_way = False
        self._expected = count + len(self._waiting)
        if self._expected <= 1 or len(self._waiting) >= MOST_TOGETHER:
            self._begin()
        else:
            self._latest = self._loop.time() + LONGEST
            self._wait()

    def close(self) -> None:
        """No other work will come; those that wait are still done."""
        while self._waiting:
            self._begin()
        self.batches.put(None)

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            self._under_way = True
            self.batches.put(batch)

    def _wait(self) -> None:
        self._looked_at = len(self._waiting)
        self._quiet = self._loop.time() + QUIET
        self._timer = self._loop.call_at(self._quiet, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        more_came = len(self._waiting) > self._looked_at
        too_busy_to_see = now > self._quiet + QUIET  # what lies in the sockets has not been read yet
        if now < self._latest and (more_came or too_busy_to_see):
            self._wait()
        else:
            self._begin()
