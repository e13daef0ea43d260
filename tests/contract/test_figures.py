"""What is counted in SQL is the same on every database, down to the paisa."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from carevia.domain.payment_lists import PaymentQuery
from carevia.domain.people import Person
from carevia.store.store import Store
from tests.aio import run
from tests.contract.works import opened
from tests.service.house import NOW, STAFF, House, paid_event

DHAKA = ZoneInfo("Asia/Dhaka")


def test_figures_of_sums_that_are_not_whole_taka(make: Callable[[], Store], tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(make) as store:
            home = House(store, tmp_path)
            await home.pay("u1", amount=300_050, total=600_075)
            await home.pay("u2", amount=100_000, total=100_000)
            stats = await home.bookings.stats(STAFF, DHAKA, NOW)
            assert {metric.id: metric.value for metric in stats.metrics if metric.id in ("due", "received")} == {
                "due": "3000.25",
                "received": "4000.50",
            }
            paid = await home.bookings.payment_stats(STAFF, DHAKA, NOW)
            assert paid[0].value == "4000.50"

    run(main())


def test_bookings_of_two_weeks_are_counted_by_the_day_on_which_they_were_paid(
    make: Callable[[], Store], tmp_path: Path
) -> None:
    """One may come a week late, and a sender's clock may be ahead of ours by hours."""
    day = 86_400_000

    async def main() -> None:
        async with opened(make) as store:
            home = House(store, tmp_path)
            before, after = -13.45, -13.4  # of the midnight in Dhaka with which the two weeks begin
            late, ahead = [(-6, -13), (-1, -30), (0, -2)], [(before, after), (-3, -2.75)]
            for received, paid in sorted([(-40, -40), (-20, -20), (-12, -12), (-3, -3), (0, 0), *late, *ahead]):
                home.time = NOW + round(received * day)
                await home.deliver(paid_event(f"of{paid}", now=NOW + round(paid * day)))
            stats = await home.bookings.stats(STAFF, DHAKA, NOW)
            values = {metric.id: metric.value for metric in stats.metrics}
            assert (values["total"], values["week"], values["today"]) == (10, 4, 1)
            assert [trend.totalBookings for trend in stats.trends] == [0, 0, 0, 2, 1, 0, 1]
            assert {metric.id: metric.change for metric in stats.metrics}["week"] == 33.3, "three in the week before"
            own = await home.bookings.stats(Person("of-13", "user"), DHAKA, NOW)
            assert {metric.id: metric.value for metric in own.metrics}["total"] == 1

    run(main())


def test_a_customer_is_shown_and_counted_what_they_have_paid_and_nothing_else(
    make: Callable[[], Store], tmp_path: Path
) -> None:
    async def main() -> None:
        async with opened(make) as store:
            home = House(store, tmp_path)
            paid = [await home.pay(user) for user in ("u1", "u2", "u1", "u3")]
            await home.deliver(paid_event("", metadata={"userId": ""}))  # money of which nobody knows whose it is
            sessions = [event["data"]["object"]["id"] for event in paid]
            for user, theirs in (("u1", [0, 2]), ("u2", [1]), ("nobody", list[int]())):
                wanted = {sessions[number] for number in theirs}
                page = await home.payments.list(Person(user, "user"), PaymentQuery())
                asked = await home.payments.list(STAFF, PaymentQuery(userId=user))
                for found in (page, asked):
                    assert {payment.sessionId for payment in found.payments} == wanted
                    assert found.totalItems == len(wanted)
                stats = await home.bookings.payment_stats(Person(user, "user"), DHAKA, NOW)
                assert stats[2].value == len(wanted)
            assert (await home.payments.list(STAFF, PaymentQuery())).totalItems == 5

    run(main())
