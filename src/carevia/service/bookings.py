"""Bookings as lists, for the desk and for customers, and the figures above them."""

from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from carevia.domain.bookings import BookingPage, BookingQuery
from carevia.domain.figures import BookingStats, Metric
from carevia.domain.lists import pages, rows_on
from carevia.domain.people import Person
from carevia.service.booking_rows import ROWS, WITH_CUSTOMER, searched, shown, split, tracked, tracking_id_like
from carevia.service.stats import booking_stats, payment_metrics
from carevia.store.store import Store
from carevia.store.tables import bookings, users
from carevia.store.transaction import Transaction

_b = bookings.c

# One condition per thing that can be asked for, so that there is one statement per combination, compiled once.
CONDITIONS: dict[str, ColumnElement[bool]] = {
    "viewer": _b.user_id == bindparam("viewer"),
    "userId": _b.user_id == bindparam("userId"),
    "after": _b.announced > bindparam("after"),
    "upto": _b.announced <= bindparam("upto"),
    "status": _b.status == bindparam("status"),
    "duration": _b.duration_type == bindparam("duration"),
    "division": func.lower(_b.division) == func.lower(bindparam("division")),
    "assigned": _b.caregiver.is_not(None),
    "unassigned": _b.caregiver.is_(None),
    "tracking": _b.id.in_(tracked(bindparam("tracking"))),
    "search": or_(
        *(column.ilike(bindparam("search"), escape="\\") for column in (users.c.name, users.c.email, _b.service_name)),
        tracking_id_like(bindparam("search")),
    ),
}
ORDER = {
    "newest": (_b.announced.desc(),),
    "oldest": (_b.announced,),
    "price_high": (_b.total.desc(), _b.announced.desc()),
    "price_low": (_b.total, _b.announced.desc()),
    "date_soonest": (_b.date.asc().nulls_last(), _b.announced.desc()),
    "date_latest": (_b.date.desc().nulls_last(), _b.announced.desc()),
}


class Bookings:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def stats(self, viewer: Person, zone: ZoneInfo, now: int) -> BookingStats:
        """Days and weeks are those of the business's time zone."""
        return await self._store.read(partial(booking_stats, viewer=viewer, zone=zone, now=now), long=True)

    async def payment_stats(self, viewer: Person, zone: ZoneInfo, now: int) -> list[Metric]:
        return await self._store.read(partial(payment_metrics, viewer=viewer, zone=zone, now=now), long=True)

    async def list(self, viewer: Person, query: BookingQuery) -> BookingPage:
        """Staff see all, a customer their own; a page beyond the last is empty."""
        return await self._store.read(partial(_list, viewer=viewer, query=query), long=query.search is not None)


def asked(viewer: Person, query: BookingQuery) -> tuple[frozenset[str], dict[str, Any]]:
    """Which of CONDITIONS hold, and their values."""
    found: dict[str, Any] = {} if viewer.is_staff else {"viewer": viewer.id}
    for name in ("status", "duration", "division", "userId", "after", "upto"):
        if (value := getattr(query, name)) is not None:
            found[name] = value
    if query.caregiver is not None:
        found[query.caregiver] = None
    if query.search is not None:
        found |= searched(query.search)
    return split(found)


def keys_of(conditions: frozenset[str], sort: str) -> Select[Any]:
    """The keys first: a far page is then skipped over in an index, and only its own rows are read."""
    table = WITH_CUSTOMER if "search" in conditions else bookings
    keys = select(_b.id).select_from(table).where(*(CONDITIONS[name] for name in sorted(conditions)))
    return keys.order_by(*ORDER[sort])


@cache
def _page(conditions: frozenset[str], sort: str) -> Select[Any]:
    keys = keys_of(conditions, sort).limit(bindparam("most")).offset(bindparam("skip"))
    return ROWS.where(_b.id.in_(keys.scalar_subquery())).order_by(*ORDER[sort])


@cache
def _count(conditions: frozenset[str]) -> Select[Any]:
    table = WITH_CUSTOMER if "search" in conditions else bookings
    count = select(func.count().label("items")).select_from(table)
    return count.where(*(CONDITIONS[name] for name in sorted(conditions)))


_NEWEST = select(func.max(_b.announced).label("seq"))


def _list(tx: Transaction, *, viewer: Person, query: BookingQuery) -> BookingPage:
    conditions, values = asked(viewer, query)
    items = tx.all(_count(conditions), **values)[0].items
    skip = (query.page - 1) * query.limit
    most = rows_on(query.page, query.limit, items)
    rows = tx.all(_page(conditions, query.sortby), most=most, skip=skip, **values)
    found = [shown(row, to_staff=viewer.is_staff) for row in rows]
    return BookingPage(found, pages(items, query.limit), items, query.page, newest(tx))


def newest(tx: Transaction) -> int:
    """The number of the booking that was announced last; 0 where there is none."""
    return int(tx.all(_NEWEST)[0].seq or 0)
