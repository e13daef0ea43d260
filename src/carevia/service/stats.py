"""The figures above the lists, computed in one snapshot. Days are those of the business's time zone."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select

from carevia.domain.bookings import STATUSES
from carevia.domain.figures import BookingStats, Metric, Trend
from carevia.domain.money import major
from carevia.domain.people import Person
from carevia.domain.site import HOME_CURRENCY
from carevia.service.payment_rows import paid_by
from carevia.store.tables import bookings, payments
from carevia.store.transaction import Transaction

WEEK = 7

_b, _p = bookings.c, payments.c


@cache
def _created(own: bool) -> Select[Any]:
    """One row per booking of two weeks: few enough to be sorted into days here, where zones are known.

    A booking is as old as the payment that made it, and payments have an index by time; one of bookings would be a page
    more to write for each.
    """
    since: BindParameter[int] = bindparam("since")
    rows = select(_b.created).where(_b.id.in_(select(_p.booking_id).where(_p.created >= since)), _b.created >= since)
    return rows.where(_b.user_id == bindparam("viewer")) if own else rows


@cache
def _standing(own: bool) -> Select[Any]:
    rows = select(_b.status, func.count().label("items"), func.count(_b.caregiver).label("assigned"))
    rows = rows.group_by(_b.status)
    return rows.where(_b.user_id == bindparam("viewer")) if own else rows


@cache
def _money(own: bool) -> Select[Any]:
    """What open bookings have brought so far and still owe, in one currency."""
    sums = select(func.sum(_b.due).label("due"), func.sum(_b.paid - _b.refunded).label("paid"))
    sums = sums.where(_b.currency == bindparam("home"), or_(_b.status == "booked", _b.status == "confirmed"))
    return sums.where(_b.user_id == bindparam("viewer")) if own else sums


@cache
def _paid(own: bool) -> Select[Any]:
    """What came in and did not go back."""
    rows = select((_p.amount - _p.refunded).label("amount"), _p.currency, _p.created)
    rows = rows.where(_p.created >= bindparam("since"), _p.amount.is_not(None), _p.amount > _p.refunded)
    return rows.where(paid_by(bindparam("viewer"))) if own else rows


@cache
def _looked_for(own: bool) -> Select[Any]:
    count = select(func.count().label("items")).where(or_(_p.needs_look.is_not(None), _p.trouble.is_not(None)))
    return count.where(paid_by(bindparam("viewer"))) if own else count


def booking_stats(tx: Transaction, *, viewer: Person, zone: ZoneInfo, now: int) -> BookingStats:
    who = _who(viewer)
    days = _days(zone, now, 2 * WEEK)
    created = [row.created for row in tx.all(_created(bool(who)), since=days[0][1], **who)]
    counts = [sum(1 for at in created if start <= at < end) for _, start, end in days]
    standing = {row.status: row for row in tx.all(_standing(bool(who)), **who)}
    this_week, last_week = sum(counts[WEEK:]), sum(counts[:WEEK])
    open_ = [standing[status] for status in ("booked", "confirmed") if status in standing]
    money = tx.all(_money(bool(who)), home=HOME_CURRENCY, **who)[0]
    metrics = [
        _metric("total", "Bookings", sum(row.items for row in standing.values()), None),
        _metric("today", "Bookings today", counts[-1], counts[-2]),
        _metric("week", "Bookings in seven days", this_week, last_week),
        *(
            _metric(status, status.capitalize(), standing[status].items if status in standing else 0, None)
            for status in STATUSES
        ),
        _metric("unassigned", "Without a caregiver", sum(row.items - row.assigned for row in open_), None),
        _metric("due", "Still due", money.due or 0, None, HOME_CURRENCY),
        _metric("received", "Received", money.paid or 0, None, HOME_CURRENCY),
    ]
    trends = [Trend(day, count) for (day, _, _), count in zip(days, counts, strict=True)]
    return BookingStats(metrics, trends[WEEK:])


def payment_metrics(tx: Transaction, *, viewer: Person, zone: ZoneInfo, now: int) -> list[Metric]:
    """Sums are of the home currency: amounts of several currencies have no sum."""
    who = _who(viewer)
    days = _days(zone, now, 2 * WEEK)
    rows = [row for row in tx.all(_paid(bool(who)), since=days[0][1], **who) if row.currency == HOME_CURRENCY]
    sums = [sum(row.amount for row in rows if start <= row.created < end) for _, start, end in days]
    week_starts = days[WEEK][1]
    recent = sum(1 for row in rows if row.created >= week_starts)
    return [
        _metric("paid_today", "Paid today", sums[-1], sums[-2], HOME_CURRENCY),
        _metric("paid_week", "Paid in seven days", sum(sums[WEEK:]), sum(sums[:WEEK]), HOME_CURRENCY),
        _metric("payments_week", "Payments in seven days", recent, len(rows) - recent),
        _metric("needs_look", "Needs a look", tx.all(_looked_for(bool(who)), **who)[0].items, None),
    ]


def _who(viewer: Person) -> dict[str, str]:
    return {} if viewer.is_staff else {"viewer": viewer.id}


def _days(zone: ZoneInfo, now: int, count: int) -> list[tuple[str, int, int]]:
    """(date, start, end) of the last `count` days, today the last; a day may have 23 or 25 hours."""
    today = datetime.fromtimestamp(now / 1000, zone).date()
    dates = [today - timedelta(days=ago) for ago in range(count - 1, -2, -1)]
    starts = [int(datetime.combine(date, time.min, zone).astimezone(UTC).timestamp() * 1000) for date in dates]
    return [(date.isoformat(), starts[n], starts[n + 1]) for n, date in enumerate(dates[:-1])]


def _metric(id_: str, label: str, value: int, before: int | None, currency: str | None = None) -> Metric:
    change = None if not before else round((value - before) * 100 / before, 1)
    trend: Literal["up", "down", "flat"] = "flat"
    if before is not None and value != before:
        trend = "up" if value > before else "down"
    return Metric(id_, label, value if currency is None else major(value, currency), change, trend)
