"""Stored payments as people see them: the list, what it can be asked for, and the one translation of a row."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from carevia.domain.lists import pages, rows_on
from carevia.domain.money import major
from carevia.domain.payment_lists import PaymentPage, PaymentQuery, PaymentRow
from carevia.domain.people import Person
from carevia.domain.times import iso
from carevia.service.booking_rows import look_reason, searched, split, tracked, tracking_id_like
from carevia.service.payment_rows import paid_by
from carevia.store.tables import bookings, payments, users
from carevia.store.transaction import Row, Transaction

_p, _b, _u = payments.c, bookings.c, users.c
_JOINED = payments.outerjoin(bookings, _p.booking_id == _b.id).outerjoin(users, _p.user_id == _u.id)
_ROWS = select(payments, _b.tracking_id, _b.service_name, _u.name.label("user_name")).select_from(_JOINED)
_ONE = _ROWS.where(_p.id == bindparam("payment"))
ORDER = (_p.created.desc(), _p.id.desc())

CONDITIONS: dict[str, ColumnElement[bool]] = {
    "id": _p.id == bindparam("id"),
    "viewer": paid_by(bindparam("viewer")),
    "userId": paid_by(bindparam("userId")),
    "paid": _p.status == "paid",
    "refunded": or_(_p.status == "partly_refunded", _p.status == "refunded"),
    "disputed": or_(_p.status == "disputed", _p.status == "charged_back"),
    "needs_look": or_(_p.needs_look.is_not(None), _p.trouble.is_not(None)),
    "tracking": _p.booking_id.in_(tracked(bindparam("tracking"))),
    "search": or_(
        *(
            column.ilike(bindparam("search"), escape="\\")
            for column in (_u.name, _u.email, _b.service_name, _p.session_id)
        ),
        tracking_id_like(bindparam("search")),
    ),
}


def asked(viewer: Person, query: PaymentQuery) -> tuple[frozenset[str], dict[str, Any]]:
    """Which of CONDITIONS hold, and their values."""
    found: dict[str, Any] = {} if viewer.is_staff else {"viewer": viewer.id}
    if query.id is not None:
        found["id"] = query.id
    if query.userId is not None:
        found["userId"] = query.userId
    if query.status is not None:
        found[query.status] = None
    if query.search is not None:
        found |= searched(query.search)
    return split(found)


def keys_of(conditions: frozenset[str]) -> Select[Any]:
    """The keys first: a far page is then skipped over in an index, and only its own rows are read and joined."""
    table = _JOINED if "search" in conditions else payments
    keys = select(_p.id).select_from(table).where(*(CONDITIONS[name] for name in sorted(conditions)))
    return keys.order_by(*ORDER)


def rows_of(keys: Select[Any]) -> Select[Any]:
    return _ROWS.where(_p.id.in_(keys.scalar_subquery())).order_by(*ORDER)


@cache
def _page(conditions: frozenset[str]) -> Select[Any]:
    return rows_of(keys_of(conditions).limit(bindparam("most")).offset(bindparam("skip")))


@cache
def _count(conditions: frozenset[str]) -> Select[Any]:
    count = select(func.count().label("items")).select_from(_JOINED if "search" in conditions else payments)
    return count.where(*(CONDITIONS[name] for name in sorted(conditions)))


def list_payments(tx: Transaction, *, viewer: Person, query: PaymentQuery) -> PaymentPage:
    conditions, values = asked(viewer, query)
    items = tx.all(_count(conditions), **values)[0].items
    skip = (query.page - 1) * query.limit
    most = rows_on(query.page, query.limit, items)
    rows = tx.all(_page(conditions), most=most, skip=skip, **values)
    found = [shown_payment(row, to_staff=viewer.is_staff) for row in rows]
    return PaymentPage(found, pages(items, query.limit), items, query.page)


def stored_payment(tx: Transaction, payment_id: str) -> Row:
    """A payment that is there, with its booking's and its customer's names."""
    return tx.all(_ONE, payment=payment_id)[0]


def shown_payment(row: Row, *, to_staff: bool = True) -> PaymentRow:
    def in_major(amount: int | None) -> str:
        return "" if amount is None or row.currency is None else major(amount, row.currency)

    reason = look_reason(row)
    return PaymentRow(
        id=row.id,
        bookingId=row.booking_id,
        trackingId=row.tracking_id,
        userId=row.user_id,
        userName=row.user_name or "",
        serviceName=row.service_name or "",
        provider=row.provider,
        sessionId=row.session_id,
        amount=row.amount,
        amountPaid=in_major(row.amount),
        amountRefunded=in_major(row.refunded),
        currency=row.currency,
        status=row.status,
        needsLook=bool(reason),
        lookReason=reason if to_staff else "",
        createdAt=iso(row.created),
        paidAt=None if row.paid_at is None else iso(row.paid_at),
    )
