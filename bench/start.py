"""How long a start takes, from the command to a page that answers: `python -m bench.start [--cold] [--rounds 5]`.

Warm: `python3 run.py` with everything installed, on a data folder that exists. Cold (`--cold`): a fresh clone under
an empty HOME, so every library is fetched and the pages are built; once only.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.harness.program import free_port

ROOT = Path(__file__).resolve().parents[1]


def once(project: Path, data: Path, home: Path) -> float:
    """Seconds until `/` answers 200; then the program is stopped, which must end with status 0."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAREVIA_")}
    environment = kept | {
        "HOME": str(home),
        "CAREVIA_PORT": str(port),
        "CAREVIA_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CAREVIA_DATA_DIR": str(data),
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "run.py"], cwd=project, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - began
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.01)
        raise SystemExit(f"run.py ended with status {process.returncode}")
    finally:
        process.send_signal(signal.SIGTERM)
        if process.wait(12) != 0:
            raise SystemExit("the program did not end with status 0")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(epilog="example: python -m bench.start --rounds 5")
    parser.add_argument("--cold", action="store_true", help="a fresh clone under an empty HOME")
    parser.add_argument("--rounds", type=int, default=5)
    words = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="carevia-start-"))
    try:
        if words.cold:
            subprocess.run(["git", "clone", "--quiet", ROOT, folder / "clone"], check=True)
            (folder / "home").mkdir()
            print(f"cold: {once(folder / 'clone', folder / 'data', folder / 'home'):.1f} s")
        else:
            first = once(ROOT, folder / "data", folder)  # makes the data folder, and installs where needed
            times = [once(ROOT, folder / "data", folder) for _ in range(words.rounds)]
            spread = f"{min(times):.2f} to {max(times):.2f} s"
            print(f"first {first:.2f} s; warm: median {statistics.median(times):.2f} s, {spread}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
