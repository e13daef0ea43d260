"""The table as text and as Markdown, and what is written to docs/. All that anyone says about speed comes from here."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import draw
from bench.servers import LOOP, NODE, OURS, PYTHON, TITLES
from bench.table import DESK, ENGINE, PLOTTED, Figures, Row, Spread, number

BEGIN, END = "<!-- made by `python3 run.py bench`: do not edit -->", "<!-- end of what was made -->"
SERVERS = (OURS, NODE, PYTHON, LOOP)
PARTS = ((ENGINE, SERVERS), (DESK, (OURS, NODE)))


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


def cells(figures: Figures, row: Row, servers: Sequence[str]) -> list[str]:
    against_loop = figure(figures.ratio(row.key, LOOP) if row.unit == "µs" else None, 2)
    return [
        f"{row.title}, {row.unit}",
        *(figure(figures.spread(row.key, server)) for server in servers),
        figure(figures.ratio(row.key, NODE), 2),
        *([against_loop] if LOOP in servers else []),
        str(row.required),
        str(row.goal),
        figures.verdict(row),
    ]


def table(figures: Figures, rows: Mapping[str, Row], servers: Sequence[str]) -> list[list[str]]:
    loop = ["÷ C loop"] if LOOP in servers else []
    head = ["operation", *(TITLES[server] for server in servers), "÷ Node", *loop, "required", "goal", "met"]
    return [head, *(cells(figures, row, servers) for row in figures.rows(rows))]


def text(figures: Figures) -> str:
    """For a terminal."""
    return "\n\n".join(columns(table(figures, *part)) for part in PARTS if figures.rows(part[0]))


def columns(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def markdown(figures: Figures, rows: Mapping[str, Row], servers: Sequence[str]) -> str:
    head, *lines = table(figures, rows, servers)
    rule = ["---", *["---:"] * (len(head) - 4), "---", "---", "---"]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *lines])


def chapter(figures: Figures, facts: Facts) -> str:
    """What stands between the markers."""
    own = f"{statistics.median(facts.generator):.1f}" if facts.generator else "–"
    return f"""{BEGIN}
Measured {facts.date} on {facts.machine}: {facts.rounds} rounds, {facts.seconds:g} s for each figure, \
{facts.minutes:.0f} minutes in all.

{chr(10).join(f"- {version}" for version in facts.versions)}

Median (smallest–largest). µs: CPU time of the server for one delivered message, echo, connection or heartbeat. \
Ratios are taken within a round. The load generator, a process of its own, used {own} µs per message.

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


def write(figures: Figures, facts: Facts, folder: Path) -> list[Path]:
    """performance.md and its pictures in `folder`. What people wrote around the markers stays."""
    pictures, page = folder / "pictures", folder / "performance.md"
    pictures.mkdir(parents=True, exist_ok=True)
    before, after = "# Performance\n\n", "\n"
    if page.is_file():
        old = page.read_text()
        if BEGIN in old and END in old:
            before, after = old.partition(BEGIN)[0], old.rpartition(END)[2]
    page.write_text(before + chapter(figures, facts) + after)
    bars = pictures / "performance.svg"
    bars.write_text(draw.bars(comparisons(figures), [TITLES[server] for server in SERVERS]))
    written = [page, bars]
    for name, grows, rows in PLOTTED:
        written.append(pictures / f"{name}.svg")
        written[-1].write_text(draw.lines(scaling(figures, rows), grows))
    return written


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


def scaling(figures: Figures, rows: Mapping[str, int]) -> dict[str, list[tuple[int, float]]]:
    """Points (how many of what grows, µs per delivered message) by server."""
    found = {}
    for server in SERVERS:
        spreads = [(many, figures.spread(key, server)) for key, many in rows.items()]
        points = [(many, one.middle) for many, one in spreads if one]
        if points:
            found[TITLES[server]] = points
    return found
