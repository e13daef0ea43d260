"""Bookings: their statuses, what a list of them can be asked for, and the rows that the pages are given."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from carevia.domain.fields import about
from carevia.domain.payment_facts import PaymentStatus
from carevia.domain.text import tidy
from carevia.errors import BadInput, FieldError

STATUSES = ("booked", "confirmed", "cancelled", "completed")
SORTS = ("newest", "oldest", "price_high", "price_low", "date_soonest", "date_latest")
DURATIONS = ("hours", "days")
CAREGIVER = ("assigned", "unassigned")
PAYMENTS = ("paid", "refunded", "disputed", "needs_look")
CHANGES = ("customer_added", "booking_updated")  # the journal's rows about bookings
PAGE = 20
LARGEST_PAGE = 100
LAST_PAGE = 1_000_000
LAST_SEQ = 10**14


class BookingQuery(msgspec.Struct, frozen=True):
    """What a list is asked for; None means all."""

    search: str | None = None
    sortby: str = "newest"
    status: str | None = None
    duration: str | None = None
    caregiver: str | None = None
    division: str | None = None
    userId: str | None = None
    after: int | None = None
    upto: int | None = None
    page: int = 1
    limit: int = PAGE


class PaymentQuery(msgspec.Struct, frozen=True):
    """What the list of payments is asked for; None means all."""

    id: str | None = None
    search: str | None = None
    status: str | None = None
    userId: str | None = None
    page: int = 1
    limit: int = PAGE


class BookingRow(msgspec.Struct, frozen=True):
    """As lists show it, and as `booking_updated` tells it."""

    id: Annotated[str, about("the booking")] = msgspec.field(name="_id")
    trackingId: Annotated[str, about("as it was told first; others find it too; knowing one gives no right")]
    userId: Annotated[str, about("the customer")]
    userName: Annotated[str, about("empty when unknown")]
    userEmail: Annotated[str, about("empty when unknown")]
    serviceName: Annotated[str, about("empty when unknown")]
    date: Annotated[str | None, about("of the first visit")]
    slot: Annotated[str | None, about("time of day")]
    durationType: Annotated[str | None, about("`hours` or `days`")]
    quantity: Annotated[int | None, about("of them")]
    division: Annotated[str | None, about("where")]
    district: Annotated[str | None, about("where")]
    address: Annotated[str | None, about("where")]
    paymentOption: Annotated[str | None, about("`half` or `full`")]
    totalPrice: Annotated[str, about("major units")]
    amountPaid: Annotated[str, about("major units; what came in, whatever went back later")]
    dueAmount: Annotated[str, about("major units")]
    amountRefunded: Annotated[str, about("major units; what went back by refunds and lost disputes")]
    currency: Annotated[str, about("three small letters")]
    caregiver: Annotated[str | None, about("who is assigned")]
    status: Annotated[str, about("`booked`, `confirmed`, `cancelled` (also when all money went back), `completed`")]
    paymentStatus: Annotated[PaymentStatus, about("what became of the money")]
    source: Annotated[str, about("`stripe` or `site`: who told of it first")]
    needsLook: Annotated[bool, about("a person should look at it")]
    lookReason: Annotated[str, about("why, for staff: reasons with `; ` between them")]
    createdAt: Annotated[str, about("ISO 8601, UTC, milliseconds")]
    seq: Annotated[int, about("the journal's number of its `customer_added`")]


class BookingPage(msgspec.Struct, frozen=True):
    """`newest` is the number of the newest booking of all: pages asked `upto` it do not move when more come."""

    bookings: list[BookingRow]
    totalPages: int
    totalItems: int
    currentPage: int
    newest: int = 0


class PaymentRow(msgspec.Struct, frozen=True):
    """`amount` in minor units and `amountPaid` in major ones; None and "" where the provider's word was unreadable.
    `lookReason` is why a person should look, for staff: reasons with "; " between them."""

    id: str = msgspec.field(name="_id")
    bookingId: str | None
    trackingId: str | None
    userId: str | None
    userName: str
    serviceName: str
    provider: str
    sessionId: str | None
    amount: int | None
    amountPaid: str
    amountRefunded: str
    currency: str | None
    status: PaymentStatus
    needsLook: bool
    lookReason: str
    createdAt: str
    paidAt: str | None


class PaymentPage(msgspec.Struct, frozen=True):
    payments: list[PaymentRow]
    totalPages: int
    totalItems: int
    currentPage: int


class Participant(msgspec.Struct, frozen=True):
    id: str = msgspec.field(name="_id")
    firstName: str
    lastName: str
    email: str
    image: str | None
    lastLoginAt: str | None


class Metric(msgspec.Struct, frozen=True):
    """`change` is against the same time before (a day, or seven), in percent; None where there is none to compare with,
    or where it had nothing."""

    id: str = msgspec.field(name="_id")
    label: str
    value: int | str
    change: float | None
    trend: Literal["up", "down", "flat"]


class Trend(msgspec.Struct, frozen=True):
    date: str
    totalBookings: int


class BookingStats(msgspec.Struct, frozen=True):
    metrics: list[Metric]
    trends: list[Trend]


def read_query(given: Mapping[str, str]) -> BookingQuery:
    """From the words of an address; an empty value, and `all`, mean not asked for. Raises BadInput with every fault."""
    errors: list[FieldError] = []
    query = BookingQuery(
        search=tidy(given.get("search"), 200),
        sortby=_word(given, "sortby", SORTS, errors) or "newest",
        status=_word(given, "status", STATUSES, errors),
        duration=_word(given, "duration", DURATIONS, errors),
        caregiver=_word(given, "caregiver", CAREGIVER, errors),
        division=None if given.get("division") == "all" else tidy(given.get("division"), 100),
        userId=tidy(given.get("userId"), 200),
        after=_number(given, "after", None, LAST_SEQ, errors, least=0),
        upto=_number(given, "upto", None, LAST_SEQ, errors, least=0),
        page=_number(given, "page", 1, LAST_PAGE, errors) or 1,
        limit=_number(given, "limit", PAGE, LARGEST_PAGE, errors) or PAGE,
    )
    _complain(errors)
    return query


def read_payment_query(given: Mapping[str, str]) -> PaymentQuery:
    """The same for the list of payments."""
    errors: list[FieldError] = []
    query = PaymentQuery(
        id=tidy(given.get("id"), 200),
        search=tidy(given.get("search"), 200),
        status=_word(given, "status", PAYMENTS, errors),
        userId=tidy(given.get("userId"), 200),
        page=_number(given, "page", 1, LAST_PAGE, errors) or 1,
        limit=_number(given, "limit", PAGE, LARGEST_PAGE, errors) or PAGE,
    )
    _complain(errors)
    return query


def _complain(errors: list[FieldError]) -> None:
    if errors:
        raise BadInput(f"This list cannot be shown: {errors[0]['field']} {errors[0]['message']}.", errors=errors)


def pages(items: int, limit: int) -> int:
    return -(-items // limit)


def rows_on(page: int, limit: int, items: int) -> int:
    """How many rows a page of a list of so many has. Who asks for more reads on through the whole table for rows that
    are not there."""
    return max(0, min(limit, items - (page - 1) * limit))


def split_name(name: str | None) -> tuple[str, str]:
    """First and last name: at the last space."""
    first, _, last = (name or "").strip().rpartition(" ")
    return (first, last) if first else (last, "")


def _word(given: Mapping[str, str], field: str, words: tuple[str, ...], errors: list[FieldError]) -> str | None:
    value = given.get(field)
    if value in (None, "", "all"):
        return None
    if value not in words:
        errors.append({"field": field, "message": f"must be one of {', '.join(words)}"})
    return value


def _number(
    given: Mapping[str, str], field: str, usual: int | None, most: int, errors: list[FieldError], least: int = 1
) -> int | None:
    value = given.get(field)
    if value is None or value == "":
        return usual
    if not value.isascii() or not value.isdigit() or len(value) > 15 or not least <= int(value) <= most:
        errors.append({"field": field, "message": f"must be a number from {least} to {most}"})
        return usual
    return int(value)
