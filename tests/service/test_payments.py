"""Payments: one booking, one payment, one announcement for one movement of money, however often it is told."""

import asyncio
import copy
import os
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from carevia.domain.payment_lists import PaymentQuery
from carevia.domain.payments import read_event
from carevia.domain.people import Person
from carevia.domain.site import SiteBooking
from carevia.errors import BadInput
from carevia.service.payments import Payments
from carevia.store.tables import users
from tests.aio import run
from tests.provider import charge
from tests.service.house import EVERYTHING, NOW, STAFF, count, house, paid_event
from tests.store.opened import query


def test_a_paid_session_makes_customer_booking_payment_and_announcement(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            event = await home.pay()
            page = await home.bookings.list(STAFF, EVERYTHING)
            [booking] = page.bookings
            assert (booking.totalPrice, booking.amountPaid, booking.dueAmount) == ("6000", "3000", "3000")
            assert (booking.currency, booking.status, booking.source, booking.needsLook) == (
                "bdt",
                "booked",
                "stripe",
                False,
            )
            assert (booking.userName, booking.userEmail) == ("Nusrat Jahan", "u1@carevia.example")
            assert booking.createdAt == "2026-11-23T04:30:15.000Z"  # when the money moved
            [payment] = (await home.payments.list(STAFF, PaymentQuery(page=1, limit=20))).payments
            assert payment.sessionId == event["data"]["object"]["id"]
            assert (payment.amount, payment.amountPaid, payment.bookingId) == (300_000, "3000", booking.id)
            assert payment.trackingId == booking.trackingId
            assert await home.announced() == [
                {
                    "userId": "u1",
                    "userEmail": "u1@carevia.example",
                    "userName": "Nusrat Jahan",
                    "serviceName": "Newborn Care",
                    "trackingId": booking.trackingId,
                    "amountPaid": "3000",
                    "amount": 300_000,
                    "currency": "bdt",
                }
            ]
            assert query(tmp_path, "SELECT id, role, login FROM users") == [("u1", "user", None)]

    run(main())


def test_fifty_identical_deliveries_at_once_make_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            event = paid_event()
            await asyncio.gather(*(home.deliver(event) for _ in range(50)))
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": 1}
            assert query(tmp_path, "SELECT note FROM provider_events") == [(None,)]  # it is the same body each time

    run(main())


def test_fifty_events_of_one_session_at_once_make_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            event = paid_event()
            events = [event | {"id": f"evt_{n}"} for n in range(50)]
            await asyncio.gather(*(home.deliver(each) for each in events))
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": 50}

    run(main())


def test_two_processes_that_get_the_same_event_make_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as first, house(tmp_path) as second:
            event = paid_event()
            await asyncio.gather(*(home.deliver(event) for home in (first, second) * 10))
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": 1}

    run(main())


def test_unpaid_makes_nothing_and_the_success_that_follows_makes_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            unpaid = paid_event(payment_status="unpaid")
            await home.deliver(unpaid)
            assert count(tmp_path) == {"bookings": 0, "payments": 0, "announced": 0, "provider_events": 1}
            later = copy.deepcopy(unpaid) | {"id": "evt_2", "type": "checkout.session.async_payment_succeeded"}
            later["data"]["object"]["payment_status"] = "paid"
            await home.deliver(later)
            await home.deliver(later | {"id": "evt_3", "type": "checkout.session.completed"})
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": 3}

    run(main())


def test_same_id_with_another_body_is_ignored_and_noted(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            event = await home.pay()
            await home.deliver(paid_event("u2", amount=1) | {"id": event["id"]})
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": 1}
            [(note,)] = query(tmp_path, "SELECT note FROM provider_events")
            assert "another body" in note

    run(main())


def test_a_paid_session_without_our_metadata_is_kept_for_a_look(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.deliver(paid_event(metadata={"userId": ""}))
            assert count(tmp_path) == {"bookings": 0, "payments": 1, "announced": 0, "provider_events": 1}
            [payment] = (await home.payments.list(STAFF, PaymentQuery(page=1, limit=20))).payments
            assert (payment.needsLook, payment.amount, payment.bookingId) == (True, 300_000, None)
            assert payment.lookReason == "the session names no customer of ours"

    run(main())


def test_the_desk_is_told_of_a_payment_without_a_booking_and_of_what_becomes_of_it(tmp_path: Path) -> None:
    """It stood on an open list of payments after a reload only."""

    async def main() -> None:
        async with house(tmp_path) as home:
            stranger = paid_event(id="cs_1", payment_intent="pi_1", metadata={"userId": ""})
            await home.deliver(stranger)
            await home.deliver(stranger | {"id": "evt_again"})
            await home.deliver(refunded("pi_1"))
            told = await home.told("payment_updated")
            assert [(row["bookingId"], row["status"], row["amountRefunded"]) for row in told] == [
                *((None, "paid", "0"), (None, "refunded", "3000")),
            ]
            [payment] = (await home.payments.list(STAFF, PaymentQuery(page=1, limit=20))).payments
            assert told[-1] == msgspec.to_builtins(payment)
            await home.pay(id="cs_1", payment_intent="pi_1")
            assert len(await home.told("payment_updated")) == 2, "its booking tells of it now"

    run(main())


def test_refunds_before_a_payment_without_a_booking_are_told_with_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.deliver(refunded("pi_1"))
            await home.deliver(paid_event(id="cs_1", payment_intent="pi_1", metadata={"userId": ""}))
            assert [row["status"] for row in await home.told("payment_updated")] == ["refunded"]

    run(main())


def test_refunds_of_a_payment_without_a_booking_count_once_a_later_notice_names_its_intent(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            stranger = paid_event(id="cs_1", payment_intent=None, metadata={"userId": ""})
            await home.deliver(stranger)
            await home.deliver(refunded("pi_1"))
            named = paid_event(id="cs_1", payment_intent="pi_1", metadata={"userId": ""})
            await home.deliver(named | {"id": "evt_again"})
            assert [row["status"] for row in await home.told("payment_updated")] == ["paid", "refunded"]

    run(main())


def refunded(intent: str) -> dict[str, Any]:
    return paid_event(type="charge.refunded") | {"data": {"object": charge(refunded=300_000, intent=intent)}}


def test_what_is_learned_later_of_a_payment_takes_away_no_other_reason_to_look(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for intent in (None, "pi_1"):
                await home.deliver(paid_event(id="cs_1", payment_intent=intent, metadata={"userId": ""}))
            found = query(tmp_path, "SELECT intent_id, needs_look FROM payments")
            assert found == [("pi_1", "the session names no customer of ours")]

    run(main())


def test_why_a_payment_needs_a_look_is_told_to_staff_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay(amount_total=0)
            every = PaymentQuery(page=1, limit=20)
            told = {}
            for viewer in (STAFF, Person("u1", "user", None, "Nusrat Jahan")):
                [payment] = (await home.payments.list(viewer, every)).payments
                assert payment.needsLook
                told[viewer.role] = payment.lookReason
            assert told == {"admin": "nothing was paid", "user": ""}

    run(main())


def test_money_that_cannot_be_read_loses_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay(amount_total="lots")
            [payment] = (await home.payments.list(STAFF, PaymentQuery(page=1, limit=20))).payments
            assert (payment.needsLook, payment.amount, payment.amountPaid) == (True, None, "")
            assert count(tmp_path)["bookings"] == 0

    run(main())


@pytest.mark.parametrize("changes", [{"currency": None}, {"amount_total": "lots"}])
@pytest.mark.parametrize("order", ["provider first", "site first"])
def test_money_that_cannot_be_read_is_a_booking_s_once_somebody_tells_more(
    tmp_path: Path, changes: dict[str, Any], order: str
) -> None:
    """An amount was stored without its currency, and from then on every word about this session was answered 500."""
    unread, site = paid_event(id="cs_1") | {"id": "evt_0"}, SiteBooking("u1", sessionId="cs_1", amountPaid="3000")
    unread["data"]["object"] |= changes

    async def main() -> None:
        async with house(tmp_path) as home:
            told = [partial(home.deliver, unread), partial(home.site_tells, "msg_1", site)]
            for tell in told if order == "provider first" else reversed(told):
                await tell()
            await home.pay(id="cs_1")
            assert count(tmp_path) == {"bookings": 1, "payments": 1, "announced": 1, "provider_events": 3}
            [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert (booking.amountPaid, booking.currency) == ("3000", "bdt")

    run(main())


def test_the_stored_account_s_name_goes_before_the_metadata_s(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.store.write(lambda tx: tx.insert(users, id="u1", role="user", name="Stored Name", created=1))
            await home.pay()
            [event] = await home.announced()
            assert (event["userName"], event["userEmail"]) == ("Stored Name", "u1@carevia.example")

    run(main())


def test_hostile_metadata_is_cut_and_stored(tmp_path: Path) -> None:
    hostile: dict[str, Any] = {
        "userName": "x" * 100_000 + "\x00",
        "userEmail": "\ud800",
        "serviceName": "<script>alert(1)</script>\x00\ud800",
        "address": ["no", "text"],
        "quantity": "999999999999",
        "trackingId": "'; DROP TABLE bookings; --",
        "totalPrice": "NaN",
        "slot": {"$gt": ""},
    }

    async def main() -> None:
        async with house(tmp_path) as home:
            event = paid_event(metadata=hostile)
            await home.payments.receive_stripe(b"{}", read_event(event))
            [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert len(booking.userName) == 200
            assert booking.serviceName == "<script>alert(1)</script>"
            assert booking.trackingId.startswith("CV-")
            assert (booking.address, booking.quantity, booking.dueAmount) == (None, None, "0")

    run(main())


def test_a_booking_paid_twice_by_two_sessions_is_one_booking_with_two_payments(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay(metadata={"trackingId": "CV-REST0001"})
            await home.pay(metadata={"trackingId": "CV-REST0001"})
            [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert (booking.trackingId, booking.amountPaid, booking.dueAmount) == ("CV-REST0001", "6000", "0")
            assert count(tmp_path) == {"bookings": 1, "payments": 2, "announced": 1, "provider_events": 2}

    run(main())


def test_who_pays_the_whole_twice_is_looked_at_until_one_of_the_two_went_back(tmp_path: Path) -> None:
    """The booking cost twice as much then, and nobody saw that a family had paid it twice."""

    async def main() -> None:
        async with house(tmp_path) as home:

            async def standing() -> tuple[str, str, str, bool]:
                [booking] = (await home.bookings.list(STAFF, EVERYTHING)).bookings
                return booking.totalPrice, booking.amountPaid, booking.dueAmount, booking.needsLook

            for intent in ("pi_one", "pi_two"):
                await home.pay(metadata={"trackingId": "CV-REST0001"}, total=300_000, payment_intent=intent)
            assert await standing() == ("3000", "6000", "0", True)
            refund = {"type": "charge.refunded", "data": {"object": charge(refunded=300_000, intent="pi_two")}}
            await home.deliver(paid_event() | refund)
            assert await standing() == ("3000", "6000", "0", False)

    run(main())


def test_another_customer_s_tracking_id_is_not_taken_over(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay("u1", metadata={"trackingId": "CV-MINE0001"})
            await home.pay("u2", metadata={"trackingId": "CV-MINE0001"})
            rows = (await home.bookings.list(STAFF, EVERYTHING)).bookings
            assert {(row.userId, row.trackingId == "CV-MINE0001", row.needsLook) for row in rows} == {
                ("u1", True, False),
                ("u2", False, True),
            }
            with pytest.raises(BadInput):
                await home.site_tells("m1", SiteBooking("u3", trackingId="CV-MINE0001"))
            await home.site_tells("m1", SiteBooking("u3", trackingId="CV-MINE0003"))  # m1 was not used up

    run(main())


def test_customers_see_their_own_payments_newest_first_in_pages(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for n in range(5):
                home.time = NOW + n * 1000
                await home.pay("u1" if n % 2 else "u2")
            everything = await home.payments.list(STAFF, PaymentQuery(page=1, limit=2))
            assert (everything.totalItems, everything.totalPages, everything.currentPage) == (5, 3, 1)
            assert len(everything.payments) == 2
            times = [
                row.createdAt
                for page in (1, 2, 3)
                for row in (await home.payments.list(STAFF, PaymentQuery(page=page, limit=2))).payments
            ]
            assert times == sorted(times, reverse=True) and len(set(times)) == 5
            own = await home.payments.list(Person("u1", "user"), PaymentQuery())
            assert {row.userId for row in own.payments} == {"u1"} and own.totalItems == 2
            assert (await home.payments.list(STAFF, PaymentQuery(page=99, limit=20))).payments == []

    run(main())


def test_random_ids_do_not_repeat(tmp_path: Path) -> None:
    """Forty bits are few enough that a taken tracking id must be tried again."""
    repeated = iter([b"\0" * 5, b"\0" * 5, b"\1" * 5])

    def random(size: int) -> bytes:
        return next(repeated) if size == 5 else os.urandom(size)

    async def main() -> None:
        async with house(tmp_path) as home:
            home.payments = Payments(home.store, now=lambda: NOW, random=random)
            await home.pay("u1")
            await home.pay("u2")
            assert len({event["trackingId"] for event in await home.announced()}) == 2

    run(main())
