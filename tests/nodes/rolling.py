"""A rolling restart of two nodes behind nginx, under events, with many plain socket.io-clients; told in figures.

`python3 run.py soak --rolling 5000` writes them into docs/reliability.md.
"""

import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.chaos.crowd import Crowd, customer
from tests.chaos.ledger import Client, Ledger
from tests.chaos.oracle import judge
from tests.chaos.report import Facts
from tests.chaos.sender import Sender
from tests.harness.program import Program
from tests.nodes.cluster import cluster

BACKOFF = (500, 2000)
SECONDS = 600.0
DRAIN_SECONDS = 28  # one node holds everybody while the other is away, and everybody is back within thirty seconds
TAKEN_UP = 3  # after a node is ready nginx asks it again within 2 s; before that the other one may not go
CROWDED = 500  # sockets, from which on so small a second says something about waves


@dataclass
class Told:
    """Seconds; `busiest_second` in sockets that came back."""

    sockets: int
    rate: int
    problems: list[str] = field(default_factory=list)
    missing: int = 0  # sockets that were not back in the end
    moved: int = 0
    longest: float = 0.0
    gap_p50: float = 0.0
    gap_p99: float = 0.0
    gap_longest: float = 0.0
    busiest_second: int = 0
    statuses: list[int] = field(default_factory=list)
    stopped_in: list[float] = field(default_factory=list)
    queries_per_socket: float = 0.0
    resets: int = 0
    events: int = 0
    refused: int = 0  # handshakes and polls that nginx answered with 5xx from the first restart on

    def rows(self) -> list[tuple[str, str, str, bool]]:
        """(what, promised, found, whether it was kept)"""
        share = self.busiest_second / self.sockets
        return [
            ("sockets that moved, in two restarts", "", f"{self.moved:,}", True),
            ("events that got a 2xx", "", f"{self.events:,}", True),
            ("lost, shown twice, out of order", "0", str(len(self.problems)), not self.problems),
            ("sockets that did not come back", "0", str(self.missing), not self.missing),
            ("resets", "0", str(self.resets), not self.resets),
            ("from SIGTERM until everybody was back, s", "≤ 30", f"{self.longest:.1f}", self.longest <= 30),
            ("a socket's gap, s: median", "≤ 5", f"{self.gap_p50:.2f}", self.gap_p50 <= 5),
            ("p99, longest", "p99 ≤ 10", f"{self.gap_p99:.2f}, {self.gap_longest:.2f}", self.gap_p99 <= 10),
            ("back within the busiest second", "≤ 10 %", f"{share:.1%}", share <= 0.1 or self.sockets < CROWDED),
            ("5xx to who comes back", "≤ 1 %", f"{self.refused} for {self.moved:,}", self._few_refused),
            ("queries to catch up, for each socket", "≤ 1", f"{self.queries_per_socket:.2f}", self._few_queries),
            ("exit status of the two", "0", ", ".join(map(str, self.statuses)), self.statuses == [0, 0]),
            ("they stopped within, s", f"≤ {DRAIN_SECONDS + 1}", ", ".join(map(str, self.stopped_in)), True),
        ]

    @property
    def _few_refused(self) -> bool:
        return self.refused <= 0.01 * self.moved

    @property
    def _few_queries(self) -> bool:
        return self.queries_per_socket <= 1

    @property
    def broken(self) -> list[str]:
        return [f"{what}: {found}" for what, _, found, kept in self.rows() if not kept] + self.problems


def text(told: Told) -> str:
    """For a terminal."""
    lines = [f"{what}: {found}{f'  ({promised})' if promised else ''}" for what, promised, found, _ in told.rows()]
    return "\n".join(lines + [f"PROBLEM: {problem}" for problem in told.broken])


def chapter(told: Told, facts: Facts) -> str:
    """For docs/reliability.md."""
    table = "\n".join(f"| {what} | {promised} | {found} |" for what, promised, found, _ in told.rows())
    wrong = "\n".join(f"- {problem}" for problem in told.broken) or "Nothing was wrong."
    return f"""`{facts.words}` on {facts.date}, {facts.machine}, {facts.version}: {told.sockets:,} sockets of plain \
socket.io-client, 20 events a second, `CAREVIA_DRAIN_RATE={told.rate}`, `CAREVIA_DRAIN_SECONDS={DRAIN_SECONDS}`; \
clients, nginx, both nodes and the sender on this one machine.

| | promised | found |
| --- | ---: | ---: |
{table}

{wrong}"""


def roll(folder: Path, sockets: int, rate: int, events: float) -> Told:
    told = Told(sockets, rate)
    settings = {"CAREVIA_DRAIN_RATE": str(rate), "CAREVIA_DRAIN_SECONDS": str(DRAIN_SECONDS)}
    settings |= {"CAREVIA_LIMIT_TABS_PER_USER": "0"}
    with cluster(folder, [], [], **settings) as site:
        clients = [Client(f"tab-{number}", (customer(number % 20),), site.url, 0, True) for number in range(sockets)]
        ledger = Ledger(folder)
        people = [customer(number) for number in range(20)]
        sender = Sender([site.port], ledger, random.Random(12), events, people, SECONDS)
        try:
            for person in people:
                sender.introduce(person)
            with Crowd(clients, folder, SECONDS, BACKOFF) as crowd:
                assert crowd.wait(lambda state: state["ready"] == sockets, 20 + sockets / 50)["ready"] == sockets
                sender.start()
                before = _refused(folder)
                first, second = site.nodes
                _replace(first, crowd, told)
                time.sleep(TAKEN_UP)
                _replace(second, crowd, told)
                sender.stop()
                told.refused = _refused(folder) - before
                _finish(crowd, ledger, clients, site.nodes, told)
        finally:
            sender.close()
            ledger.close()
    return told


def _replace(node: Program, crowd: Crowd, told: Told) -> None:
    """Stopped, and started again; the clients that moved are back on the other one, and on both later."""
    before = crowd.state()
    begun = time.monotonic()
    told.statuses.append(node.stop(DRAIN_SECONDS + 15))
    told.stopped_in.append(round(time.monotonic() - begun, 1))
    state = crowd.wait(lambda state: state["connected"] == crowd.size, 30)
    told.longest = max(told.longest, time.monotonic() - begun)
    told.missing = crowd.size - state["connected"]
    new = state["back"][:]
    for at in before["back"]:
        new.remove(at)
    told.moved += len(new)
    told.busiest_second = max(told.busiest_second, _busiest(sorted(new)))
    node.start()


def _metrics(url: str) -> str:
    return httpx2.get(f"{url}/metrics", trust_env=False).text


def _busiest(times: Sequence[int]) -> int:
    return max((sum(at <= other < at + 1000 for other in times) for at in times), default=0)


def _finish(crowd: Crowd, ledger: Ledger, clients: Sequence[Client], nodes: Sequence[Program], told: Told) -> None:
    """Everything that was sent is shown to whom it is owed, once and in order."""
    deadline = time.monotonic() + 15
    while (verdict := judge(ledger, clients, {})).problems and time.monotonic() < deadline:
        crowd.state()
        time.sleep(0.2)
    state = crowd.state()
    away = sorted(state["away"])
    told.problems, told.resets, told.events = verdict.problems[:5], state["resets"], verdict.facts
    told.gap_p50 = away[len(away) // 2] / 1000 if away else 0.0
    told.gap_p99 = away[int(len(away) * 0.99)] / 1000 if away else 0.0
    told.gap_longest = away[-1] / 1000 if away else 0.0
    looked = [_caught_up(node.url) for node in nodes]
    told.queries_per_socket = max((reads / sockets for sockets, reads in looked if sockets), default=0.0)


def _caught_up(url: str) -> tuple[float, float]:
    text = _metrics(url)
    found = [re.search(rf"^carevia_replay_{name}_total (\S+)", text, re.MULTILINE) for name in ("sockets", "reads")]
    sockets, reads = (float(one[1]) if one else 0.0 for one in found)
    return sockets, reads


def _refused(folder: Path) -> int:
    """Of the engine's requests nginx logs only those that nobody could take, or whose node failed then."""
    return len(re.findall(r" /socket\.io/ 5\d\d ", (folder / "nginx" / "access.log").read_text()))
