"""Journal to hub: every committed row reaches the sockets of its room, once, in rising seq, never before its commit.

The store's own commits arrive as a wake-up with the rows in hand; a poll of the journal twice a second is the floor
under it, and finds what other processes wrote; a hint of theirs wakes it early. `position` is the number up to which
everything has been emitted: who joins a room in the same turn of the loop gets exactly the rows above it.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence

import msgspec

from carevia.domain.chat import desk_side, for_customer
from carevia.failpoint import armed, die, failpoint, fires
from carevia.realtime import Namespace
from carevia.service.poison import Poison, check_row
from carevia.store.journal import JournalRow
from carevia.store.store import Store
from carevia.tasks import end

PAGE = 500
HELD = 0.002  # s at most that a committed row waits for those being committed: one write to every desk for all of them
_RECENT_BYTES = 1_000_000  # of payloads, of the rows that are kept in memory
_log = logging.getLogger("carevia.relay")
Listener = Callable[[JournalRow], object]


def visitors(room: str) -> str:
    """The hub's room for whom somebody on the bus put into `room`: they hear what is said there, but no facts."""
    return f"{room}/visitors"


def offset(epoch: str, seq: int) -> str:
    """What a durable event ends in."""
    return f"{epoch}.{seq}"


def customer_payload(row: JournalRow) -> msgspec.Raw:
    """The row as its customer may see it: staff have no names there."""
    if row.name != "receive_message":
        return msgspec.Raw(row.payload)
    return msgspec.Raw(for_customer(row.payload, row.room))


class Relay:
    """One per process. `start` before the first client, `stop` before the store closes."""

    def __init__(self, store: Store, namespace: Namespace, poll_seconds: float = 0.5) -> None:
        self.position = 0
        self.oldest = 0  # number of the oldest row that is kept, as last heard: other processes forget rows too
        self.poison = Poison()
        self._listeners: dict[str, list[Listener]] = {}  # by the name of the rows that they are told of
        self.newest: dict[str, int] = {}  # room -> seq of its newest row since the start; see `forget_empty_rooms`
        self._recent: deque[JournalRow] = deque()  # the newest rows up to `position`, without a gap
        self._recent_bytes = 0
        self._store = store
        self._namespace = namespace
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._polled_at = 0.0
        self._held: list[JournalRow] = []
        self._latest: asyncio.TimerHandle | None = None

    def listen(self, listener: Listener, *names: str) -> None:
        """Be told of every row of these names once it was handed to the hub, live or by a replay."""
        for name in names:
            self._listeners.setdefault(name, []).append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Be told no more."""
        for listeners in self._listeners.values():
            if listener in listeners:
                listeners.remove(listener)

    async def start(self) -> None:
        """Take up at the newest row: what came before is replayed to those who missed it."""
        _, self.position = await self._store.bounds()
        self._unsubscribe = self._store.subscribe(self._committed)
        self._unhint = self._store.on_hint(self._wake.set)
        self._polled_at = asyncio.get_running_loop().time()
        self._task = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        """No row is emitted afterwards."""
        if self._task is not None:
            self._unsubscribe()
            self._release()
            self._unhint()
            await end(self._task)
            self._task = None

    def trouble(self) -> str | None:
        """Why rows do not reach the sockets, or None."""
        if self._task is None or self._task.done():
            return "the relay is not running"
        if asyncio.get_running_loop().time() - self._polled_at > 2 * self._poll_seconds + 1:
            return "the relay cannot read the journal"
        return None

    def revive(self) -> None:
        """Take up again where it stopped, if its task has died: only a fault of ours can do that."""
        if self._task is not None and self._task.done():
            _log.error("the relay had died and was started again")
            self._task = asyncio.create_task(self._poll())

    def _committed(self, rows: Sequence[JournalRow]) -> None:
        """Right after a commit of this process: no detour over the journal where nothing is missing in between.

        Whoever waits for that commit is answered first, in this turn of the loop; the rows are emitted in the next.
        """
        if rows[0].seq != (self._held[-1].seq if self._held else self.position) + 1:
            self._wake.set()
            return
        self._held.extend(rows)
        asyncio.get_running_loop().call_soon(self._release_unless_more_come)

    def _release_unless_more_come(self) -> None:
        if not self._store.writing:
            self._release()
        elif self._held and self._latest is None:
            self._latest = asyncio.get_running_loop().call_later(HELD, self._release)

    def _release(self) -> None:
        rows, self._held = self._held, []
        if self._latest is not None:
            self._latest.cancel()
            self._latest = None
        self._emit([row for row in rows if row.seq > self.position], written_here=True)

    async def _poll(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.look()
            except Exception:  # the store is away: /readyz says so, the next turn tries again
                _log.exception("the relay could not read the journal")

    def wake(self) -> None:
        """Another process has committed, or may have: look now, not at the next poll."""
        self._wake.set()

    async def look(self) -> None:
        """Emit everything that is committed by now, whoever committed it. Raises Unavailable."""
        full = True
        while full:
            rows = await self._store.events_after(self.position, None, PAGE)
            self._polled_at = asyncio.get_running_loop().time()
            self._emit([row for row in rows if row.seq > self.position])
            full = len(rows) == PAGE

    def _emit(self, rows: Sequence[JournalRow], *, written_here: bool = False) -> None:
        dies = armed()  # four questions for every row, unless it is to die somewhere
        for row in rows:
            if dies:
                failpoint("relay.before_emit")
            if dies and fires("relay.mid_fanout"):
                self._die_in_the_middle(row)
                return
            try:
                if not written_here:  # what comes back from the disk may be anything
                    check_row(row)
                self._emit_row(row)
                self.sent(row)
            except Exception as problem:  # a poison row must not hold up the others
                self.poison.set_aside(row, problem)
            if dies:
                failpoint("relay.before_mark")
            self.position = self.newest[row.room] = row.seq
            if dies and fires("relay.after_mark"):
                self._die_once_written()
        self._keep(rows)

    def forget_empty_rooms(self) -> None:
        """`newest` of those in which nobody is: there are as many rooms as customers, and the store knows it too."""
        self.newest = {room: seq for room, seq in self.newest.items() if self._namespace.members(room)}

    def sent(self, row: JournalRow) -> None:
        """A row was handed to the hub, now or by a replay."""
        for listener in self._listeners.get(row.name, ()):
            try:
                listener(row)
            except Exception as problem:  # it must hold up neither the next row nor who catches up
                self.poison.set_aside(row, problem)

    def after(self, seq: int, rooms: Collection[str]) -> list[JournalRow] | None:
        """The rows of these rooms above `seq`, up to `position`, from memory; None where that does not reach back so
        far. A deploy brings everybody back within seconds: they need not all ask the store for the same rows."""
        if not self._recent or self._recent[0].seq > seq + 1:
            return None
        return [row for row in self._recent if row.seq > seq and row.room in rooms]

    def _keep(self, rows: Sequence[JournalRow]) -> None:
        if not rows:
            return
        recent = self._recent
        if recent and recent[-1].seq + 1 != rows[0].seq:
            recent.clear()
            self._recent_bytes = 0
        recent.extend(rows)
        self._recent_bytes += sum([len(row.payload) for row in rows])
        while len(recent) > PAGE or self._recent_bytes > _RECENT_BYTES:
            self._recent_bytes -= len(recent.popleft().payload)

    def _emit_row(self, row: JournalRow) -> None:
        room, desks, rooms = row.room, desk_side(row.room), self._namespace.rooms
        if room not in rooms and desks not in rooms:
            return
        end = offset(self._store.epoch, row.seq)
        # A room of that name without its socket is of somebody on the bus.
        but = (row.sender,) if row.sender in self._namespace.sockets else ()
        if room in rooms:
            strangers = (guests,) if (guests := visitors(room)) in rooms else ()
            self._tell(room, (*but, *strangers), row.name, customer_payload(row), end)
        if desks in rooms:
            self._tell(desks, but, row.name, msgspec.Raw(row.payload), end)

    def _tell(self, room: str, but: tuple[str, ...], name: str, payload: msgspec.Raw, end: str) -> None:
        target = self._namespace.to(room)
        (target.except_(*but) if but else target).emit(name, payload, offset=end)

    # For failpoints: bytes leave at the end of a turn of the loop, so to die among them takes one more turn.

    def _die_in_the_middle(self, row: JournalRow) -> None:
        """Every other socket of the room has the row, the rest never hears of it from this process."""
        ids = sorted(socket.id for socket in self._namespace.members(row.room) if socket.id != row.sender)
        if ids:
            end = offset(self._store.epoch, row.seq)
            self._namespace.to(*ids[::2]).emit(row.name, customer_payload(row), offset=end)
        self._die_once_written()

    def _die_once_written(self) -> None:
        self._namespace.fanout.flush()
        asyncio.get_running_loop().call_soon(die)
