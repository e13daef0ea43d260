"""What Stripe events mean: a paid session of ours, a paid one that needs a look, or something to be kept."""

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevia.domain.payments import PaidBooking, PaidWithoutBooking, StoredOnly, decide, due, read_event
from carevia.domain.site import SiteBooking, paid_booking, read_site_booking
from carevia.errors import BadInput
from carevia.service.demo import booking_metadata, checkout_session, stripe_event

NOW = 1_795_408_215_000
METADATA = booking_metadata("u1", "Nusrat Jahan", "nusrat@carevia.example")


def session(**changes: Any) -> dict[str, Any]:
    return checkout_session(os.urandom, NOW, METADATA, amount=300_000) | changes


def judged(type_: str = "checkout.session.completed", **changes: Any) -> object:
    return decide(read_event(stripe_event(os.urandom, NOW, session(**changes), type_)))


def with_metadata(**changes: Any) -> PaidBooking:
    decision = judged(metadata={**METADATA, **changes})
    assert isinstance(decision, PaidBooking)
    return decision


def test_a_paid_session_of_ours_is_a_booking() -> None:
    decision = judged()
    assert isinstance(decision, PaidBooking)
    assert (decision.amount, decision.currency, decision.user_id) == (300_000, "bdt", "u1")
    assert (decision.user_name, decision.user_email) == ("Nusrat Jahan", "nusrat@carevia.example")
    assert decision.details.total == 600_000
    assert decision.details.quantity == 2
    assert decision.money.paid_at == NOW
    assert decision.needs_look is None


@pytest.mark.parametrize(
    ("type_", "changes"),
    [
        ("checkout.session.completed", {"payment_status": "unpaid"}),
        ("checkout.session.completed", {"payment_status": "PAID"}),
        ("checkout.session.completed", {"payment_status": None}),
        ("checkout.session.completed", {"payment_status": ["paid"]}),
        (
            "checkout.session.completed",
            {"payment_status": "no_payment_required", "amount_total": None, "mode": "setup"},
        ),
        ("charge.refunded", {"payment_intent": None}),
        ("charge.dispute.created", {"payment_intent": 7}),
        ("checkout.session.expired", {"id": None}),
        ("refund.updated", {"status": "succeeded"}),
        ("payment_intent.payment_failed", {}),
        ("customer.created", {}),
    ],
)
def test_everything_else_is_only_kept(type_: str, changes: dict[str, Any]) -> None:
    assert isinstance(judged(type_, **changes), StoredOnly)


def test_a_delayed_payment_counts_when_it_has_succeeded() -> None:
    assert isinstance(judged("checkout.session.async_payment_succeeded"), PaidBooking)


def test_a_session_that_cost_nothing_is_a_booking_to_look_at() -> None:
    decision = judged(payment_status="no_payment_required", amount_total=0)
    assert isinstance(decision, PaidBooking)
    assert decision.needs_look == "nothing was paid"


@pytest.mark.parametrize(
    "metadata", [None, {}, [], "x", {"userId": ""}, {"userId": "a b"}, {"userId": 5}, {"userId": "desk"}]
)
def test_a_paid_session_without_our_metadata_needs_a_look(metadata: Any) -> None:
    decision = judged(metadata=metadata)
    assert isinstance(decision, PaidWithoutBooking)
    assert decision.money.amount == 300_000


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_total": None},
        {"amount_total": "300000"},
        {"amount_total": -1},
        {"amount_total": True},
        {"amount_total": 1.5},
        {"amount_total": 10**30},
        {"currency": None},
        {"currency": "taka"},
        {"currency": 7},
        {"id": None},
        {"id": ""},
    ],
)
def test_money_that_cannot_be_read_is_kept_for_a_look(changes: dict[str, Any]) -> None:
    assert isinstance(judged(**changes), PaidWithoutBooking)


def test_amount_and_currency_never_come_from_metadata() -> None:
    decision = with_metadata(amountPaid="1", amount_total="1", currency="usd", totalPrice="1", dueAmount="0")
    assert (decision.amount, decision.currency) == (300_000, "bdt")
    assert due(decision.details.total, [decision.amount]) == (300_000, 0)


@pytest.mark.parametrize("total", ["", "free", "-5", "1e9", "NaN", None, 6000, ["6000"], "9" * 500])
def test_a_total_that_is_no_money_is_what_was_paid(total: Any) -> None:
    assert with_metadata(totalPrice=total).details.total is None
    assert due(None, [300_000]) == (300_000, 0)


def test_customer_comes_from_metadata_then_from_the_card_form() -> None:
    form = {"name": "Card Holder", "email": "card@carevia.example"}
    metadata = {key: value for key, value in METADATA.items() if key not in ("userName", "userEmail")}
    decision = judged(metadata=metadata, customer_details=form)
    assert isinstance(decision, PaidBooking)
    assert (decision.user_name, decision.user_email) == ("Card Holder", "card@carevia.example")
    odds: list[Any] = [None, [], "x", {"name": 5, "email": {}}]
    for odd in odds:
        without = judged(metadata=metadata, customer_details=odd)
        assert isinstance(without, PaidBooking)
        assert (without.user_name, without.user_email) == (None, None)


def test_currency_is_written_small_and_an_expanded_intent_is_understood() -> None:
    decision = judged(currency="BDT", payment_intent={"id": "pi_1", "object": "payment_intent"})
    assert isinstance(decision, PaidBooking)
    assert (decision.currency, decision.money.intent_id) == ("bdt", "pi_1")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(), max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from([*METADATA, "trackingId"]), ANYTHING),
    st.dictionaries(st.sampled_from(sorted(session())), ANYTHING),
)
def test_nothing_in_a_session_makes_deciding_fail(metadata: dict[str, Any], fields: dict[str, Any]) -> None:
    decision = judged(**{"metadata": {**METADATA, **metadata}, **fields})
    assert isinstance(decision, PaidBooking | PaidWithoutBooking | StoredOnly)
    if isinstance(decision, PaidBooking):
        for text in (decision.user_name, decision.user_email, decision.details.address, decision.details.slot):
            assert text is None or (len(text) <= 1000 and text.encode())


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        7,
        {},
        {"id": "evt_1"},
        {"id": "evt_1", "type": "x"},
        {"id": "", "type": "x", "data": {"object": {}}},
        {"id": "evt_1", "type": "x", "data": {"object": []}},
        {"id": "evt\x00", "type": "x", "data": {"object": {}}},
        {"id": "e" * 256, "type": "x", "data": {"object": {}}},
    ],
)
def test_a_body_that_is_no_event_is_bad_input(body: Any) -> None:
    with pytest.raises(BadInput):
        read_event(body)


def test_a_thin_event_is_told_apart_for_it_brings_nothing_of_the_payment() -> None:
    about = {"id": "cs_test_1", "type": "checkout.session", "url": "/v1/checkout/sessions/cs_test_1"}
    thin = {"id": "evt_test_1", "object": "v2.core.event", "type": "v1.checkout.session.completed"}
    with pytest.raises(BadInput, match="payload style Snapshot"):
        read_event(thin | {"created": "2026-11-30T06:20:52.246Z", "livemode": False, "related_object": about})


# --- /emit-booking ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("3000", None, 300_000),
        ("3,000.50", None, 300_050),
        (" 1,00,000 ", None, 10_000_000),
        (3000, "BDT", 300_000),
        (12.5, "usd", 1250),
        (0.1, "bdt", 10),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_site_tells_amounts_in_major_units(amount: Any, currency: str | None, minor: int | None) -> None:
    paid = paid_booking(SiteBooking("u1", amountPaid=amount, currency=currency), NOW)
    assert paid.money.amount == minor
    assert paid.amount == (minor or 0)


@pytest.mark.parametrize("amount", ["1,50", "1,0000", ",500", "1,,000", "1000,", "12.000,50", "1.5,000"])
def test_a_site_s_comma_that_divides_no_thousands_is_refused_and_never_a_hundredfold_sum(amount: str) -> None:
    with pytest.raises(BadInput) as caught:
        paid_booking(SiteBooking("u1", amountPaid=amount), NOW)
    assert caught.value.errors is not None
    assert caught.value.errors[0]["field"] == "amountPaid"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "userId"),
        (b'{"userId":5}', "userId"),
        (b'{"userId":null}', "userId"),
        (b'{"userId":"u1","userName":7}', "userName"),
        (b'{"userId":"u1","amountPaid":[1]}', "amountPaid"),
        (b'{"userId":"u1","amountPaid":true}', "amountPaid"),
    ],
)
def test_a_site_s_wrong_type_is_named(body: bytes, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_site_booking(body)
    assert caught.value.errors is not None
    assert caught.value.errors[0]["field"] == field


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"not json", b'{"userId":"u1"', b'{"userId":"\xff"}', b"[" * 100_000]
)
def test_a_site_s_body_that_is_no_object_is_bad_input(body: bytes) -> None:
    with pytest.raises(BadInput):
        read_site_booking(body)


@pytest.mark.parametrize(
    "site",
    [
        SiteBooking(""),
        SiteBooking("desk"),
        SiteBooking("u 1"),
        SiteBooking("u1", trackingId="<script>"),
        SiteBooking("u1", currency="taka"),
        SiteBooking("u1", amountPaid="much"),
        SiteBooking("u1", amountPaid=-5),
        SiteBooking("u1", amountPaid=10**400),  # beyond all floats
        SiteBooking("u1", amountPaid=float("nan")),
        SiteBooking("u1", amountPaid=float("inf")),
        SiteBooking("u1", amountPaid=1e300),
        SiteBooking("u1", sessionId="a\nb"),
    ],
)
def test_a_site_s_value_that_cannot_be_stored_is_bad_input(site: SiteBooking) -> None:
    with pytest.raises(BadInput):
        paid_booking(site, NOW)
