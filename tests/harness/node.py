"""JavaScript under test: the wheel's Node with web/'s own packages, and the real socket.io-client as a peer.

The peer is a Node process that speaks JSON lines (socketio_peer.mjs). Rule: a test waits for what it expects, with a
time limit; what it has waited for is taken away, so that the next wait sees only what came after.
"""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import webbuild
from tests.harness.lines import Lines

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
Message = dict[str, Any]


def node() -> Path:
    return webbuild.node_folder() / "node"


def ready() -> Path:
    """web/ with the packages of its lock. Installs them where they are missing."""
    if not (WEB / "node_modules" / "socket.io-client").is_dir():
        webbuild.install_packages(WEB)
    return WEB


class JsonLines:
    """A Node process that reads and writes one JSON object a line."""

    def __init__(self, script: Path, *words: str, folder: Path | None = None) -> None:
        self.process = subprocess.Popen(
            [node(), script, *words],
            cwd=folder or ready(),
            env=webbuild.node_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdin and self.process.stdout
        self._in = self.process.stdin
        self._out = Lines(self.process.stdout)
        self._taken: set[int] = set()

    def send(self, message: Message) -> None:
        self._in.write(json.dumps(message) + "\n")
        self._in.flush()

    def seen(self) -> list[Message]:
        """Every message so far, also those already waited for."""
        return [json.loads(line) for line in list(self._out.seen)]

    def expect(self, match: Callable[[Message], bool], timeout: float, what: str) -> Message:
        """The first message not yet taken that matches. Each is read once, not anew with each that comes after it."""
        looked = 0

        def look(lines: list[str]) -> Message | None:
            nonlocal looked
            for number in range(looked, len(lines)):
                looked += 1
                if number not in self._taken and match(message := json.loads(lines[number])):
                    self._taken.add(number)
                    return dict(message)
            return None

        return self._out.wait(look, timeout, what)

    def wait_for_text(self, *texts: str, timeout: float) -> Message:
        """The first message that holds these texts. Each is looked at once and none is taken: for thousands of them."""
        looked = 0

        def look(lines: list[str]) -> Message | None:
            nonlocal looked
            for line in lines[looked:]:
                looked += 1
                if all(text in line for text in texts):
                    return dict(json.loads(line))
            return None

        return self._out.wait(look, timeout, repr(texts))

    def freeze(self) -> None:
        """SIGSTOP: it neither reads nor runs a timer, and nobody is told, as of a machine that sleeps."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._in.close()
        self._out.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SocketIOClient(JsonLines):
    """The real socket.io-client. One process may hold several named sockets, each with a connection of its own.

    client.connect(url, transports=["websocket"], auth={"token": token})
    client.expect_event("customer_added")["args"]
    """

    def __init__(self) -> None:
        super().__init__(Path(__file__).with_name("socketio_peer.mjs"), os.fspath(ready() / "package.json"))
        self._calls = count()

    def connect(self, url: str, socket: str = "main", *, wait: bool = True, **options: Any) -> Message:
        """Options as in JavaScript's `io(url, options)`. Returns {id, recovered, transport} of the connection."""
        self.send({"do": "connect", "socket": socket, "url": url, "options": options})
        return self.expect_kind("connect", socket) if wait else {}

    def change_over(self, socket: str = "main") -> None:
        """Returns when it is on its WebSocket, for who ends its server then. Of one that dies after it has answered the
        probe and the last poll this client hears nothing until its pings stay out: 45 s."""
        if self.state(socket)["transport"] != "websocket":
            self.expect_kind("upgrade", socket)

    def expect_kind(self, kind: str, socket: str = "main", timeout: float = 10) -> Message:
        """connect, connect_error {message, data}, disconnect {reason}, event {name, args}, ack, upgrade or state."""
        return self.expect(lambda m: m["kind"] == kind and m["socket"] == socket, timeout, f"{kind} of {socket}")

    def expect_event(self, name: str, socket: str = "main", timeout: float = 10) -> Message:
        return self.expect(
            lambda m: m["kind"] == "event" and m["socket"] == socket and m["name"] == name, timeout, f"event {name}"
        )

    def emit(self, name: str, *args: Any, socket: str = "main") -> None:
        self.send({"do": "emit", "socket": socket, "name": name, "args": args})

    def call(self, name: str, *args: Any, socket: str = "main", timeout: float = 10) -> Any:
        """Emit and wait for the acknowledgement; its argument, or the list of them where there are several."""
        call = next(self._calls)
        self.send({"do": "call", "socket": socket, "name": name, "args": args, "call": call})
        answer = self.expect(lambda m: m["kind"] == "ack" and m["call"] == call, timeout, f"the ack of {name}")["args"]
        return answer[0] if len(answer) == 1 else answer

    def events(self, name: str, socket: str = "main") -> list[list[Any]]:
        """The arguments of every such event so far."""
        return [m["args"] for m in self.seen() if (m["kind"], m["socket"], m.get("name")) == ("event", socket, name)]

    def state(self, socket: str = "main") -> Message:
        """{id, connected, active, recovered, transport} now."""
        self.send({"do": "state", "socket": socket})
        return self.expect_kind("state", socket)

    @contextmanager
    def measuring(self, name: str, socket: str = "main") -> Iterator[list[float]]:
        """Meanwhile `name` is emitted again and again; afterwards the list holds the seconds each took to be
        acknowledged, by the client's own clock."""
        took: list[float] = []
        self.send({"do": "measure", "socket": socket, "name": name})
        yield took
        self.send({"do": "measured", "socket": socket})
        took += [each / 1000 for each in self.expect_kind("measured", socket)["took"]]

    def disconnect(self, socket: str = "main") -> None:
        """As `socket.disconnect()`: a farewell, and no reconnection."""
        self.send({"do": "disconnect", "socket": socket})

    def cut(self, socket: str = "main") -> None:
        """Close the transport under the socket, as a lost network does; the client comes back by itself."""
        self.send({"do": "cut", "socket": socket})
