"""`carevia reconcile`: one sweep over the provider's list, beside a running server or without one."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import msgspec

from carevia.cli.database import opened
from carevia.clock import now
from carevia.config import Settings
from carevia.domain.times import iso
from carevia.errors import ConfigError
from carevia.service.payments import Payments
from carevia.service.reconcile import Reconciliation, Report
from carevia.service.stripe_api import StripeApi

_MOST_SHOWN = 50


def reconcile(
    settings: Settings, since: float | None, say: Callable[[str], None], *, dry_run: bool, as_json: bool
) -> bool:
    """Whether nothing is left for a person to look at. `since` in seconds before now."""
    if not settings.stripe_secret_key:
        raise ConfigError("There is no provider to ask: set CAREVIA_STRIPE_SECRET_KEY.")
    report = asyncio.run(_sweep(settings, settings.stripe_secret_key, since, dry_run))
    if as_json:
        say(msgspec.json.encode(_summary(report)).decode())
    else:
        for line in _lines(report):
            say(line)
    return not report.for_a_person


async def _sweep(settings: Settings, key: str, since: float | None, dry_run: bool) -> Report:
    stripe = StripeApi(key, settings.stripe_api_base)
    async with opened(settings) as store:
        try:
            payments = Payments(store, now=now, random=os.urandom)
            reconciliation = Reconciliation(store, payments, stripe, now=now, live=settings.production)
            start = None if since is None else max(0, now() - int(since * 1000))
            return await reconciliation.sweep(start, dry_run=dry_run)
        finally:
            await stripe.close()


def _summary(report: Report) -> dict[str, Any]:
    return {
        "ok": not report.for_a_person,
        "since": iso(report.since),
        "until": iso(report.until),
        "dryRun": report.dry_run,
        "compared": report.compared,
        "repaired": len(report.of("missing", "early")),
        "needAPerson": len(report.for_a_person),
        "unchecked": report.unchecked,
        "findings": [{"sessionId": f.session_id, "kind": f.kind, "said": f.said} for f in report.findings],
    }


def _lines(report: Report) -> list[str]:
    repaired, drift = report.of("missing", "early"), report.for_a_person
    lines = [f"Compared {report.compared} paid checkouts since {iso(report.since)} with our record."]
    for finding in report.findings[:_MOST_SHOWN]:
        lines.append(f"  {'✗' if finding.needs_a_person else '✓'} {finding.session_id}: {finding.said}")
    if len(report.findings) > _MOST_SHOWN:
        lines.append(f"  … and {len(report.findings) - _MOST_SHOWN} more; --json lists them all.")
    lines.append(
        f"{'Would be recorded' if report.dry_run else 'Recorded now'}: {len(repaired)}. For a person: {len(drift)}."
    )
    if report.unchecked:
        lines.append(f"{report.unchecked} more of ours are not in the provider's list, too many to ask for this time.")
    if not report.findings:
        lines.append("Everything agrees.")
    return lines
