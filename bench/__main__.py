"""`python3 run.py bench`: ours and its peers, interleaved: docs/performance.md and docs/scaling.md."""

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import proc, report
from bench.rounds import Bench
from bench.scenarios import SCENARIOS
from bench.servers import LOOP, MADE, NODE, OURS, PYTHON, ROOT, install_peers, versions

EPILOG = """scenarios:
  {scenarios}

examples:
  python3 run.py bench                        everything: three rounds, about 25 minutes; writes docs/performance.md
                                              and docs/scaling.md
  python3 run.py bench --quick                one short round of everything but 18,000 clients: a few minutes
  python3 run.py bench thousand --rounds 5    one scenario; its table and drawings go to .tools/bench
  python3 run.py bench cluster --save         1, 2 and 4 processes on one Redis: docs/scaling.md"""


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    told = "\n  ".join(f"{name:11} {(run.__doc__ or '').splitlines()[0]}" for name, run in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="python3 run.py bench",
        description="The engine beside socket.io on Node, python-socketio and a loop in C; the main job beside Node.",
        epilog=EPILOG.format(scenarios=told),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = (OURS, NODE, PYTHON, LOOP)
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="which; all if none is named")
    parser.add_argument("--quick", action="store_true", help="one short round, without python-socketio")
    parser.add_argument("--rounds", type=int, help="how often everything is done, with fresh servers (3)")
    parser.add_argument("--seconds", type=float, help="how long one measurement lasts (1)")
    parser.add_argument("--servers", help=f"some of {','.join(known)}")
    parser.add_argument("--save", action="store_true", help="write the pages of docs/ also after a part of the whole")
    found = parser.parse_args(words)
    found.all = not found.names and not found.quick and not found.servers
    found.names = found.names or [name for name in SCENARIOS if not (found.quick and name == "crowd")]
    found.servers = (
        found.servers.split(",") if found.servers else [s for s in known if not (found.quick and s == PYTHON)]
    )
    if unknown := (set(found.names) - set(SCENARIOS)) | (set(found.servers) - set(known)):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    found.rounds = found.rounds or (1 if found.quick else 3)
    found.seconds = found.seconds or (0.3 if found.quick else 1.0)
    return found


def main() -> None:
    """Install, measure, print, draw."""
    words = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process we started is ended too
    if not Path("/proc/self/schedstat").exists():
        raise SystemExit("The benchmark reads the CPU accounting of Linux, /proc/PID/task/*/schedstat; it is not here.")
    proc.raise_file_limit()
    install_peers()
    bench = Bench(servers=words.servers, seconds=words.seconds)
    began = time.monotonic()
    for bench.turn in range(words.rounds):
        for name in words.names:
            SCENARIOS[name](bench)
    print(f"\n{report.text(bench.figures)}\n")
    facts = report.Facts(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=proc.machine(),
        versions=versions(),
        rounds=words.rounds,
        seconds=words.seconds,
        minutes=(time.monotonic() - began) / 60,
        generator=bench.generator,
    )
    target = MADE / "report"
    if words.all or words.save:
        target = ROOT / "docs"
    else:
        shutil.rmtree(target, ignore_errors=True)
    for path in report.write(bench.figures, facts, target):
        print(f"Written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
