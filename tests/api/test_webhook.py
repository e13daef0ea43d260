"""`POST /api/payment/webhook` as INTERFACE says it."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from carevia.api.simulator import paid_event, signed, tracking_id_of
from carevia.errors import Unavailable
from tests.aio import run
from tests.api.desk import PRODUCTION, Desk, desk, now

PATH = "/api/payment/webhook"


async def _bookings(d: Desk) -> int:
    answer = await d.http.get("/api/booking", headers=d.bearer("boss", "admin"))
    return int(answer.json()["data"]["totalItems"])


def test_paid_session_is_answered_200_after_commit_and_is_a_booking(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            answer = await d.pay(event)
            assert (answer.status_code, answer.json()) == (200, {"received": True})
            listed = (await d.http.get("/api/booking", headers=d.bearer("boss", "admin"))).json()["data"]
            assert [row["trackingId"] for row in listed["bookings"]] == [tracking_id_of(event)]
            assert listed["bookings"][0]["status"] == "booked"

    run(work())


def test_fifty_identical_deliveries_at_once_are_all_200_and_one_booking(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            answers = await asyncio.gather(*(d.pay(event) for _ in range(50)))
            assert {answer.status_code for answer in answers} == {200}
            assert await _bookings(d) == 1

    run(work())


# Each reason is there from the start: what a counter has when it first appears is no increase to Prometheus, so a burst
# of refusals between two scrapes would have rung no alarm.
NONE_REFUSED = {"bad_signature": 0, "bad_signature_time": 0, "bad_input": 0}


async def _refused(d: Desk) -> dict[str, float]:
    text = (await d.http.get("/metrics")).text
    counts = re.findall(r'^carevia_webhooks_refused_total{reason="(\w+)"} (\S+)$', text, re.MULTILINE)
    return {reason: float(count) for reason, count in counts}


@pytest.mark.parametrize("seconds", [-301, 301])
def test_signature_over_300_s_old_or_ahead_is_400_and_counted(tmp_path: Path, seconds: int) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            assert await _refused(d) == NONE_REFUSED
            for nth in (1, 2):
                answer = await d.pay(at=now() + seconds * 1000)
                assert answer.status_code == 400
                assert answer.json()["success"] is False
                assert await _refused(d) == NONE_REFUSED | {"bad_signature_time": nth}
            assert await _bookings(d) == 0

    run(work())


def test_other_refusals_are_counted_by_their_reason(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.pay(stripe_signature="t=1,v1=00")
            await d.pay(paid_event(now()) | {"livemode": True})
            assert (await d.http.post(PATH, content=b"{}")).status_code == 400
            assert await _refused(d) == NONE_REFUSED | {"bad_input": 1, "bad_signature": 2}

    run(work())


def test_an_event_three_days_old_counts_when_it_is_signed_anew(tmp_path: Path) -> None:
    """The provider sends again for three days and signs each time: the signature's time is judged, not the event's."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            late = paid_event(now() - 3 * 86_400_000)
            assert (await d.pay(late, at=now() - 301_000)).status_code == 400
            assert (await d.pay(late)).status_code == 200
            assert (await d.pay(late)).status_code == 200
            assert await _bookings(d) == 1

    run(work())


@pytest.mark.parametrize("header", ["", "t=1,v1=00", "nonsense", "v1=aa", "t=99999999999999,v1=aa"])
def test_bad_signature_is_400_before_any_database(tmp_path: Path, header: str) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            body, _ = signed(paid_event(now()), "whsec_other", now())
            await d.carevia.store.close()
            answer = await d.http.post(PATH, content=body, headers={"stripe-signature": header} if header else {})
            assert answer.status_code == 400

    run(work())


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"not json", b"{}", b'{"id":"evt_1","type":"x"}', b'{"id":"e","type":"x","data":{}}', b"\xff"]
)
def test_body_that_is_no_event_is_400(tmp_path: Path, body: bytes) -> None:
    from carevia.domain.signatures import sign_stripe

    async def work() -> None:
        async with desk(tmp_path) as d:
            header = sign_stripe(body, d.carevia.settings.stripe_webhook_secret[0], now())
            answer = await d.http.post(PATH, content=body, headers={"stripe-signature": header})
            assert answer.status_code == 400

    run(work())


def test_a_payment_whose_metadata_ends_in_half_an_emoji_counts(tmp_path: Path) -> None:
    """As JavaScript's slice leaves a name. It was answered 400 for as long as the provider came again, and was lost."""
    from carevia.domain.signatures import sign_stripe

    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            event["data"]["object"]["metadata"]["userName"] = "Tahmid \ud83d"
            body = json.dumps(event).encode()
            header = sign_stripe(body, d.carevia.settings.stripe_webhook_secret[0], now())
            answer = await d.http.post(PATH, content=body, headers={"stripe-signature": header})
            assert answer.status_code == 200
            listed = (await d.http.get("/api/booking", headers=d.bearer("boss", "admin"))).json()["data"]["bookings"]
            assert [row["userName"] for row in listed] == ["Tahmid"]

    run(work())


def test_rotated_secrets_are_all_tried(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, STRIPE_WEBHOOK_SECRET="whsec_new_secret,whsec_old_secret") as d:
            for secret in ("whsec_new_secret", "whsec_old_secret"):
                body, headers = signed(paid_event(now()), secret, now())
                assert (await d.http.post(PATH, content=body, headers=headers)).status_code == 200

    run(work())


def test_body_over_262_144_bytes_is_413_at_its_header(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.post(PATH, content=b"x" * 262_145)
            assert answer.status_code == 413
            assert answer.headers["connection"] == "close"
            assert (await d.http.post(PATH, content=b"x" * 262_144)).status_code == 400

    run(work())


def test_chunked_body_is_cut_at_the_limit(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            messages = [{"type": "http.request", "body": b"x" * 100_000, "more_body": True} for _ in range(10)]
            read = 0
            sent: list[Any] = []

            async def receive() -> Any:
                nonlocal read
                if sent:
                    return {"type": "http.disconnect"}
                read += 1
                return messages[read - 1]

            async def send(message: Any) -> None:
                sent.append(message)

            scope = {"type": "http", "method": "POST", "path": PATH, "headers": [], "query_string": b""}
            await d.carevia.asgi(scope, receive, send)
            assert sent[0]["status"] == 413
            assert read == 3

    run(work())


def test_live_event_on_a_development_server_is_400(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.pay(paid_event(now()) | {"livemode": True})
            assert answer.status_code == 400

    run(work())


def test_without_a_webhook_secret_the_answer_says_so(tmp_path: Path) -> None:
    """It blamed the signature, and whoever read it in Stripe's dashboard looked for another secret."""

    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION | {"CAREVIA_STRIPE_WEBHOOK_SECRET": ""}) as d:
            answer = await d.http.post(PATH, content=b"{}", headers={"stripe-signature": "t=1,v1=00"})
            assert answer.status_code == 400
            assert "CAREVIA_STRIPE_WEBHOOK_SECRET is not set" in answer.json()["message"]

    run(work())


def test_test_event_on_a_production_server_is_400_and_a_live_one_200(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION) as d:
            assert (await d.pay(paid_event(now()))).status_code == 400
            assert (await d.pay(paid_event(now()) | {"livemode": True})).status_code == 200

    run(work())


def test_event_types_we_do_not_use_are_200(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            for kind in ("customer.created", "charge.refunded", "checkout.session.expired"):
                assert (await d.pay(paid_event(now()) | {"type": kind})).status_code == 200
            assert await _bookings(d) == 0

    run(work())


def test_store_that_cannot_commit_is_503_with_retry_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(work: Any) -> Any:
        raise Unavailable("The store cannot commit.")

    async def work() -> None:
        async with desk(tmp_path) as d:
            with monkeypatch.context() as patch:
                patch.setattr(d.carevia.store, "write", refuse)
                answer = await d.pay()
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) >= 1
            request = answer.headers["x-request-id"]
            told = [line.split(maxsplit=2)[2] for line in d.lines if request in line]
            assert told[1:] == [f"notice refused request={request} code=unavailable"]

    run(work())


def test_paid_session_without_our_metadata_is_200_and_a_payment_that_needs_a_look(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            event = paid_event(now())
            event["data"]["object"]["metadata"] = {}
            assert (await d.pay(event)).status_code == 200
            payments = (await d.http.get("/api/payment", headers=d.bearer("boss", "admin"))).json()["data"]["payments"]
            assert [row["needsLook"] for row in payments] == [True]
            assert await _bookings(d) == 0

    run(work())
