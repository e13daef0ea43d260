"""The rows of the table: what is measured, in which unit, and what is asked of ours. The figures, and what they say.

Pure: no process, no file, no clock.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.servers import LOOP, NODE, OURS


@dataclass(frozen=True)
class Bound:
    """At most: so many times Node's figure, so many times the C loop's, and so much in the row's own unit."""

    node: float | None = None
    loop: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        parts = [
            f"{self.node:g} × Node" if self.node is not None else "",
            f"{self.loop:g} × C loop" if self.loop is not None else "",
            f"{self.most:g}" if self.most is not None else "",
        ]
        return ", ".join(f"≤ {part}" for part in parts if part)


@dataclass(frozen=True)
class Row:
    """One operation. Smaller is better everywhere."""

    key: str
    title: str
    unit: str
    required: Bound = Bound()
    goal: Bound = Bound()


ROWS = {
    row.key: row
    for row in (
        Row("one-100", "one event to 100, one outstanding", "µs"),
        Row("one-1000", "one event to 1,000, one outstanding", "µs", Bound(0.5, 1.4), Bound(0.3)),
        Row("eight-1000", "one event to 1,000, eight outstanding", "µs", Bound(0.2), Bound(0.12)),
        Row("five-1000", "five events in one turn to 1,000", "µs", Bound(0.2), Bound(0.12)),
        Row("one-10000", "one event to 10,000, one outstanding", "µs", Bound(0.5), Bound(0.4)),
        Row("eight-10000", "one event to 10,000, eight outstanding", "µs", Bound(0.2), Bound(0.1)),
        Row("five-10000", "five events in one turn to 10,000", "µs", Bound(0.2), Bound(0.1)),
        Row("echo", "echo: event in, acknowledgement out", "µs", Bound(0.5), Bound(0.35)),
        Row("connect-first", "new connection, the first 1,000 of a server", "µs", Bound(0.25), Bound(0.15)),
        Row("connect", "new connection, 2,000 more", "µs"),  # when Node's compiler has seen a thousand
        Row("memory", "memory per idle connection", "KB", Bound(0.25, most=5), Bound(most=2.5)),
        Row("heartbeat", "one heartbeat", "µs", Bound(0.4), Bound(0.3)),
        Row("room-100", "event to a room of 100 among 10,000", "µs", Bound(0.5)),
        Row("rooms-2", "events to 10,000 rooms of 2", "µs", Bound(0.5)),
        Row("polling-event", "polling: one event to 1,000", "µs", Bound(0.8), Bound(0.65)),
        Row("polling-echo", "polling: a POST and a GET", "µs", Bound(0.8), Bound(0.65)),
        Row("crowd-memory", "18,000 idle connections: memory growth", "MB", Bound(most=90), Bound(most=60)),
        Row("crowd-late", "18,000 idle connections: latest ping after", "s", Bound(most=26)),
        Row("crowd-event", "18,000 connections: an event to all in", "s", Bound(most=0.3), Bound(most=0.2)),
    )
}
PLOTTED = {"one-100": 100, "one-1000": 1_000, "one-10000": 10_000}  # cost per delivered message against clients


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest."""

    middle: float
    low: float
    high: float


@dataclass
class Figures:
    """What was measured: for each row and server, round by round."""

    values: dict[str, dict[str, dict[int, float]]] = field(default_factory=dict)

    def add(self, row: str, server: str, turn: int, value: float) -> None:
        self.values.setdefault(row, {}).setdefault(server, {})[turn] = value

    def rows(self) -> list[Row]:
        """The rows that have figures, in the table's order."""
        return [row for key, row in ROWS.items() if key in self.values]

    def spread(self, row: str, server: str) -> Spread | None:
        return spread(self.values.get(row, {}).get(server, {}).values())

    def ratio(self, row: str, other: str, server: str = OURS) -> Spread | None:
        """Ours divided by the other's of the same round, so that a slow minute of the machine weighs on both."""
        ours, theirs = (self.values.get(row, {}).get(name, {}) for name in (server, other))
        return spread(ours[turn] / theirs[turn] for turn in ours if theirs.get(turn))

    def meets(self, row: Row, bound: Bound) -> bool | None:
        """None where the bound asks nothing, or what it compares with was not measured."""
        asked = [
            (bound.node, self.ratio(row.key, NODE)),
            (bound.loop, self.ratio(row.key, LOOP)),
            (bound.most, self.spread(row.key, OURS)),
        ]
        known = [(limit, found) for limit, found in asked if limit is not None]
        if not known or any(found is None for _, found in known):
            return None
        return all(found.middle <= limit for limit, found in known if found)

    def verdict(self, row: Row) -> str:
        required, goal = self.meets(row, row.required), self.meets(row, row.goal)
        if required is False:
            return "missed"
        if goal:
            return "goal"
        return "required" if required else ""


def spread(values: Iterable[float]) -> Spread | None:
    found = sorted(values)
    return Spread(statistics.median(found), found[0], found[-1]) if found else None


def number(value: float) -> str:
    """Three significant digits, without exponents."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
