"""What payments have become, inside the caller's transaction: facts are kept and joined, payments and bookings follow.

A fact may come before its payment; it waits under the payment intent or the session and is applied when the payment is
recorded. The desk is told of every change of a booking once, by `booking_updated`, and of a payment without one by
`payment_updated`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce

import msgspec
from sqlalchemy import bindparam, or_, select, update

from carevia.domain.payment_facts import Facts, MoreFacts, join, standing, status_by_money, status_together
from carevia.domain.people import DESK
from carevia.service.booking_rows import shown, stored_row
from carevia.service.payment_lists import shown_payment, stored_payment
from carevia.service.payment_rows import PAYMENTS_OF
from carevia.store.tables import bookings, payment_facts, payments
from carevia.store.transaction import Row, Transaction

_FACTS = select(payment_facts.c.facts).where(payment_facts.c.about == bindparam("about_it"))
_FACTS_OF = select(payment_facts.c.facts).where(
    or_(payment_facts.c.about == bindparam("session"), payment_facts.c.about == bindparam("intent"))
)
_SET_FACTS = (
    update(payment_facts).where(payment_facts.c.about == bindparam("about_it")).values(facts=bindparam("joined"))
)
_PAYMENTS_NAMED = select(payments).where(
    or_(payments.c.session_id == bindparam("session"), payments.c.intent_id == bindparam("intent"))
)
_SET_STANDING = (
    update(payments)
    .where(payments.c.id == bindparam("payment"))
    .values(status=bindparam("new_status"), refunded=bindparam("went_back"), trouble=bindparam("why"))
)
_SET_SUM = (
    update(bookings)
    .where(bookings.c.id == bindparam("booking"))
    .values(
        status=bindparam("new_status"),
        payment_status=bindparam("new_payment_status"),
        refunded=bindparam("went_back"),
        trouble=bindparam("why"),
    )
)
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Facts).decode


def learn(tx: Transaction, more: MoreFacts, now: int) -> str:
    """Keep what was told, and apply it to the payment if that is known; answers in a few words what came of it."""
    if not _keep(tx, more):
        return "told before"
    named = tx.all(_PAYMENTS_NAMED, session=more.about, intent=more.about)
    for payment in named:
        if payment.booking_id is None:
            with telling_unplaced(tx, payment.id, now):
                _stand(tx, payment)
            continue
        with telling(tx, payment.booking_id, now):
            _stand(tx, payment)
            sum_up_standing(tx, stored_row(tx, payment.booking_id))
    return "changes a payment" if named else "kept until its payment is known"


def known_facts(tx: Transaction, session: str | None, intent: str | None) -> Facts:
    told = tx.all(_FACTS_OF, session=session, intent=intent)
    return reduce(join, (_decode(row.facts) for row in told), Facts())


def settle(tx: Transaction, session: str | None, intent: str | None) -> None:
    """Apply what was told before to the payments of this session or intent; their booking is not summed up yet."""
    if tx.first(_FACTS_OF, session=session, intent=intent) is not None:
        for payment in tx.all(_PAYMENTS_NAMED, session=session, intent=intent):
            _stand(tx, payment)


def sum_up_standing(tx: Transaction, before: Row) -> None:
    """What became of a booking's money is what became of its payments. `before` is the booking as it was until now."""
    booking = stored_row(tx, before.id)
    told = tx.all(PAYMENTS_OF, booking=booking.id)
    troubles = sorted({row.trouble for row in told if row.trouble})
    kept = sum((row.amount or 0) - row.refunded for row in told if row.currency == booking.currency)
    if len(told) > 1 and kept > booking.total:
        troubles.append("more was paid than it costs")
    is_gone = booking.paid > 0 and all(row.refunded >= (row.amount or 0) for row in told)
    was_gone = before.refunded >= before.paid > 0
    tx.run(
        _SET_SUM,
        booking=booking.id,
        new_status=status_by_money(booking.status, was_gone=was_gone, is_gone=is_gone),
        new_payment_status=status_together([row.status for row in told]),
        went_back=sum(row.refunded for row in told if row.currency == booking.currency),
        why="; ".join(troubles) or None,
    )


@contextmanager
def telling(tx: Transaction, booking_id: str | None, now: int) -> Iterator[None]:
    """Whatever is done to the booking inside is told to the desk, if it can be seen."""
    before = None if booking_id is None else shown(stored_row(tx, booking_id))
    yield
    if booking_id is not None and (after := shown(stored_row(tx, booking_id))) != before:
        tx.append(DESK, "booking_updated", after, now=now)


@contextmanager
def telling_unplaced(tx: Transaction, payment_id: str, now: int) -> Iterator[None]:
    """The same for a payment that has no booking."""
    before = shown_payment(stored_payment(tx, payment_id))
    yield
    if shown_payment(stored_payment(tx, payment_id)) != before:
        tell_unplaced(tx, payment_id, now)


def tell_unplaced(tx: Transaction, payment_id: str, now: int) -> None:
    tx.append(DESK, "payment_updated", shown_payment(stored_payment(tx, payment_id)), now=now)


def _keep(tx: Transaction, more: MoreFacts) -> bool:
    """Whether anything of it was new."""
    if tx.insert_new(payment_facts, about=more.about, facts=_encode(more.facts).decode()):
        return True
    known = _decode(tx.all(_FACTS, about_it=more.about)[0].facts)
    joined = join(known, more.facts)
    if joined == known:
        return False
    tx.run(_SET_FACTS, about_it=more.about, joined=_encode(joined).decode())
    return True


def _stand(tx: Transaction, payment: Row) -> None:
    facts = known_facts(tx, payment.session_id, payment.intent_id)
    now = standing(payment.amount, payment.currency, facts)
    tx.run(_SET_STANDING, payment=payment.id, new_status=now.status, went_back=now.refunded, why=now.trouble)
