"""`carevia reconcile`: what it says and its exit status. In this process; the real one is in tests/acceptance."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from carevia.api.simulator import paid_event
from carevia.cli import carevia
from carevia.errors import ConfigError, Unavailable
from tests.api.desk import now
from tests.harness.stripe_api import StripeApi


@pytest.fixture
def provider() -> Iterator[StripeApi]:
    with StripeApi() as provider:
        yield provider


def reconcile(folder: Path, *words: str, **settings: str) -> Result:
    env = {"CAREVIA_DATA_DIR": str(folder / "data")} | settings
    return CliRunner().invoke(carevia, ["reconcile", *words], env=env)


def paid(provider: StripeApi, **changes: Any) -> dict[str, Any]:
    return provider.add(paid_event(now() - 3_600_000)["data"]["object"], **changes)


def test_it_says_what_it_recorded_and_then_that_everything_agrees(tmp_path: Path, provider: StripeApi) -> None:
    session = paid(provider)
    first = reconcile(tmp_path, **provider.settings)
    assert first.exit_code == 0
    lines = first.output.splitlines()
    assert lines[0].startswith("Compared 1 paid checkouts since 20")
    assert lines[1:] == [
        f"  ✓ {session['id']}: It was missing here; it is recorded now.",
        "Recorded now: 1. For a person: 0.",
    ]
    assert session["metadata"]["userName"] not in first.output
    assert reconcile(tmp_path, **provider.settings).output.splitlines()[-1] == "Everything agrees."


def test_what_a_person_must_see_is_exit_status_1(tmp_path: Path, provider: StripeApi) -> None:
    session = paid(provider)
    assert reconcile(tmp_path, **provider.settings).exit_code == 0
    paid(provider, **(session | {"amount_total": 1}))
    shown = reconcile(tmp_path, "--json", **provider.settings)
    assert shown.exit_code == 1
    found = json.loads(shown.output)
    assert (found["ok"], found["compared"], found["repaired"], found["needAPerson"]) == (False, 1, 0, 1)
    assert [(each["sessionId"], each["kind"]) for each in found["findings"]] == [(session["id"], "amount")]


def test_a_dry_run_records_nothing(tmp_path: Path, provider: StripeApi) -> None:
    paid(provider)
    for _ in range(2):
        shown = reconcile(tmp_path, "--dry-run", "--since", "2h", **provider.settings)
        assert shown.exit_code == 0
        assert "it would be recorded." in shown.output


def test_as_far_back_as_somebody_wants_is_at_most_everything(tmp_path: Path, provider: StripeApi) -> None:
    paid(provider)
    shown = reconcile(tmp_path, "--since", "1000000d", **provider.settings)
    assert shown.exit_code == 0
    assert shown.output.startswith("Compared 1 paid checkouts since 1970-01-01T00:00:00.000Z with our record.")


def test_what_cannot_be_done_is_a_sentence(tmp_path: Path, provider: StripeApi) -> None:
    keyless = reconcile(tmp_path).exception
    assert isinstance(keyless, ConfigError)
    assert keyless.message == "There is no provider to ask: set CAREVIA_STRIPE_SECRET_KEY."
    refused = reconcile(tmp_path, **(provider.settings | {"CAREVIA_STRIPE_SECRET_KEY": "sk_test_wrong"})).exception
    assert isinstance(refused, Unavailable)
    assert refused.message.startswith("Stripe refuses the key in CAREVIA_STRIPE_SECRET_KEY (HTTP 401)")
    wrong = reconcile(tmp_path, "--since", "yesterday", **provider.settings)
    assert wrong.exit_code == 2
    assert "must be a duration such as 7d" in wrong.output
