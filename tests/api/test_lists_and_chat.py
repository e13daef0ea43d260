"""Lists and conversations over HTTP: what staff see, what a customer sees, and how it is paged."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from carevia.api.simulator import paid_event, tracking_id_of
from tests.aio import run
from tests.api.desk import Desk, desk, now


async def _pay(d: Desk, user_id: str) -> str:
    event = paid_event(now())
    customer = {"userId": user_id, "userName": "Nusrat Jahan", "userEmail": f"{user_id}@example.com"}
    event["data"]["object"]["metadata"] |= customer
    assert (await d.pay(event)).status_code == 200
    return tracking_id_of(event)


async def _data(d: Desk, path: str, headers: dict[str, str]) -> Any:
    answer = await d.http.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_staff_see_all_bookings_and_payments_a_customer_their_own(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            mine, other = await _pay(d, "u1"), await _pay(d, "u2")
            boss, family = d.bearer("boss", "admin"), d.bearer("u1")
            for path, rows in (("/api/booking", "bookings"), ("/api/payment", "payments")):
                seen = await _data(d, path, boss)
                assert {row["trackingId"] for row in seen[rows]} == {mine, other}
                own = await _data(d, path, family)
                assert [row["trackingId"] for row in own[rows]] == [mine]
                assert {name: own[name] for name in ("totalPages", "totalItems", "currentPage")} == {
                    "totalPages": 1,
                    "totalItems": 1,
                    "currentPage": 1,
                }
                assert (await d.http.get(path)).status_code == 401

    run(work())


def test_lists_are_paged_by_number_and_searched(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            codes = [await _pay(d, f"u{number}") for number in range(3)]
            boss = d.bearer("boss", "admin")
            second = await _data(d, "/api/booking?page=2&limit=2", boss)
            assert (len(second["bookings"]), second["totalPages"], second["currentPage"]) == (1, 2, 2)
            found = await _data(d, f"/api/booking?search={codes[1]}&status=all", boss)
            assert [row["trackingId"] for row in found["bookings"]] == [codes[1]]
            assert (await _data(d, "/api/booking?search=.*", boss))["bookings"] == []

    run(work())


def test_one_payment_is_found_by_its_id_by_staff_and_by_who_paid(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            codes = [await _pay(d, f"u{number}") for number in range(3)]
            boss = d.bearer("boss", "admin")
            payment = (await _data(d, f"/api/payment?search={codes[0]}", boss))["payments"][0]
            one = f"/api/payment?id={payment['_id']}"
            for viewer, rows in ((boss, [payment]), (d.bearer("u0"), [payment]), (d.bearer("u1"), [])):
                found = await _data(d, one, viewer)
                assert (found["payments"], found["totalItems"]) == (rows, len(rows))
            assert (await _data(d, "/api/payment?id=nothing", boss))["payments"] == []

    run(work())


def test_stats_are_metrics_and_seven_days(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await _pay(d, "u1")
            stats = await _data(d, "/api/booking/stats", d.bearer("boss", "admin"))
            assert len(stats["trends"]) == 7
            assert stats["trends"][-1]["totalBookings"] == 1
            metrics = await _data(d, "/api/payment/stats", d.bearer("boss", "admin"))
            for metric in [*stats["metrics"], *metrics]:
                assert set(metric) == {"_id", "label", "value", "change", "trend"}

    run(work())


def test_participants_are_one_row_per_customer_with_the_keys_of_the_contract(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            for user in ("u1", "u2", "u1"):
                await _pay(d, user)
            boss = d.bearer("boss", "admin")
            rows = await _data(d, "/api/chat/user/booking", boss)
            assert [row["_id"] for row in rows] == ["u1", "u2"]
            assert set(rows[0]) == {"_id", "firstName", "lastName", "email", "image", "lastLoginAt"}
            assert (rows[0]["firstName"], rows[0]["lastName"]) == ("Nusrat", "Jahan")
            first = (await d.http.get("/api/chat/user/booking?limit=1", headers=boss)).json()
            assert first["hasMore"] is True
            rest = await d.http.get(f"/api/chat/user/booking?limit=1&before={first['nextBefore']}", headers=boss)
            assert ([row["_id"] for row in rest.json()["data"]], rest.json()["hasMore"]) == (["u2"], False)
            assert (await d.http.get("/api/chat/user/booking", headers=d.bearer("u1"))).status_code == 403

    run(work())


@pytest.mark.parametrize(
    "path",
    ["user/booking?", "message?roomId=u1&", "conversation?", "search?q=word&"],
    ids=lambda path: path.split("?")[0],
)
def test_a_page_has_at_least_one_row_and_no_more_than_the_largest_has(path: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await _pay(d, "u1")
            boss = d.bearer("boss", "admin")
            answers = {limit: await d.http.get(f"/api/chat/{path}limit={limit}", headers=boss) for limit in (0, 1, 201)}
            assert {limit: answer.status_code for limit, answer in answers.items()} == {0: 400, 1: 200, 201: 400}
            assert [error["field"] for error in answers[0].json()["errors"]] == ["limit"]

    run(work())


def test_history_is_oldest_first_and_pages_by_before(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            family = d.bearer("u1")
            for number in range(5):
                answer = await d.http.post(
                    "/api/chat/message", json={"roomId": "u1", "text": f"m{number}"}, headers=family
                )
                assert answer.status_code == 200
                assert set(answer.json()["data"]) == {"id", "seq", "time"}
            newest = (await d.http.get("/api/chat/message?roomId=u1&limit=2", headers=family)).json()
            assert [row["text"] for row in newest["data"]] == ["m3", "m4"]
            assert newest["hasMore"] is True
            before = newest["data"][0]["seq"]
            older = (await d.http.get(f"/api/chat/message?roomId=u1&before={before}", headers=family)).json()
            assert ([row["text"] for row in older["data"]], older["hasMore"]) == (["m0", "m1", "m2"], False)
            assert set(older["data"][0]) == {"id", "roomId", "senderId", "senderName", "text", "time", "status", "seq"}

    run(work())


def test_post_with_the_same_id_is_one_message(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            body = {"roomId": "u1", "text": "once", "id": "1-a"}
            answers = [await d.http.post("/api/chat/message", json=body, headers=d.bearer("u1")) for _ in range(2)]
            assert answers[0].json() == answers[1].json()
            assert len(await _data(d, "/api/chat/message?roomId=u1", d.bearer("u1"))) == 1

    run(work())


def test_a_family_that_writes_too_fast_is_told_when_to_come_back_and_nobody_else_is(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_TABS_PER_USER="1") as d:

            async def post(headers: dict[str, str], number: int) -> Any:
                body = {"roomId": "u1", "id": f"m{number}", "text": "hello"}
                return await d.http.post("/api/chat/message", json=body, headers=headers)

            family, boss = d.bearer("u1"), d.bearer("boss", "admin")
            answers = await asyncio.gather(*(post(family, number) for number in range(300)))
            refused = [answer for answer in answers if answer.status_code == 429]
            assert {answer.headers["retry-after"] for answer in refused} == {"1"}
            assert len(answers) - len(refused) >= 40
            reading = (d.http.get("/api/chat/message?roomId=u1", headers=family) for _ in range(100))
            assert {answer.status_code for answer in await asyncio.gather(*reading)} == {200}
            answers = await asyncio.gather(*(post(boss, number) for number in range(100)))
            assert {answer.status_code for answer in answers} == {200}

    run(work())


def test_conversation_that_is_not_yours_is_404_as_one_that_is_not_there(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await _pay(d, "u2")
            for room in ("u2", "nobody"):
                read = await d.http.get(f"/api/chat/message?roomId={room}", headers=d.bearer("u1"))
                body = {"roomId": room, "text": "x"}
                written = await d.http.post("/api/chat/message", json=body, headers=d.bearer("u1"))
                assert (read.status_code, written.status_code) == (404, 404)
            boss = d.bearer("boss", "admin")
            assert (await d.http.get("/api/chat/message?roomId=nobody", headers=boss)).status_code == 404

    run(work())


def test_customers_never_see_the_names_of_staff(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await _pay(d, "u1")
            boss = d.bearer("boss", "admin", name="Rafiq Hasan")
            await d.http.post("/api/chat/message", json={"roomId": "u1", "text": "Hello"}, headers=boss)
            (row,) = await _data(d, "/api/chat/message?roomId=u1", d.bearer("u1"))
            assert row["senderName"] == "Carevia Support"
            (row,) = await _data(d, "/api/chat/message?roomId=u1", boss)
            assert row["senderName"] == "Rafiq Hasan"

    run(work())
