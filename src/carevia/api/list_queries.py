"""What the numbered lists and their CSV can be asked for, for the description only: the domain reads it, and says every
fault at once (`domain.bookings.read_booking_query`)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from carevia.domain.lists import LARGEST_PAGE, LAST_PAGE, LAST_SEQ, PAGE

_Page = Annotated[int, Meta(ge=1, le=LAST_PAGE)]
_Seq = Annotated[int, Meta(ge=0, le=LAST_SEQ)]
_Limit = Annotated[int, Meta(ge=1, le=LARGEST_PAGE)]


class BookingListQuery(msgspec.Struct):
    search: Annotated[str, Meta(description="in name, e-mail, tracking id and service; its first 200 characters")] = ""
    sortby: Literal["newest", "oldest", "price_high", "price_low", "date_soonest", "date_latest"] = "newest"
    status: Literal["all", "booked", "confirmed", "cancelled", "completed"] | None = None
    duration: Literal["all", "hours", "days"] | None = None
    caregiver: Literal["all", "assigned", "unassigned"] | None = None
    division: str | None = None
    userId: Annotated[str | None, Meta(description="of one customer")] = None
    after: Annotated[_Seq | None, Meta(description="announced behind this number of the journal")] = None
    upto: Annotated[_Seq | None, Meta(description="announced up to it: further pages of a list that grows")] = None
    page: _Page = 1
    limit: _Limit = PAGE


class PaymentListQuery(msgspec.Struct):
    id: Annotated[str | None, Meta(description="this one payment")] = None
    search: Annotated[str, Meta(description="in name, e-mail, tracking id, service and session")] = ""
    status: Literal["all", "paid", "refunded", "disputed", "needs_look"] | None = None
    userId: Annotated[str | None, Meta(description="of one customer")] = None
    page: _Page = 1
    limit: _Limit = PAGE
