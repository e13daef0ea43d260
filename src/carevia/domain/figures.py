"""The figures above the lists, as the pages are given them."""

from typing import Literal

import msgspec


class Metric(msgspec.Struct, frozen=True):
    """`change` is against the same time before (a day, or seven), in percent; None where there is none to compare with,
    or where it had nothing."""

    id: str = msgspec.field(name="_id")
    label: str
    value: int | str
    change: float | None
    trend: Literal["up", "down", "flat"]


class Trend(msgspec.Struct, frozen=True):
    date: str
    totalBookings: int


class BookingStats(msgspec.Struct, frozen=True):
    metrics: list[Metric]
    trends: list[Trend]
