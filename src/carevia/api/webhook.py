"""`POST /api/payment/webhook`: the hot path of the house. Signature over the raw bytes, one transaction, then 200.

200 means committed, and is said for duplicates and for types we do not use. What is not an event of ours is 400 before
any database is touched; while the store cannot commit it is 503, so that Stripe comes again. Nothing else is answered.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from carevia.api.http import Answer, bare
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.api.trail import Trail
from carevia.domain.payments import StripeEvent, read_event
from carevia.domain.signatures import BadSignature, OutOfTime, verify_stripe
from carevia.domain.text import whole_characters
from carevia.errors import BadInput
from carevia.failpoint import failpoint
from carevia.service.payments import Payments

PATH: Final = "/api/payment/webhook"
LIMIT: Final = 262_144
_RECEIVED: Final = bare({"received": True})
_log = logging.getLogger("carevia.webhook")
_decode = msgspec.json.Decoder().decode


def _read(body: bytes) -> Any:
    try:
        return _decode(body)
    except msgspec.DecodeError:  # perhaps for half an emoji, as a site leaves it in metadata: it is paid all the same
        return _decode(whole_characters(body))


class StripeWebhook:
    def __init__(
        self, payments: Payments, secrets: Sequence[str], trail: Trail, *, production: bool, now: Callable[[], int]
    ) -> None:
        self._payments = payments
        self._trail = trail
        self._secrets = tuple(secrets)
        self._production = production
        self._now = now
        # By code: what was answered 400; a clock gone wrong shows here first. Each from 0, so that its first is a rise.
        self.refused = Counter({bad.code: 0 for bad in (BadSignature, OutOfTime, BadInput)})

    def routes(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="POST",
                path=PATH,
                summary="Stripe tells of a payment; signed in the header Stripe-Signature over the raw body.",
                handler=self.receive,
                policy="signed",
                query=Nothing,
                body=bytes,
                answer={"type": "object", "properties": {"received": {"const": True}}, "required": ["received"]},
                bare=True,
                errors=(400, 413, 503),
                limit=LIMIT,
            )
        ]

    async def receive(self, call: Call[Nothing, bytes]) -> Answer:
        body, request = call.body, call.request.id
        event = self._judged(call.request.header("stripe-signature"), body)
        self._trail.received(request, event.id, event.type)
        failpoint("webhook.verified")
        await self._trail.stored(request, self._payments.receive_stripe(body, event, request))
        failpoint("webhook.before_answer")
        return _RECEIVED

    def _judged(self, signature: str | None, body: bytes) -> StripeEvent:
        try:
            if not self._secrets:
                raise BadSignature("This server can judge no signature: CAREVIA_STRIPE_WEBHOOK_SECRET is not set.")
            verify_stripe(signature, body, self._secrets, self._now())
            return self._event(body)
        except BadSignature as bad:
            self.refused[bad.code] += 1
            if isinstance(bad, OutOfTime):  # only who knows the secret gets this far, so nobody can fill the log
                _log.error("a rightly signed webhook is over 300 s from our clock: check the clock of this machine")
            raise BadInput(bad.message) from None
        except BadInput as bad:
            self.refused[bad.code] += 1
            raise

    def _event(self, body: bytes) -> StripeEvent:
        try:
            event = _read(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise BadInput("The body is not a Stripe event: it must be a JSON object.") from None
        read = read_event(event)
        live = event.get("livemode") is True
        if live != self._production:
            raise BadInput(
                "A test event does not count on a production server."
                if self._production
                else "A live event does not count on a development server."
            )
        return read
