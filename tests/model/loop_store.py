"""The real store on the test's own loop: the writer's and the readers' code, run in turns of the loop, not in threads.

So a run is the same for the same seed. What a thread makes uncertain is drawn from dice: how many turns a batch waits
(what comes meanwhile is committed with it) and how many turns its answer takes. `kill` is what SIGKILL leaves.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from carevia.deadlines import Deadlines
from carevia.store.gathering import Gathering
from carevia.store.handover import Home
from carevia.store.job import Job
from carevia.store.journal import JournalRow
from carevia.store.migrate import prepare
from carevia.store.reader import Reader
from carevia.store.sqlite import SqliteStore
from carevia.store.sqlite_database import SqliteSession
from carevia.store.store import PATIENCE, Listener
from carevia.store.writer import Writer


class Turns:
    """Stands where a thread's queue stands: what is put is served by the loop, some turns later."""

    def __init__(self, lag: "Lag", serve: Callable[[Any], None]) -> None:
        self._lag = lag
        self._serve = serve

    def put(self, thing: Any) -> None:
        self._lag.tell(self._serve, thing)


class Lag:
    """Stands where the threads have the loop: what they tell it comes in order, some turns later; never once dead."""

    def __init__(self, dice: random.Random) -> None:
        self.loop = self
        self.dead = False
        self._dice = dice
        self._calls: list[Callable[[], object]] = []
        self._running = False

    def create_future(self) -> "asyncio.Future[None]":
        return asyncio.get_running_loop().create_future()

    def call_soon(self, call: Callable[..., object], *arguments: object) -> None:
        asyncio.get_running_loop().call_soon(call, *arguments)

    def time(self) -> float:
        return 0.0

    def call_at(self, when: float, call: Callable[[], object]) -> asyncio.Handle:
        """A turn later: in these runs nobody waits for a clock."""
        return asyncio.get_running_loop().call_soon(call)

    def tell(self, call: Callable[..., object], *arguments: object) -> None:
        self._calls.append(lambda: call(*arguments))
        if not self._running:
            self._running = True
            self._wait(self._dice.randrange(3))

    def _wait(self, turns: int) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(*((self._wait, turns - 1) if turns else (self._next,)))

    def _next(self) -> None:
        self._running = False
        if self.dead:
            return
        call = self._calls.pop(0)
        if self._calls:
            self._running = True
            self._wait(self._dice.randrange(3))
        call()


class LoopStore(SqliteStore):
    """`hints` says what becomes of a wake-up after a commit: now, late (in any order, at `release`), never."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        super().__init__(path)
        self.hints = "now"
        self._path = path
        self._dice = dice
        self._late: list[Callable[[], None]] = []
        self._lags = [Lag(dice) for _ in range(4)]

    async def open(self) -> None:
        self.epoch = prepare(self._path, f"{self._dice.getrandbits(64):016x}")
        self._patience = Deadlines(PATIENCE, Job.expire, asyncio.get_running_loop())
        asking, answering, reading, telling = self._lags
        batches: Any = Turns(asking, lambda batch: self._writing._serve(batch))
        gathering = Gathering(cast(Any, answering), batches)
        self._writing = Writer(self._database, _as_home(answering), self._settled, gathering)
        self._reading = Reader(self._database, _as_home(telling), cast(Any, None), 0)
        self._writer, self._readers = self._writing, cast(Any, self)
        self.jobs = Turns(reading, self._serve_read)
        self._reading._snapshot(lambda tx: None, lambda: True)
        for session in (self._writing._connected(), self._reading._session):
            cast(SqliteSession, session).connection.execute("PRAGMA synchronous=OFF")  # nobody draws the plug here

    async def close(self) -> None:
        self.kill()

    def kill(self) -> None:
        """Whatever is not committed is gone, and nobody is told anything any more."""
        for lag in self._lags:
            lag.dead = True
        if self._patience is not None:
            self._patience.close()
        self._writing._disconnect()
        self._reading._disconnect()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        def hinted(rows: Sequence[JournalRow]) -> None:
            if self.hints == "now":
                listener(rows)
            elif self.hints == "late":
                self._late.append(lambda: listener(rows))

        return super().subscribe(hinted)

    def release(self) -> None:
        """The hints that were late come now, in any order."""
        late, self._late = self._late, []
        for tell in self._dice.sample(late, len(late)):
            tell()

    def revive(self) -> None:
        """As of `Readers`: there are no threads that could die."""

    def _serve_read(self, job: Job) -> None:
        if job.take():
            self._reading._serve(job)


def _as_home(lag: Lag) -> Home:
    return cast(Home, lag)
