"""What happens by the clock: `live` to desk and customers, credentials judged again, what is old forgotten.

`live` says the newest journal number addressed to a room and the server's time, so that a page can prove that it is
fresh. Not volatile: a page that polls is seldom waiting where much happens, and would never hear of it.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Final

from carevia.api.seats import Seats
from carevia.domain.payloads import Live
from carevia.domain.people import DESK
from carevia.domain.times import iso
from carevia.logs import Log, place_of
from carevia.realtime import Namespace
from carevia.service.people import People
from carevia.service.relay import Relay
from carevia.service.rooms import Rooms
from carevia.tasks import end

CUSTOMERS_EVERY: Final = 5
CREDENTIALS_EVERY: Final = 30
SEEN_EVERY: Final = 300
FORGET_EVERY: Final = 3_600
TOLD_AT_ONCE: Final = 100
BETWEEN: Final = 0.005  # s
MOST_TURNS: Final = 100  # so that half a second does for any number


class Pulse:
    """`every_second` is what else wants that, `forget` removes what has become too old, `alarm` says what the desk has
    to know of the server. One task; `start` and `stop` it."""

    def __init__(
        self, namespace: Namespace, relay: Relay, rooms: Rooms, seats: Seats, people: People, log: Log,
        now: Callable[[], int], every_second: Callable[[], Awaitable[None]], forget: Callable[[], Awaitable[None]],
        alarm: Callable[[], str | None],
    ) -> None:  # fmt: skip
        self._namespace = namespace
        self._relay = relay
        self._rooms = rooms
        self._seats = seats
        self._people = people
        self._log = log
        self._now = now
        self._every_second = every_second
        self._forget = forget
        self._alarm = alarm
        self._older: dict[str, int] = {}  # newest numbers that the relay does not know, of rooms in use
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._begin(self._beat())

    async def stop(self) -> None:
        await end(*self._tasks)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        start, count = loop.time(), 0
        while True:
            count += 1
            await asyncio.sleep(max(0.0, start + count - loop.time()))
            if loop.time() > start + count + 5:  # the machine slept: no need to catch up on beats
                start, count = loop.time(), 0
            self._begin(self._guarded(partial(self.live, customers=count % CUSTOMERS_EVERY == 0)))
            self._begin(self._guarded(self._every_second))
            if count % CREDENTIALS_EVERY == 0:
                self._begin(self._guarded(partial(self.judge, seen=count % SEEN_EVERY == 0)))
            if count % FORGET_EVERY == 1:
                self._begin(self._guarded(self._forget))

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()  # called here: a task that is cancelled before it has begun leaves nothing unawaited
        except Exception as problem:  # the next beat tries again
            self._log.warning("a task by the clock failed", error=type(problem).__name__, where=place_of(problem))

    async def live(self, *, customers: bool) -> None:
        rooms = [DESK, *(self._seats.customers() if customers else ())]
        clock = iso(self._now())
        for turn, some in enumerate(_turns(rooms)):
            if turn:
                await asyncio.sleep(BETWEEN)
            for room in some:
                if self._namespace.members(room):
                    live = Live(await self._newest(room), clock, self._alarm() if room == DESK else None)
                    await self._tell(room, live)
        if customers:
            self._relay.forget_empty_rooms()
            self._older = {room: seq for room, seq in self._older.items() if self._namespace.members(room)}

    async def _tell(self, room: str, live: Live) -> None:
        """Each node says its own."""
        for turn, some in enumerate(_turns([socket.id for socket in self._namespace.members(room)])):
            if turn:
                await asyncio.sleep(BETWEEN)
            self._namespace.local.to(*some).emit("live", live)

    async def judge(self, *, seen: bool) -> None:
        """End the sockets whose session is over or whose account is disabled."""
        sessions = self._seats.sessions()
        over, shut = await self._people.ended(sessions, list(self._seats.people()))
        self._seats.end(over, shut, time.monotonic())
        if seen:
            with contextlib.suppress(Exception):
                await self._people.seen(sessions - over)

    async def _newest(self, room: str) -> int:
        """The relay's own number where there is one: never a row that has not been emitted yet."""
        if room not in self._relay.newest and room not in self._older:
            self._older[room] = await self._rooms.newest(room)
        return self._relay.newest.get(room, self._older.get(room, 0))


def _turns(everybody: list[str]) -> Iterator[list[str]]:
    """A thousand desks, or customers, are told in turns: no payment waits for all of them."""
    some = max(TOLD_AT_ONCE, len(everybody) // MOST_TURNS)
    return (everybody[first : first + some] for first in range(0, len(everybody), some))
