"""What is counted in SQL is the same on every database, down to the paisa."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from carevia.store.store import Store
from tests.aio import run
from tests.contract.works import opened
from tests.service.house import NOW, STAFF, House

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
