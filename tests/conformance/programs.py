"""Starts one of the programs as a process of its own on a free port, and stops it by its id."""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 20.0
STOP_SECONDS = 10.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def program(suite: str) -> Iterator[int]:
    """Run `python -m tests.conformance SUITE`; gives its port. It must end with 0 on SIGTERM, and say nothing more."""
    port = free_port()
    environ = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.conformance", suite, "--port", str(port)],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_until_ready(process)
        yield port
        process.send_signal(signal.SIGTERM)
        said, complaints = process.communicate(timeout=STOP_SECONDS)
        assert (process.returncode, said, complaints) == (0, "", "")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _wait_until_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    until = time.monotonic() + START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(until - time.monotonic()), "the program did not say that it is ready"
    line = process.stdout.readline()
    assert line == "ready\n", (line, process.stderr.read() if process.stderr and process.poll() is not None else "")
