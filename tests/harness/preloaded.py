"""The real program, forked from a process that has imported it already: importing is four fifths of a start.

The same words, settings, folder and main() in a process of its own, of which only the importing is not done anew. For
tests of what the program does; those of how it starts, and whatever measures it, start a `Program`.
"""

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from tests.harness.program import PASSED_ON, Process, Program

FORKER = Path(__file__).with_name("forker.py")
INHERITED = (*PASSED_ON, "PYTHONPATH", "ONLY_FOR_TESTS", "PYTHONUNBUFFERED")  # what Python reads when it starts


class Forker:
    """The process that is forked, for as long as this one runs."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._asking, other = socket.socketpair()
        self._turn = threading.Lock()
        with other:
            self._process = subprocess.Popen(
                [sys.executable, FORKER, str(other.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,  # nobody reads it: what Python learns here of its streams, a program's are too
                stderr=subprocess.PIPE,
                env=environment,
                pass_fds=(other.fileno(),),
                start_new_session=True,
            )

    def fork(self, words: Sequence[str], folder: str, environment: Mapping[str, str]) -> "Forked":
        request = json.dumps({"words": words, "folder": folder, "environment": environment}) + "\n"
        pipes = [os.pipe() for _ in range(3)]
        with self._turn:
            socket.send_fds(self._asking, [request.encode()], [write for _, write in pipes])
        for _, write in pipes:
            os.close(write)
        out, err, told = (open(read) for read, _ in pipes)  # noqa: SIM115 -- as long as the program
        return Forked(out, err, told)


class Forked:
    """A fork: what the watcher beside it tells stands for what the system tells of a child."""

    def __init__(self, out: IO[str], err: IO[str], told: IO[str]) -> None:
        self.stdout: IO[str] | None = out
        self.stderr: IO[str] | None = err
        self._told = told
        self.pid = int(told.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("carevia serve", timeout or 0)
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode


@cache
def forker(inherited: frozenset[tuple[str, str]]) -> Forker:
    """One for each environment that tells Python something."""
    return Forker(dict(inherited))


class Preloaded(Program):
    def open_process(self) -> Process:
        if sys.platform != "linux":  # elsewhere system libraries do not survive a fork
            return super().open_process()
        environment = self.environment()
        inherited = frozenset((name, environment[name]) for name in INHERITED if name in environment)
        return forker(inherited).fork(["serve", *self.words], self._folder.name, environment)
