"""Clocks that are wrong and wake-ups that are lost change neither order nor delivery."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.faults import metrics
from tests.acceptance.people import staff
from tests.harness.faulty import FaultyProgram
from tests.harness.node import SocketIOClient

STEP = 600  # s
PAYMENTS = 40


@pytest.fixture
def faulty() -> Iterator[FaultyProgram]:
    with FaultyProgram(**SETTINGS) as program:
        yield program


def deliver(program: FaultyProgram, name: str, ahead: int = 0) -> int:
    """A family pays; the provider signs by a clock that is so many seconds ahead of the true one."""
    body = stripe.event(stripe.session(name))
    header = stripe.signature(body, timestamp=int(time.time()) + ahead)
    return stripe.deliver(program.url, body, header).status_code


def arrived(client: SocketIOClient, count: int) -> dict[str, float]:
    """When each family's booking came to the desk."""
    events = ((client.expect_event("customer_added"), time.monotonic()) for _ in range(count))
    return {event["args"][0]["userId"]: at for event, at in events}


def test_f8_a_clock_that_steps_changes_neither_order_nor_connection(
    faulty: FaultyProgram, javascript_client: SocketIOClient
) -> None:
    client, refused = javascript_client, 'carevia_webhooks_refused_total{reason="bad_signature_time"}'
    token = staff(seconds=3600)
    client.connect(faulty.url, auth={"token": token})
    assert deliver(faulty, "true") == 200
    for number, ahead in enumerate((STEP, -STEP), 1):
        faulty.fault("clock", str(ahead))
        assert deliver(faulty, f"refused-{number}") == 400  # signed by the true clock
        assert metrics(faulty)[refused] == number
        assert deliver(faulty, f"stepped-{number}", ahead) == 200
        while client.expect_event("customer_added")["args"][0]["userId"] != f"stepped-{number}":
            pass  # cut in the moment in which it is read, this client keeps it aside and asks for it once more
        client.cut()
        assert client.expect_kind("connect")["recovered"] is True, "the clock refused its token"
    faulty.well("clock")
    client.cut()
    assert client.expect_kind("connect")["recovered"] is True
    assert deliver(faulty, "true-again") == 200
    while client.expect_event("customer_added")["args"][0]["userId"] != "true-again":
        pass
    events = client.events("customer_added")
    assert [args[0]["userId"] for args in events] == ["true", "stepped-1", "stepped-2", "true-again"]
    offsets = [int(args[-1].rpartition(".")[2]) for args in events]
    assert offsets == sorted(set(offsets))
    assert len([message for message in client.seen() if message["kind"] == "disconnect"]) == 3  # the cuts'
    assert "clock of this machine" in faulty.output()


def test_f16_without_any_wake_up_the_poll_delivers_within_a_second_and_a_half(
    faulty: FaultyProgram, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    client.connect(faulty.url, auth={"token": staff()})
    faulty.fault("hints")
    answered: dict[str, float] = {}
    with ThreadPoolExecutor(1) as pool:
        arrivals = pool.submit(arrived, client, PAYMENTS)
        for name in (f"family-{number}" for number in range(PAYMENTS)):
            assert deliver(faulty, name) == 200
            answered[name] = time.monotonic()
            time.sleep(0.07)  # not to wait for anything: to meet every phase of the poll
        waits = [at - answered[name] for name, at in arrivals.result().items()]
    assert len(waits) == PAYMENTS
    assert max(waits) <= 1.5
    assert max(waits) > 0.2, "the wake-ups were not lost"
