"""`python3 run.py soak`: the chaos of the tests for long, on two programs and 200 sockets: docs/reliability.md.

With --nodes over nodes with PostgreSQL and Redis, which fail too; with --rolling a rolling restart of two nodes.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.proc import machine, raise_file_limit
from carevia import __version__
from tests.chaos import report
from tests.chaos.chaos import Chaos, Plan
from tests.chaos.over_nodes import OverNodes
from tests.nodes import rolling
from tests.nodes.rolling import roll

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
TOLD_EVERY = 10.0  # s
RATE_SHARE = 25  # seconds in which a node lets all sockets go, and so the other takes them
EPILOG = """examples:
  python3 run.py soak                             20 minutes, 300 deaths, 24,000 events; writes docs/reliability.md
  python3 run.py soak --minutes 5 --kills 75      a quarter of it
  python3 run.py soak --seed 42                   the faults of an earlier run once more
  python3 run.py soak --nodes 2 --minutes 10      two nodes on PostgreSQL and Redis, which fail as well
  python3 run.py soak --rolling 5000              5,000 sockets while two nodes behind nginx are replaced"""


def asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 run.py soak",
        description="Kill the program under load, break its network, and count from outside what was lost or doubled.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=20, help="of faults (20)")
    parser.add_argument("--kills", type=int, default=300, help="deaths by SIGKILL (300)")
    parser.add_argument("--rate", type=float, default=20, help="events a second (20)")
    parser.add_argument("--sockets", type=int, default=200, help="of plain socket.io-client (200)")
    parser.add_argument("--programs", type=int, default=2, help="that share one store (2)")
    parser.add_argument("--seed", type=int, help="of an earlier run, to repeat its faults")
    parser.add_argument("--nodes", type=int, help="instead of programs: nodes on PostgreSQL and Redis, which fail too")
    parser.add_argument("--rolling", type=int, metavar="SOCKETS", help="no chaos, but a rolling restart of two nodes")
    return parser.parse_args(words)


def plan(words: Sequence[str]) -> Plan:
    found = asked(words)
    seed = random.SystemRandom().randrange(2**32) if found.seed is None else found.seed
    programs, slow = found.nodes or found.programs, found.nodes is None
    return Plan(seed, found.minutes * 60, found.kills, found.rate, found.sockets, programs, slow=slow, timed=True)


class Progress:
    """Tells how it goes, but not too often."""

    def __init__(self) -> None:
        self._told = 0.0

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._told > TOLD_EVERY:
            self._told = time.monotonic()
            print(line, flush=True)


def facts(words: Sequence[str]) -> report.Facts:
    said = " ".join(["python3 run.py soak", *words])
    loaded = f"{machine()}, load average {os.getloadavg()[1]:.1f}"  # of our own processes and all others
    return report.Facts(f"{datetime.now(UTC):%Y-%m-%d}", loaded, f"Carevia {__version__}", said)


def soak(words: Sequence[str], folder: Path) -> tuple[str, str, bool]:
    """The command whose place it has on the page, what belongs there, and whether all is well."""
    wanted, over_nodes = plan(words), asked(words).nodes is not None
    print(f"Seed {wanted.seed}", flush=True)
    result = (OverNodes if over_nodes else Chaos)(wanted, folder, Progress()).run()
    print(report.text(result))
    return "soak --nodes" if over_nodes else "soak", report.chapter(result, facts(words)), not result.problems


def roll_over(sockets: int, words: Sequence[str], folder: Path) -> tuple[str, str, bool]:
    told = roll(folder, sockets, rate=max(1, sockets // RATE_SHARE), events=20)
    print(rolling.text(told))
    return "soak --rolling", rolling.chapter(told, facts(words)), not told.broken


def main(words: Sequence[str]) -> int:
    sockets = asked(words).rolling
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process we started is ended too
    raise_file_limit()
    with tempfile.TemporaryDirectory(prefix="carevia-soak-") as name:
        folder = Path(name)
        command, made, good = soak(words, folder) if sockets is None else roll_over(sockets, words, folder)
    report.write(PAGE, command, made)
    print(f"Written: {PAGE.relative_to(PAGE.parents[1])}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
