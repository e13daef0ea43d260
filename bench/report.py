"""The tables, as text and in the pages of docs/. All that anyone says about speed comes from here."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import draw
from bench.servers import LOOP, NODE, OURS, PYTHON, TITLES
from bench.table import CLUSTER, DESK, ENGINE, PLOTTED, Figures, Row, Spread, number

BEGIN, END = "<!-- made by `python3 run.py bench`: do not edit -->", "<!-- end of what was made -->"
SERVERS = (OURS, NODE, PYTHON, LOOP)
PARTS = ((ENGINE, SERVERS), (DESK, (OURS, NODE)), (CLUSTER, (OURS, NODE)))


@dataclass(frozen=True)
class Facts:
    """Under which circumstances."""

    date: str
    machine: str
    versions: list[str]
    rounds: int
    seconds: float
    minutes: float
    generator: list[float]


def figure(found: Spread | None, digits: int | None = None) -> str:
    """`12.3 (11.9-14)`; a dash where nothing was measured."""
    if found is None:
        return "–"
    said = [f"{value:.{digits}f}" if digits else number(value) for value in (found.middle, found.low, found.high)]
    return said[0] if said[1] == said[2] else f"{said[0]} ({said[1]}–{said[2]})"


ASKED = ["required", "goal", "met"]


def cells(figures: Figures, row: Row, servers: Sequence[str], asked: bool) -> list[str]:
    against_loop = figure(figures.ratio(row.key, LOOP) if row.unit == "µs" else None, 2)
    return [
        f"{row.title}, {row.unit}",
        *(figure(figures.spread(row.key, server)) for server in servers),
        figure(figures.ratio(row.key, NODE), 2),
        *([against_loop] if LOOP in servers else []),
        *([str(row.required), str(row.goal), figures.verdict(row)] if asked else []),
    ]


def table(figures: Figures, rows: Mapping[str, Row], servers: Sequence[str]) -> list[list[str]]:
    """Without the columns of what is asked where nothing is."""
    loop = ["÷ C loop"] if LOOP in servers else []
    asked = any(str(row.required) or str(row.goal) for row in rows.values())
    head = ["operation", *(TITLES[server] for server in servers), "÷ Node", *loop, *(ASKED if asked else [])]
    return [head, *(cells(figures, row, servers, asked) for row in figures.rows(rows))]


def text(figures: Figures) -> str:
    """For a terminal."""
    return "\n\n".join(columns(table(figures, *part)) for part in PARTS if figures.rows(part[0]))


def columns(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def markdown(figures: Figures, rows: Mapping[str, Row], servers: Sequence[str]) -> str:
    head, *lines = table(figures, rows, servers)
    rule = ["---" if name in ("operation", *ASKED) else "---:" for name in head]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *lines])


def chapter(figures: Figures, facts: Facts) -> str:
    """What stands between the markers."""
    own = f"{statistics.median(facts.generator):.1f}" if facts.generator else "–"
    return f"""{BEGIN}
Measured {facts.date} on {facts.machine}: {facts.rounds} rounds, {facts.seconds:g} s for each figure, \
{facts.minutes:.0f} minutes in all.

{chr(10).join(f"- {version}" for version in facts.versions)}

Median (smallest–largest). µs: CPU time of the server for one delivered message, echo, connection or heartbeat. \
Ratios are taken within a round. "By the C loop too": a bare `send` cost more on this machine than the limit that is \
set by Node's figure. The load generator, a process of its own, used {own} µs per message.

{markdown(figures, *PARTS[0])}

![CPU of each server for each operation, as a multiple of Node's](pictures/performance.svg)

![CPU per delivered message for 100, 1,000 and 10,000 clients](pictures/performance-clients.svg)

![CPU per delivered message while 100, 1,000 and 10,000 other rooms exist](pictures/performance-rooms.svg)

![CPU per delivered message while others are in 1, 10 and 100 other namespaces](pictures/performance-namespaces.svg)

### The main job, end to end

A signed webhook until its 200, which means committed with FULL sync, and until its event is on every desk; \
beside Node with Express, stripe, better-sqlite3 and socket.io. And chat messages until their acknowledgement, \
which means committed.

{markdown(figures, *PARTS[1])}
{END}"""


def cluster_chapter(figures: Figures, facts: Facts) -> str:
    return f"""{BEGIN}
Measured {facts.date} on {facts.machine}: {facts.rounds} rounds, {facts.seconds:g} s for each figure, \
{facts.minutes:.0f} minutes in all.

{chr(10).join(f"- {version}" for version in facts.versions[:2])}
- Valkey, one process, on the same machine

Median (smallest–largest); ratios are taken within a round. CPU is that of all server processes together, Redis apart.

{markdown(figures, *PARTS[2])}

![Delivered messages a second against the number of processes](pictures/scaling-rate.svg)

![CPU per delivered message against the number of processes, events to rooms of 2](pictures/scaling-cpu.svg)
{END}"""


def write(figures: Figures, facts: Facts, folder: Path) -> list[Path]:
    """performance.md, scaling.md and their pictures in `folder`, each where there are figures for it. What people
    wrote around the markers stays."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    written: dict[Path, str] = {}
    if figures.rows(ENGINE | DESK):
        page = folder / "performance.md"
        written[page] = between(page, "# Performance", chapter(figures, facts))
        bars = draw.bars(comparisons(figures), [TITLES[server] for server in SERVERS])
        written[pictures / "performance.svg"] = bars
        for name, grows, rows in PLOTTED:
            written[pictures / f"{name}.svg"] = draw.lines(scaling(figures, rows), along=grows)
    if figures.rows(CLUSTER):
        page = folder / "scaling.md"
        written[page] = between(page, "# How it grows", cluster_chapter(figures, facts))
        for name, row, title in CURVES:
            plotted = {f"cluster-{count}-{row}": count for count in (1, 2, 4)}
            written[pictures / f"{name}.svg"] = draw.lines(scaling(figures, plotted), title, "processes")
    for path, text in written.items():
        path.write_text(text)
    return list(written)


CURVES = (
    ("scaling-rate", "all-rate", "Events to 1,000 clients: delivered messages a second"),
    ("scaling-cpu", "pairs-cpu", "Events to rooms of 2 over processes: CPU per delivered message, µs"),
)


def between(page: Path, title: str, made: str) -> str:
    """The page with what was made between its markers."""
    old = page.read_text() if page.is_file() else ""
    if BEGIN in old and END in old:
        return old.partition(BEGIN)[0] + made + old.rpartition(END)[2]
    return f"{title}\n\n{made}\n"


def comparisons(figures: Figures) -> list[tuple[str, dict[str, float], str]]:
    """(title, multiples of Node's figure by server, unit with Node's own figure) for each row that Node has."""
    found = []
    for row in figures.rows(ENGINE):
        node = figures.spread(row.key, NODE)
        if node is None or not node.middle or row.key == "crowd-late":
            continue
        known = {server: figures.ratio(row.key, NODE, server) for server in SERVERS}
        if row.unit in {"KB", "MB"}:
            known[LOOP] = None  # it keeps next to nothing of a connection
        multiples = {TITLES[name]: one.middle for name, one in known.items() if one and one.middle > 0}
        found.append((row.title, multiples, f"Node: {number(node.middle)} {row.unit}"))
    return found


def scaling(figures: Figures, plotted: Mapping[str, int]) -> dict[str, list[tuple[int, float]]]:
    """Points by server: the number that a row stands for, and its figure."""
    found = {}
    for server in SERVERS:
        spreads = [(at, figures.spread(key, server)) for key, at in plotted.items()]
        points = [(at, one.middle) for at, one in spreads if one]
        if points:
            found[TITLES[server]] = points
    return found
