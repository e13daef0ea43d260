"""The rows of the table: what is measured, in which unit, and what is asked of ours. The figures, and what they say.

Pure: no process, no file, no clock.
"""

import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bench.servers import LOOP, NODE, OURS


@dataclass(frozen=True)
class Bound:
    """At most: so many times Node's figure, so many times the C loop's, and so much in the row's own unit.

    `least`: at least, for what is better when there is more of it.
    """

    node: float | None = None
    loop: float | None = None
    most: float | None = None
    least: bool = False

    def __str__(self) -> str:
        sign = "≥" if self.least else "≤"
        parts = [
            f"{self.node:g} × Node" if self.node is not None else "",
            f"{self.loop:g} × C loop" if self.loop is not None else "",
            f"{self.most:g}" if self.most is not None else "",
        ]
        return ", ".join(f"{sign} {part}" for part in parts if part)

    def holds(self, found: float, limit: float) -> bool:
        return found >= limit if self.least else found <= limit


@dataclass(frozen=True)
class Row:
    """One operation. Smaller is better, where its bounds do not say otherwise."""

    key: str
    title: str
    unit: str
    required: Bound = Bound()
    goal: Bound = Bound()


ROOMS, NAMESPACES = (100, 1_000, 10_000), (1, 10, 100)
ENGINE = {
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
        *(Row(f"among-rooms-{n}", f"event to a room of 100 while {n:,} others exist", "µs") for n in ROOMS),
        *(Row(f"among-namespaces-{n}", f"event to a namespace of 100 beside {n:,} others", "µs") for n in NAMESPACES),
        Row("polling-event", "polling: one event to 1,000", "µs", Bound(0.8), Bound(0.65)),
        Row("polling-echo", "polling: a POST and a GET", "µs", Bound(0.8), Bound(0.65)),
        Row("crowd-memory", "18,000 idle connections: memory growth", "MB", Bound(most=90), Bound(most=60)),
        Row("crowd-late", "18,000 idle connections: latest ping after", "s", Bound(most=26)),
        Row("crowd-event", "18,000 connections: an event to all in", "s", Bound(most=0.3), Bound(most=0.2)),
        Row("slow-memory", "100 MB to a client that reads nothing: memory growth", "MB", Bound(most=5)),
        Row("slow-others", "beside it: the others' p99, to what it was before", "×", Bound(most=2)),
    )
}
HALF = Bound(1), Bound(0.5)  # no worse than Node; half of Node's


def job_rows(desks: int, at_once: int, cpu: tuple[Bound, Bound], **other: tuple[Bound, Bound]) -> Iterator[Row]:
    """One cell of the main job: so many desks, so many webhooks at once."""
    key, where = (
        f"job-{desks}-{at_once}",
        f"{desks:,} desks, {at_once} at once" if desks else f"no desk, {at_once} at once",
    )
    yield Row(f"{key}-cpu", f"{where}: CPU per webhook", "ms", *cpu)
    yield Row(f"{key}-rate", f"{where}: jobs a second", "/s", *other.get("rate", ()))
    yield Row(f"{key}-200-p50", f"{where}: POST → 200, p50", "ms", *other.get("answer", HALF))
    yield Row(f"{key}-200-p99", f"{where}: POST → 200, p99", "ms", *HALF)
    if desks:
        yield Row(f"{key}-desk-p50", f"{where}: POST → last desk, p50", "ms", *HALF)
        yield Row(f"{key}-desk-p99", f"{where}: POST → last desk, p99", "ms", *HALF)


def at_least(required: float, goal: float) -> tuple[Bound, Bound]:
    return Bound(required, least=True), Bound(goal, least=True)


DESK = {
    row.key: row
    for row in (
        *job_rows(0, 1, (Bound(0.9), Bound(0.7))),
        *job_rows(0, 8, (Bound(0.6), Bound(0.4))),
        *job_rows(0, 32, (Bound(0.6), Bound(0.4))),
        *job_rows(1000, 1, (Bound(0.6), Bound(0.45)), rate=at_least(1.6, 2.2)),
        *job_rows(1000, 8, (Bound(0.25), Bound(0.15)), answer=(Bound(0.3), Bound(0.15))),
        *job_rows(1000, 32, (Bound(0.25), Bound(0.15)), rate=at_least(4, 6)),
        Row("chat-rate", "chat, 200 rooms of 2: messages a second", "/s", *at_least(3, 6)),
        Row("chat-cpu", "chat, 200 rooms of 2: CPU per message", "ms"),
    )
}


def cluster_rows(count: int) -> Iterator[Row]:
    """So many processes on one Redis, 1,000 clients by turns on them."""
    key, where = f"cluster-{count}", f"{count} processes" if count > 1 else "1 process"
    yield Row(f"{key}-all-rate", f"{where}: events to all, delivered a second", "/s")
    yield Row(f"{key}-all-cpu", f"{where}: events to all, CPU per delivered message", "µs")
    yield Row(f"{key}-all-redis", f"{where}: events to all, CPU of Redis per event", "µs")
    yield Row(f"{key}-pairs-rate", f"{where}: events to rooms of 2, delivered a second", "/s")
    yield Row(f"{key}-pairs-cpu", f"{where}: events to rooms of 2, CPU per delivered message", "µs")
    yield Row(f"{key}-pairs-redis", f"{where}: events to rooms of 2, CPU of Redis per event", "µs")
    yield Row(f"{key}-way", f"{where}: event to one client of the next process, mean", "ms")
    yield Row(f"{key}-base", f"{where}: memory per process without clients", "MB")
    yield Row(f"{key}-memory", f"{where}: memory of all, with 1,000 clients", "MB")


CLUSTER = {row.key: row for count in (1, 2, 4) for row in cluster_rows(count)}
ROWS = ENGINE | DESK | CLUSTER
# Cost per delivered message: the name of a picture, what grows, and the rows that say it.
PLOTTED = (
    (
        "performance-clients",
        "connected clients, each gets every event",
        {"one-100": 100, "one-1000": 1_000, "one-10000": 10_000},
    ),
    (
        "performance-rooms",
        "other rooms, while 100 of 1,000 clients get every event",
        {f"among-rooms-{n}": n for n in ROOMS},
    ),
    (
        "performance-namespaces",
        "other namespaces, while 100 of 1,000 clients get every event",
        {f"among-namespaces-{n}": n for n in NAMESPACES},
    ),
)


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

    def rows(self, table: Mapping[str, Row] = ROWS) -> list[Row]:
        """The rows of a table that have figures, in its order."""
        return [row for key, row in table.items() if key in self.values]

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
        return all(bound.holds(found.middle, limit) for limit, found in known if found)

    def is_below_floor(self, row: Row) -> bool:
        """Whether the limit by Node's figure is less than bare `send` calls cost: nothing that makes them meets it."""
        floor = self.ratio(row.key, NODE, LOOP)
        limit = row.required.node
        return floor is not None and limit is not None and not row.required.holds(floor.middle, limit)

    def verdict(self, row: Row) -> str:
        required, goal = self.meets(row, row.required), self.meets(row, row.goal)
        if required is False:
            return "missed, by the C loop too" if self.is_below_floor(row) else "missed"
        if goal:
            return "goal"
        return "required" if required else ""


def spread(values: Iterable[float]) -> Spread | None:
    found = sorted(values)
    return Spread(statistics.median(found), found[0], found[-1]) if found else None


def number(value: float) -> str:
    """Three significant digits, without exponents."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
