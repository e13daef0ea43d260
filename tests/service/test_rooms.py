"""What is stored of joined rooms: from where each is owed, and for how long a socket finds them again."""

from operator import methodcaller
from pathlib import Path

from sqlalchemy import update

from carevia.api.pulse import FORGET_EVERY
from carevia.app import Carevia
from carevia.service.rooms import TOUCHED_WITHIN, Rooms
from carevia.store.store import Store
from carevia.store.tables import joined_rooms, journal, users
from tests.aio import run
from tests.api.desk import desk, staff
from tests.store.opened import opened


async def add(store: Store, *customers: str) -> None:
    for customer in customers:
        await store.write(methodcaller("insert", users, id=customer, role="user", created=0))


def test_the_first_join_decides_from_where_and_the_last_in_which_order(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(tmp_path) as store:
            clock = iter(range(10))
            rooms = Rooms(store, lambda: next(clock))
            await add(store, "rima", "karim")
            await rooms.join("s1", "rima", 5)
            await rooms.join("s1", "karim", 7)
            await rooms.join("s2", "rima", 8)
            await rooms.join_again("s1", "rima")
            await rooms.join("s2", "rima", 11)
            assert await rooms.still_open("s2") == [("rima", 8)]
            assert await rooms.still_open("s1") == [("karim", 7), ("rima", 5)]
            await rooms.leave("s1", "rima")
            await rooms.join("s1", "rima", 9)
            assert await rooms.still_open("s1") == [("karim", 7), ("rima", 9)]

    run(work())


async def age(carevia: Carevia, days: int) -> None:
    """Everything is so much older now."""
    for table in (journal, joined_rooms):
        older = update(table).values(time=table.c.time - days * 86_400_000)
        await carevia.store.write(methodcaller("run", older))


def test_a_tab_older_than_the_retention_still_finds_its_rooms_and_who_cannot_come_back_leaves_none(
    tmp_path: Path,
) -> None:
    """The journal forgets what is older than seven days. A desk that had a conversation open for longer lost it at the
    next cut, silently: it was recovered, and the room was not."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            carevia, rooms = d.carevia, d.carevia.rooms
            await carevia.pulse.stop()  # its own forgetting, a second after the start, would see six days pass at once
            await d.pay()
            await add(carevia.store, "rima")
            await rooms.join("went long ago", "rima", 1)
            await rooms.join(boss.id, "rima", 1)
            for _ in range(3):
                # Rows of its time are kept: it may come back.
                assert await rooms.still_open("went long ago") == [("rima", 1)]
                await age(carevia, 6)
                await d.pay()
                await carevia._forget()
                assert await rooms.still_open(boss.id) == [("rima", 1)]
            assert await rooms.still_open("went long ago") == []

    run(work())


def test_rows_of_a_clock_that_was_ahead_take_no_rooms_with_them(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            carevia, rooms = d.carevia, d.carevia.rooms
            await carevia.pulse.stop()
            await add(carevia.store, "rima")
            await d.pay()
            await age(carevia, -30)
            await d.pay()
            await age(carevia, 8)
            await d.pay()
            await rooms.join("went just now", "rima", 1)
            await carevia._forget()
            assert await rooms.still_open("went just now") == [("rima", 1)]
            assert (await carevia.store.bounds())[0] > 1

    run(work())


def test_living_sockets_are_touched_often_enough() -> None:
    assert FORGET_EVERY * 1000 < TOUCHED_WITHIN
