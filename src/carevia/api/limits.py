"""How much one address and one socket may do. Plain counting; `now` is seconds on a monotonic clock. 0 is off."""

from carevia.errors import RateLimited

_FLOOD_FACTOR = 10
_FLOOD_SECONDS = 5.0
_MANY_ADDRESSES = 10_000


class EventBudget:
    """One socket's events: `rate` a second, a burst of twice that. Refused is told, never silent."""

    __slots__ = ("_at", "_count", "_since", "_tokens")

    def __init__(self, rate: int, now: float) -> None:
        self._tokens = 2.0 * rate
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
        if tokens > 2.0 * rate:
            tokens = 2.0 * rate
        self._at = now
        if tokens < 1:
            self._tokens = tokens
            raise TooFast((1 - tokens) / rate, self._count > rate * _FLOOD_FACTOR * _FLOOD_SECONDS)
        self._tokens = tokens - 1


class TooFast(RateLimited):
    """`wait`: how many seconds. `floods`: ten times the rate was sent for five seconds, which ends a connection."""

    def __init__(self, wait: float, floods: bool) -> None:
        super().__init__("Too many events at once. Wait a moment and send it again.")
        self.wait = round(wait, 3)
        self.floods = floods


class AddressLimits:
    """Handshakes a second and guests connected, per address. Whoever proves who they are is not counted: families
    behind one carrier's address are many."""

    def __init__(self, handshakes_per_second: int, connections: int) -> None:
        self._rate = handshakes_per_second
        self._connections = connections
        self._recent: dict[str, tuple[float, int]] = {}  # address -> (second begun, handshakes in it)
        self._guests: dict[str, int] = {}

    def refuses(self, address: str, now: float) -> bool:
        """Counts a handshake; whether it is one too many."""
        if self._connections and self._guests.get(address, 0) >= self._connections:
            return True
        if not self._rate:
            return False
        began, count = self._recent.get(address, (now, 0))
        if now - began >= 1:
            began, count = now, 0
        if len(self._recent) > _MANY_ADDRESSES:
            self._recent = {key: seen for key, seen in self._recent.items() if now - seen[0] < 1}
        self._recent[address] = (began, count + 1)
        return count >= self._rate

    def proved(self, address: str) -> None:
        """That handshake belonged to somebody who signed in."""
        if address in self._recent:
            began, count = self._recent[address]
            self._recent[address] = (began, max(0, count - 1))

    def guest_came(self, address: str) -> None:
        self._guests[address] = self._guests.get(address, 0) + 1

    def guest_went(self, address: str) -> None:
        left = self._guests.get(address, 0) - 1
        if left > 0:
            self._guests[address] = left
        else:
            self._guests.pop(address, None)
