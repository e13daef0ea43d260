"""Times: integer ms since 1970 UTC inside, ISO 8601 UTC with milliseconds on the wire. No clock here."""

from datetime import UTC, datetime, timedelta

_START = datetime(1970, 1, 1, tzinfo=UTC)


def iso(ms: int) -> str:
    """2026-11-23T04:30:15.123Z"""
    moment = _START + timedelta(milliseconds=ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
