"""F3: PostgreSQL is restarted under load, gently, at once and by force: never a 2xx without a commit, nothing lost.

The ledger is outside: which deliveries got their 200, and what the desk was shown. `F3_ROUNDS=20` in the environment
plays it for longer.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count, cycle, islice

import httpx2
import psycopg
import pytest

from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.faults import readiness, seconds_until
from tests.acceptance.people import staff
from tests.conftest import StartProgram
from tests.harness.node import SocketIOClient
from tests.harness.postgres import Postgres
from tests.harness.program import Program

ROUNDS = int(os.environ.get("F3_ROUNDS", "3"))
SENDERS = 3
SOON = 5.0
BACK = 2.0


@pytest.fixture
def mortal() -> Iterator[Postgres]:
    """A server of this test's own, with fsync."""
    with Postgres() as server:
        yield server


class Families:
    """Each pays once, delivered again and again until it got a 200, as the provider does."""

    def __init__(self, program: Program) -> None:
        self.paid: set[str] = set()
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0
        self.wrong: list[str] = []
        self.last_paid = 0.0
        self._program = program
        self._numbers = count(1)
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._pay_and_pay, name="families") for _ in range(SENDERS)]

    def __enter__(self) -> "Families":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def _pay_and_pay(self) -> None:
        while not self._enough.is_set():
            self._pay(f"family-{next(self._numbers)}")
            time.sleep(0.02)

    def _pay(self, name: str) -> None:
        """Also after it was told that it is enough: who has begun is not left without an answer."""
        body = stripe.event(stripe.session(name))
        for _ in range(200):
            began = time.monotonic()
            try:
                answer = stripe.deliver(self._program.url, body)
            except httpx2.TransportError as problem:
                self.wrong.append(f"{name} got no answer: {problem!r} after {time.monotonic() - began:.2f} s")
                return
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answers[answer.status_code] += 1
            if answer.status_code == 200:
                self.paid.add(name)
                self.last_paid = time.monotonic()
                return
            if answer.status_code != 503 or int(answer.headers.get("retry-after", 0)) < 1:
                self.wrong.append(f"{name} was answered {answer.status_code}: {answer.text[:200]}")
                return
            time.sleep(0.1)
        self.wrong.append(f"{name} got no 200")


def test_f3_restarts_of_postgresql_under_load_lose_nothing_and_close_no_socket(
    mortal: Postgres, start_program: StartProgram, javascript_client: SocketIOClient
) -> None:
    url = mortal.prepared()
    program, client = start_program(**SETTINGS, CAREVIA_DATABASE_URL=url), javascript_client
    client.connect(program.url, auth={"token": staff()})
    pid, backs = program.pid, []
    with Families(program) as families:
        seconds_until(lambda: bool(families.paid), SOON)
        for how in islice(cycle(["fast", "immediate", "kill"]), ROUNDS):
            backs.append(away_and_back(mortal, program, client, families, how))
    print(f"F3: back after {max(backs):.2f} s at most, slowest answer {families.slowest:.2f} s, {families.answers}")
    assert families.wrong == []
    assert families.slowest < SOON + 1
    assert families.answers[503] >= ROUNDS, "nobody paid while it was away"
    with psycopg.connect(url) as connection:
        stored = [row[0] for row in connection.execute("SELECT user_id FROM bookings ORDER BY user_id")]
        [gaps] = connection.execute("SELECT max(seq) - min(seq) + 1 - count(*) FROM journal").fetchone() or [None]
    assert stored == sorted(families.paid) and gaps == 0
    seconds_until(lambda: len(shown(client)) >= len(stored), SOON)
    assert shown(client) == dict.fromkeys(families.paid, 1)
    assert not [seen for seen in client.seen() if seen["kind"] == "disconnect" and seen["socket"] == "main"]
    assert program.pid == pid


def away_and_back(server: Postgres, program: Program, client: SocketIOClient, families: Families, how: str) -> float:
    """One restart; how long after the server took connections the first family paid again and all was well."""
    server.stop(how)
    refused = families.answers[503]
    seconds_until(lambda: families.answers[503] > refused, SOON)
    seconds_until(lambda: readiness(program)[0] == 503, SOON)
    assert "cannot be reached" in readiness(program)[1]
    everybody_else_is_told(program, client, how)
    server.start()
    began = time.monotonic()
    seconds_until(lambda: families.last_paid > began, BACK)
    seconds_until(lambda: readiness(program)[0] == 200, BACK)
    client.expect_kind("connect", f"came-while-{how}", timeout=SOON)
    return time.monotonic() - began


def everybody_else_is_told(program: Program, client: SocketIOClient, how: str) -> None:
    """Who reads, who writes over a socket that is open, and who comes just now: their client tries again by itself."""
    desk = {"authorization": f"Bearer {staff()}"}
    answer = httpx2.get(f"{program.url}/api/booking", headers=desk, trust_env=False)
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
    said = client.call("send_message", {"roomId": "family-1", "text": "Hello", "id": f"m-{how}"})
    assert (said["ok"], said["code"]) == (False, "unavailable")
    client.connect(program.url, f"came-while-{how}", wait=False, auth={"token": staff(how)})
    turned_away = ("disconnect", "connect_error")  # behind its handshake, or at it: either way it tries again by itself
    name = f"came-while-{how}"
    client.expect(lambda m: m["socket"] == name and m["kind"] in turned_away, 4 * SOON, f"{name} is turned away")


def shown(client: SocketIOClient) -> Counter[str]:
    return Counter(args[0]["userId"] for args in client.events("customer_added"))
