"""A customer's pages are told that their own bookings have changed, and nobody else's are."""

from pathlib import Path
from typing import Any

from carevia.api.simulator import paid_event
from tests.aio import run
from tests.api.desk import customer, desk, now, staff


def paid_by(user: str) -> dict[str, Any]:
    event = paid_event(now())
    event["data"]["object"]["metadata"]["userId"] = user
    return event


def test_who_has_paid_hears_of_it_on_every_tab_and_the_others_do_not(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(customer(d)) as phone,
            d.socket(customer(d)) as laptop,
            d.socket(customer(d, "u2")) as other,
        ):
            await d.pay(paid_by("u1"))
            told = [await tab.told("bookings_changed") for tab in (phone, laptop)]
            assert told[0] == told[1] == {"seq": d.carevia.relay.position}
            await d.pay(paid_by("u2"))
            assert await other.told("bookings_changed") == {"seq": told[0]["seq"] + 1}

    run(work())


def test_a_row_that_is_replayed_to_a_desk_is_no_news_to_its_customer(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as phone, d.socket(staff(d)):
            await d.pay(paid_by("u1"))
            first = await phone.told("bookings_changed")
            for row in await d.carevia.store.events_after(0, None, 100):
                d.carevia.relay.sent(row)
            await d.pay(paid_by("u1"))
            assert (await phone.told("bookings_changed"))["seq"] == first["seq"] + 1

    run(work())
