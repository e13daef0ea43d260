"""Reconciliation of what both know and know differently, or only one of them."""

from pathlib import Path
from typing import Any

import pytest

from carevia.service.reconcile import DAY
from tests.aio import run
from tests.service.books import books, kinds
from tests.service.house import NOW
from tests.store.opened import query


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


def test_a_refund_of_an_old_payment_of_which_nobody_told_us_is_not_lost(tmp_path: Path) -> None:
    """While the webhook was away: its checkout was opened, and recorded here, long before anything that is listed."""

    async def main() -> None:
        async with books(tmp_path) as b:
            old, other, elsewhere = b.paid("u1"), b.paid("u2"), b.paid("u3", status="open")
            await b.notice(old)
            await b.notice(other)
            await b.sweep()
            b.home.time += 20 * DAY
            await b.sweep()
            refunded_at = b.home.time // 1000 + 60
            b.home.time += 4 * DAY
            for session in (old, elsewhere):
                b.provider.refund(session["id"], 300_000, refunded_at)
            b.provider.refund(other["id"], 0, refunded_at)  # one that failed: nothing of it is counted
            assert kinds(await b.sweep(dry_run=True)) == kinds(await b.sweep()) == ["missing"]
            assert kinds(await b.sweep()) == []
            money = "SELECT user_id, status, refunded FROM payments ORDER BY user_id"
            assert query(tmp_path, money) == [("u1", "refunded", 300_000), ("u2", "paid", 0)]
            assert query(tmp_path, "SELECT status FROM bookings ORDER BY user_id") == [("cancelled",), ("booked",)]

    run(main())


def test_how_much_went_back_is_compared_and_a_further_refund_is_said(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            session = b.paid()
            await b.notice(session)
            await b.notice(b.provider.refund(session["id"], 100_000), "charge.refunded")
            assert kinds(await b.sweep(dry_run=True)) == kinds(await b.sweep()) == []
            b.provider.refund(session["id"], 250_000)  # and its notice was lost
            assert kinds(await b.sweep(dry_run=True)) == kinds(await b.sweep()) == ["missing"]
            assert query(tmp_path, "SELECT status, refunded FROM payments") == [("partly_refunded", 250_000)]
            b.provider.refund(session["id"], 50_000)  # the last one failed, and that notice was lost too
            [finding] = (await b.sweep()).for_a_person
            assert finding.said == "We have 2500 bdt as gone back, the provider 500 bdt."

    run(main())


def test_a_refund_that_failed_weeks_later_of_which_nobody_told_us_is_not_lost(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            sent_back, told, arrived = b.paid("u1"), b.paid("u2"), b.paid("u3")
            for session in (sent_back, told, arrived):
                await b.notice(session)
            b.home.time += 40 * DAY
            for session in (sent_back, told, arrived):
                charge = b.provider.refund(session["id"], 300_000, b.home.time // 1000)
                await b.notice(charge, "charge.refunded")
            await b.sweep()
            b.home.time += 20 * DAY
            await b.sweep()
            await b.notice(b.provider.refund_failed(told["id"]), "refund.failed")
            b.provider.refund_failed(sent_back["id"])
            assert kinds(await b.sweep(dry_run=True)) == kinds(await b.sweep()) == ["missing"]
            assert kinds(await b.sweep()) == []
            troubles = query(tmp_path, "SELECT user_id, trouble FROM payments ORDER BY user_id")
            assert troubles == [("u1", "a refund failed"), ("u2", "a refund failed"), ("u3", None)]
            assert query(tmp_path, "SELECT trouble FROM bookings WHERE user_id = 'u1'") == [("a refund failed",)]

    run(main())


def test_a_dispute_of_which_nobody_told_us_is_not_lost_nor_how_it_ended(tmp_path: Path) -> None:
    """Opened a hundred days after the payment, and decided when no checkout of that time is listed any more."""

    async def main() -> None:
        async with books(tmp_path) as b:
            session, other = b.paid(), b.paid("u2")
            await b.notice(session)
            await b.sweep()
            b.home.time += 100 * DAY
            told = {"needs_response": "disputed", "under_review": None, "lost": "charged_back", "won": "paid"}
            for status, standing in told.items():
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


@pytest.mark.parametrize("live", [False, True])
def test_refunds_and_disputes_of_test_money_do_not_count_where_real_money_does_and_the_reverse(
    tmp_path: Path, live: bool
) -> None:
    async def main() -> None:
        async with books(tmp_path, live=live) as b:
            refunded, disputed = b.paid("u1", livemode=not live), b.paid("u2", livemode=not live)
            for session in (refunded, disputed):
                await b.notice(session)
            await b.sweep()
            b.home.time += 20 * DAY  # no checkout of that time is listed any more
            await b.sweep()
            b.home.time += DAY
            b.provider.refund(refunded["id"], 300_000, b.home.time // 1000 - 60)
            b.provider.dispute(disputed["id"], "lost", b.home.time // 1000 - 60)
            assert kinds(await b.sweep()) == []
            assert query(tmp_path, "SELECT DISTINCT status FROM payments") == [("paid",)]

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
