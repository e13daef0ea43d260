"""A stored booking as people see it: the one statement and the one translation for lists and for events."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select

from carevia.domain.bookings import BookingRow
from carevia.domain.money import major
from carevia.domain.times import iso
from carevia.store.tables import bookings, tracking_aliases, users
from carevia.store.transaction import Row, Transaction

WITH_CUSTOMER = bookings.join(users, bookings.c.user_id == users.c.id)
ROWS = select(bookings, users.c.name.label("user_name"), users.c.email.label("user_email")).select_from(WITH_CUSTOMER)
_ONE = ROWS.where(bookings.c.id == bindparam("booking"))


def tracked(matches: Callable[[ColumnElement[Any]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Bookings one of whose tracking ids matches: the one they show, or one that was told later."""
    told = select(tracking_aliases.c.booking_id).where(matches(tracking_aliases.c.tracking_id))
    return or_(matches(bookings.c.tracking_id), bookings.c.id.in_(told))


def stored_row(tx: Transaction, booking_id: str) -> Row:
    """A booking that is there, with its customer's name and e-mail."""
    return tx.all(_ONE, booking=booking_id)[0]


def shown(row: Row) -> BookingRow:
    return BookingRow(
        id=row.id,
        trackingId=row.tracking_id,
        userId=row.user_id,
        userName=row.user_name or "",
        userEmail=row.user_email or "",
        serviceName=row.service_name,
        date=row.date,
        slot=row.slot,
        durationType=row.duration_type,
        quantity=row.quantity,
        division=row.division,
        district=row.district,
        address=row.address,
        paymentOption=row.payment_option,
        totalPrice=major(row.total, row.currency),
        amountPaid=major(row.paid, row.currency),
        dueAmount=major(row.due, row.currency),
        amountRefunded=major(row.refunded, row.currency),
        currency=row.currency,
        caregiver=row.caregiver,
        status=row.status,
        paymentStatus=row.payment_status,
        source=row.source,
        needsLook=bool(row.needs_look or row.trouble),
        createdAt=iso(row.created),
        seq=row.announced,
    )
