"""Reconciliation from outside: the real program and the real command against a stand-in for the Stripe API."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff
from tests.acceptance.test_main_job import get
from tests.conftest import StartProgram
from tests.harness.node import SocketIOClient
from tests.harness.program import Program
from tests.harness.stripe_api import StripeApi

if TYPE_CHECKING:
    from playwright.sync_api import Page

DAY = 86_400


@pytest.fixture
def provider() -> Iterator[StripeApi]:
    with StripeApi() as provider:
        yield provider


def reconcile(program: Program, *words: str) -> subprocess.CompletedProcess[str]:
    """`carevia reconcile` with the settings of a program, whether that runs or not."""
    return subprocess.run(
        [sys.executable, "-m", "carevia", "reconcile", *words],
        env=program.environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def swept(program: Program) -> None:
    """The sweep at the start is over: the next one is far away."""
    deadline = time.monotonic() + 10
    while "carevia_reconcile_last_timestamp_seconds 0.0" in httpx2.get(f"{program.url}/metrics", trust_env=False).text:
        assert time.monotonic() < deadline, program.output()
        time.sleep(0.02)


def seen_by(client: SocketIOClient, count: int) -> list[str]:
    """Whose bookings a desk was shown, once there are so many."""
    while len(client.events("customer_added")) < count:
        client.expect_event("customer_added", timeout=20)
    return sorted(args[0]["userId"] for args in client.events("customer_added"))


def test_days_without_webhooks_are_on_every_desk_after_one_sweep(
    start_program: StartProgram, javascript_client: SocketIOClient, provider: StripeApi
) -> None:
    """The server was down for four days, and Stripe has given up on its webhooks."""
    program = start_program(**SETTINGS, **provider.settings)
    javascript_client.connect(program.url, auth={"token": staff()})
    swept(program)
    program.stop()
    now = int(time.time())
    with sqlite3.connect(program.data / "carevia.db") as database:
        moved = database.execute("UPDATE meta SET value = ? WHERE key = 'reconciled_until'", [(now - 4 * DAY) * 1000])
        assert moved.rowcount == 1
    database.close()
    families = sorted(f"family-{number}" for number in range(110))
    for number in range(110):
        provider.add(stripe.session(f"family-{number}"), created=now - 4 * DAY + number * 3_000)
    program.start()
    assert seen_by(javascript_client, 110) == families
    assert get(program, "/api/booking", staff())["totalItems"] == 110
    said = reconcile(program, "--since", "5d")
    assert (said.returncode, said.stdout.splitlines()[-1]) == (0, "Everything agrees.")
    assert seen_by(javascript_client, 110) == families


def test_the_command_beside_a_running_server(
    start_program: StartProgram, javascript_client: SocketIOClient, provider: StripeApi
) -> None:
    program = start_program(**SETTINGS, **provider.settings)
    javascript_client.connect(program.url, auth={"token": staff()})
    swept(program)
    lost = provider.add(stripe.session("family-1"), created=int(time.time()) - DAY)
    dry = json.loads(reconcile(program, "--since", "2d", "--dry-run", "--json").stdout)
    assert (dry["ok"], dry["dryRun"], dry["repaired"]) == (True, True, 1)
    assert get(program, "/api/booking", staff())["totalItems"] == 0
    done = reconcile(program)
    assert done.returncode == 0, done.stderr
    assert f"✓ {lost['id']}: It was missing here; it is recorded now." in done.stdout
    assert "family-1" not in done.stdout
    assert seen_by(javascript_client, 1) == ["family-1"]
    provider.add(lost | {"amount_total": 100})
    differs = reconcile(program)
    assert differs.returncode == 1
    assert f"✗ {lost['id']}: We have 3000 bdt, the provider 1 bdt." in differs.stdout
    [booking] = get(program, "/api/booking", staff())["bookings"]
    assert (booking["needsLook"], booking["amountPaid"]) == (True, "3000")
    assert seen_by(javascript_client, 1) == ["family-1"]


@pytest.mark.browser
def test_a_family_that_comes_back_sees_its_booking_before_any_webhook(
    start_program: StartProgram, page: "Page", provider: StripeApi
) -> None:
    from playwright.sync_api import expect

    program = start_program(**SETTINGS, **provider.settings)
    session = provider.add(stripe.session("family-1"), created=int(time.time()))
    address = f"{program.url}/booking/done?session_id={session['id']}&next=https://evil.example"
    page.goto(address)
    expect(page.get_by_role("heading", name="Thank you, your payment has arrived")).to_be_visible()
    [booking] = get(program, "/api/booking", staff())["bookings"]
    expect(page.get_by_text(booking["trackingId"])).to_be_visible()
    assert stripe.deliver(program.url, stripe.event(session)).status_code == 200
    assert get(program, "/api/booking", staff())["totalItems"] == 1
    assert page.url == address
