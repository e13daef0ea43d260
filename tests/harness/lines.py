"""Another process's output, read line by line in a thread, so that a test can wait for what it expects to see.

Nothing here sleeps: waiting ends when a line arrives, when the output ends, or at the deadline.
"""

import threading
import time
from collections.abc import Callable
from typing import IO, TypeVar

T = TypeVar("T")


class Lines:
    """The lines of one stream so far. `wait` answers with the first result of `look` that is not None."""

    def __init__(self, stream: IO[str]) -> None:
        self.seen: list[str] = []
        self.ended = False
        self._changed = threading.Condition()
        self._stream = stream
        self._reader = threading.Thread(target=self._read, name="lines", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._stream:
            with self._changed:
                self.seen.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def wait(self, look: Callable[[list[str]], T | None], timeout: float, what: str) -> T:
        """What `look` finds in the lines. AssertionError, with the last lines, at the deadline or the stream's end."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while (found := look(self.seen)) is None:
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = "the output ended" if self.ended else f"{timeout:g} s passed"
                    raise AssertionError(f"Waited for {what}, but {why}. Last lines:\n" + "\n".join(self.seen[-20:]))
                self._changed.wait(left)
            return found

    def text(self) -> str:
        with self._changed:
            return "\n".join(self.seen)

    def close(self) -> None:
        """Call when the process has ended: reads to the end and frees the descriptor."""
        self._reader.join(5)
        self._stream.close()
