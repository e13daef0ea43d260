"""Reconciliation against a stand-in for the Stripe API, over real HTTP, with a clock that the tests turn."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from carevia.errors import BadInput
from carevia.service.reconcile import DAY, Report
from tests.aio import run
from tests.service.books import HOUR, books, kinds
from tests.service.house import NOW
from tests.store.opened import query


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


def test_half_an_emoji_in_one_checkout_keeps_no_sweep_from_the_others(tmp_path: Path) -> None:
    """No answer that held one could be read, and no payment was found any more."""

    async def main() -> None:
        async with books(tmp_path) as b:
            b.paid("u1", metadata={"userId": "u1", "userName": "Tahmid \ud83d"})
            b.paid("u2")
            assert kinds(await b.sweep()) == ["missing"] * 2
            assert await b.announced() == ["u1", "u2"]

    run(main())


def test_what_cannot_be_recorded_is_said_by_every_sweep_and_keeps_none_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            odd = b.paid("u1")
            b.paid("u2", at=NOW)
            receive = b.home.payments.receive_stripe

            async def received(body: bytes, event: Any) -> Any:
                if str(odd["id"]).encode() in body:
                    raise BadInput("It is too long.")
                return await receive(body, event)

            monkeypatch.setattr(b.home.payments, "receive_stripe", received)
            assert sorted(kinds(await b.sweep())) == ["early", "unrecorded"]
            assert b.point == odd["created"] * 1000
            b.home.time += DAY
            [left] = (await b.sweep()).for_a_person
            assert (left.kind, left.said) == ("unrecorded", "It is paid and cannot be recorded: It is too long.")

    run(main())


def test_the_provider_away_for_days_and_back_is_found_in_one_sweep(tmp_path: Path) -> None:
    """The webhook endpoint down for more than three days, and we ourselves too."""

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


def test_a_sweep_of_a_clock_that_was_ahead_loses_nothing_once_it_is_right(tmp_path: Path) -> None:
    """Its point lay in the future: the first sweep afterwards asked for nothing, and moved it to now."""

    async def main() -> None:
        async with books(tmp_path) as b:
            true = b.home.time
            b.home.time = true + 30 * DAY
            await b.sweep()
            b.home.time = true + 3 * DAY  # set right while we were away
            b.paid(at=true + HOUR)
            assert kinds(await b.sweep()) == ["missing"]
            assert await b.announced() == ["u1"]

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


def test_money_that_never_clears_holds_the_point_back_for_thirty_days(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            b.paid(at=NOW, payment_status="unpaid")
            b.home.time += DAY
            await b.sweep()
            b.home.time += 40 * DAY
            await b.sweep()
            assert b.point == b.home.time - 30 * DAY

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
            await b.home.site_tells("wh_1", told)
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
