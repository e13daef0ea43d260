"""`POST /api/payment/confirm`: the success page's question, answered by the provider's word only, and its race with the
webhook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from carevia.api import confirm
from carevia.api.simulator import paid_event
from tests.aio import run
from tests.api.desk import PRODUCTION, Desk, desk, now
from tests.harness.stripe_api import StripeApi
from tests.store.opened import query

PATH = "/api/payment/confirm"
CASES = 200


@asynccontextmanager
async def paying_desk(tmp_path: Path, **env: str) -> AsyncIterator[tuple[Desk, StripeApi]]:
    """A desk with a key, and the provider that it asks; no sweep comes in between."""
    with StripeApi() as provider:
        async with desk(tmp_path, **(provider.settings | env)) as d:
            if d.carevia.sweeps is not None:
                await d.carevia.sweeps.stop()
            yield d, provider


def a_checkout(provider: StripeApi, **changes: Any) -> tuple[str, dict[str, Any]]:
    """The id of a session paid at the provider, and the event that its webhook will bring."""
    event = paid_event(now())
    session = provider.add(event["data"]["object"], **changes)
    event["data"]["object"] = session
    return session["id"], event


async def ask(d: Desk, session_id: str, **headers: str) -> httpx2.Response:
    return await d.http.post(PATH, json={"sessionId": session_id}, headers=headers)


async def announced(d: Desk) -> list[str]:
    rows = await d.carevia.store.events_after(0, ["desk"], 10_000)
    return [msgspec.json.decode(row.payload)["trackingId"] for row in rows if row.name == "customer_added"]


def test_the_success_page_records_what_the_webhook_has_not_brought_yet(tmp_path: Path) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            session_id, event = a_checkout(provider)
            answer = await ask(d, session_id)
            metadata = event["data"]["object"]["metadata"]
            assert answer.status_code == 200, answer.text
            assert answer.json() == {
                "success": True,
                "message": "Your payment has arrived.",
                "data": {
                    "sessionId": session_id,
                    "state": "paid",
                    "trackingId": metadata["trackingId"],
                    "amountPaid": metadata["amountPaid"],
                    "currency": "bdt",
                },
            }
            assert metadata["userName"] not in answer.text
            assert (await d.pay(event)).status_code == 200
            assert await announced(d) == [metadata["trackingId"]]

    run(work())


def test_success_page_and_webhook_race_and_make_one_booking_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 4, item 5. The webhook comes before, just as the provider is asked, or with the answer of the page."""
    monkeypatch.setattr(confirm, "LOOKUPS_PER_SECOND", 0)

    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            loop = asyncio.get_running_loop()
            asked: dict[str, asyncio.Event] = {}

            def on_request(path: str) -> None:
                session_id = path.partition("?")[0].rpartition("/")[2]
                loop.call_soon_threadsafe(asked[session_id].set)

            provider.on_request = on_request

            async def race(number: int) -> None:
                session_id, event = a_checkout(provider)
                asked[session_id] = asyncio.Event()
                page = asyncio.create_task(ask(d, session_id))
                if number % 3 == 1:
                    await asked[session_id].wait()
                elif number % 3 == 2:
                    await page
                assert (await d.pay(event)).status_code == 200
                assert (await page).json()["data"]["state"] == "paid"

            for begin in range(0, CASES, 20):
                await asyncio.gather(*(race(number) for number in range(begin, begin + 20)))
            assert len(set(await announced(d))) == len(await announced(d)) == CASES

    run(work(), timeout=60)
    folder = tmp_path / "data"
    for table in ("bookings", "payments"):
        assert query(folder, f"SELECT count(*), count(needs_look) FROM {table}") == [(CASES, 0)]
    [(both,)] = query(folder, "SELECT count(*) FROM provider_events WHERE id LIKE 'reconciled%'")
    assert both > CASES / 2  # in most cases both came as far as the store


def test_fifty_questions_at_once_make_one_booking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "LOOKUPS_PER_SECOND", 0)

    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            session_id, _ = a_checkout(provider)
            answers = await asyncio.gather(*(ask(d, session_id) for _ in range(50)))
            assert {answer.json()["data"]["state"] for answer in answers} == {"paid"}
            assert len(await announced(d)) == 1

    run(work())


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": "open", "payment_status": "unpaid", "payment_intent": None}, "open"),
        ({"status": "expired", "payment_status": "unpaid", "payment_intent": None}, "expired"),
        ({"payment_status": "unpaid"}, "processing"),
    ],
)
def test_what_is_not_paid_makes_nothing(tmp_path: Path, changes: dict[str, Any], state: str) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            session_id, _ = a_checkout(provider, **changes)
            data = (await ask(d, session_id)).json()["data"]
            assert (data["state"], data["trackingId"], data["amountPaid"]) == (state, None, "")
            assert await announced(d) == []

    run(work())


@pytest.mark.parametrize(
    ("status", "state"),
    [("requires_payment_method", "failed"), ("requires_action", "processing")],  # a voucher may be paid at the till yet
)
def test_a_delayed_payment_is_said_to_have_failed_once_it_has(tmp_path: Path, status: str, state: str) -> None:

    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            session_id, _ = a_checkout(provider, payment_status="unpaid")
            provider.sessions[session_id]["payment_intent"]["status"] = status
            assert (await ask(d, session_id)).json()["data"]["state"] == state

    run(work())


def test_what_the_webhook_brought_is_answered_without_asking(tmp_path: Path) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            session_id, event = a_checkout(provider)
            await d.pay(event)
            provider.fail = None
            provider.asked.clear()
            assert (await ask(d, session_id)).json()["data"]["state"] == "paid"
            assert provider.asked == []

    run(work())


def test_what_only_a_site_said_is_asked_for(tmp_path: Path) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            session_id, event = a_checkout(provider)
            user = event["data"]["object"]["metadata"]["userId"]
            told = {"userId": user, "amountPaid": "999999", "sessionId": session_id}
            assert (await d.emit(told)).status_code == 200
            data = (await ask(d, session_id)).json()["data"]
            assert data["amountPaid"] == event["data"]["object"]["metadata"]["amountPaid"]
            assert len(await announced(d)) == 1

    run(work())


@pytest.mark.parametrize(
    "body", [{}, {"sessionId": 5}, {"sessionId": ""}, {"sessionId": "cs_/../../v1/charges"}, {"sessionId": "x"}]
)
def test_what_is_no_session_id_is_400_and_goes_nowhere(tmp_path: Path, body: Any) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            provider.asked.clear()
            answer = await d.http.post(PATH, json=body)
            assert answer.status_code == 400
            assert answer.json()["errors"][0]["field"] == "sessionId"
            assert provider.asked == []

    run(work())


def test_an_unknown_session_and_another_customers_are_404(tmp_path: Path) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            assert (await ask(d, "cs_test_madeup")).status_code == 404
            session_id, event = a_checkout(provider)
            owner = event["data"]["object"]["metadata"]["userId"]
            for _ in range(2):  # looked up, then recorded
                assert (await ask(d, session_id, **d.bearer("somebody-else"))).status_code == 404
                assert (await ask(d, session_id, **d.bearer(owner))).status_code == 200
            assert (await ask(d, session_id, **d.bearer("boss", "admin"))).status_code == 200

    run(work())


def test_an_unreachable_provider_is_503_in_the_familys_words(tmp_path: Path) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            session_id, _ = a_checkout(provider)
            provider.key = "sk_test_rotated"
            answer = await ask(d, session_id)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert "CAREVIA" not in answer.text
            assert "safe" in answer.json()["message"]

    run(work())


def test_made_up_sessions_do_not_use_up_the_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "LOOKUPS_PER_SECOND", 1)  # so that few are added while a slow machine asks

    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            provider.asked.clear()
            answers = await asyncio.gather(*(ask(d, f"cs_test_{number}") for number in range(60)))
            assert {answer.status_code for answer in answers} == {404, 429}
            assert len(provider.asked) < 40

    run(work())


def test_a_page_of_another_origin_may_not_ask(tmp_path: Path) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path) as (d, provider):
            session_id, _ = a_checkout(provider)
            assert (await ask(d, session_id, origin="https://evil.example")).status_code == 403
            assert await announced(d) == []

    run(work())


def test_the_simulators_checkouts_are_looked_up_too(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            played = await d.http.post("/api/simulate", headers=d.bearer("boss", "admin"), json={})
            data = (await ask(d, played.json()["data"]["sessionId"])).json()["data"]
            assert (data["state"], data["trackingId"]) == ("paid", played.json()["data"]["trackingId"])
            assert (await ask(d, "cs_test_madeup")).status_code == 404

    run(work())


def test_a_simulated_checkout_is_recorded_by_the_page_where_the_webhook_is_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: Any) -> int:
        return 503

    monkeypatch.setattr("carevia.app.deliver_to", lost)

    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            monkeypatch.setattr("carevia.api.simulator.paid_event", lambda now: event)
            played = await d.http.post("/api/simulate", headers=d.bearer("boss", "admin"), json={})
            assert played.status_code == 503
            assert await announced(d) == []
            assert (await ask(d, event["data"]["object"]["id"])).json()["data"]["state"] == "paid"
            assert len(await announced(d)) == 1

    run(work())


def test_test_money_does_not_count_in_production(tmp_path: Path) -> None:
    async def work() -> None:
        async with paying_desk(tmp_path, **PRODUCTION) as (d, provider):
            session_id, _ = a_checkout(provider)
            assert (await ask(d, session_id)).status_code == 404
            live_id, _ = a_checkout(provider, livemode=True)
            assert (await ask(d, live_id)).json()["data"]["state"] == "paid"

    run(work())


def test_production_without_a_key_knows_what_the_webhook_brought_and_no_more(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION) as d:
            event = paid_event(now()) | {"livemode": True}
            assert (await ask(d, event["data"]["object"]["id"])).status_code == 404
            await d.pay(event)
            assert (await ask(d, event["data"]["object"]["id"])).json()["data"]["state"] == "paid"

    run(work())
