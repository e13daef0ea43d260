"""`python3 run.py soak`: the chaos of the tests for long, on two programs and 200 sockets: docs/reliability.md."""

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

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
TOLD_EVERY = 10.0  # s
EPILOG = """examples:
  python3 run.py soak                             20 minutes, 300 deaths, 24,000 events; writes docs/reliability.md
  python3 run.py soak --minutes 5 --kills 75      a quarter of it
  python3 run.py soak --seed 42                   the faults of an earlier run once more"""


def plan(words: Sequence[str]) -> Plan:
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
    found = parser.parse_args(words)
    seed = random.SystemRandom().randrange(2**32) if found.seed is None else found.seed
    return Plan(seed, found.minutes * 60, found.kills, found.rate, found.sockets, found.programs, slow=True)


class Progress:
    """Tells how it goes, but not too often."""

    def __init__(self) -> None:
        self._told = 0.0

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._told > TOLD_EVERY:
            self._told = time.monotonic()
            print(line, flush=True)


def main(words: Sequence[str]) -> int:
    wanted = plan(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process we started is ended too
    raise_file_limit()
    print(f"Seed {wanted.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="carevia-soak-") as folder:
        result = Chaos(wanted, Path(folder), Progress()).run()
    print(report.text(result))
    said = " ".join(["python3 run.py soak", *words])
    loaded = f"{machine()}, load average {os.getloadavg()[1]:.1f}"  # of our own processes and all others
    facts = report.Facts(f"{datetime.now(UTC):%Y-%m-%d}", loaded, f"Carevia {__version__}", said)
    report.write(result, facts, PAGE)
    print(f"Written: {PAGE.relative_to(PAGE.parents[1])}")
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
