"""A stored booking as people see it: the one statement and the one translation for lists and for events."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, bindparam, or_, select, union_all

from carevia.domain.bookings import BookingRow
from carevia.domain.ids import own_tracking_id
from carevia.domain.money import major
from carevia.domain.text import like_pattern
from carevia.domain.times import iso
from carevia.store.tables import bookings, tracking_aliases, users
from carevia.store.transaction import Row, Transaction

WITH_CUSTOMER = bookings.join(users, bookings.c.user_id == users.c.id)
ROWS = select(bookings, users.c.name.label("user_name"), users.c.email.label("user_email")).select_from(WITH_CUSTOMER)
BOOKINGS_OF = ROWS.where(bookings.c.user_id == bindparam("customer")).order_by(bookings.c.announced)
_ONE = ROWS.where(bookings.c.id == bindparam("booking"))


def tracked(tracking_id: ColumnElement[str]) -> CompoundSelect[Any]:
    """The id of the booking with this tracking id: the one it shows, or one that was told later. Two look-ups put
    together, for with an `or` PostgreSQL reads every booking."""
    shows = bookings.alias()
    return union_all(
        select(shows.c.id).where(shows.c.tracking_id == tracking_id),
        select(tracking_aliases.c.booking_id).where(tracking_aliases.c.tracking_id == tracking_id),
    )


def tracking_id_like(pattern: ColumnElement[str]) -> ColumnElement[bool]:
    """Bookings one of whose tracking ids is like this."""
    told = tracking_aliases.c.tracking_id.ilike(pattern, escape="\\")
    return or_(
        bookings.c.tracking_id.ilike(pattern, escape="\\"),
        bookings.c.id.in_(select(tracking_aliases.c.booking_id).where(told)),
    )


def searched(text: str) -> dict[str, str]:
    """What a list is asked for: a whole id of our own is known to an index, anything else may stand anywhere in a row.
    The name of the condition, and its value."""
    whole = own_tracking_id(text)
    return {"search": like_pattern(text)} if whole is None else {"tracking": whole}


def split(asked: Mapping[str, Any]) -> tuple[frozenset[str], dict[str, Any]]:
    """Which conditions hold, by which a statement is known, and the values that it needs: None is of those that need
    none."""
    return frozenset(asked), {name: value for name, value in asked.items() if value is not None}


def stored_row(tx: Transaction, booking_id: str) -> Row:
    """A booking that is there, with its customer's name and e-mail."""
    return tx.all(_ONE, booking=booking_id)[0]


def look_reason(row: Row) -> str:
    """Why a person should look at a booking, or at a payment; empty where none should."""
    return "; ".join([reason for reason in (row.needs_look, row.trouble) if reason])


def shown(row: Row, *, to_staff: bool = True) -> BookingRow:
    reason = look_reason(row)
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
        needsLook=bool(reason),
        lookReason=reason if to_staff else "",
        createdAt=iso(row.created),
        seq=row.announced,
    )
