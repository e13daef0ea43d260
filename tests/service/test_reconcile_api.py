"""Reconciliation while the provider's API is away, breaks off, hesitates or refuses; over real HTTP."""

import asyncio
from itertools import cycle
from pathlib import Path

import pytest

from carevia.errors import Unavailable
from carevia.service.reconcile import DAY, OVERLAP
from tests.aio import run
from tests.service.books import HOUR, books, kinds
from tests.service.house import NOW


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


def test_a_list_whose_pages_come_round_again_is_said_to_have_no_end(tmp_path: Path) -> None:
    """A proxy that leaves part of the query out gives the same pages for ever; a sweep must not read for ever."""

    async def main() -> None:
        async with books(tmp_path) as b:
            sessions = [b.paid("u1"), b.paid("u2")]
            pages = cycle([{"data": [session], "has_more": True} for session in sessions])
            setattr(b.provider, "answer", lambda path, key: (200, next(pages)))  # noqa: B010
            async with asyncio.timeout(5):
                with pytest.raises(Unavailable, match="does not come to an end"):
                    await b.sweep()

    run(main())


def test_the_list_is_asked_from_before_the_point(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            await b.sweep()
            b.provider.asked.clear()
            await b.sweep()
            [path] = [path for path in b.provider.asked if "/checkout/sessions" in path]
            assert f"created%5Bgte%5D={(NOW - OVERLAP) // 1000}" in path

    run(main())
