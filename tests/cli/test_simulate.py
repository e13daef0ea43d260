"""`carevia simulate`: what is delivered, in which order, by each fault."""

import re
from collections import Counter

import pytest

from carevia.api.simulator import paid_event, signed
from carevia.cli.simulate import FAULTS, deliveries, read_faults
from carevia.errors import BadInput
from carevia.service.stripe_api import VERSION
from tests.api.desk import now


def test_simulated_event_is_a_complete_session_of_about_3_kb() -> None:
    event = paid_event(now())
    body, headers = signed(event, "whsec_x", now())
    assert 2_500 < len(body) < 6_000
    session = event["data"]["object"]
    assert (event["type"], event["api_version"], event["livemode"]) == (
        "checkout.session.completed",
        VERSION,
        False,
    )
    assert session["payment_status"] == "paid"
    assert all(isinstance(value, str) for value in session["metadata"].values())
    assert re.fullmatch(r"t=\d{10},v1=[0-9a-f]{64}", headers["stripe-signature"])


@pytest.mark.parametrize("faults", [set(), *({name} for name in FAULTS), set(FAULTS)])
def test_faults_happen_to_deliveries_never_to_payments(faults: set[str]) -> None:
    events = [{"number": number} for number in range(5)]
    plan = deliveries(events, faults)
    arrived = Counter(delivery.event["number"] for delivery in plan if not delivery.lost)
    assert set(arrived) == set(range(5))
    assert set(arrived.values()) == ({2} if "duplicate" in faults else {1})
    assert any(delivery.lost for delivery in plan) == ("lost" in faults)


def test_unknown_fault_is_named() -> None:
    assert read_faults("late, lost,") == {"late", "lost"}
    with pytest.raises(BadInput, match="sloth"):
        read_faults("sloth")
