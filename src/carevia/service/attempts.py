"""Attempts to sign in, and the limits on guessing. Its functions are part of the transaction that calls them.

Wrong passwords are counted for 15 minutes: five for an account from one address, twenty from one address. Once a
hundred were wrong for an account, from wherever, each address has a single attempt instead of five, but for those from
which the account was signed in to within 90 days. So guessing from many addresses is slow, and no stranger locks the
owner out: at home they may mistype as ever, and from anywhere else the right password opens at the first attempt. What
is as far ahead of now as that counts no more either: the clock was wrong, and would lock the owner out until then.
"""

import hashlib
from typing import Final, NamedTuple

from sqlalchemy import bindparam, case, delete, func, select

from carevia.errors import RateLimited
from carevia.store.tables import login_failures
from carevia.store.transaction import Row, Transaction

WINDOW: Final = 15 * 60_000  # ms
KNOWN_FOR: Final = 90 * 24 * 60 * 60_000  # ms
PER_ACCOUNT_AND_ADDRESS: Final = 5
PER_ADDRESS: Final = 20
PER_ACCOUNT: Final = 100
_ONE_EACH: Final = 1
_KNOWN: Final = "known:"

_failures = select(func.count(), func.min(login_failures.c.time)).where(
    login_failures.c.key == bindparam("failed"),
    login_failures.c.time > bindparam("since"),
    login_failures.c.time < bindparam("until"),
)
_one_of_that_time = select(func.min(login_failures.c.id)).where(
    login_failures.c.key == bindparam("failed"), login_failures.c.time == bindparam("at")
)
_failure_gone = delete(login_failures).where(login_failures.c.id == _one_of_that_time.scalar_subquery())
_failures_gone = delete(login_failures).where(login_failures.c.key == bindparam("failed"))
_old_failures = delete(login_failures).where(
    func.abs(login_failures.c.time - bindparam("now"))
    >= case((login_failures.c.key.startswith(_KNOWN), KNOWN_FOR), else_=WINDOW)
)


class Keys(NamedTuple):
    """What attempts are kept by; no e-mail in clear. `known` says that the account was signed in to from there."""

    both: str
    address: str
    account: str
    known: str

    @property
    def counted(self) -> tuple[str, ...]:
        return self.both, self.address, self.account


def keys_of(login: str, address: str) -> Keys:
    account = _hidden(login)
    known = _hidden(f"{account} {address}")
    return Keys(f"both:{account}:{address}", f"address:{address}", f"account:{account}", _KNOWN + known)


def begin(tx: Transaction, *, keys: Keys, now: int) -> int:
    """Count this attempt as a failure until it succeeds; RateLimited where the window is full. `now` in ms, by
    which it is taken back: of several of one time it does not matter which."""
    limits = {keys.both: PER_ACCOUNT_AND_ADDRESS, keys.address: PER_ADDRESS}
    if _found(tx, keys.account, now, WINDOW)[0] >= PER_ACCOUNT and not _found(tx, keys.known, now, KNOWN_FOR)[0]:
        limits[keys.both] = _ONE_EACH
    for key, limit in limits.items():
        count, oldest = _found(tx, key, now, WINDOW)
        if count >= limit:
            wait = max(1, -(-(oldest + WINDOW - now) // 1000))
            raise RateLimited("Too many attempts to sign in. Wait some minutes and try again.", retry_after=wait)
    for key in keys.counted:
        tx.insert(login_failures, key=key, time=now)
    return now


def forget(tx: Transaction, *, keys: Keys, at: int) -> None:
    """Nobody guessed: the attempt that began at this time does not count."""
    for key in keys.counted:
        tx.run(_failure_gone, failed=key, at=at)


def succeed(tx: Transaction, *, keys: Keys, at: int, now: int) -> None:
    """The account's failures from this address are forgotten, and the address is known from now on."""
    forget(tx, keys=keys, at=at)
    for key in (keys.both, keys.known):
        tx.run(_failures_gone, failed=key)
    tx.insert(login_failures, key=keys.known, time=now)


def forget_old(tx: Transaction, *, now: int) -> None:
    tx.run(_old_failures, now=now)


def _found(tx: Transaction, key: str, now: int, span: int) -> Row:
    """How many there are, and the time of the oldest."""
    return tx.all(_failures, failed=key, since=now - span, until=now + span)[0]


def _hidden(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
