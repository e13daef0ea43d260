"""Lists as CSV, for staff: the same filters and order as the list on the screen, all rows of it.

Each page is a read of its own that goes on behind the last row of the one before, so a slow reader holds up nobody and
no row comes twice. A booking that arrives meanwhile is left out, and so is a payment, unless it was made before the row
that the export has come to.
"""

from collections.abc import AsyncIterator, Iterable
from functools import cache, partial
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, or_, tuple_

from carevia.domain.bookings import BookingQuery, BookingRow
from carevia.domain.csv_text import BOM, line
from carevia.domain.payment_lists import PaymentQuery, PaymentRow
from carevia.domain.people import Person
from carevia.service import bookings as booking_lists
from carevia.service import payment_lists
from carevia.service.booking_rows import ROWS, shown
from carevia.store.store import Store
from carevia.store.tables import bookings, payments
from carevia.store.transaction import Row, Transaction

PAGE = 2_500
BOOKINGS = tuple(field for field in BookingRow.__struct_fields__ if field not in ("id", "seq"))
PAYMENTS = tuple(field for field in PaymentRow.__struct_fields__ if field not in ("amount",))

_b, _p = bookings.c, payments.c
_total: BindParameter[int] = bindparam("last_total")
_date: BindParameter[str] = bindparam("last_date")
_seq: BindParameter[int] = bindparam("last_announced")
_created: BindParameter[int] = bindparam("last_created")
_id: BindParameter[str] = bindparam("last_id")
_older = _b.announced < _seq

# What stands behind the last row of a page, in each order.
_BEHIND: dict[str, ColumnElement[bool]] = {
    "newest": _older,
    "oldest": _b.announced > _seq,
    "price_high": or_(_b.total < _total, and_(_b.total == _total, _older)),
    "price_low": or_(_b.total > _total, and_(_b.total == _total, _older)),
    "date_soonest": or_(_b.date > _date, and_(_b.date == _date, _older), _b.date.is_(None)),
    "date_latest": or_(_b.date < _date, and_(_b.date == _date, _older), _b.date.is_(None)),
    "no_date": and_(_b.date.is_(None), _older),
}


class Exports:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def bookings(self, viewer: Person, query: BookingQuery) -> AsyncIterator[bytes]:
        """The first piece is the head. Raises Unavailable at any piece."""
        yield (BOM + line(BOOKINGS)).encode()
        newest = await self._store.read(booking_lists.newest) if query.upto is None else query.upto
        bounded = msgspec.structs.replace(query, upto=newest)
        last: Row | None = None
        while True:
            work = partial(_bookings, viewer=viewer, query=bounded, last=last)
            text, last = await self._store.read(work, long=True)
            yield text
            if last is None:
                return

    async def payments(self, viewer: Person, query: PaymentQuery) -> AsyncIterator[bytes]:
        yield (BOM + line(PAYMENTS)).encode()
        last: Row | None = None
        while True:
            text, last = await self._store.read(partial(_payments, viewer=viewer, query=query, last=last), long=True)
            yield text
            if last is None:
                return


@cache
def _booking_page(conditions: frozenset[str], sort: str, behind: str | None) -> Select[Any]:
    keys = booking_lists.keys_of(conditions, sort).limit(bindparam("most"))
    if behind is not None:
        keys = keys.where(_BEHIND[behind])
    return ROWS.where(_b.id.in_(keys.scalar_subquery())).order_by(*booking_lists.ORDER[sort])


def _bookings(tx: Transaction, *, viewer: Person, query: BookingQuery, last: Row | None) -> tuple[bytes, Row | None]:
    conditions, values = booking_lists.asked(viewer, query)
    behind = None
    if last is not None:
        behind = "no_date" if query.sortby.startswith("date") and last.date is None else query.sortby
        values |= {f"last_{name}": getattr(last, name) for name in _needed(behind)}
    rows = tx.all(_booking_page(conditions, query.sortby, behind), most=PAGE, **values)
    return _written(BOOKINGS, map(shown, rows)), rows[-1] if len(rows) == PAGE else None


def _needed(behind: str) -> tuple[str, ...]:
    if behind.startswith("price"):
        return ("total", "announced")
    return ("date", "announced") if behind.startswith("date") else ("announced",)


@cache
def _payment_page(conditions: frozenset[str], behind: bool) -> Select[Any]:
    keys = payment_lists.keys_of(conditions).limit(bindparam("most"))
    if behind:  # as one comparison it is looked up in the index, with an `or` all rows before it are read
        keys = keys.where(tuple_(_p.created, _p.id) < tuple_(_created, _id))
    return payment_lists.rows_of(keys)


def _payments(tx: Transaction, *, viewer: Person, query: PaymentQuery, last: Row | None) -> tuple[bytes, Row | None]:
    conditions, values = payment_lists.asked(viewer, query)
    if last is not None:
        values |= {"last_created": last.created, "last_id": last.id}
    rows = tx.all(_payment_page(conditions, last is not None), most=PAGE, **values)
    return _written(PAYMENTS, map(payment_lists.shown_payment, rows)), rows[-1] if len(rows) == PAGE else None


def _written(fields: tuple[str, ...], rows: Iterable[object]) -> bytes:
    return "".join(line(getattr(row, field) for field in fields) for row in rows).encode()
