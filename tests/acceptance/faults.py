"""Real faults of the machine under the real program: a disk without room, an fsync that fails. They come and go.

Each prefers the true thing and has another way where a machine does not allow it, so that no test is left out.
"""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2

from tests.harness.faulty import FaultyProgram
from tests.harness.program import Program

SMALL_DISK = "size=3m"


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A disk of 3 MB in `folder`, if this machine lets us mount one; whether it did."""
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", SMALL_DISK, "tmpfs", str(folder)]
    mounted = mount is not None and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled_up(folder: Path) -> Iterator[None]:
    """The small disk takes nothing more."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    yield
    ballast.unlink()


@contextlib.contextmanager
def full_disk(program: FaultyProgram, mounted: bool) -> Iterator[None]:
    """No room any more: the small disk is filled up; without one, the process may write no file beyond its size."""
    if mounted:
        with filled_up(program.data):
            yield
        return
    if not hasattr(resource, "prlimit"):  # not Linux
        program.fault("fsync")
        yield
        program.well("fsync")
        return
    _, most = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (0, most))
    yield
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (most, most))


@contextlib.contextmanager
def failing_fsync(program: FaultyProgram) -> Iterator[None]:
    """EIO from every fsync: by the kernel where strace can be had, else where SQLite would hand it on."""
    strace = shutil.which("strace")
    words = ["-f", "-p", str(program.pid), "-o", os.devnull, "-e", "inject=fsync,fdatasync:error=EIO"]
    with contextlib.ExitStack() as ends:
        if strace is not None:
            tracer = ends.enter_context(
                subprocess.Popen([strace, *words], stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL)
            )
            assert tracer.stderr is not None
            if "attached" in tracer.stderr.readline():
                ends.callback(tracer.send_signal, signal.SIGINT)  # it lets go of the process and ends
                yield
                return
        program.fault("fsync")
        ends.callback(program.well, "fsync")
        yield


def readiness(program: Program) -> tuple[int, str]:
    """Status and words of /readyz."""
    answer = httpx2.get(program.url + "/readyz", timeout=5, trust_env=False)
    return answer.status_code, answer.json().get("message", "")


def seconds_until(holds: Callable[[], bool], limit: float) -> float:
    """How long it took until this was so. AssertionError after `limit` seconds."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < limit, f"not within {limit} s"
        time.sleep(0.02)
    return time.monotonic() - begun


def metrics(program: Program) -> dict[str, float]:
    """`/metrics`, name and labels to value."""
    text = httpx2.get(program.url + "/metrics", timeout=5, trust_env=False).text
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}
