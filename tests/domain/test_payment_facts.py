"""Facts of payments: a set that grows in any order, and what a payment is by all of them."""

from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carevia.domain.payment_facts import Facts, MoreFacts, facts_of, join, standing, status_by_money, status_together
from tests.provider import INTENT, SESSION, charge, dispute, refund

AMOUNT = 300_000


def read(type_: str, thing: dict[str, Any]) -> Facts:
    more = facts_of(type_, thing)
    assert isinstance(more, MoreFacts)
    return more.facts


PART = read("charge.refunded", charge(refunded=100_000))
MORE = read("charge.refunded", charge(refunded=200_000))
FULL = read("charge.refunded", charge(refunded=AMOUNT))
OPENED = read("charge.dispute.created", dispute("needs_response"))
REVIEWED = read("charge.dispute.updated", dispute("under_review"))
WON = read("charge.dispute.closed", dispute("won"))
LOST = read("charge.dispute.closed", dispute("lost"))
WARNED = read("charge.dispute.closed", dispute("warning_closed", id="dp_warning"))
ODD_CLOSE = read("charge.dispute.closed", dispute("a new word"))
FAILED = read("checkout.session.async_payment_failed", {"id": SESSION})
EXPIRED = read("checkout.session.expired", {"id": SESSION})
NO_REFUND = read("refund.failed", refund("failed"))
ALL = [PART, MORE, FULL, OPENED, REVIEWED, WON, LOST, WARNED, ODD_CLOSE, FAILED, EXPIRED, NO_REFUND]
sets = st.lists(st.sampled_from(ALL), max_size=5).map(lambda some: reduce(join, some, Facts()))


@given(sets, sets, sets)
def test_join_is_a_semilattice(a: Facts, b: Facts, c: Facts) -> None:
    assert join(a, b) == join(b, a)
    assert join(a, join(b, c)) == join(join(a, b), c)
    assert join(a, a) == a == join(a, Facts())


@settings(max_examples=300)
@given(st.lists(st.sampled_from(range(len(ALL))), max_size=30))
def test_any_shuffle_with_repeats_folds_to_one_standing(order: list[int]) -> None:
    in_order = reduce(join, (ALL[n] for n in sorted(set(order))), Facts())
    shuffled = reduce(join, (ALL[n] for n in order), Facts())
    assert shuffled == in_order
    assert standing(AMOUNT, "bdt", shuffled) == standing(AMOUNT, "bdt", in_order)


@pytest.mark.parametrize(
    ("facts", "status", "refunded", "trouble"),
    [
        ([], "paid", 0, None),
        ([PART], "partly_refunded", 100_000, None),
        ([MORE, PART], "partly_refunded", 200_000, None),  # cumulative: the highest is the newest
        ([FULL, PART], "refunded", AMOUNT, None),
        ([OPENED], "disputed", 0, "the payment is disputed"),
        ([WON, OPENED, REVIEWED], "paid", 0, None),  # closed beats created
        ([LOST, OPENED], "charged_back", AMOUNT, "a dispute was lost"),
        ([LOST, WON, OPENED], "paid", 0, "a dispute was lost and then won"),
        ([LOST, WON, PART], "partly_refunded", 100_000, "a dispute was lost and then won"),
        ([LOST, FULL], "charged_back", AMOUNT, "a dispute was lost"),
        ([WARNED], "paid", 0, None),
        ([WARNED, OPENED], "disputed", 0, "the payment is disputed"),  # another dispute is still open
        ([ODD_CLOSE, OPENED], "paid", 0, "a dispute was closed and its outcome cannot be read"),
        ([PART, OPENED], "disputed", 100_000, "the payment is disputed"),
        ([FAILED], "paid", 0, "the provider also says that the session failed"),
        ([FAILED, EXPIRED], "paid", 0, "the provider also says that the session failed"),
        ([FULL, NO_REFUND], "refunded", AMOUNT, "a refund failed"),
    ],
)
def test_what_a_payment_is_by_its_facts(facts: list[Facts], status: str, refunded: int, trouble: str | None) -> None:
    for order in permutations(facts):
        now = standing(AMOUNT, "bdt", reduce(join, order, Facts()))
        assert (now.status, now.refunded, now.trouble) == (status, refunded, trouble)


UNCLEAR = "something was refunded and the amount cannot be read"


@pytest.mark.parametrize(
    ("thing", "status", "refunded", "trouble"),
    [
        (charge(refunded=AMOUNT) | {"amount_refunded": "lots", "refunded": False}, "partly_refunded", 0, UNCLEAR),
        (charge(refunded=AMOUNT) | {"amount_refunded": None}, "refunded", AMOUNT, None),  # it says `refunded: true`
        (charge(refunded=-5), "partly_refunded", 0, UNCLEAR),
        (charge(refunded=900) | {"currency": "usd", "amount": 2500}, "partly_refunded", 0, UNCLEAR),
        (charge(refunded=2500) | {"currency": "usd", "amount": 2500}, "refunded", AMOUNT, None),
        (charge(refunded=100_000) | {"currency": "BDT"}, "partly_refunded", 100_000, None),
        (charge(refunded=10**9), "refunded", AMOUNT, None),  # no more goes back than came
        (charge(refunded=0), "paid", 0, None),
        ({"payment_intent": {"id": INTENT, "object": "payment_intent"}}, "partly_refunded", 0, UNCLEAR),
    ],
)
def test_amounts_are_the_provider_s_and_what_cannot_be_read_is_looked_at(
    thing: dict[str, Any], status: str, refunded: int, trouble: str | None
) -> None:
    more = facts_of("charge.refunded", thing)
    assert more is not None and more.about == INTENT
    now = standing(AMOUNT, "bdt", more.facts)
    assert (now.status, now.refunded, now.trouble) == (status, refunded, trouble)


def test_money_that_could_not_be_read_can_be_refunded_all_the_same() -> None:
    assert standing(None, None, FULL).status == "refunded"
    assert standing(None, None, LOST).refunded == 0  # we cannot tell how much
    assert standing(None, None, Facts()).status == "paid"


def test_a_lost_dispute_in_another_currency_counts_as_the_whole() -> None:
    part = read("charge.dispute.closed", dispute("lost", amount=1000))
    assert standing(AMOUNT, "bdt", part).refunded == 1000
    assert standing(AMOUNT, "usd", part).refunded == AMOUNT


@pytest.mark.parametrize(
    "type_",
    ["payment_intent.payment_failed", "checkout.session.completed", "customer.created", "charge.succeeded"],
)
def test_other_events_hold_no_facts(type_: str) -> None:
    assert facts_of(type_, charge(refunded=1)) is None


ANYTHING = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=2)
TYPES = [
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.closed",
    "refund.updated",
    "checkout.session.expired",
]


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(sorted(charge() | dispute("won"))), ANYTHING))
@example("refund.updated", {"status": []})
def test_nothing_in_an_object_makes_reading_fail(type_: str, thing: dict[str, Any]) -> None:
    more = facts_of(type_, thing | {"payment_intent": INTENT})
    if more is not None:
        now = standing(AMOUNT, "bdt", join(more.facts, FULL))
        assert 0 <= now.refunded <= AMOUNT


def test_a_booking_is_what_its_payments_are() -> None:
    assert status_together([]) == status_together(["paid", "paid"]) == "paid"
    assert status_together(["refunded", "refunded"]) == "refunded"
    assert status_together(["paid", "refunded"]) == "partly_refunded"
    assert status_together(["refunded", "disputed"]) == "disputed"
    assert status_together(["disputed", "charged_back"]) == "charged_back"


def test_a_booking_without_money_is_cancelled_and_one_with_money_again_is_booked() -> None:
    assert status_by_money("booked", was_gone=False, is_gone=True) == "cancelled"
    assert status_by_money("confirmed", was_gone=False, is_gone=True) == "cancelled"
    assert status_by_money("completed", was_gone=False, is_gone=True) == "completed"
    assert status_by_money("cancelled", was_gone=True, is_gone=False) == "booked"
    assert status_by_money("cancelled", was_gone=False, is_gone=False) == "cancelled"  # by a person
