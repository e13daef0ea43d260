"""What one paid booking does to the tables, inside the caller's transaction: customer, booking, payment, journal.

A booking is recognised by the session that paid it or by its tracking id, whoever told us first; it is announced once.
The second teller completes what the first left open. Money is the provider's word: what a site said about a payment is
replaced as soon as the provider speaks of it. What became of the money afterwards is settling.py's.
"""

from collections.abc import Callable
from itertools import count

from msgspec.structs import asdict
from sqlalchemy import bindparam, case, delete, exists, func, or_, select, update

from carevia.domain.ids import Random, row_id, tracking_id, tracking_id_from
from carevia.domain.money import major
from carevia.domain.payloads import CustomerAdded
from carevia.domain.payments import NO_AMOUNT, BookingDetails, Money, PaidBooking, PaidWithoutBooking, due
from carevia.domain.people import DESK
from carevia.errors import BadInput
from carevia.service.booking_rows import BOOKINGS_OF, shown, stored_row, tracked
from carevia.service.payment_rows import PAYMENTS_OF, confirm, learn_of_site, learned, payment_of, told_by_site
from carevia.service.settling import settle, sum_up_standing, tell_unplaced, telling, telling_unplaced
from carevia.store.tables import bookings, conversations, payment_facts, payments, services, tracking_aliases, users
from carevia.store.transaction import Row, Transaction

_BOOKING = select(bookings).where(bookings.c.id == bindparam("booking"))
_TRACKED = select(bookings).where(bookings.c.id.in_(tracked(bindparam("tracking"))))
_SERVICE_NAME = select(services.c.name).where(
    or_(services.c.id == bindparam("service"), services.c.slug == bindparam("service"))
)
_COMPLETE_USER = (
    update(users)
    .where(
        users.c.id == bindparam("user"),
        users.c.role == "user",
        or_(  # a bare parameter would have no type for PostgreSQL: coalesce gives it the column's
            users.c.name.is_(None) & func.coalesce(users.c.name, bindparam("new_name")).is_not(None),
            users.c.email.is_(None) & func.coalesce(users.c.email, bindparam("new_email")).is_not(None),
        ),
    )
    .values(
        name=func.coalesce(users.c.name, bindparam("new_name")),
        email=func.coalesce(users.c.email, bindparam("new_email")),
    )
)
_BOOKED_AGAIN = (
    update(users)
    .where(users.c.id == bindparam("user"))
    .values(booked=1, activity=bindparam("new_activity"))
    .returning(users.c.name, users.c.email)
)
_REOPEN = (
    update(conversations)
    .where(conversations.c.room_id == bindparam("user"), conversations.c.status == "closed")
    .values(status="open")
)
_KNOWN = select(
    exists().where(payments.c.session_id == bindparam("session")).label("session"),
    tracked(bindparam("tracking")).exists().label("tracking"),
    exists()
    .where(or_(payment_facts.c.about == bindparam("session"), payment_facts.c.about == bindparam("intent")))
    .label("facts"),
)
_LINK = (
    update(payments)
    .where(payments.c.id == bindparam("payment"))
    .values(
        booking_id=bindparam("booking"),
        user_id=bindparam("user"),
        needs_look=case((payments.c.amount.is_(None), payments.c.needs_look), else_=bindparam("look")),
    )
)
_TOLD_TWICE = delete(payments).where(payments.c.id == bindparam("payment"))
_MAY_COMPLETE = (
    "service_id",
    "date",
    "slot",
    "duration_type",
    "quantity",
    "division",
    "district",
    "address",
    "payment_option",
)
_COMPLETE_BOOKING = (
    update(bookings)
    .where(bookings.c.id == bindparam("booking"))
    .values(
        {
            **{name: func.coalesce(bookings.c[name], bindparam(f"new_{name}")) for name in _MAY_COMPLETE},
            "service_name": case((bookings.c.service_name == "", bindparam("new_name")), else_=bookings.c.service_name),
        }
    )
)
_SET_MONEY = (
    update(bookings)
    .where(bookings.c.id == bindparam("booking"))
    .values(
        total=bindparam("new_total"),
        paid=bindparam("new_paid"),
        due=bindparam("new_due"),
        currency=bindparam("new_currency"),
        needs_look=bindparam("look"),
        created=bindparam("at"),
    )
)


class Recorder:
    """Every method is one step of a work."""

    def __init__(self, random: Random, now: Callable[[], int]) -> None:
        self._random = random
        self._now = now

    def record(self, tx: Transaction, paid: PaidBooking, *, delivery: str, now: int) -> str | None:
        """Answers in a few words what was odd, None for a new booking like any other.

        `delivery` is the id of the notice, for ids derived from it.
        """
        session, intent = paid.money.session_id, paid.money.intent_id
        tracking = paid.tracking_id or self._made_tracking_id(paid, delivery, 0)
        known = tx.all(_KNOWN, session=session, intent=intent, tracking=tracking)[0]
        payment = learned(tx, payment_of(tx, session), paid.money) if known.session else None
        booking = _booking_of(tx, paid, payment) if known.session or known.tracking else None
        if booking is None:
            look = None
            if known.tracking:
                tracking, look = self._free_tracking_id(tx, paid, delivery)
            made = self._record_new(tx, paid, payment, tracking, look, now)
            if known.session or known.facts:
                self._catch_up(tx, paid, made, now)
            return None
        ensure_customer(tx, paid.user_id, paid.user_name, paid.user_email, now)
        with telling(tx, booking.id, now):
            return self._record_again(tx, paid, payment, booking, now)

    def keep(self, tx: Transaction, paid: PaidWithoutBooking, *, now: int) -> str:
        """A payment that needs a look, unless the session is known: then only its money is confirmed."""
        payment = payment_of(tx, paid.money.session_id)
        if payment is None:
            made = self._insert_payment(tx, paid.money, None, None, paid.needs_look, now)
            settle(tx, paid.money.session_id, paid.money.intent_id)
            tell_unplaced(tx, made, now)
            return paid.needs_look
        if payment.booking_id is None:
            with telling_unplaced(tx, payment.id, now):
                learned(tx, payment, paid.money)
                settle(tx, paid.money.session_id, paid.money.intent_id)
        if payment.provider == "site" and paid.money.amount is not None:
            with telling(tx, payment.booking_id, now):
                confirm(tx, payment, paid.money, None)
                settle(tx, paid.money.session_id, paid.money.intent_id)
                booking = tx.first(_BOOKING, booking=payment.booking_id)
                if booking is not None:
                    _sum_up(tx, booking, None, look=None)
        return "this session was recorded before"

    def _record_new(
        self, tx: Transaction, paid: PaidBooking, payment: Row | None, tracking: str, look: str | None, now: int
    ) -> str:
        """The way of nearly every webhook, so each row is written once and nothing is read back. Gives the id."""
        seq, name, email = _booked(tx, paid, now)
        service_name = _service_name(tx, paid.details)
        made = self._make_booking(tx, paid, tracking, service_name, look or paid.needs_look, seq, now)
        amount, currency = paid.amount, paid.currency
        if payment is None:
            self._insert_payment(tx, paid.money, made, paid.user_id, paid.needs_look, now)
        else:
            _place(tx, paid, payment, made)
            _set_money(tx, stored_row(tx, made), paid.details.total, look=look or paid.needs_look)
            booking = stored_row(tx, made)
            amount, currency = booking.paid, booking.currency
        event = CustomerAdded(
            userId=paid.user_id,
            userEmail=email or "",
            userName=name or "",
            serviceName=service_name,
            trackingId=tracking,
            amountPaid=major(amount, currency),
            amount=amount,
            currency=currency,
        )
        tx.append(DESK, "customer_added", event, now=now)
        return made

    def _catch_up(self, tx: Transaction, paid: PaidBooking, booking_id: str, now: int) -> None:
        """What the provider told of the money before it was announced as booked."""
        with telling(tx, booking_id, now):
            settle(tx, paid.money.session_id, paid.money.intent_id)
            sum_up_standing(tx, stored_row(tx, booking_id))

    def _record_again(self, tx: Transaction, paid: PaidBooking, payment: Row | None, booking: Row, now: int) -> str:
        _complete(tx, booking, paid.details)
        doubt = _learn_tracking_id(tx, paid, booking) or booking.needs_look
        unplaced = payment is not None and payment.booking_id is None
        if paid.money.source == "stripe" and (payment is None or payment.provider == "site" or unplaced):
            self._keep_payment(tx, paid, payment, booking, now)
            settle(tx, paid.money.session_id, paid.money.intent_id)
            look = paid.needs_look if booking.source == "site" else doubt
            if booking.user_id != paid.user_id:
                look = "the provider names another customer"
            _sum_up(tx, booking, paid.details.total, look=look)
            return "completed a booking known before"
        if payment is None:
            learn_of_site(tx, paid.money, booking)
        elif unplaced:
            _place(tx, paid, payment, booking.id)
        settle(tx, paid.money.session_id, paid.money.intent_id)
        _sum_up(tx, booking, booking.total, look=doubt)  # an amount may have been learned just now
        return "this booking was recorded before"

    def _make_booking(
        self, tx: Transaction, paid: PaidBooking, tracking: str, service: str, look: str | None, seq: int, now: int
    ) -> str:
        details = paid.details
        total, left = due(details.total, [paid.amount])
        told = asdict(details) | {"service_name": service, "total": total}
        id_ = row_id("bk", self._random, now)
        tx.insert(
            bookings,
            id=id_,
            tracking_id=tracking,
            user_id=paid.user_id,
            paid=paid.amount,
            due=left,
            currency=paid.currency,
            status="booked",
            source=paid.money.source,
            needs_look=look,
            created=paid.money.paid_at or now,
            announced=seq,
            received=now,
            committed=self._now(),  # at the earliest: receipts.py writes the moment itself, unless the process dies
            **told,
        )
        return id_

    def _free_tracking_id(self, tx: Transaction, paid: PaidBooking, delivery: str) -> tuple[str, str | None]:
        """One of ours where the id is taken, and a reason to look where it was asked for and is another customer's."""
        look = None
        if paid.tracking_id is not None:
            look = f"the tracking id {paid.tracking_id} belongs to another customer"
            if paid.money.source == "site":
                raise BadInput("The booking cannot be stored.", errors=[{"field": "trackingId", "message": look}])
        made = (self._made_tracking_id(paid, delivery, attempt) for attempt in count())
        return next(tracking for tracking in made if tx.first(_TRACKED, tracking=tracking) is None), look

    def _made_tracking_id(self, paid: PaidBooking, delivery: str, attempt: int) -> str:
        from_site = paid.money.source == "site"
        return tracking_id_from(delivery, attempt) if from_site else tracking_id(self._random)

    def _keep_payment(self, tx: Transaction, paid: PaidBooking, payment: Row | None, booking: Row, now: int) -> None:
        """Exactly one payment for one movement of money, whoever spoke of it first."""
        known = payment or told_by_site(tx, booking.id)
        if known is not None and known.booking_id is None:
            _place(tx, paid, known, booking.id)
        elif known is not None:
            confirm(tx, known, paid.money, paid.needs_look)
        else:
            self._insert_payment(tx, paid.money, booking.id, booking.user_id, paid.needs_look, now)

    def _insert_payment(
        self, tx: Transaction, money: Money, booking: str | None, user: str | None, look: str | None, now: int
    ) -> str:
        id_ = row_id("pay", self._random, now)
        tx.insert(
            payments,
            id=id_,
            booking_id=booking,
            user_id=user,
            provider=money.source,
            session_id=money.session_id,
            intent_id=money.intent_id,
            amount=money.amount,
            currency=money.currency,
            status="paid",
            needs_look=look,
            created=money.paid_at or now,
            paid_at=money.paid_at or now,
        )
        return id_


def ensure_customer(tx: Transaction, id_: str, name: str | None, email: str | None, now: int) -> None:
    """A customer unknown to us is made with the id that was given; what an account lacks is filled in."""
    if not tx.insert_new(users, id=id_, role="user", name=name, email=email, created=now):
        _complete_customer(tx, id_, name, email, now)


def _complete_customer(tx: Transaction, id_: str, name: str | None, email: str | None, now: int) -> None:
    """Every booking shows its customer's name and e-mail: the desk is told of all of them where these became known."""
    if (name or email) and tx.run(_COMPLETE_USER, user=id_, new_name=name, new_email=email):
        for booking in tx.all(BOOKINGS_OF, customer=id_):
            tx.append(DESK, "booking_updated", shown(booking), now=now)


def _booked(tx: Transaction, paid: PaidBooking, now: int) -> tuple[int, str | None, str | None]:
    """The customer has a booking, and is made if unknown; answers the number that its announcement will have, and the
    name and e-mail that the account has now."""
    id_, name, email, seq = paid.user_id, paid.user_name, paid.user_email, tx.next_seq()
    if tx.insert_new(users, id=id_, role="user", name=name, email=email, created=now, booked=1, activity=seq):
        return seq, name, email
    _complete_customer(tx, id_, name, email, now)
    seq = tx.next_seq()
    account = tx.all(_BOOKED_AGAIN, user=id_, new_activity=seq)[0]
    tx.run(_REOPEN, user=id_)  # pages know it by the customer_added
    return seq, account.name, account.email


def _booking_of(tx: Transaction, paid: PaidBooking, payment: Row | None) -> Row | None:
    if payment is not None and payment.booking_id:
        if paid.money.source == "site" and payment.user_id != paid.user_id:
            look = f"the session {paid.money.session_id} belongs to another customer"
            raise BadInput("The booking cannot be stored.", errors=[{"field": "sessionId", "message": look}])
        return tx.first(_BOOKING, booking=payment.booking_id)
    if paid.tracking_id is None:
        return None
    found = tx.first(_TRACKED, tracking=paid.tracking_id)
    return found if found is not None and found.user_id == paid.user_id else None


def _place(tx: Transaction, paid: PaidBooking, payment: Row, booking_id: str) -> None:
    """Money that needed a look, because nobody had told us what it was for. A site may have told of the same."""
    told = told_by_site(tx, booking_id)
    if told is not None:
        tx.run(_TOLD_TWICE, payment=told.id)
    look = paid.needs_look if paid.money.source == "stripe" else None
    tx.run(_LINK, payment=payment.id, booking=booking_id, user=paid.user_id, look=look)


def _learn_tracking_id(tx: Transaction, paid: PaidBooking, booking: Row) -> str | None:
    """The booking goes on under the one it was announced by, and is known by this one too. Answers why a person should
    look where another booking is known by it."""
    told = paid.tracking_id
    if told is None or told == booking.tracking_id:
        return None
    known = tx.first(_TRACKED, tracking=told)
    if known is None:
        tx.insert(tracking_aliases, tracking_id=told, booking_id=booking.id)
    return None if known is None or known.id == booking.id else f"{told} may be the same booking"


def _complete(tx: Transaction, booking: Row, details: BookingDetails) -> None:
    told = {f"new_{name}": getattr(details, name) for name in _MAY_COMPLETE}
    tx.run(_COMPLETE_BOOKING, booking=booking.id, new_name=_service_name(tx, details), **told)


def _sum_up(tx: Transaction, booking: Row, total: int | None, *, look: str | None) -> None:
    _set_money(tx, booking, total, look=look)
    sum_up_standing(tx, booking)


def _set_money(tx: Transaction, booking: Row, total: int | None, *, look: str | None) -> None:
    """What was paid is the sum of the payments, and the time is that of the earliest; where the provider has spoken,
    its currency is the booking's. Of two totals that it told the larger one holds, whichever came first."""
    paid = [row for row in tx.all(PAYMENTS_OF, booking=booking.id) if row.amount is not None]
    confirmed = [row for row in paid if row.provider != "site"]
    currency = (confirmed or paid or [booking])[0].currency
    amounts = [row.amount for row in paid if row.currency == currency]
    if any(row.currency != currency for row in paid):
        look = "paid in several currencies"
    elif look in NO_AMOUNT and any(amounts):
        look = None
    if booking.source != "site" or len(confirmed) > 1:
        total = max(total or 0, booking.total)
    whole, left = due(total, amounts)
    at = min([booking.created, *(row.paid_at for row in paid if row.paid_at is not None)])
    values = {"new_total": whole, "new_paid": sum(amounts), "new_due": left, "new_currency": currency}
    tx.run(_SET_MONEY, booking=booking.id, look=look, at=at, **values)


def _service_name(tx: Transaction, details: BookingDetails) -> str:
    """As it was told; else by the catalogue; else empty."""
    if details.service_name or not details.service_id:
        return details.service_name or ""
    found = tx.first(_SERVICE_NAME, service=details.service_id)
    return "" if found is None else str(found.name)
