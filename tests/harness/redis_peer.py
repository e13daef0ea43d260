"""A Node server with `@socket.io/redis-adapter` and a `@socket.io/redis-emitter`, as they are used in the field."""

from itertools import count
from pathlib import Path
from typing import Any

import webbuild
from tests.harness.node import JsonLines

FOLDER = Path(__file__).with_name("bus")


class RedisPeer(JsonLines):
    """`port` takes clients of its own. `bytes` travel as {"bytes": hex} between us and it, never on the wire."""

    def __init__(self, redis_url: str, key: str) -> None:
        webbuild.install_packages(FOLDER)
        super().__init__(FOLDER / "peer.mjs", redis_url, key, folder=FOLDER)
        self._calls = count()
        self.port: int = self.expect(lambda m: m["kind"] == "ready", 15, "the Node server")["port"]

    def do(self, what: str, *event: Any, timeout: float = 10, **more: Any) -> Any:
        """What Socket.IO's method gives; AssertionError where it throws."""
        done = self.attempt(what, *event, timeout=timeout, **more)
        assert "error" not in done, done
        return done.get("said")

    def attempt(self, what: str, *event: Any, timeout: float = 10, **more: Any) -> dict[str, Any]:
        call = next(self._calls)
        self.send({"do": what, "call": call, "event": event, **more})
        return self.expect(lambda m: m.get("call") == call, timeout, what)
