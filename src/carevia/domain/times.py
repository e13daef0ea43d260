"""Times: integer ms since 1970 UTC inside, ISO 8601 UTC with milliseconds on the wire. No clock here."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_START = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT = 256  # seconds whose text is kept: what is said at one time mostly names that time


def iso(ms: int) -> str:
    """2026-11-23T04:30:15.123Z"""
    second, left = divmod(ms, 1000)
    return f"{_second(second)}.{left:03d}Z"


@lru_cache(_KEPT)
def _second(second: int) -> str:
    return f"{_START + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}"
