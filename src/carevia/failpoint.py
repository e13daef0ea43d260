"""Points at which the process kills itself, for tests of what survives (`CAREVIA_FAILPOINT=NAME` or `NAME:N`).

Armed once at start and in development only; a disarmed point costs one comparison.
"""

import os
import signal

from carevia.errors import ConfigError

NAMES = (
    "webhook.verified",
    "webhook.in_transaction",
    "webhook.committed",
    "webhook.before_answer",
    "relay.before_emit",
    "relay.mid_fanout",
    "relay.before_mark",
    "relay.after_mark",
)

_armed: str | None = None
_passings_left = 0


def arm(spec: str | None) -> None:
    """Die by SIGKILL at the N-th passing of the named point (the first without N); None or "" disarms."""
    global _armed, _passings_left
    _armed, _passings_left = read(spec)


def read(spec: str | None) -> tuple[str | None, int]:
    """Which point, and at which passing. Raises ConfigError."""
    name, colon, count = (spec or "").partition(":")
    if name and name not in NAMES:
        raise ConfigError(f"CAREVIA_FAILPOINT: there is no point {name!r}. It must be one of {', '.join(NAMES)}.")
    if colon and not (count.isascii() and count.isdigit() and int(count) > 0):
        raise ConfigError(f"CAREVIA_FAILPOINT: {count!r} is no count. Write {name} or {name}:N with N from 1.")
    return name or None, int(count or 1)


def armed() -> bool:
    """Whether it is to die at any point at all."""
    return _armed is not None


def failpoint(name: str) -> None:
    if name == _armed and fires(name):
        die()


def fires(name: str) -> bool:
    """Counts a passing, and says whether this is the one to die at; for a point that wants something done before."""
    global _passings_left
    if name != _armed:
        return False
    _passings_left -= 1
    return _passings_left == 0


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
