"""Reconciliation by the clock in a running application: what it says, what it counts, and that nothing ends it."""

from pathlib import Path

import pytest

from carevia.api.simulator import paid_event
from tests.aio import run
from tests.api.desk import desk, now, until
from tests.harness.stripe_api import StripeApi

OFTEN = {"RECONCILE_INTERVAL": "20ms"}


@pytest.fixture(autouse=True)
def oftener_than_anybody_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carevia.values.SHORTEST_INTERVAL", 0.02)


def test_it_sweeps_at_the_start_and_again_and_says_what_it_found_without_names(tmp_path: Path) -> None:
    async def work() -> None:
        with StripeApi() as provider:
            old = paid_event(now() - 3_600_000)["data"]["object"]
            provider.add(old)
            async with desk(tmp_path, **(provider.settings | OFTEN)) as d:
                sweeps = d.carevia.sweeps
                assert sweeps is not None
                await until(lambda: sweeps.outcomes["repaired"] == 1)
                await until(lambda: sweeps.outcomes["clean"] >= 2)
                strange = paid_event(now())
                await d.pay(strange)
                await until(lambda: sweeps.drift == 1)
                seen = sweeps.outcomes["drift"]
                await until(lambda: sweeps.outcomes["drift"] > seen + 2)
                metrics = (await d.http.get("/metrics")).text
                assert 'carevia_reconcile_sweeps_total{outcome="repaired"} 1.0' in metrics
                assert 'carevia_reconcile_findings_total{kind="missing"} 1.0' in metrics
                assert "carevia_reconcile_drift 1.0" in metrics
            said = d.output.getvalue()
            assert "repaired=1" in said
            session_id = strange["data"]["object"]["id"]
            assert said.count(f"a payment needs a look session={session_id} difference=unknown") == 1
            for secret in (provider.key, *old["metadata"].values()):
                assert len(secret) < 8 or secret not in said

    run(work())


def test_an_unreachable_provider_is_said_once_and_found_again_by_itself(tmp_path: Path) -> None:
    async def work() -> None:
        with StripeApi() as provider:
            provider.status, provider.fail = 400, None
            async with desk(tmp_path, **(provider.settings | OFTEN)) as d:
                sweeps = d.carevia.sweeps
                assert sweeps is not None
                await until(lambda: sweeps.outcomes["failed"] >= 3)
                assert sweeps.last == 0
                provider.add(paid_event(now() - 3_600_000)["data"]["object"])
                provider.fail = 0
                await until(lambda: sweeps.outcomes["repaired"] == 1)
                assert sweeps.last > 0
                assert d.output.getvalue().count("reconciliation failed, the next sweep tries again") == 1
                provider.fail, seen = None, sweeps.outcomes["failed"]
                await until(lambda: sweeps.outcomes["failed"] > seen + 1)
            assert d.output.getvalue().count("reconciliation failed, the next sweep tries again") == 2

    run(work())


def test_without_a_key_nothing_sweeps(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            assert d.carevia.sweeps is None
            assert "carevia_reconcile" not in (await d.http.get("/metrics")).text

    run(work())
