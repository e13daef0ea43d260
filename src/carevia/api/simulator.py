"""Customers who book and pay, for development: complete events in Stripe's shape, signed as Stripe signs.

`POST /api/simulate` (the desk's button) and `carevia simulate` both come in by the real webhook; nothing is faked
behind it.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from carevia.api.http import Answer, ok
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route
from carevia.api.webhook import PATH
from carevia.domain.catalogue import DIVISIONS, SERVICES
from carevia.domain.ids import tracking_id
from carevia.domain.reconciliation import Session
from carevia.domain.signatures import sign_stripe
from carevia.errors import Unavailable
from carevia.realtime.asgi import ASGIApp
from carevia.service.demo import booking_metadata, checkout_session, stripe_event
from carevia.service.stripe_api import Checkouts

_MOST_KEPT: Final = 1_000
_NAMES: Final = (
    "Tahmid Rahman", "Nusrat Jahan", "Lamia Khatun", "Rafiq Hasan", "Ayesha Siddiqua", "Imran Chowdhury",
    "Farhana Akter", "Sabbir Ahmed", "Mitu Begum", "Arif Hossain", "Sadia Islam", "Kamal Uddin",
)  # fmt: skip
_SLOTS: Final = ("08:00", "10:00", "14:00", "18:00")


def paid_event(now: int) -> dict[str, Any]:
    """One customer has booked something from the catalogue and paid half or all of it."""
    service, division = secrets.choice(SERVICES), secrets.choice(DIVISIONS)
    name, days = secrets.choice(_NAMES), 1 + secrets.randbelow(5)
    total = service.priceDay * days
    amount = secrets.choice((total, total // 2))
    user_id = f"sim-{name.split()[0].lower()}-{secrets.token_hex(3)}"
    email = f"{user_id.removeprefix('sim-')}@customers.example"
    metadata = booking_metadata(user_id, name, email, total=total, paid=amount) | {
        "serviceId": service.id,
        "serviceName": service.name,
        "quantity": str(days),
        "slot": secrets.choice(_SLOTS),
        "division": division.name,
        "district": secrets.choice(division.districts),
        "trackingId": tracking_id(secrets.token_bytes),
    }
    session = checkout_session(secrets.token_bytes, now, metadata, amount=amount)
    return stripe_event(secrets.token_bytes, now, session)


def tracking_id_of(event: dict[str, Any]) -> str:
    return str(event["data"]["object"]["metadata"]["trackingId"])


def signed(event: dict[str, Any], secret: str, now: int) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a delivery. Stripe indents its bodies by two; the signature is over exactly these bytes."""
    body = msgspec.json.format(msgspec.json.encode(event), indent=2)
    headers = {"content-type": "application/json; charset=utf-8", "stripe-signature": sign_stripe(body, secret, now)}
    return body, headers


class Simulated(msgspec.Struct):
    trackingId: str
    sessionId: str


class SimulatedCheckouts:
    """The simulator's own checkouts, looked up as the provider's are; what is not among them is asked for elsewhere."""

    def __init__(self, otherwise: Checkouts | None) -> None:
        self._otherwise = otherwise
        self._kept: dict[str, Session] = {}

    def keep(self, session: Session) -> str:
        """The newest thousand are kept. Answers the session's id."""
        if len(self._kept) >= _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[session["id"]] = session
        return str(session["id"])

    async def session(self, id_: str) -> Session | None:
        if id_ in self._kept or self._otherwise is None:
            return self._kept.get(id_)
        return await self._otherwise.session(id_)


class SimulatorRoutes:
    """Exists in development only: in production there is no such route."""

    def __init__(
        self,
        deliver: Callable[[bytes, dict[str, str]], Awaitable[int]],
        secrets: Sequence[str],
        now: Callable[[], int],
        checkouts: SimulatedCheckouts,
    ) -> None:
        self._checkouts = checkouts
        self._deliver = deliver
        self._secrets = secrets
        self._now = now

    def routes(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="POST",
                path="/api/simulate",
                summary="Development only: a made-up customer pays, through the real webhook.",
                handler=self.simulate,
                policy="staff",
                query=Nothing,
                body=Nothing,
                answer=Simulated,
                errors=(503,),
            )
        ]

    async def simulate(self, _: Call[Nothing, Nothing]) -> Answer:
        now = self._now()
        event = paid_event(now)
        session_id = self._checkouts.keep(event["data"]["object"])
        status = await self._deliver(*signed(event, self._secrets[0], now))
        if status != 200:
            raise Unavailable("The simulated payment was not accepted by the webhook.")
        return ok(Simulated(tracking_id_of(event), session_id), "A simulated customer has paid")


async def deliver_to(app: ASGIApp, body: bytes, headers: dict[str, str]) -> int:
    """POST to the webhook of an application in this process, by its front door; the status it answers."""
    status = 0
    waiting = [body]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": waiting.pop() if waiting else b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    scope = {"type": "http", "method": "POST", "path": PATH, "query_string": b"", "headers": raw, "scheme": "http"}
    await app(scope, receive, send)
    return status
