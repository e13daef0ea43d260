"""Payments that are recorded: found again, confirmed by the provider, completed by what is told later."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, case, func, or_, select, update

from carevia.domain.payments import NO_AMOUNT, Money
from carevia.store.tables import bookings, payments
from carevia.store.transaction import Row, Transaction

_OF = payments.c.booking_id == bindparam("booking")
PAYMENTS_OF = select(payments).where(_OF).order_by(payments.c.created, payments.c.session_id)
_PAYMENT_OF_SESSION = select(payments).where(payments.c.session_id == bindparam("session"))
_CONFIRM = (
    update(payments)
    .where(payments.c.id == bindparam("payment"))
    .values(
        provider="stripe",
        session_id=bindparam("session"),
        intent_id=bindparam("intent"),
        amount=bindparam("new_amount"),
        currency=bindparam("new_currency"),
        needs_look=bindparam("look"),
        created=func.coalesce(bindparam("at"), payments.c.created),
        paid_at=func.coalesce(bindparam("at"), payments.c.paid_at),
    )
)
_AMOUNT = func.coalesce(payments.c.amount, bindparam("new_amount"))
_MISSED_IT = or_(*(payments.c.needs_look == reason for reason in NO_AMOUNT))
_LEARN = (
    update(payments)
    .where(payments.c.id == bindparam("payment"))
    .values(
        currency=case((payments.c.amount.is_(None), bindparam("new_currency")), else_=payments.c.currency),
        amount=_AMOUNT,
        needs_look=case(((_AMOUNT > 0) & _MISSED_IT, None), else_=payments.c.needs_look),
        intent_id=func.coalesce(payments.c.intent_id, bindparam("new_intent")),
        created=bindparam("at"),
        paid_at=bindparam("at"),
    )
    .returning(payments)
)
_SET_SESSION = update(payments).where(payments.c.id == bindparam("payment")).values(session_id=bindparam("session"))


def paid_by(customer: BindParameter[Any]) -> ColumnElement[bool]:
    """Whether a payment is that customer's: by their bookings, of which there is an index by customer. One of payments
    would be a page more to write for each, and what paid for no booking is nobody's."""
    theirs = bookings.alias("theirs")
    return payments.c.booking_id.in_(select(theirs.c.id).where(theirs.c.user_id == customer))


def payment_of(tx: Transaction, session_id: str | None) -> Row | None:
    return None if session_id is None else tx.first(_PAYMENT_OF_SESSION, session=session_id)


def learned(tx: Transaction, payment: Row | None, money: Money) -> Row | None:
    """What the first notice of a session lacked is taken from the next of the same sender, and the time from the one
    that names the earliest: whichever comes first."""
    if payment is None or money.source != payment.provider:
        return payment
    at = min([at for at in (payment.paid_at, money.paid_at) if at is not None], default=payment.created)
    if None not in (payment.amount, payment.intent_id) and at == payment.paid_at:
        return payment
    values = {"new_amount": money.amount, "new_currency": money.currency, "new_intent": money.intent_id}
    return tx.all(_LEARN, payment=payment.id, at=at, **values)[0]


def told_by_site(tx: Transaction, booking_id: str) -> Row | None:
    """The payment of which a site told us without naming the session: the provider's first one is the same money."""
    told = [row for row in tx.all(PAYMENTS_OF, booking=booking_id) if row.provider == "site" and not row.session_id]
    return told[0] if told else None


def learn_of_site(tx: Transaction, money: Money, booking: Row) -> None:
    """A site tells more of a payment that it told us of before: its amount, or its session, by which the provider's
    notice will be recognised."""
    told = learned(tx, told_by_site(tx, booking.id), money)
    if told is not None and money.session_id is not None:
        tx.run(_SET_SESSION, payment=told.id, session=money.session_id)


def confirm(tx: Transaction, payment: Row, money: Money, look: str | None) -> None:
    tx.run(
        _CONFIRM,
        payment=payment.id,
        session=money.session_id,
        intent=money.intent_id,
        new_amount=money.amount,
        new_currency=money.currency,
        look=look,
        at=money.paid_at,
    )
