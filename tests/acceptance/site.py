"""What goes on at a program under test: families pay and write, and its own figures are read."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Thread
from typing import Any

import httpx2

from tests.acceptance.stripe import deliver, event, session, signature
from tests.harness.program import Program


def pay(site: Program, *users: str) -> None:
    for user in users:
        assert deliver(site.url, event(session(user))).status_code == 200


@contextmanager
def delivering(site: Program, bodies: Sequence[bytes], rate: float, senders: int = 2) -> Iterator[list[Thread]]:
    """Webhooks come at this pace, as far as the answers allow it; at the end all have come."""
    threads = [Thread(target=_deliver, args=(site, bodies[n::senders], rate / senders)) for n in range(senders)]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join()


def _deliver(site: Program, bodies: Sequence[bytes], rate: float) -> None:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=15)
    began = time.monotonic()
    for number, body in enumerate(bodies):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))  # the pace, not a wait for anything
        connection.request("POST", "/api/payment/webhook", body, {"Stripe-Signature": signature(body)})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()


def booking(number: int) -> dict[str, Any]:
    return {"userId": f"family-{number}", "userName": "Nusrat Jahan", "trackingId": f"CV-{number}", "amountPaid": "1"}


def chat(room: str, number: int) -> dict[str, Any]:
    return {"id": f"m-{number}", "roomId": room, "senderId": room, "senderName": "R", "text": "Hello", "status": "sent"}


def wait_until_emitted(site: Program, seq: int) -> None:
    """Rows that another process committed have gone out too."""
    wait_until(lambda: metric(site, "carevia_journal_position") >= seq, f"row {seq} is emitted")


def metric(site: Program, name: str) -> float:
    lines = httpx2.get(f"{site.url}/metrics", trust_env=False).text.splitlines()
    return float(next((line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")), 0))


LATE = 3.0  # s, for what is promised within 1: other tests share these cores, and no figure is taken here
# Else times to the tenth, and a p99, are what the other tests make of them.
ALONE = "PYTEST_XDIST_WORKER" not in os.environ


def wait_until(holds: Callable[[], object], what: str, timeout: float = 10, seen: Callable[[], object] = str) -> None:
    """`seen` is said when it does not come."""
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, f"Waited {timeout:g} s until {what}. {seen()}"
        time.sleep(0.02)
