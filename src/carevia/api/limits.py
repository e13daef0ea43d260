"""How much each address, person and socket may do. Plain counting; `now` is seconds on a monotonic clock; 0 is off."""

from collections.abc import Callable
from math import ceil

from carevia.domain.people import Person
from carevia.errors import RateLimited
from carevia.realtime import Session

_FLOOD_FACTOR = 10
_FLOOD_SECONDS = 5.0
_MANY_ADDRESSES = 10_000
_BURST_SECONDS = 2.0  # worth of events at once, which is whole again after as long
_WORTH_A_WORD = 8  # an address that has an eighth of what is allowed, on one node, is told to the other nodes


class EventBudget:
    """One connection's events: `rate` a second, a burst of twice that. Refused is told, never silent. It is the
    session's `data`, from its first event on (many only listen): a socket that leaves and connects anew gets no other.
    """

    __slots__ = ("_at", "_count", "_since", "_tokens")

    def __init__(self, rate: int, now: float) -> None:
        self._tokens = _BURST_SECONDS * rate
        self._at = now
        self._count = 0
        self._since = now

    def spend(self, rate: int, now: float) -> None:
        """Raises TooFast."""
        if not rate:
            return
        if now - self._since >= _FLOOD_SECONDS:
            self._count, self._since = 0, now
        self._count += 1
        tokens = self._tokens + (now - self._at) * rate
        if tokens > _BURST_SECONDS * rate:
            tokens = _BURST_SECONDS * rate
        self._at = now
        if tokens < 1:
            self._tokens = tokens
            raise TooFast((1 - tokens) / rate, self._count > rate * _FLOOD_FACTOR * _FLOOD_SECONDS)
        self._tokens = tokens - 1

    def rested(self, now: float) -> bool:
        """Whether it is as good as a new one."""
        return now - self._at >= _BURST_SECONDS


def begin_budget(session: Session, rate: int, now: float) -> EventBudget:
    """For a session that has none."""
    budget = session.data = EventBudget(rate, now)
    return budget


class PersonBudgets:
    """What one customer may change over HTTP: as much as the sockets of all their tabs may send. Staff may do more at
    once, and so may a site's own programs that act for them. Whoever has a whole budget again is forgotten. `monotonic`
    gives seconds.
    """

    def __init__(self, rate: int, tabs: int, monotonic: Callable[[], float]) -> None:
        self._rate = rate * tabs
        self._monotonic = monotonic
        self._budgets: dict[str, EventBudget] = {}
        self._tidied = 0.0

    def spend(self, person: Person) -> None:
        """Raises TooFast."""
        if not self._rate or person.is_staff:
            return
        now = self._monotonic()
        budget = self._budgets.get(person.id)
        if budget is None:
            self._tidy(now)
            budget = self._budgets[person.id] = EventBudget(self._rate, now)
        budget.spend(self._rate, now)

    def _tidy(self, now: float) -> None:
        if now - self._tidied >= _BURST_SECONDS:
            self._tidied = now
            self._budgets = {key: budget for key, budget in self._budgets.items() if not budget.rested(now)}


class TooFast(RateLimited):
    """`wait`: how many seconds. `floods`: ten times the rate was sent for five seconds, which ends a connection."""

    def __init__(self, wait: float, floods: bool) -> None:
        super().__init__("Too many events at once. Wait a moment and send it again.", retry_after=ceil(wait))
        self.wait = round(wait, 3)
        self.floods = floods


class AddressLimits:
    """Handshakes a second and open sessions, per address. Whoever proves who they are is not counted: families behind
    one carrier's address are many. The others are strangers: guests, and who has not said anything yet.

    Over several nodes: `to_share` is what the others have to know of handshakes, `close` what they answer; strangers
    are told to `strangers_changed(address, how many)`, and those of other nodes counted by
    `strangers_elsewhere(address)`.
    """

    def __init__(
        self, handshakes_per_second: int, connections: int,
        strangers_elsewhere: Callable[[str], int] = lambda _: 0,
        strangers_changed: Callable[[str, int], object] | None = None,
    ) -> None:  # fmt: skip
        self.touched: Callable[[], object] | None = None  # called when there is something to share
        self.rate = handshakes_per_second
        self._connections = connections
        self._strangers_elsewhere = strangers_elsewhere
        self._strangers_changed = strangers_changed
        self._recent: dict[str, _Recent] = {}
        self._to_share: set[str] = set()
        self._closed: dict[str, float] = {}  # address -> until when
        self._strangers: dict[str, int] = {}
        self._many: set[str] = set()  # addresses with so many that the other nodes are told

    def refuses(self, address: str, now: float) -> bool:
        """Counts a handshake; whether it is one too many."""
        if self._connections:
            strangers = self._strangers.get(address, 0) + self._strangers_elsewhere(address)
            if strangers >= self._connections:
                return True
        if not self.rate:
            return False
        recent = self._recent.get(address)
        if recent is None or now - recent.began >= 1:
            self._tidy(now)
            recent = self._recent[address] = _Recent(now)
        recent.count += 1
        self._touch(address, recent)
        return recent.count > self.rate or self._closed.get(address, now) > now

    def proved(self, address: str) -> None:
        """A handshake belonged to somebody who signed in."""
        recent = self._recent.get(address)
        if recent is not None and recent.count:
            recent.count -= 1
            self._touch(address, recent)

    def _tidy(self, now: float) -> None:
        if len(self._recent) > _MANY_ADDRESSES:
            self._recent = {key: seen for key, seen in self._recent.items() if now - seen.began < 1}
        if len(self._closed) > _MANY_ADDRESSES:
            self._closed = {key: until for key, until in self._closed.items() if until > now}

    def _touch(self, address: str, recent: "_Recent") -> None:
        """Ordinary clients are not worth a word to the others."""
        if self.touched is not None and (recent.shared or recent.count > self.rate // _WORTH_A_WORD):
            self._to_share.add(address)
            self.touched()

    def to_share(self) -> list[tuple[str, int]]:
        """How many more (or fewer) handshakes of an address there were since it was last said."""
        found = []
        for address in self._to_share:
            if (recent := self._recent.get(address)) is not None and recent.count != recent.shared:
                found.append((address, recent.count - recent.shared))
                recent.shared = recent.count
        self._to_share.clear()
        return found

    def close(self, address: str, until: float) -> None:
        """All nodes together have taken as many as they may."""
        self._closed[address] = until

    def stranger_came(self, address: str) -> None:
        """A session was opened."""
        self._count_strangers(address, 1)

    def stranger_went(self, address: str) -> None:
        """It has ended, or we know now whose it is."""
        self._count_strangers(address, -1)

    def _count_strangers(self, address: str, more: int) -> None:
        if not self._connections:
            return
        count = self._strangers.get(address, 0) + more
        if count > 0:
            self._strangers[address] = count
        else:
            self._strangers.pop(address, None)
        if self._strangers_changed is None:
            return
        if count > self._connections // _WORTH_A_WORD:
            self._many.add(address)
        elif address not in self._many:
            return
        elif count <= 0:
            self._many.remove(address)
        self._strangers_changed(address, count)


class _Recent:
    """The handshakes of an address in one second."""

    __slots__ = ("began", "count", "shared")

    def __init__(self, now: float) -> None:
        self.began = now
        self.count = 0
        self.shared = 0  # of them, that the other nodes know of
