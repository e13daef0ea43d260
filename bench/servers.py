"""The servers that are measured, each as a process of its own: made, started on a free port, ended by its id."""

import json
import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import carevia
import webbuild
from bench import proc
from tests.conformance.programs import free_port

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "bench"
MADE = ROOT / ".tools" / "bench"
START_SECONDS = 30.0
FLAGS = ("-O2", "-D_GNU_SOURCE")
NO_COMPILER = (
    "The benchmark needs a C compiler for its load generator, and found no `cc` on PATH. "
    "Install one (Debian: apt install gcc libc6-dev), then run the same command again."
)

OURS, NODE, PYTHON, LOOP = "ours", "node", "python-socketio", "c-loop"
TITLES = {OURS: "Carevia", NODE: "Node", PYTHON: "python-socketio", LOOP: "C loop"}


@dataclass
class Running:
    """A server that listens; of several processes it is the first, and `more` are the others."""

    name: str
    pid: int
    port: int
    more: "Sequence[Running]" = ()

    @property
    def all(self) -> "Sequence[Running]":
        return (self, *self.more)

    @property
    def ports(self) -> str:
        return ",".join(str(each.port) for each in self.all)

    def cpu(self) -> int:
        """Nanoseconds so far, of all its processes."""
        return sum(proc.cpu(each.pid) for each in self.all)


def compiled(name: str, *sources: Path) -> Path:
    """The program made of these C files, made anew when one of them has changed."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit(NO_COMPILER)
    target, stamp = MADE / name, MADE / f"{name}.stamp"
    headers = [header for source in sources for header in source.parent.glob("*.h")]
    current = webbuild.digest([*sources, *headers], *FLAGS)
    if not (target.is_file() and stamp.is_file() and stamp.read_text() == current):
        MADE.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, *FLAGS, "-o", target, *sources], check=True)
        stamp.write_text(current)
    return target


def load_program() -> Path:
    return compiled("load", *sorted((HERE / "load").glob("*.c")))


def install_peers() -> None:
    """socket.io by its lock; the C programs. python-socketio is part of the test environment."""
    webbuild.install_packages(HERE / "node")
    load_program()
    compiled("loop", HERE / "peers" / "loop.c")


def command(name: str, port: int) -> list[str | Path]:
    match name:
        case "ours":
            return [sys.executable, "-m", "tests.conformance", "bench", "--port", str(port)]
        case "node":
            return [webbuild.node_folder() / "node", HERE / "node" / "server.js", str(port)]
        case "python-socketio":
            return [sys.executable, "-m", "bench.peers.python_socketio", str(port)]
        case _:
            return [compiled("loop", HERE / "peers" / "loop.c"), str(port)]


def environment(ping_interval: float) -> dict[str, str]:
    kept: Mapping[str, str] = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**kept, "PYTHONPATH": path, "NODE_ENV": "production", "BENCH_PING_INTERVAL": f"{ping_interval:g}"}


@contextmanager
def running(name: str, ping_interval: float = 25.0, **more: str) -> Iterator[Running]:
    """Start one; gives it when it says that it listens. `more` is its environment's."""
    port = free_port()
    with started(name, port, command(name, port), environment(ping_interval) | more) as server:
        yield server


@contextmanager
def started(name: str, port: int, words: list[str | Path], environment: Mapping[str, str]) -> Iterator[Running]:
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        wait_until_ready(name, process)
        yield Running(name, process.pid, port)
    finally:
        process.kill()  # thousands of farewells would only keep the machine busy
        process.communicate()


def wait_until_ready(name: str, process: "subprocess.Popen[str]") -> None:
    if process.stdout is None:
        raise ValueError("the process was started without a pipe")
    began = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(START_SECONDS) or process.stdout.readline() != "ready\n":
            raise SystemExit(f"{name} did not start within {time.monotonic() - began:.0f} s.")


def versions() -> list[str]:
    """What was measured, by name and number."""
    node = webbuild.node_folder() / "node"
    run = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    peers = json.loads((HERE / "node" / "package.json").read_text())["dependencies"]
    beside = ", ".join(f"{name} {number}" for name, number in peers.items() if name != "socket.io")
    cc = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    python = sys.version.split()[0]
    ours = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "uvloop", "httptools", "msgspec"))
    return [
        f"Carevia {carevia.__version__} on Python {python}, {ours}",
        f"socket.io {peers['socket.io']} on Node {run.removeprefix('v')}, NODE_ENV=production; {beside}",
        f"python-socketio {version('python-socketio')} on the same uvicorn, websockets {version('websockets')}",
        f"C loop compiled by {cc} with {' '.join(FLAGS)}",
    ]
