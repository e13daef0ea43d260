"""`carevia serve --workers N`: a parent that listens, starts the workers, and starts again whichever dies.

The parent holds the listening sockets for as long as it runs: a worker that dies takes no waiting connection with it.
On Linux each worker has one of its own, all on the same port, and the system spreads connections evenly over them;
elsewhere they share one. Each worker is a whole Carevia; what they share is the store, the bus and the folder in
which they hand connections to each other.
"""

import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import Final

from carevia.cli.process import last_seconds, listen
from carevia.config import Settings
from carevia.logs import Log

_TURN: Final = 0.2  # seconds between two looks at the workers
_STEADY: Final = 10.0  # who lived that long is started again at once
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 5.0
_WRONG_SETTINGS: Final = 2  # the exit status that no new start would mend


class Child:
    """One worker, over all its lives."""

    def __init__(self, number: int, listener: socket.socket, group: str, words: Sequence[str]) -> None:
        self.number = number
        self._group = group
        self._listener = listener
        self._words = words
        self._born = 0.0
        self._pause = _FIRST_PAUSE
        self._again = 0.0  # when it may be started next
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        descriptor = self._listener.fileno()
        words = [*self._words, "--worker", str(self.number), str(descriptor), self._group]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=(descriptor,))  # noqa: S603 -- words of ours
        self._born = time.monotonic()

    def _start_again(self, now: float) -> None:
        """Later, where the system has no room for a process just now: the others must not end for it."""
        try:
            self.start()
        except OSError:
            self._again = now + self._pause

    def look(self) -> int | None:
        """Start it again where it is due. Its exit status in the turn in which its death is found, else None."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._again:
                self._start_again(now)
            return None
        status = self.process.poll()
        if status is None:
            return None
        self._bury()
        steady = now - self._born > _STEADY
        self._pause = _FIRST_PAUSE if steady else min(2 * self._pause, _LONGEST_PAUSE)
        self._again = now if steady else now + self._pause / 2
        return status

    def signal(self, sign: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sign)

    def wait(self, until: float) -> None:
        """Until it has ended, or is made to at that time."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._bury()

    def _bury(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None


def run_workers(settings: Settings, count: int) -> int:
    """The exit status: 0 after SIGTERM or SIGINT. Raises ConfigError for a port that cannot be had."""
    stop = threading.Event()

    def ask(sign: int, frame: FrameType | None) -> None:
        stop.set()

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, ask)
    listeners = _listeners(settings.host, settings.port, count)
    host, port = settings.host, listeners[0].getsockname()[1]
    words = [sys.executable, "-m", "carevia", "serve", "--host", host, "--port", str(port)]
    group = secrets.token_hex(3)
    children = [Child(number, listener, group, words) for number, listener in enumerate(listeners)]
    for child in children:
        child.start()
    status, log = 0, Log(settings.log)
    while not status and not stop.wait(_TURN):
        status = _look(children, log)
    for listener in listeners:
        listener.close()  # the workers have theirs, as long as they take connections
    until = time.monotonic() + last_seconds(settings) + _TURN
    for child in children:
        child.signal(signal.SIGTERM)  # also on Ctrl-C, which reached them too: a second SIGINT would hurry them
    for child in children:
        child.wait(until)
    return status


def _look(children: Sequence[Child], log: Log) -> int:
    """Not 0 where the settings are wrong, which each worker finds out for itself."""
    for child in children:
        status = child.look()
        if status is not None:
            log.warning("a worker has ended", worker=child.number, status=status)
        if status == _WRONG_SETTINGS:
            return _WRONG_SETTINGS
    return 0


def _listeners(host: str, port: int, count: int) -> list[socket.socket]:
    """One for each worker. The first is had alone, so that another program on the port is noticed."""
    alone = listen(host, port)
    if sys.platform != "linux":
        return [alone] * count
    port = alone.getsockname()[1]
    alone.close()
    return [listen(host, port, shared=True) for _ in range(count)]
