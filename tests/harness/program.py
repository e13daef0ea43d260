"""The real program as a process: its own data folder, a free port, a clean environment. Ended by pid, always.

    with Program(CAREVIA_LIMIT_TABS_PER_USER="3") as program:
        httpx2.get(program.url + "/healthz")
        program.kill()      # SIGKILL
        program.start()     # the same port, the same data

Everything here is synchronous; from a coroutine call it with `asyncio.to_thread`.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from http.client import HTTPConnection, HTTPException
from importlib.metadata import packages_distributions
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from tests.harness.lines import Lines

ROOT = Path(__file__).resolve().parents[2]
ALONE = Path(__file__).with_name("alone")
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR")
READY = 15.0  # s for each process, for a loaded machine; a warm start takes about one


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


@cache
def only_for_tests() -> str:
    """The modules that the program itself does not require, as alone/sitecustomize.py wants them."""
    own, all_ = _locked("requirements.txt"), _locked("requirements-test.txt")
    found = packages_distributions().items()
    return ",".join(module for module, packages in found if {_normal(name) for name in packages} <= all_ - own)


def _locked(file: str) -> set[str]:
    return {_normal(name) for name in re.findall(r"^[\w.-]+", (ROOT / file).read_text(), re.MULTILINE)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class Process(Protocol):
    """As much of subprocess.Popen as is asked of one."""

    pid: int
    stdout: IO[str] | None
    stderr: IO[str] | None
    returncode: int | None

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Program:
    """`carevia serve` on a loopback address. Settings are CAREVIA_* names; `words` follow `serve` on its command
    line."""

    def __init__(
        self, *words: str, data: Path | None = None, port: int | None = None, host: str = "127.0.0.1", **settings: str
    ) -> None:
        wrong = [name for name in settings if not name.startswith("CAREVIA_")]
        assert not wrong, f"settings are CAREVIA_* names, not {wrong}"
        self._folder = tempfile.TemporaryDirectory(prefix="carevia-test-")
        self.data = data or Path(self._folder.name) / "data"
        self.host = host
        self.port = port or free_port(host)
        self.url = f"http://{host}:{self.port}"
        self.words = words
        self.settings = settings
        self.process: Process | None = None
        self.out: Lines
        self.err: Lines

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        ours = {
            "HOME": self._folder.name,
            "PYTHONPATH": f"{ROOT / 'src'}:{ALONE}",
            "ONLY_FOR_TESTS": only_for_tests(),
            "PYTHONUNBUFFERED": "1",
            "CAREVIA_ENV": "development",
            "CAREVIA_HOST": self.host,
            "CAREVIA_PORT": str(self.port),
            "CAREVIA_PUBLIC_URL": self.url,
            "CAREVIA_DATA_DIR": str(self.data),
        }
        return kept | ours | self.settings

    def serve_command(self) -> list[str]:
        return [sys.executable, "-m", "carevia", "serve", *self.words]

    def open_process(self) -> Process:
        return subprocess.Popen(
            self.serve_command(),
            cwd=self._folder.name,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def spawn(self) -> Self:
        """Start without waiting: for programs that are expected to refuse."""
        assert self.process is None, "the program runs already"
        self.process = self.open_process()
        assert self.process.stdout and self.process.stderr
        self.out, self.err = Lines(self.process.stdout), Lines(self.process.stderr)
        return self

    def refuse(self, timeout: float = 20) -> tuple[int, str]:
        """Start a program that is expected not to start: its exit status, and all it said. AssertionError with that if
        it does start."""
        try:
            return self.spawn().wait(timeout), self.output()
        except subprocess.TimeoutExpired:
            self.end()
            raise AssertionError(f"The program has started.\n{self.output()}") from None
        finally:
            self.end()
            self._folder.cleanup()

    def command(self, *words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """`carevia WORDS` beside it: the same settings, the same data."""
        return subprocess.run(
            [sys.executable, "-m", "carevia", *words],
            cwd=self._folder.name,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, timeout: float = READY) -> Self:
        """Start, and return when it answers. AssertionError with its output if it ends or does not answer in time."""
        self.spawn()
        processes = int(self.words[self.words.index("--workers") + 1]) if "--workers" in self.words else 1
        deadline = time.monotonic() + timeout * processes
        while not self.answers():
            if self._ended_within(0.02) or time.monotonic() > deadline:
                code = self.process.poll() if self.process else None
                self.end()
                raise AssertionError(f"The program did not start (exit status {code}).\n{self.output()}")
        return self

    def answers(self, path: str = "/healthz") -> bool:
        """Whether `path` gives 200 now."""
        connection = HTTPConnection(self.host, self.port, timeout=2)  # a client with TLS to load would cost a start
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _ended_within(self, seconds: float) -> bool:
        assert self.process
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
            return True
        return False

    @property
    def pid(self) -> int:
        assert self.process, "the program does not run"
        return self.process.pid

    def wait(self, timeout: float = 10) -> int:
        """Its exit status (negative: the signal that ended it), once it has ended by itself."""
        assert self.process, "the program does not run"
        code = self.process.wait(timeout)
        self._forget()
        return code

    def kill(self) -> None:
        """As a power cut: SIGKILL, nothing is written any more."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def stop(self, timeout: float = 12, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit status."""
        os.kill(self.pid, sign)
        return self.wait(timeout)

    def restart(self) -> Self:
        """Stopped if it runs, then started on the same port and data."""
        if self.process:
            self.stop()
        return self.start()

    def end(self) -> None:
        """Whatever state it is in: afterwards nothing of it runs."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self._forget()

    def _forget(self) -> None:
        self.process = None
        self.out.close()
        self.err.close()

    def output(self) -> str:
        """All it has said so far."""
        return f"{self.out.text()}\n{self.err.text()}".strip()

    def wait_for_line(self, pattern: str) -> re.Match[str]:
        """The first line of its standard output in which `pattern` is found."""
        look = re.compile(pattern)
        return self.out.wait(lambda lines: next(filter(None, map(look.search, lines)), None), 10, repr(pattern))

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:  # then __exit__ is not called
            self._folder.cleanup()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if error is not None and (output := self.output()):
            error.add_note(f"The program said:\n{output[-4000:]}")
        self._folder.cleanup()
