"""The faults about money of the JavaScript system whose events and routes Carevia keeps."""

import asyncio
import copy
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from carevia.api.simulator import paid_event
from carevia.config import load_settings
from carevia.errors import ConfigError, Unavailable
from carevia.service.recording import Recorder
from carevia.store.tables import payments
from tests.aio import run
from tests.api.desk import PRODUCTION, Desk, desk, now, staff
from tests.provider import charge, dispute


async def listed(d: Desk, what: str = "booking", query: str = "", bearer: dict[str, str] | None = None) -> Any:
    answer = await d.http.get(f"/api/{what}{query}", headers=bearer or d.bearer("boss", "admin"))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"][f"{what}s"]


async def told(d: Desk, paid: dict[str, Any], type_: str, thing: dict[str, Any] | None = None) -> None:
    """Another event of the same payment: about `thing`, else about the session."""
    subject = thing or paid["data"]["object"]
    event = paid_event(now()) | {"type": type_, "data": {"object": subject}}
    assert (await d.pay(event)).status_code == 200


def intent_of(paid: dict[str, Any]) -> str:
    return str(paid["data"]["object"]["payment_intent"])


# --- J1: every error without the word "signature" in it was answered 200, and the provider never came again ---------


@pytest.mark.parametrize(
    ("problem", "status"), [(Unavailable("The store cannot commit."), 503), (RuntimeError("a fault of ours"), 500)]
)
def test_j1_a_genuine_event_that_was_not_stored_is_not_answered_200_and_counts_when_it_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception, status: int
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise problem

    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            with monkeypatch.context() as patch:
                patch.setattr(Recorder, "record", fail)
                assert (await d.pay(event)).status_code == status
            assert await listed(d) == []
            assert (await d.pay(event)).status_code == 200
            assert len(await listed(d)) == 1

    run(work())


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_j1_a_wrong_clock_is_400_so_that_the_provider_comes_again(tmp_path: Path, seconds: int) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            assert (await d.pay(event, at=now() + seconds * 1000)).status_code == 400
            assert (await d.pay(event)).status_code == 200
            assert len(await listed(d)) == 1

    run(work())


def test_j1_a_missing_webhook_secret_stops_the_start_and_not_the_payments() -> None:
    environ = PRODUCTION | {"CAREVIA_STRIPE_SECRET_KEY": "sk_live_" + "x" * 40}
    load_settings(environ)
    del environ["CAREVIA_STRIPE_WEBHOOK_SECRET"]
    with pytest.raises(ConfigError, match="CAREVIA_STRIPE_WEBHOOK_SECRET"):
        load_settings(environ)


# --- J2: find, then insert, in no transaction: two bookings from a race or from a kill in between -------------------


def test_j2_two_kinds_of_event_of_one_session_at_once_make_one_booking(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            other = event | {"id": "evt_other", "type": "checkout.session.async_payment_succeeded"}
            answers = await asyncio.gather(*(d.pay(each) for each in (event, other) * 10))
            assert {answer.status_code for answer in answers} == {200}
            assert (len(await listed(d)), len(await listed(d, "payment"))) == (1, 1)

    run(work())


def test_j2_dying_between_booking_and_payment_leaves_neither_and_the_retry_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise RuntimeError("between booking and payment")

    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            with monkeypatch.context() as patch:
                patch.setattr(Recorder, "_insert_payment", die)
                assert (await d.pay(event)).status_code == 500
            assert (await d.carevia.store.bounds(), await listed(d)) == ((0, 0), [])
            assert (await d.pay(event)).status_code == 200
            assert (len(await listed(d)), len(await listed(d, "payment"))) == (1, 1)

    run(work())


def test_j2_the_database_itself_refuses_a_second_payment_of_a_session() -> None:
    assert payments.c.session_id.unique


# --- J3: payment_status was never read ------------------------------------------------------------------------------


def test_j3_an_unpaid_session_is_no_booking_until_its_money_clears(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            slow, never = (paid_event(now()) for _ in range(2))
            for event in (slow, never):
                unpaid = copy.deepcopy(event)
                unpaid["data"]["object"]["payment_status"] = "unpaid"
                assert (await d.pay(unpaid)).status_code == 200
            assert await listed(d) == []
            await told(d, slow, "checkout.session.async_payment_succeeded")
            await told(d, never, "checkout.session.async_payment_failed")
            [booking] = await listed(d)
            assert booking["trackingId"] == slow["data"]["object"]["metadata"]["trackingId"]

    run(work())


# --- J4: a refunded booking stayed "booked", and a carer was sent out -----------------------------------------------


@pytest.mark.parametrize("refund_first", [False, True])
def test_j4_a_refunded_booking_is_cancelled_on_every_desk_in_whatever_order_it_was_told(
    tmp_path: Path, refund_first: bool
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            paid = paid_event(now())
            amount = paid["data"]["object"]["amount_total"]
            refund = charge(amount=amount, refunded=amount, intent=intent_of(paid))
            if refund_first:
                await told(d, paid, "charge.refunded", refund)
            assert (await d.pay(paid)).status_code == 200
            if not refund_first:
                await told(d, paid, "charge.refunded", refund)
            await boss.event("customer_added")
            shown = (await boss.event("booking_updated"))[0]
            assert (shown["status"], shown["paymentStatus"]) == ("cancelled", "refunded")
            assert await listed(d) == [shown]
            assert await listed(d, query="?status=booked") == []
            [payment] = await listed(d, "payment")
            assert (payment["status"], payment["amountRefunded"]) == ("refunded", payment["amountPaid"])

    run(work())


def test_j4_a_disputed_booking_needs_a_look(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            paid = paid_event(now())
            await d.pay(paid)
            await told(d, paid, "charge.dispute.created", dispute("needs_response", intent=intent_of(paid)))
            [booking] = await listed(d)
            assert (booking["needsLook"], booking["paymentStatus"]) == (True, "disputed")
            await told(d, paid, "charge.dispute.closed", dispute("won", intent=intent_of(paid)))
            [booking] = await listed(d)
            assert (booking["needsLook"], booking["paymentStatus"], booking["status"]) == (False, "paid", "booked")

    run(work())


# --- J5: amounts were taken from metadata ---------------------------------------------------------------------------


def test_j5_amounts_are_the_provider_s_and_never_the_metadata_s(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            paid = paid_event(now())
            session = paid["data"]["object"]
            session["amount_total"], session["currency"] = 123_456, "bdt"
            session["metadata"] |= {"amountPaid": "1", "dueAmount": "0", "totalPrice": "1", "currency": "usd"}
            await d.pay(paid)
            announced = (await boss.event("customer_added"))[0]
            assert (announced["amount"], announced["currency"], announced["amountPaid"]) == (123_456, "bdt", "1234.56")
            refund = charge(amount=123_456, refunded=3_456, intent=intent_of(paid))
            refund["metadata"] = {"amount_refunded": "123456"}
            await told(d, paid, "charge.refunded", refund)
            [payment] = await listed(d, "payment")
            assert (payment["amount"], payment["currency"], payment["amountRefunded"]) == (123_456, "bdt", "34.56")

    run(work())


# --- J18: the tracking id was six digits of a counter ---------------------------------------------------------------


def test_j18_a_tracking_id_cannot_be_guessed_and_opens_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            for n in range(40):
                paid = paid_event(now())
                del paid["data"]["object"]["metadata"]["trackingId"]
                paid["data"]["object"]["metadata"]["userId"] = f"u{n}"
                await d.pay(paid)
            codes = [row["trackingId"] for row in await listed(d, query="?limit=100")]
            assert all(re.fullmatch("CV-[0-9A-HJKMNP-TV-Z]{8}", code) for code in codes)
            # Of 40 bits of chance: every place differs somewhere, and neighbours share no beginning as a counter's do.
            assert all(len({code[place] for code in codes}) > 8 for place in range(3, 11))
            assert not any(one[:7] == other[:7] for one, other in pairwise(codes))
            assert await listed(d, query=f"?search={codes[0]}", bearer=d.bearer("somebody")) == []

    run(work())
