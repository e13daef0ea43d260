"""What was left out, or could not be read, at first is taken from what is told later, on every database."""

from collections.abc import Callable
from pathlib import Path

import pytest

from carevia.domain.bookings import BookingQuery
from carevia.domain.payment_lists import PaymentQuery
from carevia.domain.site import SiteBooking
from carevia.store.store import Store
from tests.aio import run
from tests.contract.works import opened
from tests.service.house import STAFF, House, paid_event


@pytest.mark.parametrize("known", [{"trackingId": "CV1a2b3c"}, {"sessionId": "cs_1"}])
def test_an_amount_that_a_site_left_out(make: Callable[[], Store], tmp_path: Path, known: dict[str, str]) -> None:
    """It was not taken: the booking stayed unpaid, and needed a look for ever."""

    async def main() -> None:
        async with opened(make) as store:
            home = House(store, tmp_path)
            await home.site_tells("msg_1", SiteBooking("u9", **known))
            [booking] = (await home.bookings.list(STAFF, BookingQuery())).bookings
            assert (booking.amountPaid, booking.needsLook) == ("0", True)
            for number in (2, 3):
                told = SiteBooking("u9", amountPaid="3000.50", currency="usd", **known)
                await home.site_tells(f"msg_{number}", told)
                await looks_paid(home, "3000.50", "0", "usd")
            assert len(await home.announced()) == 1

    run(main())


def test_an_amount_of_the_provider_s_that_could_not_be_read(make: Callable[[], Store], tmp_path: Path) -> None:
    unread = paid_event(id="cs_1")
    unread["data"]["object"]["amount_total"] = "lots"

    async def main() -> None:
        async with opened(make) as store:
            home = House(store, tmp_path)
            await home.deliver(unread)
            for _ in range(2):
                await home.pay(id="cs_1")
                await looks_paid(home, "3000", "3000", "bdt")

    run(main())


async def looks_paid(home: House, amount: str, due: str, currency: str) -> None:
    [booking] = (await home.bookings.list(STAFF, BookingQuery())).bookings
    assert (booking.amountPaid, booking.dueAmount, booking.currency) == (amount, due, currency)
    [payment] = (await home.payments.list(STAFF, PaymentQuery())).payments
    assert (payment.amountPaid, payment.currency) == (amount, currency)
    assert not booking.needsLook and not payment.needsLook
