"""The filtered lists as CSV files, streamed. For staff only."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from carevia.api.http import NO_STORE, Answer
from carevia.api.list_queries import BookingListQuery, PaymentListQuery
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.domain.bookings import BookingQuery, read_booking_query
from carevia.domain.payment_lists import PaymentQuery, read_payment_query
from carevia.service.exports import Exports

_CSV = {"type": "string", "contentMediaType": "text/csv"}


class ExportRoutes:
    """`zone` is the business's: the file's name carries its day."""

    def __init__(self, exports: Exports, zone: ZoneInfo, now: Callable[[], int]) -> None:
        self._exports = exports
        self._zone = zone
        self._now = now

    def routes(self) -> list[Route[Any, Any]]:
        def get(
            path: str, summary: str, handler: Any, query: type[Any], reads: Callable[[Mapping[str, str]], Any]
        ) -> Any:
            return Route(
                method="GET",
                path=path,
                summary=summary,
                handler=handler,
                policy="staff",
                query=query,
                reads_query=reads,
                body=Nothing,
                answer=_CSV,
                media=("text/csv",),
            )

        return [
            get(
                "/api/booking/export",
                "The filtered bookings as CSV: UTF-8 with BOM, amounts in major units, times ISO 8601.",
                self.bookings,
                BookingListQuery,
                read_booking_query,
            ),
            get(
                "/api/payment/export",
                "The filtered payments as CSV.",
                self.payments,
                PaymentListQuery,
                read_payment_query,
            ),
        ]

    async def bookings(self, call: Call[BookingQuery, Nothing]) -> Answer:
        return await self._file("bookings", self._exports.bookings(call.viewer, call.query))

    async def payments(self, call: Call[PaymentQuery, Nothing]) -> Answer:
        return await self._file("payments", self._exports.payments(call.viewer, call.query))

    async def _file(self, name: str, pieces: AsyncIterator[bytes]) -> Answer:
        """Head and first page are read before the answer begins: a store that cannot is then said so, with 503."""
        body = await anext(pieces) + await anext(pieces)
        day = datetime.fromtimestamp(self._now() / 1000, self._zone).date().isoformat()
        headers = [
            (b"content-type", b"text/csv; charset=utf-8"),
            (b"content-disposition", f'attachment; filename="{name}-{day}.csv"'.encode()),
            NO_STORE,
        ]
        return Answer(200, body, headers, pieces)
