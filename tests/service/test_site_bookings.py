"""Bookings that a site tells of: by itself, and where the provider tells of the same one, in any order."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from carevia.domain.bookings import BookingQuery
from carevia.domain.payment_lists import PaymentQuery
from carevia.domain.site import SiteBooking
from carevia.errors import BadInput, Conflict
from tests.aio import run
from tests.service.house import EVERYTHING, STAFF, count, house, paid_event
from tests.store.opened import query


@pytest.mark.parametrize("told", [{}, {"trackingId": "CV-MINE0002"}])
def test_a_site_cannot_name_another_customer_s_session(tmp_path: Path, told: dict[str, str]) -> None:
    """It was answered as stored, and there was no booking."""

    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay("u1", id="cs_1")
            before = query(tmp_path, "SELECT * FROM bookings"), query(tmp_path, "SELECT id FROM users")
            with pytest.raises(BadInput) as refused:
                await home.site_tells("m1", SiteBooking("u2", sessionId="cs_1", serviceName="Nursing", **told))
            [error] = refused.value.errors or []
            assert error == {"field": "sessionId", "message": "the session cs_1 belongs to another customer"}
            assert (query(tmp_path, "SELECT * FROM bookings"), query(tmp_path, "SELECT id FROM users")) == before
            await home.site_tells("m1", SiteBooking("u2", sessionId="cs_2"))  # m1 was not used up

    run(main())


def test_a_site_s_booking_is_stored_and_announced_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            site = SiteBooking("u9", "u9@carevia.example", "Rafiq", "Elderly Care", "CV1a2b3c", "3000.50")
            await home.site_tells("msg_1", site)
            with pytest.raises(Conflict):
                await home.site_tells("msg_1", site)
            await home.site_tells("msg_2", site)
            [event] = await home.announced()
            assert (event["trackingId"], event["amountPaid"], event["amount"]) == ("CV1a2b3c", "3000.50", 300_050)
            [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert (booking.source, booking.dueAmount) == ("site", "0")
            assert count(tmp_path)["payments"] == 1

    run(main())


def test_without_a_tracking_id_it_is_derived_from_the_message_id(tmp_path: Path) -> None:
    async def main(folder: Path) -> str:
        async with house(folder) as home:
            await home.site_tells("msg_1", SiteBooking("u1"))
            [event] = await home.announced()
            assert event["amountPaid"] == "0"
            return str(event["trackingId"])

    assert run(main(tmp_path / "a")) == run(main(tmp_path / "b"))


def test_a_refused_body_does_not_use_the_message_id_up(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            with pytest.raises(BadInput):
                await home.site_tells("msg_1", SiteBooking("u1", amountPaid="lots"))
            await home.site_tells("msg_1", SiteBooking("u1", amountPaid="1"))

    run(main())


TRACKED = {"trackingId": "CV-BOTH0001"}
PROVIDER = [
    (
        "by tracking id",
        paid_event(metadata=TRACKED, amount=300_000),
        SiteBooking("u1", trackingId="CV-BOTH0001", amountPaid="2999"),
    ),
    ("by session", paid_event(id="cs_1"), SiteBooking("u1", sessionId="cs_1", amountPaid="2999", serviceName="Told")),
    ("by both", paid_event(metadata=TRACKED, id="cs_1"), SiteBooking("u1", trackingId="CV-BOTH0001", sessionId="cs_1")),
    (
        "no metadata",
        paid_event(metadata={"userId": ""}, id="cs_1"),
        SiteBooking("u1", sessionId="cs_1", amountPaid="2999"),
    ),
]


@pytest.mark.parametrize(("event", "site"), [row[1:] for row in PROVIDER], ids=[row[0] for row in PROVIDER])
@pytest.mark.parametrize("order", ["site first", "provider first", "at once"])
def test_site_and_provider_tell_of_one_booking(
    tmp_path: Path, event: dict[str, Any], site: SiteBooking, order: str
) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            told: list[Callable[[], Awaitable[None]]]
            told = [partial(home.site_tells, "msg_1", site), partial(home.deliver, event)]
            if order == "provider first":
                told.reverse()
            if order == "at once":
                await asyncio.gather(*(tell() for tell in told))
            else:
                for tell in told:
                    await tell()
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": 2}
            [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert booking.amountPaid == "3000"  # the provider's word, whatever the site said
            [payment] = (await home.payments.list(STAFF, PaymentQuery(page=1, limit=20))).payments
            assert (payment.provider, payment.amount, payment.needsLook) == ("stripe", 300_000, False)
            assert payment.bookingId == booking.id
            if event["data"]["object"]["metadata"]["userId"]:
                assert (booking.totalPrice, booking.address) == ("6000", "House 12, Road 5, Dhanmondi")

    run(main())


def test_a_site_that_names_the_session_later_is_understood(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.site_tells("m1", SiteBooking("u1", trackingId="CV1", amountPaid="3000"))
            await home.site_tells("m2", SiteBooking("u1", trackingId="CV1", sessionId="cs_1"))
            await home.pay(id="cs_1")
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": 3}

    run(main())


@pytest.mark.parametrize("site", [True, False])
def test_money_that_nobody_could_place_is_placed_with_a_booking_that_is_there_already(
    tmp_path: Path, site: bool
) -> None:
    """It stayed apart for ever, and the family seemed to owe it still."""

    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay(metadata=TRACKED, amount=100_000)
            await home.pay(metadata={"userId": ""}, id="cs_1", amount=200_000)
            if site:
                await home.site_tells("m1", SiteBooking("u1", **TRACKED, sessionId="cs_1"))
            else:
                await home.pay(metadata=TRACKED, id="cs_1", amount=200_000)
            [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert (booking.amountPaid, booking.dueAmount) == ("3000", "3000")
            found = query(tmp_path, "SELECT amount, booking_id, needs_look FROM payments ORDER BY 1")
            assert found == [(100_000, booking.id, None), (200_000, booking.id, None)]

    run(main())


def test_money_that_nobody_could_place_is_the_same_that_a_site_told_of_without_its_session(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.site_tells("m1", SiteBooking("u1", **TRACKED, amountPaid="2999"))
            await home.pay(metadata={"userId": ""}, id="cs_1", payment_intent="pi_1")
            await home.site_tells("m2", SiteBooking("u1", **TRACKED, sessionId="cs_1"))
            assert query(tmp_path, "SELECT provider, amount, needs_look FROM payments") == [("stripe", 300_000, None)]
            [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert (booking.amountPaid, booking.needsLook) == ("3000", False)

    run(main())


def test_money_that_nobody_could_place_at_first_keeps_the_reasons_to_look_that_it_has_then(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay("u2", metadata=TRACKED)
            await home.pay(metadata={"userId": ""}, id="cs_1")
            await home.pay(metadata=TRACKED, id="cs_1")
            await home.pay("u3", metadata={"userId": ""}, id="cs_3", amount=0)
            await home.pay("u3", id="cs_3", amount=0)
            looks = query(tmp_path, "SELECT user_id, needs_look FROM bookings ORDER BY 1")
            taken = "the tracking id CV-BOTH0001 belongs to another customer"
            assert looks == [("u1", taken), ("u2", None), ("u3", "nothing was paid")]
            assert query(tmp_path, "SELECT needs_look FROM payments WHERE amount = 0") == [("nothing was paid",)]

    run(main())


def test_a_session_that_was_booked_by_itself_and_is_then_named_with_another_booking_is_looked_at(
    tmp_path: Path,
) -> None:
    """Both stood there with the whole amount, and nobody was told that they are one."""

    async def main() -> None:
        async with house(tmp_path) as home:
            await home.site_tells("m1", SiteBooking("u1", trackingId="T-8", amountPaid="3000"))
            await home.pay(id="cs_8")
            for again in ("m2", "m3"):
                named = SiteBooking("u1", trackingId="T-8", sessionId="cs_8", amountPaid="3000")
                await home.site_tells(again, named)
                rows = (await home.bookings.list(STAFF, EVERYTHING)).bookings
                assert {(row.trackingId == "T-8", row.needsLook) for row in rows} == {(True, False), (False, True)}

    run(main())


SITE_KNOWS = SiteBooking("u1", trackingId="T-1", sessionId="cs_1", amountPaid="3000")
ONLY_SESSION = SiteBooking("u1", sessionId="cs_1", amountPaid="3000")
ONLY_TRACKING = SiteBooking("u1", trackingId="T-1", amountPaid="3000")


@pytest.mark.parametrize(
    "told",
    [
        (ONLY_SESSION, paid_event(metadata={"trackingId": "T-1"}, id="cs_1"), ONLY_TRACKING),
        (paid_event(id="cs_1"), SITE_KNOWS, ONLY_TRACKING),
        (paid_event(metadata={"trackingId": "T-1"}, id="cs_1"), ONLY_SESSION, ONLY_TRACKING),
        (SITE_KNOWS, paid_event(id="cs_1"), ONLY_TRACKING),
        (paid_event(id="cs_1"), SITE_KNOWS),
    ],
)
def test_a_tracking_id_that_is_told_second_is_the_booking_s_too(
    tmp_path: Path, told: tuple[dict[str, Any] | SiteBooking, ...]
) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for number, one in enumerate(told):
                if isinstance(one, SiteBooking):
                    await home.site_tells(f"m{number}", one)
                else:
                    await home.deliver(one)
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": len(told)}
            for search in ("T-1", "t-"):
                [booking] = (await home.bookings.list(STAFF, BookingQuery(search=search))).bookings
                [payment] = (await home.payments.list(STAFF, PaymentQuery(page=1, limit=20, search=search))).payments
                assert (booking.amountPaid, payment.bookingId) == ("3000", booking.id)

    run(main())


def test_a_session_that_site_and_provider_give_to_two_customers_needs_a_look(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.site_tells("m1", SITE_KNOWS)
            await home.pay("u2", id="cs_1")
            [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert (booking.userId, booking.needsLook) == ("u1", True)

    run(main())


SAME = {"trackingId": "CV-SAME0001"}


@pytest.mark.parametrize(
    "events",
    [
        (paid_event(metadata=SAME), paid_event(metadata=SAME, amount=0, payment_intent=None)),
        (paid_event(metadata=SAME), paid_event(metadata=SAME, total=900_000)),
        (paid_event(id="cs_1", payment_intent="pi_1", amount_total=None), paid_event(id="cs_1", payment_intent="pi_1")),
        (paid_event(id="cs_1", payment_intent=None), paid_event(id="cs_1", payment_intent="pi_1")),
    ],
    ids=["one of nothing", "two totals", "amount unreadable at first", "intent unknown at first"],
)
def test_what_two_notices_make_of_a_booking_does_not_depend_on_their_order(
    tmp_path: Path, events: tuple[dict[str, Any], ...]
) -> None:
    async def main() -> None:
        found = []
        for number, order in enumerate((events, reversed(events))):
            async with house(tmp_path / str(number)) as home:
                for event in order:
                    await home.deliver(event)
                [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
                sums = booking.totalPrice, booking.amountPaid, booking.dueAmount, booking.needsLook
                intents = query(tmp_path / str(number), "SELECT session_id, intent_id, amount FROM payments ORDER BY 1")
                found.append((sums, intents))
        assert found[0] == found[1]

    run(main())
