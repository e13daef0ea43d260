"""The list of payments: what it can be asked for, and the rows that the pages are given."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from carevia.domain.fields import about
from carevia.domain.lists import LARGEST_PAGE, LAST_PAGE, PAGE, complain, number, word
from carevia.domain.payment_facts import PaymentStatus
from carevia.domain.text import tidy
from carevia.errors import FieldError

STATUSES = ("paid", "refunded", "disputed", "needs_look")


class PaymentQuery(msgspec.Struct, frozen=True):
    """What the list of payments is asked for; None means all."""

    id: str | None = None
    search: str | None = None
    status: str | None = None
    userId: str | None = None
    page: int = 1
    limit: int = PAGE


class PaymentRow(msgspec.Struct, frozen=True):
    """Amounts are None and "" where the provider's word was unreadable."""

    id: Annotated[str, about("the payment")] = msgspec.field(name="_id")
    bookingId: Annotated[str | None, about("what it paid for, if that is known")]
    trackingId: Annotated[str | None, about("of that booking")]
    userId: Annotated[str | None, about("the customer")]
    userName: Annotated[str, about("empty when unknown")]
    serviceName: Annotated[str, about("empty when unknown")]
    provider: Annotated[str, about("`stripe` or `site`: who told of it first")]
    sessionId: Annotated[str | None, about("the provider's checkout session")]
    amount: Annotated[int | None, about("minor units")]
    amountPaid: Annotated[str, about("the same in major units")]
    amountRefunded: Annotated[str, about("major units; what went back by refunds and lost disputes")]
    currency: Annotated[str | None, about("three small letters")]
    status: Annotated[PaymentStatus, about("what became of the money")]
    needsLook: Annotated[bool, about("a person should look at it")]
    lookReason: Annotated[str, about("why, for staff: reasons with `; ` between them")]
    createdAt: Annotated[str, about("ISO 8601, UTC, milliseconds")]
    paidAt: Annotated[str | None, about("ISO 8601, UTC, milliseconds")]


class PaymentPage(msgspec.Struct, frozen=True):
    payments: list[PaymentRow]
    totalPages: int
    totalItems: int
    currentPage: int


def read_payment_query(given: Mapping[str, str]) -> PaymentQuery:
    """From the words of an address; an empty value, and `all`, mean not asked for. Raises BadInput with every fault."""
    errors: list[FieldError] = []
    query = PaymentQuery(
        id=tidy(given.get("id"), 200),
        search=tidy(given.get("search"), 200),
        status=word(given, "status", STATUSES, errors),
        userId=tidy(given.get("userId"), 200),
        page=number(given, "page", 1, LAST_PAGE, errors) or 1,
        limit=number(given, "limit", PAGE, LARGEST_PAGE, errors) or PAGE,
    )
    complain(errors)
    return query
