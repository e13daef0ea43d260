"""A rolling restart of two nodes behind nginx, under events, with many plain socket.io-clients; told in figures.

python -m tests.nodes.rolling --sockets 5000
"""

import argparse
import random
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from bench.proc import raise_file_limit
from tests.chaos.crowd import Crowd, customer
from tests.chaos.ledger import Client, Ledger
from tests.chaos.oracle import judge
from tests.chaos.sender import Sender
from tests.harness.program import Program
from tests.nodes.cluster import cluster

BACKOFF = (500, 2000)
SECONDS = 600.0


@dataclass
class Told:
    """Seconds; `busiest_second` in sockets that came back."""

    sockets: int
    problems: list[str] = field(default_factory=list)
    missing: int = 0  # sockets that were not back in the end
    moved: int = 0
    longest: float = 0.0
    gap_p50: float = 0.0
    gap_p99: float = 0.0
    busiest_second: int = 0
    statuses: list[int] = field(default_factory=list)
    stopped_in: list[float] = field(default_factory=list)
    queries_per_socket: float = 0.0
    resets: int = 0


def roll(folder: Path, sockets: int, rate: int, events: float) -> Told:
    told = Told(sockets)
    settings = {"CAREVIA_DRAIN_RATE": str(rate), "CAREVIA_LIMIT_TABS_PER_USER": "0", "CAREVIA_LOG": "json"}
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
                for node in site.nodes:
                    _replace(node, crowd, told)
                sender.stop()
                _finish(crowd, ledger, clients, site.nodes, told)
        finally:
            sender.close()
            ledger.close()
    return told


def _replace(node: Program, crowd: Crowd, told: Told) -> None:
    """Stopped, and started again; the clients that moved are back on the other one, and on both later."""
    before = crowd.state()
    begun = time.monotonic()
    told.statuses.append(node.stop())
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
    told.problems, told.resets = verdict.problems[:5], state["resets"]
    told.gap_p50 = away[len(away) // 2] / 1000 if away else 0.0
    told.gap_p99 = away[int(len(away) * 0.99)] / 1000 if away else 0.0
    looked = [_caught_up(node.url) for node in nodes]
    told.queries_per_socket = max((reads / sockets for sockets, reads in looked if sockets), default=0.0)


def _caught_up(url: str) -> tuple[float, float]:
    text = httpx2.get(f"{url}/metrics", trust_env=False).text
    found = [re.search(rf"^carevia_replay_{name}_total (\S+)", text, re.MULTILINE) for name in ("sockets", "reads")]
    sockets, reads = (float(one[1]) if one else 0.0 for one in found)
    return sockets, reads


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sockets", type=int, default=5_000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--events", type=float, default=20.0)
    given = parser.parse_args()
    raise_file_limit()
    with tempfile.TemporaryDirectory(prefix="carevia-rolling-") as name:
        print(roll(Path(name), given.sockets, given.rate, given.events))
