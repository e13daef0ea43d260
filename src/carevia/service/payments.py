"""Payments: notices of the provider and of the site, each taken in once, and the list of payments.

One transaction a notice: claim its id, decide, write the rows, append to the journal, COMMIT. When a method has
returned, the notice may be answered; if it raised, nothing of it was stored and the sender has to send it again.
"""

import hashlib
from collections.abc import Callable
from functools import partial

from sqlalchemy import bindparam, select, update

from carevia.domain.ids import Random
from carevia.domain.payment_facts import MoreFacts
from carevia.domain.payment_lists import PaymentPage, PaymentQuery
from carevia.domain.payments import Decision, PaidBooking, PaidWithoutBooking, StripeEvent, decide
from carevia.domain.people import Person
from carevia.domain.site import SiteBooking, paid_booking
from carevia.domain.times import iso
from carevia.errors import Conflict
from carevia.failpoint import failpoint
from carevia.service.payment_lists import list_payments
from carevia.service.recording import Recorder
from carevia.service.settling import learn
from carevia.store.store import Store
from carevia.store.tables import provider_events
from carevia.store.transaction import Transaction

_EVENT = (provider_events.c.provider == bindparam("from_provider")) & (provider_events.c.id == bindparam("event"))
_DIGEST = select(provider_events.c.digest).where(_EVENT)
_SET_NOTE = update(provider_events).where(_EVENT).values(note=bindparam("new_note"))


class Payments:
    """`now` gives ms since 1970 UTC, `random(n)` n bytes."""

    def __init__(self, store: Store, *, now: Callable[[], int], random: Random) -> None:
        self._store = store
        self._now = now
        self._recorder = Recorder(random, now)

    async def receive_stripe(self, body: bytes, event: StripeEvent, cause: str | None = None) -> None:
        """Take in an event whose signature was found good; `body` is what was signed, `event` what `read_event` read
        there, `cause` the id of the request that brought it.

        Any number of deliveries of one event, and any number of events of one session, make one booking. Raises
        Unavailable when it could not be stored.
        """
        work = partial(self._take_stripe, body=body, event=event, decision=decide(event), now=self._now(), cause=cause)
        await self._store.write(work)
        failpoint("webhook.committed")

    async def receive_site(self, webhook_id: str, body: SiteBooking, raw: bytes, cause: str | None = None) -> None:
        """Take in a booking told by a trusted site. Raises Conflict for a webhook-id seen before.

        Raises BadInput for what cannot be stored, and then the webhook-id is not used up.
        """
        now = self._now()
        paid = paid_booking(body, now)
        work = partial(self._take_site, webhook_id=webhook_id, paid=paid, raw=raw, now=now, cause=cause)
        await self._store.write(work)

    async def list(self, viewer: Person, query: PaymentQuery) -> PaymentPage:
        """Newest first; staff see all, a customer their own."""
        return await self._store.read(partial(list_payments, viewer=viewer, query=query), long=query.search is not None)

    def _take_stripe(
        self, tx: Transaction, *, body: bytes, event: StripeEvent, decision: Decision, now: int, cause: str | None
    ) -> None:
        tx.cause = cause
        if not _claim(tx, "stripe", event.id, event.type, body, now):
            return
        _note(tx, "stripe", event.id, self._follow(tx, decision, event.id, now))
        failpoint("webhook.in_transaction")

    def _follow(self, tx: Transaction, decision: Decision, delivery: str, now: int) -> str | None:
        if isinstance(decision, PaidBooking):
            return self._recorder.record(tx, decision, delivery=delivery, now=now)
        if isinstance(decision, PaidWithoutBooking):
            return self._recorder.keep(tx, decision, now=now)
        if isinstance(decision, MoreFacts):
            return learn(tx, decision, now)
        return decision.note

    def _take_site(
        self, tx: Transaction, *, webhook_id: str, paid: PaidBooking, raw: bytes, now: int, cause: str | None
    ) -> None:
        tx.cause = cause
        if not _claim(tx, "site", webhook_id, "emit-booking", raw, now):
            raise Conflict("This webhook-id was received before: nothing was done again.")
        _note(tx, "site", webhook_id, self._recorder.record(tx, paid, delivery=webhook_id, now=now))


def _claim(tx: Transaction, provider: str, id_: str, type_: str, body: bytes, now: int) -> bool:
    """True for exactly one delivery of an id. Another body under the same id is ignored, and noted."""
    digest = hashlib.sha256(body).hexdigest()
    text = body.decode("utf-8", "replace")
    if "\x00" in text:  # to look is cheaper than to replace nothing in 3 KB
        text = text.replace("\x00", "")
    values = {"type": type_, "digest": digest, "body": text, "received": now}
    if tx.insert_new(provider_events, provider=provider, id=id_, **values):
        return True
    known = tx.first(_DIGEST, from_provider=provider, event=id_)
    if known is not None and known.digest != digest and provider == "stripe":
        _note(tx, provider, id_, f"another body under this id at {iso(now)}")
    return False


def _note(tx: Transaction, provider: str, id_: str, note: str | None) -> None:
    if note is not None:
        tx.run(_SET_NOTE, from_provider=provider, event=id_, new_note=note)
