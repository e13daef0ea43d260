"""What a run showed, as text, and as the parts of docs/reliability.md that nobody writes by hand."""

from dataclasses import dataclass
from pathlib import Path

from tests.chaos.chaos import Result
from tests.chaos.oracle import Delays

END = "<!-- end of what was made -->"
MOST_NAMED = 20
MB = 1_000_000


@dataclass(frozen=True)
class Facts:
    """Under which circumstances."""

    date: str
    machine: str
    version: str
    words: str


def begin(command: str) -> str:
    return f"<!-- made by `python3 run.py {command}`: do not edit -->"


def rows(result: Result) -> list[tuple[str, str, str]]:
    """(what, promised, found)"""
    verdict, before, after = result.verdict, result.before, result.after
    outages = sorted(result.outages) or [0.0]
    found = [
        ("events that got a 2xx", "", f"{verdict.facts:,}"),
        ("deliveries owed", "", f"{verdict.expected:,}"),
        ("lost", "0", str(len(verdict.lost))),
        ("shown twice", "0", str(len(verdict.twice))),
        ("out of order", "0", str(len(verdict.disorder))),
        ("other findings (database, resets, tasks, memory)", "0", str(len(result.found))),
        ("duplicates on the wire, which a client drops", "", f"{verdict.wire_duplicates:,}"),
        ("deaths by SIGKILL", str(result.plan.kills), str(sum(result.deaths.values()))),
        ("reconnections, all recovered", "", f"{result.recovered:,}"),
        ("attempts to deliver", "", f"{result.attempts:,}"),
        ("down after a death, s: median, longest", "", f"{outages[len(outages) // 2]:.2f}, {outages[-1]:.2f}"),
        ("2xx to screen, s: median, p99, longest", "", spread(verdict.live)),
        ("the same where a death came between", "median ≤ 2, p99 ≤ 5", spread(verdict.interrupted)),
    ]
    if before and after:
        found += [
            ("memory before and after, MB", "≤ 110 %", f"{before.resident / MB:.1f}, {after.resident / MB:.1f}"),
            ("open files before and after", "≤ 110 %", f"{before.files:g}, {after.files:g}"),
            ("clients dropped for reading too slowly, at the end", "", f"{after.too_slow:g}"),
            ("tasks of the event loop before and after", "no more", f"{before.tasks:g}, {after.tasks:g}"),
        ]
    return found


def spread(delays: Delays) -> str:
    return f"{delays.at(0.5):.2f}, {delays.at(0.99):.2f}, {delays.at(1):.2f}" if delays.values else "–"


def text(result: Result) -> str:
    """For a terminal."""
    lines = [f"{what}: {found}{f'  ({promised})' if promised else ''}" for what, promised, found in rows(result)]
    lines += [f"died {number} times: {where}" for where, number in sorted(result.deaths.items())]
    lines += [f"connections {what}: {number}" for what, number in sorted(result.network.items())]
    lines += [f"{what}: {number} times" for what, number in sorted(result.around.items())]
    lines += [f"PROBLEM: {problem}" for problem in result.problems[:MOST_NAMED]]
    return "\n".join(lines)


def chapter(result: Result, facts: Facts) -> str:
    plan = result.plan
    table = "\n".join(f"| {what} | {promised} | {found} |" for what, promised, found in rows(result))
    deaths = "\n".join(f"| {where} | {number} |" for where, number in sorted(result.deaths.items()))
    network = "\n".join(
        f"| {what} | {number} |" for what, number in [*sorted(result.network.items()), *sorted(result.around.items())]
    )
    wrong = "\n".join(f"- {problem}" for problem in result.problems[:MOST_NAMED]) or "Nothing was wrong."
    return f"""`{facts.words}` on {facts.date}, {facts.machine}, {facts.version}: {plan.clients} sockets, \
{plan.rate:g} events a second, \
{plan.programs} programs on one store, {plan.seconds / 60:.3g} minutes of faults, {result.minutes:.1f} minutes in all. \
Seed {plan.seed}.

| | promised | found |
| --- | ---: | ---: |
{table}

{wrong}

| where a program died | times |
| --- | ---: |
{deaths}

| what the network did, to how many connections{"; what else failed, how often" if result.around else ""} | |
| --- | ---: |
{network}"""


def write(page: Path, command: str, made: str) -> None:
    """Between the marks of this command; what people and other commands wrote around them stays."""
    old = page.read_text()
    before, mark, rest = old.partition(begin(command))
    assert mark, f"{page.name} has no place for `{command}`"
    page.write_text(f"{before}{mark}\n{made}\n{END}{rest.partition(END)[2]}")
