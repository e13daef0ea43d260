"""Whether store, relay and bus do their work, judged every second whether anybody asks or not, and told in words.

Red within five seconds of the fault, green within five of its end, without a restart. The store is proven by commits:
by those that are made anyway, and where there was none for a moment by one small write of our own. An idle server so
commits one row about every two seconds (some 350 MB a day with all the file system adds: hundreds of years of an
ordinary SSD); the alternative, to wait for the first family's payment to find out, costs more.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Literal

from carevia.errors import CareviaError
from carevia.service.poison import Poison
from carevia.service.relay import Relay
from carevia.store.store import Store
from carevia.store.transaction import Transaction
from carevia.tasks import end

# Seconds.
EVERY: Final = 1.0  # from one judgement to the next; half of it while something is wrong, which two must find mended
_PROBE: Final = 1.5  # that a commit, or a read, may take
_BEHIND: Final = 1.9  # without a step forward, with committed rows ahead, from the first time that was seen
_OLD: Final = 5.0  # after which a judgement says nothing any more

_SILENT: Final = 4.0  # without a message to ourselves that came back; the next judgement makes it five
_ECHO: Final = 1.0  # for one of them; one that was lost while the bus came back is not waited for, another is sent

_QUIET: Final = 2.0  # without a row of anybody in the journal, after which we write one
_ROOM: Final = "#echo"  # of such rows; no id of a person holds this sign, so nobody is ever sent one

Part = Literal["store", "relay", "bus", "journal"]
PARTS: Final[tuple[Part, ...]] = ("store", "relay", "bus", "journal")
Echo = Callable[[], Awaitable[object]]
"""Sends a message to this very node by way of the bus, and returns when it has come back."""


def write_row(tx: Transaction, *, now: int) -> None:
    """A message to every node by way of the journal."""
    tx.append(_ROOM, "echo", {}, now=now)


_log = logging.getLogger("carevia.health")


class Health:
    """`start` and `stop` it. `draining` is set when the process is about to end. Where there is a bus, `bus` says what
    is wrong with it, and by `echo` a message to ourselves is always under way: a node that has gone deaf without an
    error finds out by that. So it is with the journal where other nodes write to it too (`now`, ms since 1970 UTC, is
    given): a row must be read and emitted every few seconds, and where nobody writes one we do."""

    def __init__(
        self,
        store: Store,
        relay: Relay,
        every: float = EVERY,
        bus: Callable[[], str | None] | None = None,
        echo: Echo | None = None,
        now: Callable[[], int] | None = None,
    ) -> None:
        self._bus = bus
        self.draining = False
        self.deaf = 0  # times the bus fell silent
        self._echo = echo
        self._heard_at = 0.0
        self.journal_deaf = 0  # times the journal fell silent
        self._wall = now
        self._read = 0  # newest row that was both read and emitted
        self._read_at = 0.0
        self._writing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._every = every
        self._newest = 0  # journal number of the newest committed row, as last read
        self._store = store
        self._relay = relay
        self._troubles: dict[Part, str] = {}
        self._behind: tuple[int, float] | None = None  # the position at which the relay stands, and since when
        self._judged_at = 0.0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """The first judgement is made when this returns."""
        self._heard_at = self._read_at = self._now()
        if self._echo is not None:
            self._listening = asyncio.create_task(self._listen(self._echo))
        await self.judge()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        tasks = self._task, self._listening, self._writing
        self._task = self._listening = self._writing = None
        await end(*tasks)

    def reason(self, without: Part | None = None) -> str | None:
        """Why requests should go elsewhere, or None; what is wrong with the part `without` is no reason."""
        if self.draining:
            return "the server is stopping"
        if self._now() - self._judged_at > _OLD:
            return "the watch over store and relay has stopped"
        return " ".join(said for part, said in self._troubles.items() if part != without) or None

    def alarm(self) -> str | None:
        """What the desk has to know, in words."""
        reason = self.reason()
        if reason is None and self.poison.fresh:
            events = "1 event" if self.poison.count == 1 else f"{self.poison.count} events"
            return f"{events} could not be shown live. The lists show what is stored."
        return reason

    @property
    def silence(self) -> float:
        """Seconds since a message to ourselves last came back; 0 where there is no bus."""
        return 0.0 if self._echo is None else self._now() - self._heard_at

    @property
    def journal_silence(self) -> float:
        """Seconds since a row of the journal was last read and emitted; 0 where no other node writes to it."""
        return 0.0 if self._wall is None else self._now() - self._read_at

    @property
    def well(self) -> dict[Part, bool]:
        missing = {"bus": self._echo is None, "journal": self._wall is None}
        return {part: part not in self._troubles for part in PARTS if not missing.get(part)}

    @property
    def poison(self) -> Poison:
        """Rows that no client could read."""
        return self._relay.poison

    @property
    def failed_commits(self) -> int:
        return self._store.failed_commits

    @property
    def behind(self) -> int:
        """Committed rows that have not been emitted, as of the last judgement."""
        return max(0, self._newest - self._relay.position)

    async def judge(self) -> None:
        """Both at once, so that one that hangs does not hide the other."""
        store, relay = await asyncio.gather(self._store_trouble(), self._relay_trouble())
        self._note("store", store)
        self._note("relay", relay)
        self._note("bus", self._bus_trouble())
        self._note("journal", self._journal_trouble(self._wall, well=store is None) if self._wall else None)
        self._judged_at = self._now()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._every / (2 if self._troubles else 1))
            try:
                await self.judge()
            except Exception:
                _log.exception("store and relay could not be judged")

    async def _listen(self, echo: Echo) -> None:
        while True:
            try:
                async with asyncio.timeout(_ECHO):
                    await echo()
                self._heard_at = self._now()
            except Exception as problem:  # the bus says the rest itself
                _log.debug("no echo from the bus: %s", type(problem).__name__)
            await asyncio.sleep(self._every)

    def _bus_trouble(self) -> str | None:
        if self._bus is not None and (trouble := self._bus()):
            return trouble
        if self.silence <= _SILENT:
            return None
        if "bus" not in self._troubles:
            self.deaf += 1
        return "The bus is silent: what this node sends to itself does not come back."

    def _journal_trouble(self, wall: Callable[[], int], *, well: bool) -> str | None:
        """Rows of our own reach the hub without being read, so it is what was read that counts. A store that is away
        is another trouble."""
        came = min(self._newest, self._relay.position)
        if came > self._read or not well:
            self._read, self._read_at = came, self._now()
        if self.journal_silence > _QUIET and self._writing is None:
            self._writing = asyncio.create_task(self._write(wall))
        if self.journal_silence <= _SILENT:
            return None
        if "journal" not in self._troubles:
            self.journal_deaf += 1
        return "The journal is silent: what this node writes to it does not come back."

    async def _write(self, wall: Callable[[], int]) -> None:
        try:
            await self._store.write(partial(write_row, now=wall()))
        except Exception as problem:  # the store says the rest itself
            _log.debug("no row for the journal: %s", type(problem).__name__)
        self._writing = None

    def _note(self, part: Part, trouble: str | None) -> None:
        before = self._troubles.get(part)
        if trouble is None:
            self._troubles.pop(part, None)
        else:
            self._troubles[part] = trouble
        if trouble is not None and before is None:
            _log.error("not ready: %s", trouble)
        elif trouble is None and before is not None:
            _log.warning("the %s is well again", part)

    async def _store_trouble(self) -> str | None:
        try:
            async with asyncio.timeout(_PROBE):
                await self._store.check()
        except TimeoutError:
            return "The store does not answer."
        except CareviaError as problem:
            return problem.message
        except Exception as problem:
            _log.exception("the store could not be probed")
            return f"The store cannot be probed ({type(problem).__name__})."
        return None

    async def _relay_trouble(self) -> str | None:
        trouble = self._relay.trouble()
        self._relay.revive()
        if trouble is not None:
            return f"Events do not reach the desks: {trouble}."
        with contextlib.suppress(TimeoutError, CareviaError):  # the relay will say so itself when it cannot read
            async with asyncio.timeout(_PROBE):
                self._relay.oldest, self._newest = await self._store.bounds()
        if self._stands_still():
            return f"Events do not reach the desks: {self.behind} wait in the journal."
        return None

    def _stands_still(self) -> bool:
        position = self._relay.position
        if self._newest <= position:
            self._behind = None
        elif self._behind is None or self._behind[0] != position:
            self._behind = position, self._now()
        return self._behind is not None and self._now() - self._behind[1] > _BEHIND

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
