"""The stand-in against Stripe's own library: what that library can read, pages and errors, is what Stripe says."""

import time

import pytest
import stripe

from tests.acceptance.stripe import session
from tests.harness.stripe_api import StripeApi


def client(api: StripeApi, key: str | None = None) -> stripe.StripeClient:
    return stripe.StripeClient(key or api.key, base_addresses={"api": api.base}, max_network_retries=0)


def test_it_lists_newest_first_in_pages_and_fetches_one() -> None:
    begun = int(time.time())
    with StripeApi() as api:
        for age in range(25):
            api.add(session("family-1"), created=begun - age, status="open" if age % 5 == 0 else "complete")
        listed = client(api).v1.checkout.sessions.list(
            {"status": "complete", "limit": 4, "created": {"gte": begun - 19}, "expand": ["data.payment_intent"]}
        )
        found = list(listed.auto_paging_iter())
        assert [begun - one.created for one in found] == [age for age in range(20) if age % 5]
        assert len([path for path in api.asked if "limit=4" in path]) == 4
        [intent] = {type(one.payment_intent) for one in found}
        assert intent is stripe.PaymentIntent
        one = client(api).v1.checkout.sessions.retrieve(found[0].id)
        assert (one.id, one.amount_total, one.payment_intent) == (found[0].id, 300_000, found[0].payment_intent.id)  # type: ignore[union-attr]


def test_it_lists_disputes_as_they_stand() -> None:
    begun = int(time.time())
    with StripeApi() as api:
        for age in range(5):
            paid = api.add(session(f"family-{age}"))
            api.dispute(paid["id"], "needs_response", begun - age)
            api.dispute(paid["id"], "won", begun)
        listed = client(api).v1.disputes.list({"limit": 2, "created": {"gte": begun - 3}})
        found = list(listed.auto_paging_iter())
        assert [(begun - one.created, one.status, one.amount) for one in found] == [
            (n, "won", 300_000) for n in range(4)
        ]
        assert found[0].payment_intent == api.sessions[next(iter(api.sessions))]["payment_intent"]["id"]


def test_it_lists_refunds_with_their_charge_as_it_stands() -> None:
    begun = int(time.time())
    with StripeApi() as api:
        for age in range(3):
            paid = api.add(session(f"family-{age}"))
            charge = api.refund(paid["id"], 100_000, begun - age)
            api.refund(paid["id"], 300_000, begun - 10)
        found = client(api).v1.refunds.list({"created": {"gte": begun - 1}, "expand": ["data.charge"]}).data
        assert [(begun - one.created, one.amount) for one in found] == [(0, 100_000), (1, 100_000)]
        [(kind, back)] = {(type(one.charge), getattr(one.charge, "amount_refunded", 0)) for one in found}
        assert (kind, back) == (stripe.Charge, 300_000)
        assert client(api).v1.refunds.list().data[2].charge == charge["id"]


def test_its_errors_are_stripes() -> None:
    with StripeApi() as api:
        with pytest.raises(stripe.AuthenticationError):
            client(api, "sk_test_of_somebody_else").v1.checkout.sessions.list()
        with pytest.raises(stripe.InvalidRequestError) as missing:
            client(api).v1.checkout.sessions.retrieve("cs_test_nothing")
        assert missing.value.code == "resource_missing"
        with pytest.raises(stripe.InvalidRequestError):
            client(api).v1.checkout.sessions.list({"starting_after": "cs_test_nothing"})
        with pytest.raises(stripe.InvalidRequestError):
            client(api).v1.checkout.sessions.list({"limit": 101})
        api.fail, api.status = 1, 500
        with pytest.raises(stripe.APIError):
            client(api).v1.checkout.sessions.list()
        assert client(api).v1.checkout.sessions.list().data == []
