"""The success page's question: is this checkout paid? The provider is asked, and nobody else is believed.

What it says is recorded by the same function that the webhook calls, so that it does not matter which of the two comes
first, or that both come at once.
"""

from functools import partial

import msgspec
from sqlalchemy import bindparam, select

from carevia.domain.money import major
from carevia.domain.payments import is_paid
from carevia.domain.people import Person
from carevia.domain.reconciliation import Session, is_pending, missing_events
from carevia.errors import NotFound
from carevia.service.payments import Payments
from carevia.service.reconcile import record
from carevia.service.stripe_api import Checkouts
from carevia.store.store import Store
from carevia.store.tables import bookings, payments
from carevia.store.transaction import Row, Transaction

_CONFIRMED = (
    select(payments, bookings.c.tracking_id)
    .select_from(payments.outerjoin(bookings))
    .where(payments.c.session_id == bindparam("session"), payments.c.provider != "site")
)


class Confirmed(msgspec.Struct, frozen=True):
    """How a checkout stands; nobody's name, for whoever knows the session's id may ask.

    `state`: open, expired or failed where nothing was paid, processing where a delayed method's money is under way,
    else the payment's own status. `trackingId` is null where no booking follows from the payment.
    """

    sessionId: str
    state: str
    trackingId: str | None = None
    amountPaid: str = ""
    currency: str | None = None


class Confirmation:
    """`provider` is None where there is none to be asked: then only what its webhook brought is known."""

    def __init__(self, store: Store, payments: Payments, provider: Checkouts | None, *, live: bool) -> None:
        self._store = store
        self._payments = payments
        self._provider = provider
        self._live = live

    async def recorded(self, session_id: str, viewer: Person | None) -> Confirmed | None:
        """What the provider has told us already, if anything. Raises NotFound for what is another customer's."""
        row = await self._store.read(partial(_recorded, session_id=session_id))
        if row is None:
            return None
        _check_owner(row.user_id, viewer)
        paid = "" if row.amount is None or row.currency is None else major(row.amount, row.currency)
        return Confirmed(session_id, row.status, row.tracking_id, paid, row.currency)

    async def look_up(self, session_id: str, viewer: Person | None) -> Confirmed:
        """Ask the provider and record what it says. Raises NotFound, and Unavailable where it does not answer."""
        session = None if self._provider is None else await self._provider.session(session_id)
        if session is None or (session.get("livemode") is True) != self._live:
            raise NotFound("There is no payment of this number here.")
        metadata = session.get("metadata")
        _check_owner(metadata.get("userId") if isinstance(metadata, dict) else None, viewer)
        await record(self._payments, missing_events(session, None))
        return await self.recorded(session_id, viewer) or Confirmed(session_id, _state(session))


def _recorded(tx: Transaction, *, session_id: str) -> Row | None:
    return tx.first(_CONFIRMED, session=session_id)


def _check_owner(user_id: object, viewer: Person | None) -> None:
    if viewer is not None and not viewer.is_staff and user_id is not None and user_id != viewer.id:
        raise NotFound("There is no payment of this number here.")


def _state(session: Session) -> str:
    """Of one from which no payment followed."""
    if is_paid(session) or is_pending(session):
        return "processing"
    status = session.get("status")
    return "failed" if status == "complete" else "expired" if status == "expired" else "open"
