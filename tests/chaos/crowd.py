"""Desks and customers, as tabs of plain socket.io-client in one Node process (clients.mjs)."""

import json
import os
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from tests.acceptance.people import staff, token
from tests.chaos.ledger import Client
from tests.harness.node import JsonLines, Message, ready

TABS_OF_ONE = 10  # under the limit for one person, also while a half-open one is still counted


def customer(number: int) -> str:
    return f"customer-{number}"


class Crowd(JsonLines):
    """`clients` write what they are shown into `folder`. Their tokens are good for `seconds`."""

    def __init__(self, clients: Sequence[Client], folder: Path, seconds: float, backoff: tuple[int, int]) -> None:
        described = [describe(number, client, int(seconds)) for number, client in enumerate(clients)]
        told = folder / "clients.json"
        told.write_text(json.dumps({"clients": described, "folder": str(folder), "backoff": backoff}))
        super().__init__(Path(__file__).with_name("clients.mjs"), os.fspath(ready() / "package.json"), str(told))
        self.size = len(clients)
        self._calls = count()

    def state(self) -> Message:
        """connected, ready, newest {name: seq}, recovered, fresh, resets, refused: now, and all is written out.
        `back`: when each connected, each time (ms); `away`: how long each was gone before (ms)."""
        call = next(self._calls)
        self.send({"call": call})
        return self.expect(lambda message: message["call"] == call, 10, "the crowd's answer")

    def wait(self, done: Callable[[Message], bool], seconds: float) -> Message:
        """The state once it is so, or as it is when the time is over."""
        deadline = time.monotonic() + seconds
        while not done(state := self.state()) and time.monotonic() < deadline:
            time.sleep(max(0.05, self.size / 5_000))  # the state of thousands takes its time to tell
        return state


def describe(number: int, client: Client, seconds: int) -> dict[str, object]:
    desk = "desk" in client.rooms
    bearer = (
        staff(f"staff-{number // TABS_OF_ONE}", seconds=seconds) if desk else token(client.rooms[0], seconds=seconds)
    )
    return {
        "name": client.name,
        "url": client.url,
        "token": bearer,
        "join": [room for room in client.rooms if desk and room != "desk"],
        "transports": ["polling"] if number % 10 == 9 else ["websocket"] if number % 3 else ["polling", "websocket"],
    }
