"""Reconciliation while the provider's API is away, breaks off, hesitates or refuses; over real HTTP."""

import asyncio
import contextlib
import socket
import time
from itertools import cycle
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from carevia.errors import Unavailable
from carevia.service import stripe_api
from carevia.service.reconcile import DAY, OVERLAP
from tests.aio import run
from tests.service.books import HOUR, books, kinds
from tests.service.house import NOW
from tests.store.opened import query


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
            point = b.point
            b.home.time += DAY
            b.provider.on_request = lambda path: setattr(b.provider, "fail", None if "/refunds" in path else 0)
            with pytest.raises(Unavailable):
                await b.sweep()
            assert b.point == point, "also where only what was refunded could not be read"

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


@pytest.mark.parametrize("said", [{"content-encoding": "gzip"}, {"content-encoding": "deflate"}])
def test_an_answer_that_is_not_packed_as_it_says_is_a_sentence(tmp_path: Path, said: dict[str, str]) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            b.provider.headers = said
            with pytest.raises(Unavailable, match="is not Stripe"):
                await b.sweep()

    run(main())


def test_an_answer_that_comes_byte_by_byte_is_waited_for_no_longer_than_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_api, "_SECONDS_OF_ONE", 0.2)

    async def main(port: int) -> None:
        stripe = stripe_api.StripeApi("sk_test_slow", f"http://127.0.0.1:{port}", sleep=not_at_all)
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable, match="Stripe does not answer"):
                await stripe.session("cs_test_slow")
        await stripe.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = Thread(target=answer_byte_by_byte, args=(listener, 2), daemon=True)
        asked.start()
        run(main(listener.getsockname()[1]))
        asked.join()


def answer_byte_by_byte(listener: socket.socket, requests: int) -> None:
    for _ in range(requests):
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
            while True:
                connection.sendall(b" ")
                time.sleep(0.02)


async def not_at_all(_: float) -> None:
    pass


def test_a_refused_key_is_said_at_once_without_the_key(tmp_path: Path) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            before, b.provider.key = b.provider.key, "sk_test_rotated"
            with pytest.raises(Unavailable, match="CAREVIA_STRIPE_SECRET_KEY") as problem:
                await b.sweep()
            assert before[:8] not in problem.value.message
            assert b.waited == []

    run(main())


def test_a_key_of_the_other_mode_is_said_and_nobody_is_called_to_look_at_a_payment(tmp_path: Path) -> None:
    """Each sweep called people to a hundred good payments, of which a key of the test mode knows nothing."""

    async def main() -> None:
        async with books(tmp_path) as b:
            await b.home.pay(id="cs_live_1")
            with pytest.raises(Unavailable, match="CAREVIA_STRIPE_SECRET_KEY is of Stripe's other mode"):
                await b.sweep()
            assert query(tmp_path, "SELECT needs_look FROM payments") == [(None,)]
            assert b.point is None

    run(main())


def test_a_list_whose_pages_come_round_again_is_said_to_have_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that leaves part of the query out gives the same pages for ever; a sweep must not read for ever."""

    async def main() -> None:
        async with books(tmp_path) as b:
            sessions = [b.paid("u1"), b.paid("u2")]
            pages = cycle([{"data": [session], "has_more": True} for session in sessions])
            monkeypatch.setattr(b.provider, "answer", lambda path, key: (200, next(pages)))
            async with asyncio.timeout(5):
                with pytest.raises(Unavailable, match="does not come to an end"):
                    await b.sweep()

    run(main())


@pytest.mark.parametrize("rest", [{}, {"has_more": None}, {"has_more": "true"}, {"has_more": True}])
def test_a_list_that_does_not_say_that_it_is_whole_moves_no_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest: dict[str, Any]
) -> None:
    """Read as an empty list it would settle checkouts that nobody has seen."""

    async def main() -> None:
        async with books(tmp_path) as b:
            b.paid()
            monkeypatch.setattr(b.provider, "answer", lambda path, key: (200, {"data": [], **rest}))
            with pytest.raises(Unavailable, match=r"cannot be read|does not come to an end"):
                await b.sweep()
            assert b.point is None

    run(main())


def test_an_answer_about_another_checkout_is_a_sentence_and_nothing_is_recorded_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with books(tmp_path) as b:
            asked, other = b.paid("u1"), b.paid("u2")
            for answer in ({}, b.provider.sessions[other["id"]]):
                monkeypatch.setattr(b.provider, "answer", lambda path, key, answer=answer: (200, answer))
                with pytest.raises(Unavailable, match="not the checkout asked for"):
                    await b.stripe.session(asked["id"])

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
