"""Drafts, on every database: one of each kind for a person and conversation, the newest ones, nothing unfit."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from carevia.domain.drafts import MOST, Draft
from carevia.domain.people import Person
from carevia.errors import BadInput, Forbidden, NotFound
from carevia.service.drafts import Drafts
from carevia.store.store import Store
from tests.aio import run
from tests.contract.works import opened

STAFF = Person("s1", "admin", None, "Sumaiya Islam")
FAMILY = Person("u1", "user", None, "Karim")


class Desk:
    """A person's drafts; each is kept a millisecond after the one before."""

    def __init__(self, store: Store) -> None:
        self._time = 1_795_408_215_000
        self._drafts = Drafts(store, now=lambda: self._time)
        self.of = self._drafts.of

    async def keep(self, person: Person, room: str, text: str, *, note: bool = False) -> None:
        self._time += 1
        await self._drafts.keep(person, Draft(room, note, text))


@asynccontextmanager
async def desk(make: Callable[[], Store]) -> AsyncIterator[Desk]:
    async with opened(make) as store:
        yield Desk(store)


def test_a_draft_is_found_again_until_it_is_emptied(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with desk(make) as d:
            await d.keep(STAFF, "u1", "Ayesha")
            await d.keep(STAFF, "u1", "Call back.", note=True)
            await d.keep(STAFF, "u1", "Ayesha comes")
            assert await d.of(STAFF) == [Draft("u1", False, "Ayesha comes"), Draft("u1", True, "Call back.")]
            for _ in range(2):
                await d.keep(STAFF, "u1", "")
            assert await d.of(STAFF) == [Draft("u1", True, "Call back.")]
            assert await d.of(FAMILY) == []

    run(main())


def test_the_oldest_is_given_up_for_one_too_many_and_another_person_s_never(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with desk(make) as d:
            await d.keep(FAMILY, "u1", "mine")
            for number in range(MOST + 1):
                await d.keep(STAFF, f"u{number}", "x")
            assert [draft.roomId for draft in await d.of(STAFF)] == [f"u{number}" for number in range(MOST, 0, -1)]
            assert len(await d.of(FAMILY)) == 1

    run(main())


def test_who_is_no_longer_staff_reads_nothing_of_what_was_begun_to_others(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with desk(make) as d:
            for room in ("u1", STAFF.id):
                await d.keep(STAFF, room, "Ayesha")
                await d.keep(STAFF, room, "Call back.", note=True)
            assert await d.of(Person(STAFF.id, "user")) == [Draft(STAFF.id, False, "Ayesha")]

    run(main())


def test_what_cannot_be_kept_changes_nothing(make: Callable[[], Store]) -> None:
    async def main() -> None:
        async with desk(make) as d:
            await d.keep(FAMILY, "u1", "mine")
            for room, text, note, error in (
                ("u1", "x" * 10_001, False, BadInput),
                ("u1", "\0", False, BadInput),
                ("", "x", False, BadInput),
                ("u2", "x", False, NotFound),
                ("u1", "x", True, Forbidden),
            ):
                with pytest.raises(error):
                    await d.keep(FAMILY, room, text, note=note)
            assert await d.of(FAMILY) == [Draft("u1", False, "mine")]

    run(main())
