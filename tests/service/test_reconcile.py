"""Reconciliation against a stand-in for the Stripe API, over real HTTP, with a clock that the tests turn."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from carevia.errors import Unavailable
from carevia.service.demo import booking_metadata, checkout_session, stripe_event
from carevia.service.reconcile import DAY, OVERLAP, Reconciliation, Report
from carevia.service.stripe_api import StripeApi
from tests.aio import run
from tests.harness.stripe_api import StripeApi as StandIn
from tests.service.house import NOW, House, house
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

    async def notice(self, session: dict[str, Any], **changes: Any) -> None:
        """The webhook of that checkout comes."""
        await self.home.deliver(stripe_event(os.urandom, self.home.time, session | changes))

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


def test_where_both_agree_nothing_is_found_and_nothing_is_written(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            await b.notice(b.paid())
            b.paid("u2", status="open", payment_status="unpaid", payment_intent=None)
            report = await b.sweep()
            assert (report.compared, report.findings) == (1, [])
            assert query(tmp_path, "SELECT count(*) FROM provider_events") == [(1,)]

    run(main())


def test_what_is_missing_is_recorded_once_and_announced_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid()
            report = await b.sweep()
            assert kinds(report) == ["missing"]
            assert report.for_a_person == []
            [payment] = query(tmp_path, "SELECT session_id, intent_id, amount, currency, status, paid_at FROM payments")
            paid_at = (session["created"] + 30) * 1000  # when the charge was made
            assert payment == (session["id"], session["payment_intent"], 300_000, "bdt", "paid", paid_at)
            await b.notice(session)  # the late notice changes nothing
            assert kinds(await b.sweep()) == []
            assert await b.announced() == ["u1"]

    run(main())


def test_the_provider_away_for_days_and_back_is_found_in_one_sweep(tmp_path: Path) -> None:
    """F18: the webhook endpoint down for more than three days, and we ourselves too."""

    async def main() -> None:
        async with books(tmp_path) as b:
            await b.sweep()
            for hour in range(5 * 24):
                b.paid(f"u{hour}", at=NOW + hour * HOUR)
            b.home.time = NOW + 5 * DAY
            report = await b.sweep()
            assert kinds(report) == ["missing"] * 120
            assert await b.announced() == sorted(f"u{hour}" for hour in range(120))
            assert kinds(await b.sweep()) == []

    run(main())


def test_only_the_webhook_away_the_next_sweep_finds_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            found = []
            for _ in range(4 * 4):  # four days
                b.paid(f"u{b.home.time}", at=b.home.time - 300_000)
                found += kinds(await b.sweep())
                b.home.time += 6 * HOUR
            assert found == ["missing"] * 16
            assert len(await b.announced()) == 16

    run(main())


def test_a_checkout_that_stood_open_for_a_day_is_found_though_it_was_opened_before_the_point(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid(at=NOW, status="open", payment_status="unpaid", payment_intent=None)
            b.home.time += 23 * HOUR
            assert kinds(await b.sweep()) == []
            assert b.point == b.home.time
            b.provider.add(session | {"status": "complete", "payment_status": "paid", "payment_intent": "pi_1"})
            b.home.time += HOUR
            assert kinds(await b.sweep()) == ["missing"]

    run(main())


def test_a_delayed_methods_money_holds_the_point_back_until_it_clears(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid(at=NOW, payment_status="unpaid")
            for _ in range(8):  # bank debits take up to a fortnight
                b.home.time += DAY
                assert kinds(await b.sweep()) == []
                assert b.point == session["created"] * 1000
            b.provider.add(session | {"payment_status": "paid"})
            b.home.time += 15 * 60_000
            assert kinds(await b.sweep()) == ["missing"]
            assert b.point == b.home.time

    run(main())


def test_money_that_failed_to_clear_does_not_hold_the_point(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid(at=NOW, payment_status="unpaid")
            b.provider.sessions[session["id"]]["payment_intent"]["status"] = "requires_payment_method"
            b.home.time += DAY
            await b.sweep()
            assert b.point == b.home.time

    run(main())


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"amount_total": 350_000}, "amount", "We have 3000 bdt, the provider 3500 bdt."),
        ({"currency": "usd"}, "currency", "We have bdt, the provider usd."),
        ({"payment_status": "unpaid"}, "status", "We have it as paid, the provider has it as not paid."),
    ],
)
def test_what_differs_is_flagged_and_left_as_it_is(
    tmp_path: Path, changes: dict[str, Any], kind: str, said: str
) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid()
            await b.notice(session)
            b.provider.add(session | changes)
            report = await b.sweep()
            assert [(f.kind, f.said, f.session_id) for f in report.for_a_person] == [(kind, said, session["id"])]
            money = "SELECT amount, currency, status, needs_look FROM payments"
            assert query(tmp_path, money) == [(300_000, "bdt", "paid", said)]
            assert query(tmp_path, "SELECT paid, needs_look FROM bookings") == [(300_000, said)]
            assert kinds(await b.sweep()) == [kind]

    run(main())


def test_a_reason_to_look_that_is_there_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid(amount_total=0, payment_intent=None, payment_status="no_payment_required")
            await b.notice(session)
            [(before,)] = query(tmp_path, "SELECT needs_look FROM payments")
            b.provider.add(session | {"currency": "usd"})
            assert kinds(await b.sweep()) == ["currency"]
            assert query(tmp_path, "SELECT needs_look FROM payments") == [(before,)]
            assert before

    run(main())


def test_a_refund_of_which_nobody_told_us_is_not_lost(tmp_path: Path) -> None:
    """It is given to the webhook's function, which makes of it what it makes of every refund."""

    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid()
            await b.notice(session)
            charge = b.provider.refund(session["id"], 300_000)
            report = await b.sweep()
            [(type_, body)] = query(tmp_path, "SELECT type, body FROM provider_events WHERE id LIKE 'reconciled%'")
            assert type_ == "charge.refunded"
            assert charge["id"] in body
            [(status,)] = query(tmp_path, "SELECT status FROM payments")
            assert (status, kinds(report)) == ("refunded", ["missing"])

    run(main())


def test_a_dispute_of_which_nobody_told_us_is_not_lost_nor_how_it_ended(tmp_path: Path) -> None:
    """Opened a hundred days after the payment, and decided when no checkout of that time is listed any more."""

    async def main() -> None:
        async with books(tmp_path) as b:
            session, other = b.paid(), b.paid("u2")
            await b.notice(session)
            await b.sweep()
            b.home.time += 100 * DAY
            for status, standing in [("needs_response", "disputed"), ("under_review", None), ("lost", "charged_back")]:
                b.provider.dispute(session["id"], status, b.home.time // 1000 - 60)
                would = await b.sweep(dry_run=True)
                report = await b.sweep()
                assert kinds(report) == kinds(would) == (["missing"] if standing else [])
                assert report.for_a_person == []
                assert kinds(await b.sweep()) == []
                if standing:
                    found = query(tmp_path, f"SELECT status FROM payments WHERE session_id = '{session['id']}'")
                    assert found == [(standing,)]
            assert query(tmp_path, f"SELECT status FROM payments WHERE session_id = '{other['id']}'") == [("paid",)]

    run(main())


def test_a_dispute_of_a_payment_that_is_none_of_ours_changes_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            elsewhere = b.paid(status="open")  # not completed, so it is not listed
            b.provider.dispute(elsewhere["id"], "lost", b.home.time // 1000)
            assert kinds(await b.sweep()) == []
            assert query(tmp_path, "SELECT count(*) FROM provider_events") == [(0,)]

    run(main())


def test_ours_that_the_provider_does_not_know_is_flagged(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            known, strange = b.paid("u1"), b.paid("u2")
            await b.notice(known)
            await b.notice(strange)
            del b.provider.sessions[strange["id"]]
            report = await b.sweep()
            assert [(f.kind, f.session_id) for f in report.findings] == [("unknown", strange["id"])]
            assert query(tmp_path, "SELECT user_id FROM payments WHERE needs_look IS NOT NULL") == [("u2",)]

    run(main())


def test_ours_older_than_the_list_is_asked_for_and_not_accused(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid(at=NOW - 40 * DAY)  # its money cleared an hour ago
            await b.notice(session)
            assert kinds(await b.sweep()) == []
            assert any(session["id"] in path for path in b.provider.asked)

    run(main())


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            other = b.paid("u2")
            await b.notice(other)
            b.paid("u1")
            b.provider.add(other | {"amount_total": 1})
            report = await b.sweep(dry_run=True)
            assert sorted(kinds(report)) == ["amount", "missing"]
            assert query(tmp_path, "SELECT count(*), count(needs_look) FROM payments") == [(1, 0)]
            assert b.point is None
            assert sorted(kinds(await b.sweep())) == ["amount", "missing"]

    run(main())


def test_a_narrow_look_does_not_move_the_point(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            old = b.paid(at=NOW - 3 * DAY)
            assert kinds(await b.sweep(since=NOW - HOUR)) == []
            assert b.point is None
            report = await b.sweep()
            assert [f.session_id for f in report.findings] == [old["id"]]
            await b.sweep(since=NOW - 30 * DAY)
            assert b.point == NOW

    run(main())


def test_an_api_out_of_reach_says_so_and_the_next_sweep_finds_all(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            await b.sweep()
            b.paid()
            b.home.time += 4 * DAY
            for away in ("refused", "failing"):
                b.provider.stop() if away == "refused" else setattr(b.provider, "fail", None)
                with pytest.raises(Unavailable) as problem:
                    await b.sweep()
                assert "Stripe" in problem.value.message
                assert b.provider.key not in problem.value.message
                assert b.point == NOW
                if away == "refused":
                    b.provider.start()
            b.provider.fail = 0
            assert kinds(await b.sweep()) == ["missing"]

    run(main())


def test_a_failure_in_the_middle_of_the_pages_keeps_what_was_recorded_and_the_point(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            for number in range(150):
                b.paid(f"u{number}", at=NOW - HOUR - number * 1000)

            def second_page(path: str) -> None:
                if "starting_after" in path:
                    b.provider.fail = None

            b.provider.on_request = second_page
            b.provider.fail = 0
            with pytest.raises(Unavailable):
                await b.sweep()
            assert len(await b.announced()) == 100
            assert b.point is None
            b.provider.on_request = lambda path: None
            b.provider.fail = 0
            assert kinds(await b.sweep()) == ["missing"] * 50
            assert len(set(await b.announced())) == len(await b.announced()) == 150

    run(main())


def test_a_hiccup_is_tried_again_as_long_as_the_provider_asks(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            b.paid()
            b.provider.fail, b.provider.status, b.provider.headers = 2, 429, {"retry-after": "3"}
            assert kinds(await b.sweep()) == ["missing"]
            assert b.waited == [3, 3]

    run(main())


def test_a_refused_key_is_said_at_once_without_the_key(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            before, b.provider.key = b.provider.key, "sk_test_rotated"
            with pytest.raises(Unavailable, match="CAREVIA_STRIPE_SECRET_KEY") as problem:
                await b.sweep()
            assert before[:8] not in problem.value.message
            assert b.waited == []

    run(main())


def test_sweeps_and_notices_at_the_same_moment_make_one_each(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            sessions = [b.paid(f"u{number}") for number in range(60)]
            await asyncio.gather(b.sweep(), b.sweep(), *(b.notice(session) for session in sessions), b.sweep())
            assert await b.announced() == sorted(f"u{number}" for number in range(60))
            assert query(tmp_path, "SELECT count(*), count(needs_look) FROM payments") == [(60, 0)]
            assert query(tmp_path, "SELECT count(*) FROM bookings") == [(60,)]

    run(main())


def test_a_notice_that_comes_while_the_list_is_read_is_no_difference(tmp_path: Path) -> None:
    """The page says "not paid yet", and by the time our record is read the money has cleared."""

    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid(payment_status="unpaid")
            compare = b.sweeper._compare

            async def later(page: Any, report: Report) -> None:
                if b.provider.sessions[session["id"]]["payment_status"] == "unpaid":
                    b.provider.add(session | {"payment_status": "paid"})
                    await b.notice(session, payment_status="paid")
                await compare(page, report)

            b.sweeper._compare = later  # type: ignore[method-assign]
            assert kinds(await b.sweep()) == []
            assert query(tmp_path, "SELECT count(*), count(needs_look) FROM payments") == [(1, 0)]

    run(main())


def test_a_booking_that_a_site_told_us_of_is_confirmed_by_the_provider(tmp_path: Path) -> None:
    from carevia.domain.site import SiteBooking

    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid("u1")
            told = SiteBooking(userId="u1", amountPaid="1", sessionId=session["id"], serviceName="Newborn Care")
            await b.home.payments.receive_site("wh_1", told)
            assert kinds(await b.sweep()) == ["missing"]
            assert query(tmp_path, "SELECT provider, amount FROM payments") == [("stripe", 300_000)]
            assert await b.announced() == ["u1"]

    run(main())


def test_money_without_our_metadata_is_kept_for_a_look_as_the_webhook_keeps_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            b.paid(metadata={})
            assert kinds(await b.sweep()) == ["missing"]
            assert query(tmp_path, "SELECT count(*) FROM bookings") == [(0,)]
            [(look,)] = query(tmp_path, "SELECT needs_look FROM payments")
            assert "no customer" in look
            assert kinds(await b.sweep()) == []

    run(main())


@pytest.mark.parametrize("live", [False, True])
def test_test_money_does_not_count_where_real_money_does_and_the_reverse(tmp_path: Path, live: bool) -> None:
    async def main() -> None:
        async with books(tmp_path, live=live) as b:
            b.paid("u1", livemode=not live)
            b.paid("u2", livemode=live)
            await b.sweep()
            assert await b.announced() == ["u2"]

    run(main())


def test_a_payment_of_this_moment_is_recorded_and_not_held_against_the_webhook(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            b.paid(at=NOW)
            assert kinds(await b.sweep()) == ["early"]
            assert await b.announced() == ["u1"]

    run(main())


def test_the_list_is_asked_from_before_the_point(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            await b.sweep()
            b.provider.asked.clear()
            await b.sweep()
            [path] = [path for path in b.provider.asked if "disputes" not in path]
            assert f"created%5Bgte%5D={(NOW - OVERLAP) // 1000}" in path

    run(main())
