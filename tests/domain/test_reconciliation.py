"""What is missing and what differs, over the shapes that the provider shows."""

from typing import Any

import pytest

from carevia.domain.payments import is_paid
from carevia.domain.reconciliation import (
    Ours,
    differences,
    is_pending,
    missing_events,
    paid_at,
    valid_session_id,
)

OURS = Ours("stripe", 300_000, "bdt", "paid")


def session(charge: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    made = {"id": "ch_1", "created": 1_030, "amount_refunded": 0, "refunded": False, "disputed": False} | (charge or {})
    return {
        "id": "cs_1",
        "created": 1_000,
        "status": "complete",
        "payment_status": "paid",
        "amount_total": 300_000,
        "currency": "bdt",
        "livemode": False,
        "payment_intent": {"id": "pi_1", "status": "succeeded", "latest_charge": made},
    } | changes


@pytest.mark.parametrize(
    ("status", "charge", "found"),
    [
        ("paid", {}, []),
        ("paid", {"amount_refunded": 1}, ["status"]),
        ("partly_refunded", {"amount_refunded": 1}, []),
        ("refunded", {"amount_refunded": 300_000, "refunded": True}, []),
        ("refunded", {"amount_refunded": 1}, ["status"]),
        ("refunded", {}, ["status"]),
        ("paid", {"disputed": True}, []),  # won: the charge says for ever that it was disputed
        ("disputed", {"disputed": True}, []),
        ("charged_back", {"disputed": True, "amount_refunded": 5}, []),
        ("disputed", {}, ["status"]),
    ],
)
def test_how_a_payment_stands_is_compared_as_far_as_the_charge_says_it(
    status: str, charge: dict[str, Any], found: list[str]
) -> None:
    assert [each.kind for each in differences(session(charge), Ours("stripe", 300_000, "bdt", status))] == found


def test_what_needs_no_payment_has_no_charge_to_compare() -> None:
    free = session(payment_status="no_payment_required", amount_total=0, payment_intent=None)
    assert differences(free, Ours("stripe", 0, "bdt", "paid")) == []


def test_an_event_is_as_the_webhook_brings_it_and_the_same_each_time() -> None:
    [event] = missing_events(session(), None)
    assert event == missing_events(session(), None)[0]
    assert (event["id"], event["type"], event["created"]) == (
        "reconciled_paid_cs_1",
        "checkout.session.completed",
        1_030,
    )
    assert event["data"]["object"]["payment_intent"] == "pi_1"
    assert missing_events(session(), OURS) == []
    assert len(missing_events(session(), Ours("site", 1, "bdt", "paid"))) == 1


def test_each_refund_is_an_event_of_its_own() -> None:
    events = [missing_events(session({"amount_refunded": back}), OURS)[0] for back in (100, 250)]
    assert [event["id"] for event in events] == ["reconciled_refunded_ch_1_100", "reconciled_refunded_ch_1_250"]
    assert {event["type"] for event in events} == {"charge.refunded"}


@pytest.mark.parametrize(
    ("changes", "paid", "pending"),
    [
        ({}, True, False),
        ({"payment_status": "no_payment_required", "amount_total": 0}, True, False),
        ({"payment_status": "no_payment_required", "amount_total": 0, "mode": "setup"}, False, False),
        ({"payment_status": "unpaid", "payment_intent": {"status": "processing"}}, False, True),
        ({"payment_status": "unpaid", "payment_intent": {"status": "requires_action"}}, False, True),  # a voucher
        ({"payment_status": "unpaid", "payment_intent": {"status": "requires_capture"}}, False, True),
        ({"payment_status": "unpaid", "payment_intent": {"status": "requires_payment_method"}}, False, False),
        ({"payment_status": "unpaid", "payment_intent": "pi_1"}, False, True),
        ({"payment_status": "unpaid", "payment_intent": {"status": "canceled"}}, False, False),
        ({"payment_status": "unpaid", "status": "open"}, False, False),
        ({"payment_status": 5}, False, False),
    ],
)
def test_paid_and_pending(changes: dict[str, Any], paid: bool, pending: bool) -> None:
    assert (is_paid(session(**changes)), is_pending(session(**changes))) == (paid, pending)
    assert bool(missing_events(session(**changes), None)) == paid


def test_odd_shapes_raise_nothing() -> None:
    for odd in ({}, {"payment_status": "paid"}, {"payment_status": "paid", "payment_intent": {"latest_charge": 5}}):
        missing_events(odd, None)
        differences(odd, OURS)
    assert paid_at({"created": "x"}) == 0
    assert paid_at({"created": True}) == 0


@pytest.mark.parametrize("text", ["cs_", "cs_a/b", "cs_a?b", "pi_1", "", None, 5, "cs_" + "a" * 300, "cs_a\n"])
def test_what_is_no_session_id(text: object) -> None:
    assert not valid_session_id(text)
    assert valid_session_id("cs_test_a1B2")
