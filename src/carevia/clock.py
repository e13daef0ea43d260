"""The wall clock, for app.py and the commands alone: they hand `now` on to whoever needs the time."""

import time


def now() -> int:
    """ms since 1970 UTC."""
    return time.time_ns() // 1_000_000
