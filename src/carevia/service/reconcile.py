"""Reconciliation: the provider's paid checkouts compared with our record, and what is missing recorded.

Recorded by the same function that the webhook calls: whoever comes first, a sweep, another sweep or a late notice,
there is one booking, announced once. What differs gets a reason to look and is left as it is.

The point swept to is kept: everything opened before it is settled. It moves only when a sweep has come to its end, and
stays before the oldest checkout whose money is still under way, so that however long the webhook, the provider's API or
we ourselves were away, the next whole sweep finds everything. A refund may be of a payment made long before, and fail
weeks after it was made: all that were made since the point are read beside, and those of the last weeks that failed.
Disputes have no point: one may be opened, and decided, months after its payment, so each sweep reads all of the last
months, which are few.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, or_, select, update

from carevia.domain.payment_facts import Facts
from carevia.domain.payments import is_paid, read_event
from carevia.domain.reconciliation import (
    Finding,
    Ours,
    Refund,
    Session,
    charge_refunded,
    differences,
    intent_of,
    is_pending,
    made_at,
    missing_dispute,
    missing_events,
    missing_failure,
    missing_refund,
    paid_at,
    refund_failed,
    valid_session_id,
)
from carevia.errors import BadInput
from carevia.service.payments import Payments
from carevia.service.settling import known_facts, telling
from carevia.service.stripe_api import ListedCheckouts
from carevia.store.store import Store
from carevia.store.tables import bookings, meta, payments
from carevia.store.transaction import Row, Transaction

DAY: Final = 86_400_000
FIRST: Final = 7 * DAY
"""How far the very first sweep looks back."""
LATE: Final = 3_600_000
"""How late ours may have been recorded and still be looked for in the provider's list."""
OVERLAP: Final = DAY + LATE
"""A checkout may be paid until 24 hours after it was opened, and the provider lists by when it was opened."""
LONGEST_PENDING: Final = 30 * DAY
FRESH: Final = 120_000
"""ms after a payment in which nobody need wonder that its notice has not come."""
LONGEST_DISPUTE: Final = 180 * DAY
"""A dispute is opened up to 120 days after its payment, and decided within some more."""
LONGEST_REFUND: Final = 35 * DAY
"""A refund may come back up to 30 days after it was made; sweeps may be some days late."""
MOST_LOOKUPS: Final = 100
UNKNOWN: Final = "The provider does not know this checkout."

_SWEPT_TO: Final = "reconciled_until"
_POINT = select(meta.c.value).where(meta.c.key == bindparam("point"))
_MOVE = update(meta).where(meta.c.key == bindparam("point")).values(value=bindparam("new_value"))
_RECORDED = select(payments).where(payments.c.session_id == bindparam("session"))
_OF_INTENT = select(payments.c.session_id).where(payments.c.intent_id == bindparam("intent"))
_SINCE = (
    select(payments.c.session_id)
    .where(
        payments.c.created >= bindparam("since"),
        payments.c.session_id.is_not(None),
        or_(payments.c.provider == "stripe", payments.c.provider == "site"),
    )
    .order_by(payments.c.created)
)
_FLAG_PAYMENT = (
    update(payments)
    .where(payments.c.id == bindparam("payment"), payments.c.needs_look.is_(None))
    .values(needs_look=bindparam("look"))
)
_FLAG_BOOKING = (
    update(bookings)
    .where(bookings.c.id == bindparam("booking"), bookings.c.needs_look.is_(None))
    .values(needs_look=bindparam("look"))
)


class Report(msgspec.Struct):
    """What a sweep has found. Times in ms; `unchecked` of ours were too many to be asked for one by one; everything
    opened before `unsettled` is as it will stay."""

    since: int
    until: int
    dry_run: bool
    unsettled: int
    compared: int = 0
    unchecked: int = 0
    findings: list[Finding] = msgspec.field(default_factory=list)

    def of(self, *kinds: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind in kinds]

    @property
    def done(self) -> str:
        """With what was missing."""
        return "it would be recorded." if self.dry_run else "it is recorded now."

    @property
    def for_a_person(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.needs_a_person]


class Reconciliation:
    """`now` gives ms; `live` says whether real money counts here (then test checkouts do not, and the reverse)."""

    def __init__(
        self, store: Store, payments: Payments, provider: ListedCheckouts, *, now: Callable[[], int], live: bool
    ) -> None:
        self._store = store
        self._payments = payments
        self._provider = provider
        self._now = now
        self._live = live

    async def sweep(self, since: int | None = None, *, dry_run: bool = False) -> Report:
        """Compare everything paid since `since` (ms), or since the point swept to.

        Raises Unavailable when provider or store do not answer; what was recorded until then stays, the point does not
        move. `dry_run` writes nothing at all.
        """
        start = self._now()
        point = await self._store.read(_point)
        # One that lies ahead was set by a clock that was wrong: what was settled by then, it does not say.
        settled = start - FIRST if point is None or point > start else point
        report = Report(settled if since is None else since, start, dry_run, unsettled=start)
        seen: set[str] = set()
        async for page in self._provider.sessions((report.since - OVERLAP) // 1000):
            seen.update(str(session.get("id")) for session in page)
            await self._compare(page, report)
        await self._compare_unlisted(seen, report)
        await self._compare_refunds(seen, report)
        if not dry_run and report.since <= settled:
            await self._store.write(partial(_move, to=max(report.unsettled, start - LONGEST_PENDING)))
        await self._compare_disputes(report)
        return report

    async def _compare(self, page: list[Session], report: Report) -> None:
        page = [session for session in page if self._counts(session)]
        known = await self._store.read(partial(_recorded, ids=[str(session["id"]) for session in page]))
        for session in page:
            findings = await self._settle(session, known.get(session["id"]), report)
            if any(finding.needs_a_person for finding in findings):
                findings = await self._settle_again(session["id"], findings, report)
            await self._keep(findings, report)
            if is_pending(session) or any(finding.kind == "unrecorded" for finding in findings):
                report.unsettled = min(report.unsettled, made_at(session))
            report.compared += is_paid(session)

    def _counts(self, session: Session) -> bool:
        return valid_session_id(session.get("id")) and (session.get("livemode") is True) == self._live

    async def _settle(self, session: Session, ours: Ours | None, report: Report) -> list[Finding]:
        """Record what is missing here, and say what was missing and what differs all the same."""
        id_ = str(session["id"])
        missing = missing_events(session, ours)
        if missing and report.dry_run:
            return [_was_missing(session, report)]
        found = []
        if missing:
            try:
                await record(self._payments, missing)
            except BadInput as problem:
                return [Finding(id_, "unrecorded", f"It is paid and cannot be recorded: {problem.message}")]
            before, ours = ours, await self._recorded(id_)
            if ours is None:
                return [Finding(id_, "unrecorded", "It is paid and nothing of it could be recorded.")]
            found = [_was_missing(session, report)] if ours != before else []
        return found if ours is None else found + differences(session, ours)

    async def _settle_again(self, id_: str, findings: list[Finding], report: Report) -> list[Finding]:
        """A page is as old as its question, and notices came meanwhile: look again before a person is called, at our
        record first, so that what the provider shows is the newer of the two."""
        repaired = [finding for finding in findings if not finding.needs_a_person]
        ours = await self._recorded(id_)
        session = await self._provider.session(id_)
        if session is None:
            return [*repaired, Finding(id_, "unknown", UNKNOWN)]
        again = await self._settle(session, ours, report)
        return repaired + [finding for finding in again if finding.needs_a_person or not repaired]

    async def _compare_unlisted(self, seen: set[str], report: Report) -> None:
        """Ours that the provider's list did not have: older ones it shows when asked, others it does not know."""
        rows = await self._store.read(lambda tx: tx.all(_SINCE, since=report.since - LATE))
        unlisted = [row.session_id for row in rows if row.session_id not in seen]
        report.unchecked = max(0, len(unlisted) - MOST_LOOKUPS)
        for id_ in unlisted[:MOST_LOOKUPS]:
            session = await self._provider.session(id_)
            if session is None:
                await self._keep([Finding(id_, "unknown", UNKNOWN)], report)
            else:
                await self._compare([session], report)
        seen.update(unlisted[:MOST_LOOKUPS])

    async def _compare_refunds(self, seen: set[str], report: Report) -> None:
        """Of payments that were made too long ago to be among the checkouts compared, and each that failed."""
        since = report.since - LATE
        async for page in self._provider.refunds(min(since, report.until - LONGEST_REFUND) // 1000):
            for refund in page:
                if made_at(refund) >= since or refund_failed(refund):
                    await self._compare_refund(refund, seen, report)

    async def _compare_refund(self, refund: Refund, seen: set[str], report: Report) -> None:
        session, known = await self._store.read(partial(_about, intent=intent_of(refund)))
        if session is None or (charge_refunded(refund).get("livemode") is True) != self._live:
            return
        if session not in seen:
            seen.add(session)
            await self._learn(session, missing_refund(refund, known), "What was refunded", report)
        await self._learn(session, missing_failure(refund, known), "That a refund failed", report)

    async def _compare_disputes(self, report: Report) -> None:
        async for page in self._provider.disputes((report.until - LONGEST_DISPUTE) // 1000):
            for dispute in page:
                if (dispute.get("livemode") is True) == self._live:
                    session, known = await self._store.read(partial(_about, intent=intent_of(dispute)))
                    if session is not None:
                        await self._learn(session, missing_dispute(dispute, known), "How a dispute stands", report)

    async def _learn(self, session: str, event: dict[str, Any] | None, what: str, report: Report) -> None:
        if event is None:  # told before
            return
        if not report.dry_run:
            await record(self._payments, [event])
        report.findings.append(Finding(session, "missing", f"{what} was missing here; {report.done}"))

    async def _recorded(self, id_: str) -> Ours | None:
        return (await self._store.read(partial(_recorded, ids=[id_]))).get(id_)

    async def _keep(self, findings: list[Finding], report: Report) -> None:
        report.findings += findings
        look = next((finding for finding in findings if finding.needs_a_person), None)
        if look is not None and not report.dry_run:
            await self._store.write(partial(_flag, session=look.session_id, look=look.said, now=self._now()))


async def record(payments: Payments, events: list[dict[str, Any]]) -> None:
    """What the webhook would have brought, by the webhook's own function."""
    for event in events:
        await payments.receive_stripe(msgspec.json.encode(event), read_event(event))


def _was_missing(session: Session, report: Report) -> Finding:
    fresh = report.until - paid_at(session) < FRESH
    said = "Its notice had not come yet" if fresh else "It was missing here"
    return Finding(str(session["id"]), "early" if fresh else "missing", f"{said}; {report.done}")


def _point(tx: Transaction) -> int | None:
    found = tx.first(_POINT, point=_SWEPT_TO)
    return None if found is None else int(found.value)


def _move(tx: Transaction, *, to: int) -> None:
    if not tx.insert_new(meta, key=_SWEPT_TO, value=str(to)):
        tx.run(_MOVE, point=_SWEPT_TO, new_value=str(to))


def _recorded(tx: Transaction, *, ids: list[str]) -> dict[str, Ours]:
    rows = (tx.first(_RECORDED, session=id_) for id_ in ids)
    return {row.session_id: _ours(tx, row) for row in rows if row is not None}


def _about(tx: Transaction, *, intent: str | None) -> tuple[str | None, Facts]:
    """The session of the intent's payment, None where it is not ours; and all that was told of it."""
    row = None if intent is None else tx.first(_OF_INTENT, intent=intent)
    return (None, Facts()) if row is None else (row.session_id, known_facts(tx, row.session_id, intent))


def _ours(tx: Transaction, row: Row) -> Ours:
    facts = known_facts(tx, row.session_id, row.intent_id)
    return Ours(row.provider, row.amount, row.currency, row.status, facts)


def _flag(tx: Transaction, *, session: str, look: str, now: int) -> None:
    row = tx.first(_RECORDED, session=session)
    if row is not None:
        with telling(tx, row.booking_id, now):
            tx.run(_FLAG_PAYMENT, payment=row.id, look=look)
            tx.run(_FLAG_BOOKING, booking=row.booking_id, look=look)
