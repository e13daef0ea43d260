"""`python3 run.py fuzz`: a million inputs for the protocol's parsers, each made from one that reached something new.

The fuzzer is a process of its own: a parser that hangs, or brings the interpreter down, is told like one that raises.
"""

import argparse
import ctypes
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.targets import SEEDS

ROOT = Path(__file__).resolve().parents[2]
CUTS = [b"\x00", b"\x01\x02\x03\x05\x04"]  # behind a seed: it comes in one piece, and in five (see guided.py)
LONGEST = 10  # s that one input may take
BIGGEST = 700  # bytes of an input: what all limits of the targets can be broken with
NOT_RANDOM = 0x0040000  # ADDR_NO_RANDOMIZE of personality(2)
EPILOG = """examples:
  python3 run.py fuzz                   a million inputs: two to four minutes
  python3 run.py fuzz --runs 100000     a tenth of them
  python3 run.py fuzz --seed 42         the inputs of an earlier run once more"""
MISSING = (
    "The fuzzer, atheris, is not installed: start it as `python3 run.py fuzz`, which installs it, on Linux on x86-64 "
    "with CPython 3.11, 3.12 or 3.13 (`python3.11 run.py fuzz`); there is none for other machines and Pythons."
)


def positive(word: str) -> int:
    if int(word) < 1:
        raise ValueError
    return int(word)


def asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 run.py fuzz",
        description="Look for bytes that make a parser raise anything but ParseError, hang or crash.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=positive, default=1_000_000, help="inputs to make (1000000)")
    parser.add_argument("--seed", type=positive, help="of an earlier run, to repeat it")
    return parser.parse_args(words)


def sow(folder: Path) -> str:
    """The seeds as files, in an order that is always the same: a folder's is not, and what follows depends on it."""
    paths = []
    for number, seed in enumerate(seed + cuts for cuts in CUTS for seed in SEEDS):
        paths.append(folder / f"seed-{number}")
        paths[-1].write_bytes(seed)
    return ",".join(map(str, paths))


def keep_addresses() -> None:
    """libFuzzer tells comparisons apart by their addresses: only where these stay does a seed make the same inputs. A
    container may forbid it; then it makes others."""
    ctypes.CDLL(None).personality(NOT_RANDOM)


def guided(runs: int, seed: int, folder: Path) -> subprocess.CompletedProcess[str]:
    """libFuzzer leaves what it found in `folder`; what it says comes when it ends."""
    words = [f"-runs={runs}", f"-seed={seed}", f"-timeout={LONGEST}", f"-max_len={BIGGEST}", "-print_final_stats=1"]
    words += ["-verbosity=0", f"-artifact_prefix={folder / 'found-'}", f"-seed_inputs={sow(folder)}"]
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},  # as with addresses
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=keep_addresses,
    )


def figure(said: str, name: str) -> int:
    found = re.search(rf"stat::{name}:\s+(\d+)", said)
    return int(found[1]) if found else 0


def report(done: subprocess.CompletedProcess[str], seconds: float, folder: Path) -> bool:
    """Print what was done; where something was found, what it says and the input. Returns whether all is well."""
    runs, new = figure(done.stdout, "number_of_executed_units"), figure(done.stdout, "new_units_added")
    if done.returncode:
        print(done.stdout)
        for path in sorted(folder.glob("found-*")):
            print(f"Input (its last bytes say where it is cut): {path.read_bytes()!r}")
    print(f"{runs:,} runs in {seconds:.0f} s, {runs / seconds:,.0f} a second; {new:,} inputs reached something new.")
    print("FAILED: see above." if done.returncode else "Nothing but ParseError came out.")
    return done.returncode == 0


def main(words: Sequence[str]) -> int:
    wanted = asked(words)
    if find_spec("atheris") is None:
        sys.exit(MISSING)
    seed: int = wanted.seed or random.SystemRandom().randrange(1, 2**32)  # 0 would be libFuzzer's own choice
    print(f"Seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="carevia-fuzz-") as name:
        began = time.monotonic()
        done = guided(wanted.runs, seed, Path(name))
        return 0 if report(done, time.monotonic() - began, Path(name)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
