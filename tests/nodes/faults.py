"""Two hosts under 20 payments a second: Redis restarted, killed, flushed and gone, and a host cut off
from it; told in figures, from outside. Beside them how soon presence is right on the other host.

python -m tests.nodes.faults --rounds 30 --gone 60 --partitions 5,30,120
"""

import argparse
import itertools
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.faults import metrics, readiness, seconds_until
from tests.acceptance.people import staff, token
from tests.acceptance.stripe import event, session, signature
from tests.harness.node import SocketIOClient
from tests.harness.postgres import Postgres
from tests.harness.program import Program
from tests.nodes.hosts import SMALL_LIMITS, Hosts, Login, connect, hosts, present

DESKS = ("east", "west")
EVERY = 0.05  # s from one payment to the next
LATE = 30.0  # s after which what has not come counts as lost


@dataclass
class Told:
    """Seconds. `near` and `far`: from a payment's 200 at east to the desk at east, and at west, while Redis was away or
    west could not reach it."""

    events: int = 0
    refused: int = 0  # answers other than 200
    lost: int = 0
    twice: int = 0
    webhook_p99: float = 0.0
    near_p99: float = 0.0
    near_worst: float = 0.0
    far_p99: float = 0.0
    far_worst: float = 0.0
    hints_p50: float = 0.0  # to west while all was well
    hints_back: list[float] = field(default_factory=list)
    noticed: list[float] = field(default_factory=list)
    caught_up: list[float] = field(default_factory=list)


@contextmanager
def running(thread: threading.Thread, ended: threading.Event) -> Iterator[None]:
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)


class Payments:
    """One every 0.05 s at a node, each by another family: when it was answered, and how long that took."""

    def __init__(self, node: Program) -> None:
        self.answered: dict[str, float] = {}
        self.took: list[float] = []
        self.refused = 0
        self._node = node
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="payments")

    def coming(self) -> AbstractContextManager[None]:
        return running(self._thread, self._ended)

    def _work(self) -> None:
        link = HTTPConnection(self._node.host, self._node.port, timeout=10)
        prefix = f"f{time.time_ns()}"
        for number in itertools.count():
            if self._ended.wait(EVERY):
                break
            body = event(session(f"{prefix}-{number}"))
            begun = time.monotonic()
            link.request("POST", "/api/payment/webhook", body, {"stripe-signature": signature(body)})
            answer = link.getresponse()
            answer.read()
            now = time.monotonic()
            self.took.append(now - begun)
            if answer.status == 200:
                self.answered[f"{prefix}-{number}"] = now
            else:
                self.refused += 1
        link.close()


class Shown:
    """When each desk had which family's payment, read from the client's output as it comes."""

    def __init__(self, client: SocketIOClient) -> None:
        self.at: dict[str, dict[str, float]] = {desk: {} for desk in DESKS}
        self.counts: Counter[tuple[str, str]] = Counter()
        self._lines = client._out.seen
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="shown")

    def watched(self) -> AbstractContextManager[None]:
        return running(self._thread, self._ended)

    def _work(self) -> None:
        looked = len(self._lines)
        while not self._ended.wait(0.002):
            now, until = time.monotonic(), len(self._lines)
            for line in self._lines[looked:until]:
                if '"customer_added"' in line:
                    said = json.loads(line)
                    user = said["args"][0]["userId"]
                    self.at[said["socket"]].setdefault(user, now)
                    self.counts[said["socket"], user] += 1
            looked = until

    def has_all(self, users: Sequence[str]) -> bool:
        return all(user in self.at[desk] for desk in DESKS for user in users)


class Faults:
    """One run."""

    def __init__(self, two: Hosts, client: SocketIOClient) -> None:
        self._two = two
        self._payments = Payments(two.east)
        self._shown = Shown(client)
        self._bad: list[tuple[float, float]] = []  # when west heard nothing
        self._told = Told()

    def run(self, rounds: int, gone: float, partitions: Sequence[float], say: Callable[[str], object]) -> Told:
        with self._shown.watched():
            self._under_load(rounds, gone, partitions, say)
            self._finish()
        return self._told

    def _under_load(self, rounds: int, gone: float, partitions: Sequence[float], say: Callable[[str], object]) -> None:
        with self._payments.coming():
            time.sleep(1)
            for number in range(rounds):
                how = ("restarted", "killed", "flushed", "gone")[number % 4]
                self._redis(how, gone if how == "gone" else 0.0)
                say(f"round {number + 1}: {how}")
                time.sleep(0.5)
            for seconds in partitions:
                self._partition(seconds)
                say(f"cut off for {seconds:g} s: noticed {self._told.noticed[-1]}, right {self._told.caught_up[-1]}")
                time.sleep(0.5)

    def _redis(self, how: str, away: float) -> None:
        valkey, begun = self._two.valkey, time.monotonic()
        if how == "flushed":
            assert valkey.command("FLUSHALL") == b"+OK\r\n"
            return
        if how == "restarted":
            valkey.stop()
        else:
            valkey.kill()
        time.sleep(away)
        valkey.start()
        back = time.monotonic()
        seconds_until(lambda: all(map(hears, (self._two.east, self._two.west))), 10)
        self._bad.append((begun, time.monotonic()))
        self._told.hints_back.append(round(time.monotonic() - back, 2))

    def _partition(self, seconds: float) -> None:
        self._two.ready()
        begun = time.monotonic()
        self._two.network.blackhole()
        self._told.noticed.append(round(seconds_until(lambda: readiness(self._two.west)[0] == 503, 10), 2))
        time.sleep(max(0.0, begun + seconds - time.monotonic()))
        owed = list(self._payments.answered)
        self._two.network.heal()
        healed = time.monotonic()
        seconds_until(lambda: hears(self._two.west) and self._shown.has_all(owed), 10)
        self._bad.append((begun, time.monotonic()))
        self._told.caught_up.append(round(time.monotonic() - healed, 2))

    def _finish(self) -> None:
        told, payments, shown = self._told, self._payments, self._shown
        deadline = time.monotonic() + LATE
        while not shown.has_all(list(payments.answered)) and time.monotonic() < deadline:
            time.sleep(0.1)
        told.events, told.refused = len(payments.answered), payments.refused
        told.lost = sum(user not in shown.at[desk] for desk in DESKS for user in payments.answered)
        told.twice = sum(count > 1 for count in shown.counts.values())
        told.webhook_p99 = share(payments.took, 0.99)
        dark = {user for user, at in payments.answered.items() if any(a <= at <= b for a, b in self._bad)}
        near, far = (self._delays(desk, dark) for desk in DESKS)
        told.near_p99, told.near_worst = share(near, 0.99), share(near, 1)
        told.far_p99, told.far_worst = share(far, 0.99), share(far, 1)
        told.hints_p50 = share(self._delays("west", payments.answered.keys() - dark), 0.5)

    def _delays(self, desk: str, users: set[str]) -> list[float]:
        at = self._shown.at[desk]
        return [max(0.0, at[user] - self._payments.answered[user]) for user in users if user in at]


def hears(node: Program) -> bool:
    return metrics(node)["carevia_bus_connected"] == 1


def share(values: Sequence[float], part: float) -> float:
    found = sorted(values)
    return round(found[min(len(found) - 1, int(len(found) * part))], 3) if found else 0.0


def soon(two: Hosts, client: SocketIOClient) -> dict[str, float]:
    """How soon the other host knows: somebody came, their last tab closed, they signed out, their node was killed."""
    found = {}
    client.connect(two.west.url, "rima", auth={"token": token("rima")}, reconnection=False)
    found["came"] = seconds_until(lambda: present(client, "east").get("rima") == "here", 10)
    client.disconnect("rima")
    found["last tab closed"] = seconds_until(lambda: "rima" not in present(client, "east"), 10)
    found["signed out"] = signed_out(two, client, "with-redis")
    two.network.reset()
    two.network.refuse()
    seconds_until(lambda: not hears(two.west), 10)
    found["signed out, Redis away"] = signed_out(two, client, "without-redis")
    two.ready()
    client.connect(two.west.url, "mina", auth={"token": token("mina")}, reconnection=False)
    seconds_until(lambda: "mina" in present(client, "east"), 10)
    two.west.kill()
    found["node killed"] = seconds_until(lambda: "mina" not in present(client, "east"), 20)
    two.ready()
    return {what: round(seconds, 2) for what, seconds in found.items()}


def signed_out(two: Hosts, client: SocketIOClient, name: str) -> float:
    """From the sign-out at east until the socket at west is told."""
    login = Login(two.east, SETTINGS["CAREVIA_ADMIN_EMAIL"], SETTINGS["CAREVIA_ADMIN_PASSWORD"])
    connect(client, two.west, name, login.token)
    begun = time.monotonic()
    login.end()
    client.expect_kind("disconnect", name)
    return time.monotonic() - begun


def run(two: Hosts, client: SocketIOClient, rounds: int, gone: float, partitions: Sequence[float]) -> Told:
    for desk, node in zip(DESKS, (two.east, two.west), strict=True):
        client.connect(node.url, desk, auth={"token": staff(desk)})
    return Faults(two, client).run(rounds, gone, partitions, lambda line: print(line, flush=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=8, help="restarted, killed, flushed, gone, in turn")
    parser.add_argument("--gone", type=float, default=10.0, help="seconds")
    parser.add_argument("--partitions", default="5", help="seconds, comma list")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="carevia-faults-") as name,
        Postgres() as postgres,
        hosts(Path(name), postgres.prepared(), **SMALL_LIMITS) as two,
        SocketIOClient() as client,
    ):
        two.ready()
        told = run(two, client, given.rounds, given.gone, [float(part) for part in given.partitions.split(",")])
        for what, value in asdict(told).items():
            print(f"{what}: {value}")
        print(soon(two, client))
