"""`POST /emit-booking`: a trusted site tells of a paid booking, signed as Standard Webhooks says.

The signature is judged before the body (401 before 400), an id is used up only by what was stored (409 afterwards),
and without a configured secret there is no such route.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from carevia.api.http import Answer, bare
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.api.trail import Trail
from carevia.domain.signatures import verify_standard
from carevia.domain.site import SiteBooking, read_site_booking
from carevia.service.payments import Payments

_ANSWER = {
    "type": "object",
    "properties": {
        "success": {"const": True},
        "message": {"const": "Broadcast Successful"},
        "clientCount": {"type": "integer", "description": "sockets connected, on all nodes"},
    },
    "required": ["success", "message", "clientCount"],
}


class EmitBooking:
    def __init__(
        self, payments: Payments, secrets: Sequence[str], trail: Trail, now: Callable[[], int],
        client_count: Callable[[], Awaitable[int]],
    ) -> None:  # fmt: skip
        self._payments = payments
        self._trail = trail
        self._secrets = tuple(secrets)
        self._now = now
        self._client_count = client_count

    def routes(self) -> list[Route[Any, Any]]:
        if not self._secrets:
            return []
        return [
            Route(
                method="POST",
                path="/emit-booking",
                summary="A site tells of a paid booking; headers webhook-id, webhook-timestamp, webhook-signature.",
                handler=self.receive,
                policy="signed",
                query=Nothing,
                body=SiteBooking,
                answer=_ANSWER,
                bare=True,
                errors=(400, 401, 409, 413, 503),
            )
        ]

    async def receive(self, call: Call[Nothing, bytes]) -> Answer:
        header, request = call.request.header, call.request.id
        webhook_id = header("webhook-id")
        verify_standard(
            webhook_id,
            header("webhook-timestamp"),
            header("webhook-signature"),
            call.body,
            self._secrets,
            self._now(),
        )
        booking = read_site_booking(call.body)
        self._trail.received(request, webhook_id or "", "emit-booking")
        await self._trail.stored(request, self._payments.receive_site(webhook_id or "", booking, call.body, request))
        count = await self._client_count()
        return bare({"success": True, "message": "Broadcast Successful", "clientCount": count})
