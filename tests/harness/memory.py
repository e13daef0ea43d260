"""What something costs a process in memory."""

import os
import threading
from pathlib import Path
from typing import Self


class Growth:
    """The resident set of a process while something goes on: how far it grew above the beginning, in bytes."""

    def __init__(self, pid: int) -> None:
        self._path = Path(f"/proc/{pid}/statm")
        self._stop = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self.grown = 0

    def _resident(self) -> int:
        return int(self._path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _sample(self) -> None:
        while not self._stop.wait(0.01):
            self.grown = max(self.grown, self._resident() - self._before)

    def __enter__(self) -> Self:
        self._before = self._resident()
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._sampler.join()
