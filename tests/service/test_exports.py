"""Lists as CSV: every row once, in the order asked for, across the pages in which they are read."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from carevia.domain.bookings import SORTS, BookingQuery
from carevia.domain.payment_lists import PaymentQuery
from carevia.service import exports
from carevia.service.exports import Exports
from carevia.store.tables import bookings
from carevia.store.transaction import Transaction
from tests.aio import run
from tests.service.house import NOW, STAFF, House, house


async def read(pieces: AsyncIterator[bytes]) -> list[dict[str, str]]:
    text = b"".join([piece async for piece in pieces]).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def seven(home: House) -> None:
    """Equal prices, equal dates and missing dates among them: what a page may not stumble over."""
    for n, (total, date) in enumerate(
        [(5, "2026-12-01"), (5, None), (3, "2026-12-02"), (5, "2026-12-01"), (9, None), (3, "2026-11-30"), (5, None)]
    ):
        home.time = NOW + n * 1000
        await home.pay(f"u{n}", name="=HYPERLINK(1)", total=total * 100_000, metadata={"trackingId": f"CV-0000000{n}"})
        changed = update(bookings).where(bookings.c.tracking_id == f"CV-0000000{n}").values(date=date)

        def work(tx: Transaction, changed: object = changed) -> None:
            tx.run(changed)  # type: ignore[arg-type]

        await home.store.write(work)


@pytest.mark.parametrize("sort", SORTS)
def test_all_rows_come_once_in_the_lists_order(tmp_path: Path, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)

    async def main() -> None:
        async with house(tmp_path) as home:
            await seven(home)
            listed = await home.bookings.list(STAFF, BookingQuery(sortby=sort))
            rows = await read(Exports(home.store).bookings(STAFF, BookingQuery(sortby=sort, limit=1, page=3)))
            assert [row["trackingId"] for row in rows] == [row.trackingId for row in listed.bookings]

    run(main())


def test_what_comes_while_it_is_read_is_left_out_and_filters_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)

    async def main() -> None:
        async with house(tmp_path) as home:
            await seven(home)
            pieces = Exports(home.store).bookings(STAFF, BookingQuery(sortby="oldest"))
            first = [await anext(pieces), await anext(pieces)]
            await home.pay("late")
            text = b"".join(first + [piece async for piece in pieces])
            assert text.startswith(b"\xef\xbb\xbf") and text.count(b"\r\n") == 8
            found = await read(Exports(home.store).bookings(STAFF, BookingQuery(search="CV-00000003")))
            assert [(row["totalPrice"], row["createdAt"][-1]) for row in found] == [("5000", "Z")]
            assert found[0]["userName"] == "'=HYPERLINK(1)"

    run(main())


def test_payments_come_once_each_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)

    async def main() -> None:
        async with house(tmp_path) as home:
            await seven(home)
            rows = await read(Exports(home.store).payments(STAFF, PaymentQuery(status="paid")))
            listed = await home.payments.list(STAFF, PaymentQuery(limit=100))
            assert [row["id"] for row in rows] == [row.id for row in listed.payments]
            assert {row["amountPaid"] for row in rows} == {"3000"} and len(rows) == 7
            assert await read(Exports(home.store).payments(STAFF, PaymentQuery(status="refunded"))) == []
            assert len(await read(Exports(home.store).payments(STAFF, PaymentQuery(userId="u3", search="cv-")))) == 1

    run(main())
