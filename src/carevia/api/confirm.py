"""`POST /api/payment/confirm`: what the success page asks when the family comes back from the provider.

Nothing of what the browser says is believed but which session it means; no address is taken from it, so nobody can be
sent elsewhere by it. Whoever knows a session's id may ask, signed in or not: it cannot be guessed, and the answer names
nobody.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec

from carevia.api.http import Answer, ok
from carevia.api.limits import EventBudget
from carevia.api.payload import Nothing, described
from carevia.api.policy import Call, Route
from carevia.domain.reconciliation import SESSION_ID, valid_session_id
from carevia.errors import BadInput, Unavailable
from carevia.service.confirmation import Confirmation, Confirmed

LOOKUPS_PER_SECOND: Final = 10  # of ids that we have no record of: made-up ones must not use up the provider's patience
_MESSAGES: Final = {
    "paid": "Your payment has arrived.",
    "processing": "Your payment is under way.",
    "open": "Nothing has been paid yet.",
    "expired": "This checkout has expired; nothing was paid.",
    "failed": "The payment failed; nothing was paid.",
}


class SessionToConfirm(msgspec.Struct):
    sessionId: Annotated[str, described(pattern=f"^{SESSION_ID}$")]


class ConfirmRoutes:
    """`monotonic` gives seconds."""

    def __init__(self, confirmation: Confirmation, monotonic: Callable[[], float]) -> None:
        self._confirmation = confirmation
        self._monotonic = monotonic
        self._budget = EventBudget(LOOKUPS_PER_SECOND, monotonic())

    def routes(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="POST",
                path="/api/payment/confirm",
                summary="Whether a checkout is paid; looked up at the provider and recorded as its webhook would.",
                handler=self.confirm,
                policy="guest",
                query=Nothing,
                body=SessionToConfirm,
                answer=Confirmed,
                errors=(404, 429, 503),
            )
        ]

    async def confirm(self, call: Call[Nothing, SessionToConfirm]) -> Answer:
        session_id = call.body.sessionId
        if not valid_session_id(session_id):
            raise BadInput(
                "sessionId must be the id of a checkout session.",
                errors=[{"field": "sessionId", "message": "must be the id of a checkout session"}],
            )
        found = await self._confirmation.recorded(session_id, call.person)
        if found is None:
            self._budget.spend(LOOKUPS_PER_SECOND, self._monotonic())
            try:
                found = await self._confirmation.look_up(session_id, call.person)
            except Unavailable:
                raise Unavailable(
                    "We cannot ask the payment provider at the moment. If you have paid, your payment is safe and "
                    "your booking appears by itself.",
                    retry_after=5,
                ) from None
        return ok(found, _MESSAGES.get(found.state, "This payment is recorded."))
