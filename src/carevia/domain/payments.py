"""What a payment provider's notice means for us: `decide` turns a Stripe event into a decision, nothing else.

Money and currency are believed from the session only. The metadata came through a browser's hands: every text in it is
cut to a sane length, whatever does not parse counts as missing, and nothing in it makes `decide` raise.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from carevia.domain.ids import LONGEST_PROVIDER_ID, provider_id, valid_tracking_id
from carevia.domain.money import amount_of, currency_of, minor
from carevia.domain.payment_facts import MoreFacts, facts_of
from carevia.domain.people import valid_user_id
from carevia.domain.text import tidy
from carevia.errors import BadInput

Source = Literal["stripe", "site"]

_LATEST_SECONDS = 32_503_680_000  # the year 3000: a number beyond it is no time in seconds


class StripeEvent(msgspec.Struct, frozen=True):
    """An event of which at least the frame is right; `object` is whatever `data.object` was, `created` in ms."""

    id: str
    type: str
    object: Mapping[str, Any]
    created: int | None


class BookingDetails(msgspec.Struct, frozen=True):
    """What was booked, as far as it was told; `total` in minor units."""

    service_id: str | None = None
    service_name: str | None = None
    date: str | None = None
    slot: str | None = None
    duration_type: str | None = None
    quantity: int | None = None
    division: str | None = None
    district: str | None = None
    address: str | None = None
    payment_option: str | None = None
    total: int | None = None


class Money(msgspec.Struct, frozen=True):
    """`amount` in minor units; None where the provider's word could not be read."""

    source: Source
    session_id: str | None
    intent_id: str | None
    amount: int | None
    currency: str | None
    paid_at: int | None


NOTHING_PAID: Final = "nothing was paid"
NOT_SAID: Final = "the site did not say what was paid"
NO_AMOUNT: Final = (NOTHING_PAID, NOT_SAID)
"""Reasons to look that are gone as soon as somebody tells an amount."""


class PaidBooking(msgspec.Struct, frozen=True):
    """Money has moved and we know for whom. `needs_look` is why a person should look at it all the same."""

    money: Money
    amount: int
    currency: str
    user_id: str
    user_name: str | None
    user_email: str | None
    tracking_id: str | None
    details: BookingDetails
    needs_look: str | None = None


class PaidWithoutBooking(msgspec.Struct, frozen=True):
    """Money has moved and we cannot tell for what: kept, so that nothing is lost."""

    money: Money
    needs_look: str


class StoredOnly(msgspec.Struct, frozen=True):
    """Answered and kept word for word; nothing follows from it (yet)."""

    note: str


Decision = PaidBooking | PaidWithoutBooking | MoreFacts | StoredOnly


def read_event(event: object) -> StripeEvent:
    """The frame of a Stripe event, from its JSON. Raises BadInput for a body that is no event."""
    if not isinstance(event, dict):
        raise BadInput("The body is not a Stripe event: it must be a JSON object.")
    id_, type_, data = event.get("id"), event.get("type"), event.get("data")
    if tidy(id_, LONGEST_PROVIDER_ID) != id_ or tidy(type_, 100) != type_ or not id_ or not type_:
        raise BadInput("The body is not a Stripe event: it needs an id and a type.")
    thing = data.get("object") if isinstance(data, dict) else None
    if event.get("object") == "v2.core.event":  # names what has happened, and not what became of it
        raise BadInput("This is a thin event of Stripe's: give this destination the payload style Snapshot.")
    if not isinstance(thing, dict):
        raise BadInput("The body is not a Stripe event: it needs data.object.")
    return StripeEvent(id_, type_, thing, _milliseconds(event.get("created")))


def decide(event: StripeEvent) -> Decision:
    if event.type == "checkout.session.completed":
        return _decide_completed(event)
    if event.type == "checkout.session.async_payment_succeeded":
        return _decide_paid(event)  # the moment at which a delayed method's money clears
    return facts_of(event.type, event.object) or StoredOnly("kept")


def is_paid(session: Mapping[str, Any]) -> bool:
    """Whether a booking follows from a completed checkout: money has moved, or a coupon was the whole price."""
    if session.get("payment_status") == "no_payment_required":
        return session.get("amount_total") == 0 and session.get("mode") != "setup"
    return session.get("payment_status") == "paid"


def _decide_completed(event: StripeEvent) -> Decision:
    if is_paid(event.object):
        return _decide_paid(event)
    match event.object.get("payment_status"):
        case "no_payment_required":
            return StoredOnly("nothing was to be paid")
        case "unpaid":
            return StoredOnly("not paid yet")
        case _:
            return StoredOnly("unknown payment_status")


def _decide_paid(event: StripeEvent) -> Decision:
    session = event.object
    metadata = session.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    money = _money(event)
    user_id = metadata.get("userId")
    if money.session_id is None:
        return PaidWithoutBooking(money, "the session has no id")
    if money.amount is None or money.currency is None:
        return PaidWithoutBooking(money, "amount or currency of the session cannot be read")
    if not valid_user_id(user_id):
        return PaidWithoutBooking(money, "the session names no customer of ours")
    customer = session.get("customer_details")
    customer = customer if isinstance(customer, dict) else {}
    tracking = metadata.get("trackingId")
    return PaidBooking(
        money=money,
        amount=money.amount,
        currency=money.currency,
        user_id=user_id,
        user_name=tidy(metadata.get("userName"), 200) or tidy(customer.get("name"), 200),
        user_email=tidy(metadata.get("userEmail"), 254) or tidy(customer.get("email"), 254),
        tracking_id=tracking if valid_tracking_id(tracking) else None,
        details=_details(metadata, money.currency),
        needs_look=None if money.amount else NOTHING_PAID,
    )


def _money(event: StripeEvent) -> Money:
    """A number without its currency is no amount."""
    session = event.object
    currency = currency_of(session.get("currency"))
    return Money(
        source="stripe",
        session_id=provider_id(session.get("id")),
        intent_id=provider_id(session.get("payment_intent")),
        amount=amount_of(session.get("amount_total")) if currency else None,
        currency=currency,
        paid_at=event.created,  # a checkout may have stood open for hours before
    )


def _details(metadata: Mapping[str, Any], currency: str) -> BookingDetails:
    return BookingDetails(
        service_id=tidy(metadata.get("serviceId"), 100),
        service_name=tidy(metadata.get("serviceName"), 200),
        date=tidy(metadata.get("bookingDate"), 40),
        slot=tidy(metadata.get("slot"), 100),
        duration_type=_one_of(metadata.get("durationType"), ("hours", "days")),
        quantity=_count(metadata.get("quantity")),
        division=tidy(metadata.get("division"), 100),
        district=tidy(metadata.get("district"), 100),
        address=tidy(metadata.get("address"), 1000),
        payment_option=_one_of(metadata.get("paymentOption"), ("half", "full")),
        total=amount_or_none(metadata.get("totalPrice"), currency),
    )


def amount_or_none(value: object, currency: str) -> int | None:
    """Major units as text, where they can be read."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        return minor(value, currency)
    except ValueError:
        return None


def due(total: int | None, amounts: Sequence[int]) -> tuple[int, int]:
    """(total, due) of a booking with these payments: a total that was not told, or is below the largest of them, is
    that one. All of them may be more than the booking costs: somebody has paid twice."""
    whole = max(total or 0, *amounts, 0)
    return whole, max(0, whole - sum(amounts))


def _milliseconds(seconds: object) -> int | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < _LATEST_SECONDS:
        return None
    return seconds * 1000


def _one_of(value: object, words: tuple[str, ...]) -> str | None:
    return value if isinstance(value, str) and value in words else None


def _count(value: object) -> int | None:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 5:
        return None
    return int(value) or None
