"""Something that happens by itself while a play goes on, in a thread of its own."""

import threading
from abc import ABC, abstractmethod

from tests.chaos.oracle import Outage


class Actor(ABC):
    def __init__(self, name: str) -> None:
        self.outages: list[Outage] = []
        """When what it plays with was away, so that nobody could be shown anything."""
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name)

    @abstractmethod
    def play(self) -> None:
        """Returns when it is over."""

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            self.play()
        except BaseException as error:
            self.error = error
