"""The list of payments: what it can be asked for, and the rows that the pages are given."""

from collections.abc import Mapping

import msgspec

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
