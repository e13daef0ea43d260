"""Payments that are recorded: found again, confirmed by the provider, completed by what is told later."""

from sqlalchemy import bindparam, case, func, select, update

from carevia.domain.payments import Money
from carevia.store.tables import payments
from carevia.store.transaction import Row, Transaction

PAYMENTS_OF = select(payments).where(payments.c.booking_id == bindparam("booking")).order_by(payments.c.created)
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
        paid_at=bindparam("at"),
    )
)
_LEARN = (
    update(payments)
    .where(payments.c.id == bindparam("payment"))
    .values(
        currency=case((payments.c.amount.is_(None), bindparam("new_currency")), else_=payments.c.currency),
        amount=func.coalesce(payments.c.amount, bindparam("new_amount")),
        intent_id=func.coalesce(payments.c.intent_id, bindparam("new_intent")),
    )
    .returning(payments)
)
_SET_SESSION = update(payments).where(payments.c.id == bindparam("payment")).values(session_id=bindparam("session"))


def payment_of(tx: Transaction, session_id: str | None) -> Row | None:
    return None if session_id is None else tx.first(_PAYMENT_OF_SESSION, session=session_id)


def learned(tx: Transaction, payment: Row | None, money: Money) -> Row | None:
    """What the provider's first notice of a session lacked is taken from the next."""
    if payment is None or "site" in (money.source, payment.provider) or None not in (payment.amount, payment.intent_id):
        return payment
    values = {"new_amount": money.amount, "new_currency": money.currency, "new_intent": money.intent_id}
    return tx.all(_LEARN, payment=payment.id, **values)[0]


def told_by_site(tx: Transaction, booking: Row) -> Row | None:
    """The payment of which a site told us without naming the session: the provider's first one is the same money."""
    told = [row for row in tx.all(PAYMENTS_OF, booking=booking.id) if row.provider == "site" and not row.session_id]
    return told[0] if told else None


def learn_session(tx: Transaction, session_id: str | None, payment: Row | None, booking: Row) -> None:
    """A site names the session of a payment that it told us of before: the provider's notice will be recognised."""
    if payment is None and session_id is not None:
        told = told_by_site(tx, booking)
        if told is not None:
            tx.run(_SET_SESSION, payment=told.id, session=session_id)


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
