"""Drawings as SVG, by hand: bars on a logarithmic scale and lines on two. Light, plain, readable without colour."""

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

INK, FAINT, PAPER = "#1f2933", "#d9dee4", "#ffffff"
COLOURS = {"Carevia": "#0f766e", "Node": "#9aa5b1", "python-socketio": "#c8a45c", "C loop": "#52606d"}
FONT = "font-family='system-ui, sans-serif' font-size='13'"
WIDTH = 860


def label(x: float, y: float, words: str, anchor: str = "start", more: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='{INK}' text-anchor='{anchor}' {more}>{escape(words)}</text>"


def rule(x1: float, y1: float, x2: float, y2: float, colour: str = FAINT) -> str:
    return f"<path d='M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}' stroke='{colour}' fill='none'/>"


def page(height: float, title: str, parts: Sequence[str]) -> str:
    """The whole file. `title` is also what a screen reader says."""
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height:.0f}' role='img' {FONT}>",
            f"<title>{escape(title)}</title>",
            f"<rect width='{WIDTH}' height='{height:.0f}' fill='{PAPER}'/>",
            label(16, 26, title, more="font-weight='600'"),
            *parts,
            "</svg>\n",
        ]
    )


def ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of every power of ten between them."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [
        value for power in powers for value in (10.0**power, 2 * 10.0**power, 5 * 10.0**power) if low <= value <= high
    ]


def bars(rows: Sequence[tuple[str, Mapping[str, float], str]], names: Sequence[str]) -> str:
    """A group of bars for each row, as multiples of Node's figure; one line down the picture is Node."""
    left, right, thin = 300, WIDTH - 60, 11
    every = [value for _, values, _ in rows for value in values.values()] or [1]
    low, high = min(0.1, *every) * 0.9, max(2.0, *every) * 1.1

    def at(value: float) -> float:
        return left + (right - left) * math.log(value / low) / math.log(high / low)

    parts, y = legend(names, 52), 96.0
    top = y - 14
    for title, values, note in rows:
        parts += [label(left - 12, y + 12, title, "end"), label(left - 12, y + 28, note, "end", "opacity='.6'")]
        for name in names:
            if value := values.get(name):
                parts.append(bar(left, y, at(value) - left, thin, COLOURS[name]))
                parts.append(label(at(value) + 5, y + 10, f"{value:.2g}", more="font-size='11'"))
                y += thin + 2
        y += max(0, 3 - len(values)) * (thin + 2) + 10
    scale = [rule(at(tick), top, at(tick), y, INK if tick == 1 else FAINT) for tick in ticks(low, high)]
    scale += [label(at(tick), top - 4, f"{tick:g}", "middle", "font-size='11'") for tick in ticks(low, high)]
    return page(y + 16, "Cost per operation as a multiple of Node's (less is better)", [*scale, *parts])


def bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f"<rect x='{x}' y='{y:.1f}' width='{max(1.0, width):.1f}' height='{height}' fill='{colour}'/>"


def legend(names: Sequence[str], y: float) -> list[str]:
    parts, x = [], 16.0
    for name in names:
        parts += [bar(x, y - 10, 12, 12, COLOURS[name]), label(x + 18, y, name)]
        x += 44 + 7.5 * len(name)
    return parts


CLIENTS = "CPU per delivered message, µs", "connected clients, each gets every event"


def lines(series: Mapping[str, Sequence[tuple[int, float]]], title: str = CLIENTS[0], along: str = CLIENTS[1]) -> str:
    """A figure against a number (of clients, of processes), by server."""
    left, right, top, bottom = 60, WIDTH - 150, 60, 380
    points = [point for found in series.values() for point in found] or [(100, 1.0)]
    fewest, most = min(x for x, _ in points) / 1.3, max(x for x, _ in points) * 1.3
    low, high = min(y for _, y in points) / 1.3, max(y for _, y in points) * 1.3

    def across(value: float) -> float:
        return left + (right - left) * math.log(value / fewest) / math.log(most / fewest)

    def up(value: float) -> float:
        return bottom - (bottom - top) * math.log(value / low) / math.log(high / low)

    parts = []
    lowest = {x: min(y for other, y in points if other == x) for x, _ in points}
    for tick in ticks(low, high):
        parts += [rule(left, up(tick), right, up(tick)), label(left - 8, up(tick) + 4, f"{tick:,g}", "end")]
    for many in sorted({x for x, _ in points}):
        parts += [rule(across(many), top, across(many), bottom)]
        parts += [label(across(many), bottom + 20, f"{many:,}", "middle")]
    parts.append(label((left + right) / 2, bottom + 42, along, "middle"))
    for name, found in series.items():
        colour = COLOURS[name]
        way = "L".join(f"{across(x):.1f} {up(y):.1f}" for x, y in found)
        parts.append(f"<path d='M{way}' stroke='{colour}' stroke-width='2.5' fill='none'/>")
        parts += [f"<circle cx='{across(x):.1f}' cy='{up(y):.1f}' r='4' fill='{colour}'/>" for x, y in found]
        for x, y in found:
            beside = 18 if y == lowest[x] else -9
            parts.append(label(across(x), up(y) + beside, figure(y), "middle", "font-size='11'"))
        parts.append(label(across(x) + 26, up(y) + (14 if y == lowest[x] else -4), name))
    return page(bottom + 60, title, parts)


def figure(value: float) -> str:
    """Three significant digits, whole where it is large."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"
