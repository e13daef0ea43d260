"""The numbered lists and their figures: bookings and payments. Staff see all, a customer sees their own."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from carevia.api.exports import ExportRoutes
from carevia.api.http import Answer, ok
from carevia.api.list_queries import BookingListQuery, PaymentListQuery
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.domain.bookings import BookingPage, BookingQuery, read_booking_query
from carevia.domain.figures import BookingStats, Metric
from carevia.domain.payment_lists import PaymentPage, PaymentQuery, read_payment_query
from carevia.service.bookings import Bookings
from carevia.service.exports import Exports
from carevia.service.payments import Payments


class ListRoutes:
    """`zone` is the business's: its days and weeks are those of the figures."""

    def __init__(
        self, bookings: Bookings, payments: Payments, exports: Exports, zone: ZoneInfo, now: Callable[[], int]
    ) -> None:
        self._bookings = bookings
        self._payments = payments
        self._exports = ExportRoutes(exports, zone, now)
        self._zone = zone
        self._now = now

    def routes(self) -> list[Route[Any, Any]]:
        return [*self._of_bookings(), *self._of_payments(), *self._exports.routes()]

    def _of_bookings(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/booking",
                summary="Bookings, searched, filtered, sorted and paged by number.",
                handler=self.list_bookings,
                policy="customer",
                query=BookingListQuery,
                reads_query=read_booking_query,
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
                summary="Payments, newest first, searched, filtered and paged by number.",
                handler=self.list_payments,
                policy="customer",
                query=PaymentListQuery,
                reads_query=read_payment_query,
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

    async def list_payments(self, call: Call[PaymentQuery, Nothing]) -> Answer:
        return ok(await self._payments.list(call.viewer, call.query))

    async def payment_stats(self, call: Call[Nothing, Nothing]) -> Answer:
        return ok(await self._bookings.payment_stats(call.viewer, self._zone, self._now()))
