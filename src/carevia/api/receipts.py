"""Receipts at the edge: what a desk reads of one booking, whether the alarm rings, and the alarm by the clock."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from carevia.api.http import Answer, ok
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.domain.people import DESK
from carevia.domain.receipts import Receipt, ReceiptAlarm, ReceiptState
from carevia.logs import Log
from carevia.realtime import Namespace
from carevia.service.receipts import Receipts


class ReceiptQuery(msgspec.Struct):
    trackingId: Annotated[str, Meta(min_length=1, max_length=64)]


class ReceiptRoutes:
    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts

    def routes(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="GET",
                path="/api/booking/receipt",
                summary="From the payment to every screen: when, and on whose desk. It is a second behind.",
                handler=self.receipt,
                policy="staff",
                query=ReceiptQuery,
                body=Nothing,
                answer=Receipt,
                errors=(404,),
            ),
            Route(
                method="GET",
                path="/api/booking/receipt-state",
                summary="How many paid bookings no desk has shown, how much is unsent, and whether the alarm rings.",
                handler=self.state,
                policy="staff",
                query=Nothing,
                body=Nothing,
                answer=ReceiptState,
            ),
        ]

    async def receipt(self, call: Call[ReceiptQuery, Nothing]) -> Answer:
        return ok(await self._receipts.of(call.query.trackingId))

    async def state(self, _: Call[Nothing, Nothing]) -> Answer:
        return ok(self._receipts.state)


class AlarmBell:
    """`beat` it every second: it judges, tells every desk while the alarm lasts, and has written what was gathered.

    Each node tells its own desks, so that no desk depends on the bus. The log has what no desk has shown once, from the
    node that is `first`, and what a node cannot send from that node.
    """

    def __init__(self, receipts: Receipts, namespace: Namespace, log: Log, first: Callable[[], bool]) -> None:
        self._receipts = receipts
        self._namespace = namespace
        self._log = log
        self._first = first
        self._ringing = False
        self._logged = False

    async def beat(self) -> None:
        self._ring(self._receipts.judge())
        await self._receipts.flush()
        await self._receipts.look()

    def _ring(self, alarm: ReceiptAlarm) -> None:
        if alarm.rings or self._ringing:
            self._namespace.local.to(DESK).emit("receipt_alarm", alarm)
        self._ringing = alarm.rings
        if alarm.rings and not self._logged and (alarm.unsent or self._first()):
            self._logged = True
            self._log.error(
                "receipt alarm", unseen=alarm.unseen, unsent=alarm.unsent, oldest=alarm.oldest, seconds=alarm.seconds
            )
        if self._logged and not alarm.rings:
            self._logged = False
            self._log.warning("receipt alarm is over")
