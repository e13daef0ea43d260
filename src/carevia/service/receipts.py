"""Receipts: when each paid booking was committed, emitted and shown, by whom, and the alarm when it was not.

Nothing here costs a webhook a statement: the received time is a column of the booking's insert, everything later is
gathered in memory and written once a second, in one transaction. What a killed process had gathered is lost: then
`committed` stays the moment of that insert, `emitted` is the first replay's time (unknown where a desk had it before),
and desks confirm again when they come back. Every node reads what the others have written: what a desk of any of them
has shown is seen.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Final

import msgspec
from sqlalchemy import bindparam, func, select, update

from carevia.domain.histogram import Histogram
from carevia.domain.people import Person
from carevia.domain.receipts import (
    PresenceClock,
    Receipt,
    ReceiptAlarm,
    ReceiptState,
    Screen,
    ShownOn,
    Unseen,
    Unsent,
)
from carevia.domain.times import iso
from carevia.errors import NotFound
from carevia.service.booking_rows import tracked
from carevia.service.relay import Relay
from carevia.store.journal import JournalRow, cause_of
from carevia.store.store import Store
from carevia.store.tables import bookings, journal, screens
from carevia.store.transaction import Transaction

PAID: Final = "customer_added"
MOST_GROUPS: Final = 10_000  # confirmations that wait for a store that is away; more are forgotten

_b, _s = bookings.c, screens.c
_UNSEEN: Final = (
    select(_b.announced, _b.emitted)
    .where(_b.announced >= bindparam("oldest"), _b.received.is_not(None), _b.shown.is_(None))
    .order_by(_b.announced)
)
_MARK: Final = (
    update(bookings)
    .where(_b.announced >= bindparam("low"), _b.announced <= bindparam("high"), _b.received.is_not(None))
    .values(
        committed=func.coalesce(bindparam("new_committed"), _b.committed),
        emitted=func.coalesce(_b.emitted, bindparam("new_emitted")),
    )
)
_TIMES: Final = (
    select(_b.created, _b.received, journal.c.id)
    .select_from(bookings.outerjoin(journal, journal.c.seq == _b.announced))
    .where(_b.announced == bindparam("seq"), _b.shown.is_(None))
)
_SHOWN: Final = update(bookings).where(_b.announced == bindparam("seq")).values(shown=bindparam("at"))
_BOOKING: Final = select(
    _b.tracking_id, _b.announced, _b.created, _b.received, _b.committed, _b.emitted, _b.shown
).where(_b.id.in_(tracked(bindparam("tracking"))))
_NEWEST_SCREEN: Final = select(func.max(_s.id))
_SCREENS_AFTER: Final = (
    select(_s.id, _s.from_seq, _s.to_seq).where(_s.id > bindparam("last")).order_by(_s.id).limit(1_000)
)
# In no order: by `id` SQLite would read the whole table for it.
_SCREENS: Final = select(_s.desks).where(_s.to_seq >= bindparam("seq"), _s.from_seq <= bindparam("seq"))


class Seen(msgspec.Struct, array_like=True):
    """One desk's confirmation, as it is kept."""

    person: str
    name: str
    socket: str
    time: int


class Mark(msgspec.Struct):
    """What became of one booking since it was stored."""

    committed: int | None = None
    emitted: int | None = None


class FirstShown(msgspec.Struct, frozen=True):
    """A booking that had not been on a screen before. Times in ms since 1970 UTC; `cause` is the request that told of
    it, where that is known."""

    seq: int
    cause: str | None
    paid: int
    received: int
    shown: int


class Gathered(msgspec.Struct):
    """What the next transaction will write."""

    marks: dict[int, Mark] = {}
    screens: dict[tuple[int, int], list[Seen]] = {}  # (first, last) -> who confirmed exactly that
    first: dict[int, int] = {}  # booking -> when a first desk had it

    def __bool__(self) -> bool:
        return bool(self.marks or self.screens or self.first)


class Receipts:
    """`now` is ms since 1970 UTC, `clock` monotonic seconds, `desks` says how many desks are connected,
    to any node."""

    def __init__(
        self, store: Store, relay: Relay, *, now: Callable[[], int], clock: Callable[[], float],
        desks: Callable[[], int], patience: float,
    ) -> None:  # fmt: skip
        self.alarm = ReceiptAlarm()
        self.paid_to_screen = Histogram()
        self.received_to_screen = Histogram()
        self.listeners: list[Callable[[FirstShown], object]] = []
        self._store = store
        self._relay = relay
        self._now = now
        self._clock = clock
        self._desks = desks
        self._patience = patience
        self._presence = PresenceClock()
        self._unseen = Unseen()
        self._unsent = Unsent()
        self._gathered = Gathered()
        self._newest = 0
        self._emitted = 0  # the newest booking that the relay has emitted
        self._lost: set[int] = set()  # bookings whose emission a process before us had not written down
        self._flushing = False
        self._read = 0  # id of the newest confirmation that was read
        self._unsubscribe: Callable[[], None] | None = None

    async def start(self) -> None:
        """After the relay: what nobody had seen when the last process ended is unseen still."""
        oldest, self._newest = await self._store.bounds()
        self._read, rows = await self._store.read(
            lambda tx: (tx.all(_NEWEST_SCREEN)[0][0] or 0, tx.all(_UNSEEN, oldest=oldest))
        )
        clock = self._presence.total(self._clock())
        for row in rows:
            self._unseen.add(row.announced, clock)
        self._lost = {row.announced for row in rows if row.emitted is None}
        self._emitted = self._newest
        self._relay.listen(self.emitted, PAID)
        self._unsubscribe = self._store.subscribe(self.committed)

    async def stop(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._relay.unlisten(self.emitted)
            await self.flush()

    # What happens to a booking.

    def committed(self, rows: Sequence[JournalRow]) -> None:
        """The store's listener."""
        at = self._store.committed_at
        self._newest = max(self._newest, rows[-1].seq)
        for row in rows:
            if row.name == PAID:
                self._mark(row.seq).committed = at

    def emitted(self, row: JournalRow) -> None:
        """The relay's listener: a paid booking was handed to the hub, live or by a replay."""
        if row.seq > self._emitted:
            self._emitted = row.seq
            self._unseen.add(row.seq, self._presence.total(self._clock()))
            self._mark(row.seq).emitted = self._now()
        elif row.seq in self._lost:
            self._lost.discard(row.seq)
            self._mark(row.seq).emitted = self._now()

    def shown(self, person: Person, socket_id: str, screen: Screen, since: int, through: int) -> None:
        """A desk has painted every paid booking from `since` to `through`. Nothing ahead of the relay is believed."""
        at = self._now()
        for first, last in screen.confirm(since, min(through, self._relay.position)):
            seen = Seen(person.id, person.staff_name, socket_id, at)
            self._gathered.screens.setdefault((first, last), []).append(seen)
            for seq in self._seen(first, last):
                self._gathered.first[seq] = at

    def _seen(self, first: int, last: int) -> list[int]:
        """Those that were unseen until now. A replay that is still to come is not how they got to a screen."""
        taken = self._unseen.take(first, last)
        self._lost.difference_update(taken)
        return taken

    def _mark(self, seq: int) -> Mark:
        return self._gathered.marks.setdefault(seq, Mark())

    # By the clock.

    def judge(self) -> ReceiptAlarm:
        """Whether the alarm rings now. Waits for nothing, so that it rings while the store hangs, too."""
        now, position = self._clock(), self._relay.position
        self._presence.note(now, self._desks() > 0)
        self._unsent.note(now, self._newest, position)
        unseen = self._unseen.overdue(self._presence.total(now), self._patience)
        unsent = self._unsent.overdue(now, self._patience, position)
        if unseen or unsent:
            oldest = min([*unseen[:1], *([position + 1] if unsent else [])])
            self.alarm = ReceiptAlarm(len(unseen), unsent, oldest, int(self._patience))
        else:
            self.alarm = ReceiptAlarm()
        return self.alarm

    @property
    def state(self) -> ReceiptState:
        return ReceiptState(self.alarm, len(self._unseen), max(0, self._newest - self._relay.position))

    async def flush(self) -> None:
        """Write what was gathered, one at a time. Raises Unavailable, and then it is kept for the next time."""
        if self._flushing or not self._gathered:
            return
        gathered, self._gathered = self._gathered, Gathered()
        self._flushing = True
        try:
            self._observe(await self._store.write(partial(_keep, gathered=gathered)))
        except BaseException:
            self._put_back(gathered)
            raise
        finally:
            self._flushing = False

    async def look(self) -> None:
        """Learn how far the journal has got and what desks have confirmed: other nodes write it too."""
        _, newest = await self._store.bounds()
        self._newest = max(self._newest, newest)
        for row in await self._store.read(lambda tx: tx.all(_SCREENS_AFTER, last=self._read)):
            if row.to_seq > self._relay.position:  # of rows that this node has yet to emit
                break
            self._seen(row.from_seq, row.to_seq)
            self._read = row.id

    def _put_back(self, gathered: Gathered) -> None:
        later, self._gathered = self._gathered, gathered
        for seq, mark in later.marks.items():
            before = self._mark(seq)
            before.committed = before.committed or mark.committed
            before.emitted = before.emitted or mark.emitted
        gathered.first |= later.first
        if len(gathered.screens) + len(later.screens) > MOST_GROUPS:
            gathered.screens = {}
        for key, seen in later.screens.items():
            gathered.screens.setdefault(key, []).extend(seen)

    def _observe(self, firsts: list[FirstShown]) -> None:
        for first in firsts:
            self.paid_to_screen.observe((first.shown - first.paid) / 1000)
            self.received_to_screen.observe((first.shown - first.received) / 1000)
            for listener in self.listeners:
                listener(first)

    # For people.

    async def of(self, tracking_id: str) -> Receipt:
        """For staff only, which the edge sees to. Raises NotFound."""
        return await self._store.read(partial(_receipt, tracking=tracking_id))


def _keep(tx: Transaction, *, gathered: Gathered) -> list[FirstShown]:
    for low, high, mark in runs(gathered.marks):
        tx.run(_MARK, low=low, high=high, new_committed=mark.committed, new_emitted=mark.emitted)
    for (first, last), seen in gathered.screens.items():
        tx.insert(screens, from_seq=first, to_seq=last, desks=msgspec.json.encode(seen).decode())
    firsts = []
    for seq, at in gathered.first.items():
        times = tx.first(_TIMES, seq=seq)
        if times is not None:
            tx.run(_SHOWN, seq=seq, at=at)
            cause = None if times.id is None else cause_of(times.id)
            firsts.append(FirstShown(seq, cause, times.created, times.received or at, at))
    return firsts


def runs(marks: dict[int, Mark]) -> list[tuple[int, int, Mark]]:
    """Bookings that follow each other with the same times, as one: a group that was committed together is one run."""
    seqs = sorted(marks)
    starts = [0, *(n for n, (a, b) in enumerate(pairwise(seqs), 1) if b != a + 1 or marks[a] != marks[b]), len(seqs)]
    return [(seqs[a], seqs[b - 1], marks[seqs[a]]) for a, b in pairwise(starts) if a < b]


def _receipt(tx: Transaction, *, tracking: str) -> Receipt:
    row = tx.first(_BOOKING, tracking=tracking)
    if row is None:
        raise NotFound("There is no booking with this tracking id.")
    times = (None if at is None else iso(at) for at in (row.received, row.committed, row.emitted, row.shown))
    received, committed, emitted, shown = times
    desks = [] if row.received is None else _desks(tx, row.announced)
    return Receipt(row.tracking_id, row.announced, iso(row.created), received, committed, emitted, shown, desks)


def _desks(tx: Transaction, seq: int) -> list[ShownOn]:
    """Each tab once, with its first confirmation: after a restart a tab confirms again what it shows."""
    told = [seen for row in tx.all(_SCREENS, seq=seq) for seen in msgspec.json.decode(row.desks, type=list[Seen])]
    first: dict[tuple[str, str], Seen] = {}
    for seen in sorted(told, key=lambda seen: seen.time):
        first.setdefault((seen.person, seen.socket), seen)
    return [ShownOn(seen.person, seen.name, seen.socket, iso(seen.time)) for seen in first.values()]
