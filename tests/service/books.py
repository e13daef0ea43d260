"""A house with its provider beside it, and what reconciles the two, with a clock that the tests turn."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from carevia.service.demo import booking_metadata, checkout_session, stripe_event
from carevia.service.reconcile import Reconciliation, Report
from carevia.service.stripe_api import StripeApi
from tests.harness.stripe_api import StripeApi as StandIn
from tests.service.house import House, house
from tests.store.opened import query

HOUR = 3_600_000
POINT = "SELECT value FROM meta WHERE key = 'reconciled_until'"


class Books:
    """A house, the provider beside it, and what reconciles the two."""

    def __init__(self, home: House, provider: StandIn, folder: Path, *, live: bool = False) -> None:
        self.home = home
        self.provider = provider
        self.folder = folder
        self.waited: list[float] = []
        self.stripe = StripeApi(provider.key, provider.base, sleep=self._sleep)
        self.sweeper = Reconciliation(home.store, home.payments, self.stripe, now=lambda: home.time, live=live)

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def sweep(self, since: int | None = None, *, dry_run: bool = False) -> Report:
        return await self.sweeper.sweep(since, dry_run=dry_run)

    def paid(self, user: str = "u1", at: int | None = None, **changes: Any) -> dict[str, Any]:
        """A checkout paid at the provider, whose notice has not come."""
        at = self.home.time - HOUR if at is None else at
        metadata = booking_metadata(user, "Nusrat Jahan", f"{user}@carevia.example")
        return self.provider.add(checkout_session(os.urandom, at, metadata, amount=300_000), **changes)

    async def notice(self, thing: dict[str, Any], type_: str = "checkout.session.completed", **changes: Any) -> None:
        """The webhook of that checkout, or of what became of its money, comes."""
        await self.home.deliver(stripe_event(os.urandom, self.home.time, thing | changes, type_))

    async def announced(self) -> list[str]:
        return sorted(event["userId"] for event in await self.home.announced())

    @property
    def point(self) -> int | None:
        found = query(self.folder, POINT)
        return int(found[0][0]) if found else None


@asynccontextmanager
async def books(folder: Path, *, live: bool = False) -> AsyncIterator[Books]:
    with StandIn() as provider:
        async with house(folder) as home:
            opened = Books(home, provider, folder, live=live)
            try:
                yield opened
            finally:
                await opened.stripe.close()


def kinds(report: Report) -> list[str]:
    return [finding.kind for finding in report.findings]
