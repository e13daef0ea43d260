"""What nginx does about a node that takes connections and answers nobody: deploy/nginx, as it is."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2

from tests.acceptance import stripe
from tests.acceptance.site import wait_until
from tests.harness.program import Program
from tests.nodes.cluster import cluster

COUNT = 4  # over two nodes


@contextmanager
def hanging(node: Program) -> Iterator[None]:
    os.kill(node.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(node.pid, signal.SIGCONT)


def test_a_payment_that_a_node_does_not_answer_is_taken_by_the_next_and_counts_once(tmp_path: Path) -> None:
    with cluster(tmp_path, [], []) as site, ThreadPoolExecutor(COUNT) as senders:

        def deliver(number: int) -> int:
            body = stripe.event(stripe.session(f"customer-{number}"))
            headers = {"Content-Type": "application/json", "Stripe-Signature": stripe.signature(body)}
            webhook = f"{site.url}/api/payment/webhook"
            return httpx2.post(webhook, content=body, headers=headers, timeout=20, trust_env=False).status_code

        with hanging(site.nodes[0]):
            assert list(senders.map(deliver, range(COUNT))) == [200] * COUNT
        wait_until(site.nodes[0].answers, "it goes on")
        with closing(sqlite3.connect(site.nodes[0].data / "carevia.db")) as database:
            assert database.execute("SELECT count(*), count(DISTINCT user_id) FROM bookings").fetchall() == [(4, 4)]
