"""The numbered lists and their figures: bookings and payments. Staff see all, a customer sees their own."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from carevia.api.http import Answer, ok
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.domain.bookings import (
    LARGEST_PAGE,
    LAST_PAGE,
    PAGE,
    BookingPage,
    BookingQuery,
    BookingStats,
    Metric,
    PaymentPage,
    read_page,
    read_query,
)
from carevia.service.bookings import Bookings
from carevia.service.payments import Payments

_Page = Annotated[int, Meta(ge=1, le=LAST_PAGE)]
_Limit = Annotated[int, Meta(ge=1, le=LARGEST_PAGE)]


class ListQuery(msgspec.Struct):
    """For the description only: `domain.bookings.read_query` reads it, and says every fault at once."""

    search: Annotated[str, Meta(description="in name, e-mail, tracking id and service; its first 200 characters")] = ""
    sortby: Literal["newest", "oldest", "price_high", "price_low", "date_soonest", "date_latest"] = "newest"
    status: Literal["all", "booked", "confirmed", "cancelled", "completed"] | None = None
    duration: Literal["all", "hours", "days"] | None = None
    caregiver: Literal["all", "assigned", "unassigned"] | None = None
    division: str | None = None
    page: _Page = 1
    limit: _Limit = PAGE


class PageQuery(msgspec.Struct):
    page: _Page = 1
    limit: _Limit = PAGE


def _page_query(given: Mapping[str, str]) -> PageQuery:
    page, limit = read_page(given)
    return PageQuery(page, limit)


class ListRoutes:
    """`zone` is the business's: its days and weeks are those of the figures."""

    def __init__(self, bookings: Bookings, payments: Payments, zone: ZoneInfo, now: Callable[[], int]) -> None:
        self._bookings = bookings
        self._payments = payments
        self._zone = zone
        self._now = now

    def routes(self) -> list[Route[Any, Any]]:
        return [*self._of_bookings(), *self._of_payments()]

    def _of_bookings(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/booking",
                summary="Bookings, searched, filtered, sorted and paged by number.",
                handler=self.list_bookings,
                policy="customer",
                query=ListQuery,
                reads_query=read_query,
                body=Nothing,
                answer=BookingPage,
            ),
            Route(
                method="GET",
                path="/api/booking/stats",
                summary="Figures of the bookings, and the last seven days.",
                handler=self.booking_stats,
                policy="customer",
                query=Nothing,
                body=Nothing,
                answer=BookingStats,
            ),
        ]

    def _of_payments(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/payment",
                summary="Payments, newest first, paged by number.",
                handler=self.list_payments,
                policy="customer",
                query=PageQuery,
                reads_query=_page_query,
                body=Nothing,
                answer=PaymentPage,
            ),
            Route(
                method="GET",
                path="/api/payment/stats",
                summary="Figures of the payments.",
                handler=self.payment_stats,
                policy="customer",
                query=Nothing,
                body=Nothing,
                answer=list[Metric],
            ),
        ]

    async def list_bookings(self, call: Call[BookingQuery, Nothing]) -> Answer:
        return ok(await self._bookings.list(call.viewer, call.query))

    async def booking_stats(self, call: Call[Nothing, Nothing]) -> Answer:
        return ok(await self._bookings.stats(call.viewer, self._zone, self._now()))

    async def list_payments(self, call: Call[PageQuery, Nothing]) -> Answer:
        return ok(await self._payments.list(call.viewer, call.query.page, call.query.limit))

    async def payment_stats(self, call: Call[Nothing, Nothing]) -> Answer:
        return ok(await self._bookings.payment_stats(call.viewer, self._zone, self._now()))
