"""`POST /emit-booking` as CONTRACT and INTERFACE say it."""

import base64
import json
from pathlib import Path

import pytest

from tests.aio import run
from tests.api.desk import PRODUCTION, desk, now

BOOKING = {
    "userId": "u-77",
    "userEmail": "tahmid@example.com",
    "userName": "Tahmid Rahman",
    "serviceName": "Nursing",
    "trackingId": "CV1A2B3C",
    "amountPaid": "3000.50",
}


def test_signed_booking_reaches_the_desk_and_is_answered_in_the_words_of_the_contract(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket({"token": d.token("boss", "admin")}) as staff:
            answer = await d.emit(BOOKING)
            assert answer.status_code == 200
            assert answer.json() == {"success": True, "message": "Broadcast Successful", "clientCount": 1}
            payload, offset = await staff.event("customer_added")
            assert payload == BOOKING | {"amount": 300_050, "currency": "bdt"}
            assert offset.endswith(".1")

    run(work())


def test_id_seen_before_is_409_and_nothing_is_done_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            assert (await d.emit(BOOKING)).status_code == 200
            assert (await d.emit(BOOKING)).status_code == 409
            rows = (await d.http.get("/api/booking", headers=d.bearer("boss", "admin"))).json()["data"]
            assert rows["totalItems"] == 1

    run(work())


def test_unsigned_wrongly_signed_or_old_is_401_before_400(tmp_path: Path) -> None:
    other = "whsec_" + base64.b64encode(b"o" * 32).decode()

    async def work() -> None:
        async with desk(tmp_path) as d:
            assert (await d.http.post("/emit-booking", json=BOOKING)).status_code == 401
            assert (await d.http.post("/emit-booking", content=b"junk")).status_code == 401
            assert (await d.emit(b"junk", secret=other)).status_code == 401
            assert (await d.emit(BOOKING, at=now() - 301_000)).status_code == 401
            assert (await d.emit(BOOKING, at=now() + 301_000)).status_code == 401

    run(work())


@pytest.mark.parametrize("body", [b"junk", b"[]", b"{}", b'{"userId": 7}', b'{"userId": "u", "userName": []}'])
def test_body_without_user_id_or_with_wrong_types_is_400(tmp_path: Path, body: bytes) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.emit(body)
            assert answer.status_code == 400
            assert answer.json()["success"] is False

    run(work())


def test_a_name_that_ends_in_half_an_emoji_is_taken_without_it(tmp_path: Path) -> None:
    """As JSON.stringify writes what slice has cut. It was refused as a body without a userId."""
    body = json.dumps(BOOKING | {"userName": "Tahmid \ud83d", "serviceName": "Nursing \ud83d\ude00\ude00"}).encode()

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket({"token": d.token("boss", "admin")}) as staff:
            assert (await d.emit(body)).status_code == 200
            told = (await staff.event("customer_added"))[0]
            assert (told["userName"], told["serviceName"]) == ("Tahmid", "Nursing \N{GRINNING FACE}")

    run(work())


def test_400_and_401_do_not_use_the_id_up(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            assert (await d.emit(b"{}", "wh_9")).status_code == 400
            assert (await d.emit(BOOKING, "wh_9", at=now() - 400_000)).status_code == 401
            assert (await d.emit(BOOKING, "wh_9")).status_code == 200

    run(work())


def test_without_a_configured_secret_there_is_no_such_route(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION) as d:
            assert (await d.http.post("/emit-booking", json=BOOKING)).status_code == 404
            assert (await d.http.get("/emit-booking")).status_code == 404

    run(work())
