"""The load generator as seen from Python: one C process for each server, one method for each of its commands."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench import proc
from bench.servers import Running, load_program

PAUSE = 500  # µs between two looks at the sockets while events are counted; see load.c


def payload(size: int = 300) -> str:
    """A booking as JSON without blanks, exactly this many bytes."""
    head = '{"trackingId":"CV-7K2M9QXD","name":"A.Customer","service":"Elderly-Care","amountPaid":"3000","note":"'
    return head + "n" * (size - len(head) - 2) + '"}'


@dataclass
class Done:
    """What one command came to. CPU in nanoseconds, times in seconds; of webhooks and events p50 and p99."""

    cpu: int
    generator: int
    seconds: float
    slowest: float
    latest: float
    events: int
    acks: int
    pings: int
    jobs: int
    answered: tuple[float, float]
    last: tuple[float, float]


class Load:
    """Clients of one server."""

    def __init__(self, server: Running, process: "subprocess.Popen[str]") -> None:
        self.server = server
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def credentials(self, lines: Sequence[str]) -> None:
        """What the clients opened from now on say at CONNECT, by turns."""
        with filed("\n".join(lines).encode() + b"\n") as path:
            self.do(f"credentials {path}", settle=0)

    def deliver(self, requests: Sequence[bytes], number: int, receivers: int, at_once: int) -> Done:
        """POST webhooks; the event of each must come to so many clients, with `job-NUMBER` and on in it."""
        with filed(b"".join(b"%d\n%b" % (len(request), request) for request in requests)) as path:
            return self.do(f"deliver {at_once} {receivers} {number} {path}")

    def open(self, count: int, transport: str = "ws", rate: int = 0) -> Done:
        """Connect `count` clients more, CONNECT included."""
        return self.do(f"open {count} 64 {rate} {transport}")

    def publish(self, text: str, count: int, receivers: int, at_once: int = 1, pause: int = PAUSE) -> Done:
        """Say `text` `count` times, `at_once` under way; each must bring `receivers` events."""
        self.do(f"pause {pause}", settle=0)
        done = self.do(f"publish {at_once} {receivers} {count} {text}")
        self.do("pause 0", settle=0)
        return done

    def call(self, text: str, count: int, first: int = 0, step: int = 1, window: int = 64, each: int = 0) -> Done:
        """Clients first, first + step, ... say `text` and get an acknowledgement; each must bring events to others."""
        return self.do(f"call {window} {first} {step} {count} {each} {text}")

    def idle(self, seconds: float) -> Done:
        """Only answer pings."""
        return self.do(f"idle {seconds}")

    def do(self, command: str, settle: float = 0.05) -> Done:
        """One command, and what it cost the server. `settle`: seconds for what the server still has to tidy up."""
        generator = self._process.pid
        cpu, own = self.server.cpu(), proc.cpu(generator)
        answer = self._tell(command)
        own = proc.cpu(generator) - own
        if settle:
            self._tell(f"idle {settle}")
        return Done(cpu=self.server.cpu() - cpu, generator=own, **answer)

    def _tell(self, command: str) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ValueError("the process was started without pipes")
        stdin.write(command + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise SystemExit(f"The load on {self.server.name} broke off at `{command}`, for the reason above.")
        return dict(json.loads(line))


@contextmanager
def filed(content: bytes) -> Iterator[str]:
    """The name of a file with this in it."""
    with tempfile.NamedTemporaryFile(prefix="carevia-bench-") as file:
        file.write(content)
        file.flush()
        yield file.name


@contextmanager
def load(server: Running, size: int = 300) -> Iterator[Load]:
    """A load generator for this server, with a payload of so many bytes."""
    process = subprocess.Popen(
        [load_program(), "127.0.0.1", server.ports, payload(size)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Load(server, process)
    finally:
        process.kill()
        process.communicate()
