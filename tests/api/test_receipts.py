"""Receipts at the edge: what a desk confirms and reads, and the alarm that a desk which confirms nothing brings on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from carevia.api.simulator import paid_event, tracking_id_of
from carevia.domain.histogram import PATIENCE
from tests.aio import run
from tests.api.desk import Desk, Peer, customer, desk, now, staff, until


async def pay(d: Desk) -> str:
    event = paid_event(now())
    assert (await d.pay(event)).status_code == 200
    return tracking_id_of(event)


async def told_by_a_site(d: Desk) -> str:
    answer = await d.emit(
        {"userId": "u1", "userName": "Nusrat Jahan", "trackingId": "CV-SITE0001", "amountPaid": "3000"}
    )
    assert answer.status_code == 200
    return "CV-SITE0001"


async def metric(d: Desk, name: str) -> float:
    lines = (await d.http.get("/metrics")).text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


async def state(d: Desk) -> Any:
    answer = await d.http.get("/api/booking/receipt-state", headers=d.bearer("boss", "admin"))
    return answer.json()["data"]


@asynccontextmanager
async def polling(peer: Peer) -> AsyncIterator[list[Any]]:
    """Everything that comes but `live`, as it comes: what is volatile is dropped where no poll waits."""
    heard: list[Any] = []

    async def listen() -> None:
        while True:
            heard.extend(await peer.packets(1, timeout=60))

    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("paid", [pay, told_by_a_site])
def test_what_a_desk_confirms_stands_on_the_receipt_and_in_the_metrics(
    tmp_path: Path, paid: Callable[[Desk], Awaitable[str]]
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            code = await paid(d)
            await boss.event("customer_added")
            assert (await metric(d, "carevia_bookings_unseen"), (await state(d))["unseen"]) == (1, 1)
            assert await boss.ask("shown", {"seq": 1}) == {"ok": True}
            path = f"/api/booking/receipt?trackingId={code}"
            receipt: dict[str, Any] = {"shownAt": None}
            while receipt["shownAt"] is None:  # written within a second; a flush that is under way is not waited for
                await d.carevia.receipts.flush()
                receipt = (await d.http.get(path, headers=d.bearer("boss", "admin"))).json()["data"]
            times = [receipt[f"{name}At"] for name in ("paid", "received", "committed", "emitted", "shown")]
            assert times == sorted(times)
            assert receipt["desks"] == [
                {"personId": "boss", "name": "Rafiq Hasan", "socketId": boss.id, "shownAt": receipt["shownAt"]}
            ]
            assert await metric(d, "carevia_bookings_unseen") == 0
            assert await metric(d, "carevia_rows_unsent") == 0
            assert await metric(d, "carevia_paid_to_screen_seconds_count") == 1
            assert await metric(d, f'carevia_received_to_screen_seconds_bucket{{le="{PATIENCE[-1]}"}}') == 1

    run(work())


def test_receipts_are_for_staff(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            code = await pay(d)
            for path in (f"/api/booking/receipt?trackingId={code}", "/api/booking/receipt-state"):
                assert (await d.http.get(path)).status_code == 401
                assert (await d.http.get(path, headers=d.bearer("u1"))).status_code == 403
                assert (await d.http.get(path, headers=d.bearer("boss", "admin"))).status_code == 200
            unknown = "/api/booking/receipt?trackingId=CV-NOTHING0"
            assert (await d.http.get(unknown, headers=d.bearer("boss", "admin"))).status_code == 404
            nothing = await d.http.get("/api/booking/receipt", headers=d.bearer("boss", "admin"))
            assert nothing.status_code == 400

    run(work())


def test_a_desk_that_confirms_nothing_brings_on_the_alarm_until_another_one_does(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path, RECEIPT_ALARM="1") as d,
            d.socket(staff(d, "silent")) as silent,
            d.socket(customer(d)) as family,
        ):
            async with polling(silent) as heard:
                await pay(d)
                await until(lambda: any('"receipt_alarm"' in packet for packet in heard), 6)
                ringing = next(packet for packet in heard if "receipt_alarm" in packet)
                assert '{"unseen":1,"unsent":0,"oldest":1,"seconds":1}' in ringing
                assert (await state(d))["alarm"]["unseen"] == 1
                assert await metric(d, "carevia_receipt_alarm") == 1
                assert [line for line in d.lines if "receipt alarm" in line and "unseen=1" in line]
                async with d.socket(staff(d, "honest")) as honest:
                    await honest.ask("shown", {"seq": 1})
                await until(lambda: '"unseen":0' in heard[-1], 6)
                assert await metric(d, "carevia_receipt_alarm") == 0
                assert [line for line in d.lines if "receipt alarm is over" in line]
            assert "Nusrat" not in d.output.getvalue()
            assert await family.silent()

    run(work())


def test_what_is_paid_and_not_sent_brings_on_the_alarm_until_it_is(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, RECEIPT_ALARM="1") as d, d.socket(staff(d)) as boss, polling(boss) as heard:
            await d.carevia.relay.stop()
            await pay(d)
            await until(lambda: any('"receipt_alarm"' in packet for packet in heard), 6)
            ringing = next(packet for packet in heard if "receipt_alarm" in packet)
            assert '{"unseen":0,"unsent":1,"oldest":1,"seconds":1}' in ringing
            assert (await state(d))["alarm"]["unsent"] == 1
            assert (await metric(d, "carevia_receipt_alarm"), await metric(d, "carevia_rows_unsent")) == (1, 1)
            assert [line for line in d.lines if "receipt alarm" in line and "unsent=1" in line]
            await d.carevia.relay.start()  # takes up at the newest
            await until(lambda: '"unsent":0' in heard[-1], 6)
            assert (await metric(d, "carevia_receipt_alarm"), await metric(d, "carevia_rows_unsent")) == (0, 0)

    run(work())


def test_what_a_killed_process_had_not_emitted_is_emitted_by_the_replay(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            pid = msgspec.json.decode(boss.reply.removeprefix("40"))["pid"]
            await d.carevia.relay.stop()
            code = await pay(d)
        async with desk(tmp_path) as d:
            path = f"/api/booking/receipt?trackingId={code}"
            receipt = (await d.http.get(path, headers=d.bearer("boss", "admin"))).json()["data"]
            assert (receipt["emittedAt"], receipt["desks"]) == (None, [])
            async with d.socket({**staff(d), "pid": pid}) as boss:
                await boss.event("customer_added")
            await d.carevia.receipts.flush()
            receipt = (await d.http.get(path, headers=d.bearer("boss", "admin"))).json()["data"]
            assert receipt["emittedAt"] is not None
            assert receipt["shownAt"] is None

    run(work())
