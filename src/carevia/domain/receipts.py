"""The receipt of a paid booking, from the provider to the screens, and when its absence is an alarm.

Pure. Journal numbers name bookings (the number of their `customer_added`); stored times are ms since 1970 UTC, the
alarm's clock is monotonic seconds. A desk confirms cumulatively: "every paid booking from `since` to `seq` is shown".
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from typing import Annotated

import msgspec
from msgspec import Meta


class ShownOn(msgspec.Struct, frozen=True):
    """One desk that confirmed: who sat there, which tab, and when."""

    personId: str
    name: str
    socketId: str
    shownAt: str


class Receipt(msgspec.Struct, frozen=True):
    """ISO times; None is what has not happened, or what a process that was killed had not written down yet. Then
    `committedAt` is the moment at which the transaction that was committed wrote the booking."""

    trackingId: str
    seq: int
    paidAt: str
    receivedAt: str | None
    committedAt: str | None
    emittedAt: str | None
    shownAt: str | None
    desks: list[ShownOn]


class ReceiptAlarm(msgspec.Struct, frozen=True):
    """All zeros while there is none."""

    unseen: Annotated[int, Meta(description="paid bookings that have been on no screen for `seconds`")] = 0
    unsent: Annotated[int, Meta(description="journal rows that have waited `seconds` to be sent")] = 0
    oldest: Annotated[int, Meta(description="the journal's number of the oldest of them")] = 0
    seconds: Annotated[int, Meta(description="the patience that was set")] = 0

    @property
    def rings(self) -> bool:
        return bool(self.unseen or self.unsent)


class ReceiptState(msgspec.Struct, frozen=True):
    """`unseen` and `unsent` count from the first moment, `alarm` only what has lasted too long."""

    alarm: ReceiptAlarm
    unseen: int
    unsent: int


class Screen:
    """What one tab has confirmed so far: every paid booking from `low` to `high`."""

    __slots__ = ("high", "low")

    def __init__(self) -> None:
        self.low, self.high = 1, 0

    def confirm(self, since: int, through: int) -> list[tuple[int, int]]:
        """The ranges (first, last) that are new in a confirmation; none where it says nothing new."""
        since = max(1, since)
        if through < since:
            return []
        if since > self.high + 1 or through < self.low - 1 or not self.high:  # apart from what was known
            self.low, self.high = since, through
            return [(since, through)]
        news = []
        if since < self.low:
            news.append((since, self.low - 1))
            self.low = since
        if through > self.high:
            news.append((self.high + 1, through))
            self.high = through
        return news


class PresenceClock:
    """How long, all in all, somebody could have seen something: it stands still while no desk is connected."""

    def __init__(self) -> None:
        self._total = 0.0
        self._at = 0.0
        self._connected = False

    def note(self, now: float, connected: bool) -> None:
        self._total, self._at, self._connected = self.total(now), now, connected

    def total(self, now: float) -> float:
        return self._total + (max(0.0, now - self._at) if self._connected else 0.0)


class Unseen:
    """Paid bookings that no desk has confirmed, and what the presence clock said when each was announced."""

    def __init__(self) -> None:
        self._seqs: list[int] = []
        self._since: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._seqs)

    def add(self, seq: int, clock: float) -> None:
        if seq not in self._since:
            insort(self._seqs, seq)
            self._since[seq] = clock

    def take(self, first: int, last: int) -> list[int]:
        """Those from `first` to `last`, which are unseen no longer."""
        start, end = bisect_left(self._seqs, first), bisect_right(self._seqs, last)
        if start == end:
            return []
        taken = self._seqs[start:end]
        del self._seqs[start:end]
        for seq in taken:
            del self._since[seq]
        return taken

    def overdue(self, clock: float, patience: float) -> list[int]:
        """Who was announced later has waited no longer: there may be thousands, and this is asked every second."""
        return self._seqs[: bisect_right(self._seqs, clock - patience, key=self._since.__getitem__)]


class Unsent:
    """How far the journal had got at which moment, as long as the relay has not got there."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def note(self, now: float, newest: int, position: int) -> None:
        while self._marks and self._marks[0][1] <= position:
            self._marks.popleft()
        if newest > max(position, self._marks[-1][1] if self._marks else 0):
            self._marks.append((now, newest))

    def overdue(self, now: float, patience: float, position: int) -> int:
        """How many rows have waited that long."""
        late = [newest for at, newest in self._marks if now - at >= patience]
        return max(0, late[-1] - position) if late else 0
