"""Lists of bookings, the participants, the figures, and the catalogue."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from carevia.domain.bookings import BookingPage, BookingQuery
from carevia.domain.payment_lists import PaymentQuery
from carevia.domain.people import Person
from carevia.errors import BadInput
from carevia.service.bookings import _list as bookings_list
from carevia.service.catalogue import Catalogues
from carevia.service.demo import STAFF_ID, Demo
from carevia.service.exports import Exports
from carevia.service.payment_lists import list_payments
from carevia.store.tables import bookings, services, users
from carevia.store.transaction import Row, Transaction
from tests.aio import run
from tests.service.house import NOW, STAFF, House, house
from tests.store.opened import opened, query

DHAKA = ZoneInfo("Asia/Dhaka")
DAY = 86_400_000


async def some_bookings(home: House) -> None:
    """Four customers, one booking each, a second apart; the newest is u3's."""
    rows = [
        ("u0", "Nusrat Jahan", "Dhaka", "days", 900_000),
        ("u1", "Rafiq 100%_Islam", "Sylhet", "hours", 200_000),
        ("u2", "লামিয়া খাতুন", "Dhaka", "days", 500_000),
        ("u3", "O'Brien \\ Sons", "Khulna", "hours", 300_000),
    ]
    for n, (user, name, division, duration, total) in enumerate(rows):
        home.time = NOW + n * 1000
        told = {"division": division, "durationType": duration, "trackingId": f"CV-0000000{n}"}
        await home.pay(user, name=name, total=total, amount=100_000, metadata=told)

    def work(tx: object) -> None:
        tx.run(update(bookings).where(bookings.c.user_id == "u1").values(caregiver="Rokeya", status="confirmed"))  # type: ignore[attr-defined]

    await home.store.write(work)


def users_of(page: BookingPage) -> list[str]:
    return [row.userId for row in page.bookings]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (BookingQuery(), "3210"),
        (BookingQuery(sortby="oldest"), "0123"),
        (BookingQuery(sortby="price_high"), "0231"),
        (BookingQuery(sortby="price_low"), "1320"),
        (BookingQuery(status="confirmed"), "1"),
        (BookingQuery(status="cancelled"), ""),
        (BookingQuery(duration="days"), "20"),
        (BookingQuery(caregiver="assigned"), "1"),
        (BookingQuery(caregiver="unassigned"), "320"),
        (BookingQuery(division="dhaka"), "20"),
        (BookingQuery(division="Dhaka", duration="days", caregiver="unassigned", sortby="oldest"), "02"),
        (BookingQuery(search="NUSRAT"), "0"),
        (BookingQuery(search="u2@carevia"), "2"),
        (BookingQuery(search="cv-00000003"), "3"),
        (BookingQuery(search="newborn"), "3210"),
        (BookingQuery(search="খাতুন"), "2"),
        (BookingQuery(search="%"), "1"),
        (BookingQuery(search="_"), "1"),
        (BookingQuery(search="\\"), "3"),
        (BookingQuery(search="'"), "3"),
        (BookingQuery(search=".*"), ""),
        (BookingQuery(search="' OR 1=1 --"), ""),
        (BookingQuery(page=2, limit=3), "0"),
        (BookingQuery(page=3, limit=3), ""),
    ],
)
def test_bookings_are_found(tmp_path: Path, asked: BookingQuery, found: str) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await some_bookings(home)
            assert users_of(await home.bookings.list(STAFF, asked)) == [f"u{n}" for n in found]

    run(main())


def test_pages_are_counted_with_the_filters_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await some_bookings(home)
            page = await home.bookings.list(STAFF, BookingQuery(division="Dhaka", limit=1, page=2))
            assert (page.totalItems, page.totalPages, page.currentPage, users_of(page)) == (2, 2, 2, ["u0"])
            searched = await home.bookings.list(STAFF, BookingQuery(search="nusrat", limit=1))
            assert searched.totalItems == 1
            nothing = await home.bookings.list(STAFF, BookingQuery(status="cancelled"))
            assert (nothing.totalItems, nothing.totalPages, nothing.currentPage) == (0, 0, 1)

    run(main())


@pytest.mark.parametrize(("search", "page", "most"), [("u2@", 1, 1), ("newborn", 2, 1), ("nobody", 1, 0)])
def test_no_row_is_looked_for_that_the_count_has_not_found(tmp_path: Path, search: str, page: int, most: int) -> None:
    """Else a search for little reads the whole table twice: once to count, and once more to its end."""
    asked: list[int] = []

    class Spy:
        def __init__(self, tx: Transaction) -> None:
            self._tx = tx

        def all(self, statement: Any, **values: Any) -> list[Row]:
            asked.extend([values["most"]] if "most" in values else [])
            return self._tx.all(statement, **values)

    def lists(tx: Transaction) -> None:
        spy: Any = Spy(tx)
        bookings_list(spy, viewer=STAFF, query=BookingQuery(search=search, page=page, limit=3))
        list_payments(spy, viewer=STAFF, query=PaymentQuery(search=search, page=page, limit=3))

    async def main() -> None:
        async with house(tmp_path) as home:
            await some_bookings(home)
            await home.store.read(lists)
            assert asked == [most, most]

    run(main())


def test_what_reads_whole_tables_is_known_to_be_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            read, told = home.store.read, list[bool]()

            def spied(work: Any, *, long: bool = False) -> Any:
                told.append(long)
                return read(work, long=long)

            monkeypatch.setattr(home.store, "read", spied)
            await home.bookings.list(STAFF, BookingQuery(search="nusrat"))
            await home.payments.list(STAFF, PaymentQuery(search="nusrat"))
            await home.conversations.find("nusrat")
            await home.bookings.stats(STAFF, DHAKA, NOW)
            await home.bookings.payment_stats(STAFF, DHAKA, NOW)
            [_ async for _ in Exports(home.store).bookings(STAFF, BookingQuery(upto=9))]
            [_ async for _ in Exports(home.store).payments(STAFF, PaymentQuery())]
            assert told == [True] * 7
            await home.bookings.list(STAFF, BookingQuery())
            await home.payments.list(STAFF, PaymentQuery())
            assert told[7:] == [False, False]

    run(main())


def test_a_customer_sees_their_own_bookings_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await some_bookings(home)
            own = await home.bookings.list(Person("u2", "user"), BookingQuery())
            assert users_of(own) == ["u2"] and own.totalItems == 1
            assert users_of(await home.bookings.list(Person("u2", "user"), BookingQuery(search="nusrat"))) == []
            assert users_of(await home.bookings.list(Person("stranger", "user"), BookingQuery())) == []

    run(main())


# --- participants -----------------------------------------------------------------------------------------------


async def ids(home: House) -> list[str]:
    return [row.id for row in (await home.talk.participants.list())[0]]


def test_participants_are_one_per_customer_with_a_booking_last_activity_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.store.write(lambda tx: tx.insert(users, id="quiet", role="user", created=1))
            for user in ("u1", "u2", "u1", "u3"):
                await home.pay(user)
            assert await ids(home) == ["u3", "u1", "u2"]
            await home.pay("u2")  # booking again moves to the top
            assert await ids(home) == ["u2", "u3", "u1"]
            await home.chat.send(STAFF, "u1", "m1", "hello")  # so does a message
            assert await ids(home) == ["u1", "u2", "u3"]
            await home.chat.send(STAFF, "quiet", "m2", "hello")  # who has no booking is no participant
            assert await ids(home) == ["u1", "u2", "u3"]

    run(main())


def test_participants_have_the_contract_s_keys(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.pay("u1", name="Nusrat Jahan Ahmed")
            await home.store.write(lambda tx: tx.run(update(users).values(last_login=NOW)))
            [row] = (await home.talk.participants.list())[0]
            assert (row.firstName, row.lastName, row.email) == ("Nusrat Jahan", "Ahmed", "u1@carevia.example")
            assert (row.image, row.lastLoginAt) == (None, "2026-11-23T04:30:15.000Z")

    run(main())


def test_participants_are_paged_without_gap_or_repetition(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            for n in range(5):
                await home.pay(f"u{n}")
            found: list[str] = []
            cursor, more = None, True
            while more:
                rows, more, cursor = await home.talk.participants.list(2, cursor)
                found += [row.id for row in rows]
                assert (cursor is not None) == more
            assert found == ["u4", "u3", "u2", "u1", "u0"]
            with pytest.raises(BadInput):
                await home.talk.participants.list(2, "nonsense")

    run(main())


# --- figures ----------------------------------------------------------------------------------------------------


def values(metrics: Iterable[object]) -> dict[str, object]:
    return {metric.id: metric.value for metric in metrics}  # type: ignore[attr-defined]


def test_figures_count_days_of_the_business_s_zone(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            midnight = 1_795_370_400_000  # 2026-11-23 00:00 in Dhaka, still the 22nd in UTC
            for ago in (-60_000, 60_000, 2 * DAY, 8 * DAY, 8 * DAY, 30 * DAY):
                home.time = midnight - ago
                await home.pay("u1", amount=100_000)
            stats = await home.bookings.stats(STAFF, DHAKA, midnight + 3_600_000)
            assert [trend.date for trend in stats.trends][-2:] == ["2026-11-22", "2026-11-23"]
            assert [trend.totalBookings for trend in stats.trends] == [0, 0, 0, 0, 1, 1, 1]
            figures = values(stats.metrics)
            assert (figures["total"], figures["today"], figures["week"], figures["unassigned"]) == (6, 1, 3, 6)
            week = next(metric for metric in stats.metrics if metric.id == "week")
            assert (week.change, week.trend) == (50.0, "up")
            paid = values(await home.bookings.payment_stats(STAFF, DHAKA, midnight + 3_600_000))
            assert paid == {"paid_today": "1000", "paid_week": "3000", "payments_week": 3, "needs_look": 0}
            none = await home.bookings.stats(Person("u2", "user"), DHAKA, midnight)
            assert values(none.metrics)["total"] == 0

    run(main())


# --- catalogue and demo -----------------------------------------------------------------------------------------


def test_the_catalogue_is_seeded_once_and_keeps_an_operator_s_prices(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.catalogues.seed()
            await home.store.write(
                lambda tx: tx.run(update(services).where(services.c.id == "nursing").values(price_day=1))
            )
            await home.catalogues.seed()
            shown = await home.catalogues.show()
            assert len(shown.services) == 8 and len(shown.divisions) == 8
            assert sum(len(division.districts) for division in shown.divisions) == 64
            assert {service.id: service.priceDay for service in shown.services}["nursing"] == 1
            assert all(service.nameBn and service.currency == "bdt" for service in shown.services)

    run(main())


def test_a_service_known_only_by_its_id_gets_the_catalogue_s_name(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as home:
            await home.catalogues.seed()
            await home.pay(metadata={"serviceName": "", "serviceId": "physiotherapy"})
            [event] = await home.announced()
            assert event["serviceName"] == "Physiotherapy"

    run(main())


def test_demo_people_are_made_once_and_have_no_password(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            for _ in range(2):
                await Demo(store, now=lambda: NOW).seed()
                await Catalogues(store).seed()
        rows = query(tmp_path, "SELECT id, role, password_hash FROM users ORDER BY id")
        assert rows == [("demo-customer", "user", None), (STAFF_ID, "admin", None)]

    run(main())
