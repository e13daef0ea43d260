"""What guessing at passwords is met with, on every database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import HashingError, VerificationError
from sqlalchemy import func, select

from carevia.errors import RateLimited, SignInFirst, Unavailable
from carevia.service.attempts import KNOWN_FOR, PER_ACCOUNT, PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, WINDOW
from carevia.service.passwords import Passwords
from carevia.service.people import People
from carevia.store.store import Store
from carevia.store.tables import login_failures
from tests.aio import run
from tests.contract.works import opened

DAY = 24 * 3_600_000
OWNER, HOME = "rafiq@example.com", "198.51.100.7"
COUNT = select(func.count()).select_from(login_failures)


class Door:
    """Where somebody tries passwords; `time` is its clock."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.time = 1_795_408_215_000
        self.people = People(store, Passwords(memory_kib=8), lambda: self.time)

    async def wrong(self, address: str, email: str = OWNER) -> None:
        with pytest.raises(SignInFirst, match="not right"):
            await self.people.sign_in(email, "guess", address)

    async def right(self, address: str) -> None:
        await self.people.sign_in(OWNER, "long enough", address)

    async def shut(self, address: str) -> None:
        """Also for the right password."""
        with pytest.raises(RateLimited, match="Too many attempts") as refused:
            await self.right(address)
        assert 0 < (refused.value.retry_after or 0) <= WINDOW // 1000

    async def besieged(self) -> None:
        """Strangers make all guesses that they may."""
        for number in range(PER_ACCOUNT // PER_ACCOUNT_AND_ADDRESS):
            for _ in range(PER_ACCOUNT_AND_ADDRESS):
                await self.wrong(f"203.0.113.{number}")


@asynccontextmanager
async def door(make: Callable[[], Store]) -> AsyncIterator[Door]:
    async with opened(make) as store:
        made = Door(store)
        await made.people.add(OWNER, "admin", None, "long enough")
        yield made


def test_strangers_who_guess_from_everywhere_do_not_lock_the_owner_out(make: Callable[[], Store]) -> None:
    """After a hundred wrong passwords the owner was answered 429 for fifteen minutes, wherever they came from."""

    async def main() -> None:
        async with door(make) as at:
            await at.right(HOME)
            await at.besieged()
            await at.right("192.0.2.1")
            for _ in range(PER_ACCOUNT_AND_ADDRESS - 1):
                await at.wrong(HOME)
            await at.right(HOME)

    run(main())


def test_each_address_has_one_guess_at_an_account_at_which_a_hundred_were_wrong(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with door(make) as at:
            await at.besieged()
            await at.wrong("192.0.2.1")
            await at.shut("192.0.2.1")
            at.time += WINDOW
            await at.wrong("192.0.2.1")
            await at.right("192.0.2.1")

    run(main())


def test_who_signs_in_takes_back_one_attempt_and_no_guess_of_the_same_millisecond(make: Callable[[], Store]) -> None:
    """Guesses sent beside a password that one knows were not counted."""

    async def main() -> None:
        async with door(make) as at:
            for number in range(PER_ADDRESS - 1):
                await at.wrong("192.0.2.1", f"{number}@example.com")
            await at.right("192.0.2.1")
            await at.wrong("192.0.2.1")
            await at.shut("192.0.2.1")

    run(main())


def test_where_somebody_signed_in_is_known_for_90_days_and_then_forgotten(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with door(make) as at:
            await at.right(HOME)
            at.time += KNOWN_FOR - 1
            await at.people.forget_old()
            await at.besieged()
            await at.wrong(HOME)
            await at.wrong(HOME)
            at.time += 1
            await at.shut(HOME)
            at.time += WINDOW
            await at.people.forget_old()
            assert (await at.store.read(lambda tx: tx.all(COUNT)))[0][0] == 0

    run(main())


def test_a_clock_that_was_days_ahead_locks_nobody_out_once_it_is_right(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with door(make) as at:
            at.time += 4 * DAY
            for _ in range(PER_ACCOUNT_AND_ADDRESS):
                await at.wrong(HOME)
            await at.shut(HOME)
            at.time -= 4 * DAY
            await at.people.forget_old()
            assert (await at.store.read(lambda tx: tx.all(COUNT)))[0][0] == 0
            await at.right(HOME)

    run(main())


def test_a_clock_that_went_back_some_minutes_gives_no_guesses_away(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with door(make) as at:
            for _ in range(PER_ACCOUNT_AND_ADDRESS):
                await at.wrong(HOME)
            at.time -= 5 * 60_000  # another node's clock, or ours that was set right
            with pytest.raises(RateLimited):
                await at.right(HOME)

    run(main())


def test_a_password_that_could_not_be_compared_for_want_of_memory_is_not_called_wrong(
    make: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner was answered 401 for the right password, and after five times 429 for fifteen minutes."""

    async def main() -> None:
        async with door(make) as at:
            with monkeypatch.context() as scarce:
                scarce.setattr(PasswordHasher, "verify", fails(VerificationError))
                for _ in range(PER_ACCOUNT_AND_ADDRESS):
                    with pytest.raises(Unavailable, match="cannot be checked"):
                        await at.right(HOME)
            await at.right(HOME)

    run(main())


def test_an_account_that_the_store_could_not_show_was_not_guessed_at(
    make: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five answers of 503, and the owner was shut out for fifteen minutes."""

    async def main() -> None:
        async with door(make) as at:
            with monkeypatch.context() as away:
                away.setattr(at.store, "read", fails(Unavailable))
                for _ in range(PER_ACCOUNT_AND_ADDRESS):
                    with pytest.raises(Unavailable):
                        await at.right(HOME)
            await at.right(HOME)

    run(main())


def test_an_account_whose_password_could_not_be_hashed_for_want_of_memory_is_not_made(
    make: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with door(make) as at:
            monkeypatch.setattr(PasswordHasher, "hash", fails(HashingError))
            with pytest.raises(Unavailable, match="cannot be checked"):
                await at.people.add("nasrin@example.com", "admin", None, "long enough")

    run(main())


def fails(error: type[Exception]) -> Callable[..., object]:
    def work(*_: object) -> object:
        raise error("Memory allocation error")

    return work
