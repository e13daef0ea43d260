"""Bookings: their statuses, what a list of them can be asked for, and the rows that the pages are given."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from carevia.domain.fields import about
from carevia.domain.lists import LARGEST_PAGE, LAST_PAGE, LAST_SEQ, PAGE, complain, number, word
from carevia.domain.payment_facts import PaymentStatus
from carevia.domain.text import tidy
from carevia.errors import FieldError

STATUSES = ("booked", "confirmed", "cancelled", "completed")
SORTS = ("newest", "oldest", "price_high", "price_low", "date_soonest", "date_latest")
DURATIONS = ("hours", "days")
CAREGIVER = ("assigned", "unassigned")
CHANGES = ("customer_added", "booking_updated")  # the journal's rows about bookings


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


def read_booking_query(given: Mapping[str, str]) -> BookingQuery:
    """From the words of an address; an empty value, and `all`, mean not asked for. Raises BadInput with every fault."""
    errors: list[FieldError] = []
    query = BookingQuery(
        search=tidy(given.get("search"), 200),
        sortby=word(given, "sortby", SORTS, errors) or "newest",
        status=word(given, "status", STATUSES, errors),
        duration=word(given, "duration", DURATIONS, errors),
        caregiver=word(given, "caregiver", CAREGIVER, errors),
        division=None if given.get("division") == "all" else tidy(given.get("division"), 100),
        userId=tidy(given.get("userId"), 200),
        after=number(given, "after", None, LAST_SEQ, errors, least=0),
        upto=number(given, "upto", None, LAST_SEQ, errors, least=0),
        page=number(given, "page", 1, LAST_PAGE, errors) or 1,
        limit=number(given, "limit", PAGE, LARGEST_PAGE, errors) or PAGE,
    )
    complain(errors)
    return query
