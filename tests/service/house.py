"""The services on a real store in a temporary folder, with a clock that stands and ids that count."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from carevia.domain.bookings import BookingQuery
from carevia.domain.payments import read_event
from carevia.domain.people import Person
from carevia.domain.site import SiteBooking
from carevia.service.bookings import Bookings
from carevia.service.catalogue import Catalogues
from carevia.service.demo import booking_metadata, checkout_session, stripe_event
from carevia.service.payments import Payments
from carevia.service.talk import Talk
from carevia.store.store import Store
from tests.store.opened import opened, query

NOW = 1_795_408_215_000
STAFF = Person("s1", "admin", "staff@carevia.example", "Sumaiya Islam")
EVERYTHING = BookingQuery()


class House:
    def __init__(self, store: Store, data: Path) -> None:
        self.store = store
        self.data = data
        self.time = NOW
        self.payments = Payments(store, now=lambda: self.time, random=os.urandom)
        self.bookings = Bookings(store)
        self.talk = Talk(store, data, now=lambda: self.time, random=os.urandom)
        self.chat = self.talk.chat
        self.conversations = self.talk.conversations
        self.statuses = self.talk.statuses
        self.attachments = self.talk.attachments
        self.replies = self.talk.replies
        self.catalogues = Catalogues(store)

    async def deliver(self, event: dict[str, Any]) -> None:
        await self.payments.receive_stripe(json.dumps(event).encode(), read_event(event))

    async def site_tells(self, webhook_id: str, booking: SiteBooking) -> None:
        await self.payments.receive_site(webhook_id, booking, msgspec.json.encode(booking))

    async def pay(self, user: str = "u1", **changes: Any) -> dict[str, Any]:
        event = paid_event(user, now=self.time, **changes)
        await self.deliver(event)
        return event

    async def announced(self) -> list[dict[str, Any]]:
        return await self.told("customer_added")

    async def told(self, name: str) -> list[dict[str, Any]]:
        """What the desk's journal holds of this event, oldest first."""
        rows = await self.store.events_after(0, ["desk"], 10_000)
        return [msgspec.json.decode(row.payload) for row in rows if row.name == name]


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    async with opened(folder) as store:
        yield House(store, folder)


def paid_event(
    user: str = "u1",
    *,
    now: int = NOW,
    amount: int = 300_000,
    type: str = "checkout.session.completed",
    metadata: dict[str, Any] | None = None,
    name: str = "Nusrat Jahan",
    total: int = 600_000,
    **changes: Any,
) -> dict[str, Any]:
    """A complete event of a paid session; `metadata` is laid over what our checkout writes."""
    written = booking_metadata(user, name, f"{user}@carevia.example", total=total, paid=amount) | (metadata or {})
    return stripe_event(os.urandom, now, checkout_session(os.urandom, now, written, amount=amount, **changes), type)


def count(folder: Path) -> dict[str, int]:
    """How many of each there are."""
    announced = query(folder, "SELECT count(*) FROM journal WHERE name = 'customer_added'")[0][0]
    tables = ("bookings", "payments", "provider_events")
    return {"announced": announced} | {table: query(folder, f"SELECT count(*) FROM {table}")[0][0] for table in tables}
