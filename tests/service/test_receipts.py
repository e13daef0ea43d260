"""Receipts on a real store, relay and hub: every time of a paid booking, who had it on screen, and the alarm."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from carevia.domain.people import Person
from carevia.domain.receipts import Screen
from carevia.domain.times import iso
from carevia.errors import NotFound, Unavailable
from carevia.service.receipts import Mark, Receipts, runs
from carevia.service.relay import Relay
from tests.aio import run
from tests.service.house import NOW, STAFF, House, house
from tests.service.hub import a_hub
from tests.store.opened import execute, query

MITU = Person("s2", "admin", None, "Mitu Begum")


class Office:
    """A house with a relay and receipts; `desks` are connected, `clock` is monotonic seconds."""

    def __init__(self, home: House) -> None:
        self.home = home
        self.hub = a_hub([])
        self.relay = Relay(home.store, self.hub.namespace("/"), 0.05)
        self.desks = 1
        self.clock = 0.0
        self.receipts = Receipts(
            home.store,
            self.relay,
            now=lambda: home.time,
            clock=lambda: self.clock,
            desks=lambda: self.desks,
            patience=30.0,
        )

    async def pay(self, user: str = "u1") -> str:
        """A paid booking, announced; its tracking id."""
        await self.home.pay(user)
        return str((await self.home.announced())[-1]["trackingId"])

    def after(self, seconds: float) -> tuple[int, int]:
        """(unseen, unsent) of the alarm, that much later."""
        self.clock += seconds
        alarm = self.receipts.judge()
        return alarm.unseen, alarm.unsent


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    async with house(folder) as home:
        place = Office(home)
        await place.relay.start()
        await place.receipts.start()
        try:
            yield place
        finally:
            await place.relay.stop()
            await place.receipts.stop()
            await place.hub.stop()


def test_the_receipt_has_every_time_and_every_desk_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            code = await o.pay()
            first, second = Screen(), Screen()
            o.home.time = NOW + 80
            o.receipts.shown(STAFF, "tab-1", first, 0, 1)
            o.receipts.shown(STAFF, "tab-1", first, 0, 1)
            o.home.time = NOW + 95
            o.receipts.shown(MITU, "tab-2", second, 0, 1)
            await o.receipts.flush()
            o.receipts.shown(STAFF, "tab-1", Screen(), 0, 1)  # it came back, after a restart for instance
            await o.receipts.flush()
            receipt = await o.receipts.of(code)
            assert (receipt.seq, receipt.paidAt, receipt.receivedAt) == (1, iso(NOW // 1000 * 1000), iso(NOW))
            assert receipt.committedAt == iso(o.home.store.committed_at)
            assert (receipt.emittedAt, receipt.shownAt) == (iso(NOW), iso(NOW + 80))
            assert [(desk.personId, desk.name, desk.socketId, desk.shownAt) for desk in receipt.desks] == [
                ("s1", "Sumaiya Islam", "tab-1", iso(NOW + 80)),
                ("s2", "Mitu Begum", "tab-2", iso(NOW + 95)),
            ]
            assert o.receipts.state.unseen == 0
            assert o.receipts.received_to_screen.sum == pytest.approx(0.08)
            with pytest.raises(NotFound):
                await o.receipts.of("CV-NOTHING0")

    run(work())


def test_a_desk_that_shows_only_the_newest_is_not_on_the_receipt_of_an_older_one(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            older, newer = await o.pay("u1"), await o.pay("u2")
            o.receipts.shown(STAFF, "tab-1", Screen(), 2, 2)
            await o.receipts.flush()
            assert [len((await o.receipts.of(code)).desks) for code in (older, newer)] == [0, 1]
            assert o.receipts.state.unseen == 1
            o.receipts.shown(STAFF, "tab-1", Screen(), 0, 999)  # nobody can have seen what was not sent yet
            third = await o.pay("u3")
            await o.receipts.flush()
            assert [len((await o.receipts.of(code)).desks) for code in (older, newer, third)] == [1, 1, 0]

    run(work())


def test_a_thousand_desks_cost_one_row_a_second_and_no_write_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            code = await o.pay()
            writes = 0
            write = o.home.store.write

            async def counted(work: Any) -> Any:
                nonlocal writes
                writes += 1
                return await write(work)

            monkeypatch.setattr(o.home.store, "write", counted)
            for n in range(1_000):
                o.receipts.shown(STAFF, f"tab-{n}", Screen(), 0, 1)
            await o.receipts.flush()
            await o.receipts.flush()
            assert writes == 1
            assert query(tmp_path, "SELECT count(*) FROM screens") == [(1,)]
            assert len((await o.receipts.of(code)).desks) == 1_000

    run(work())


def test_bookings_of_one_commit_are_marked_by_one_statement_and_none_between_them() -> None:
    one, other = Mark(1, 2), Mark(1, 3)
    marks = {8: one, 5: Mark(1, 2), 6: one, 9: other, 11: other}
    assert runs(marks) == [(5, 6, one), (8, 8, one), (9, 9, other), (11, 11, other)]
    assert runs({}) == []


def test_every_booking_gets_its_times_although_nobody_looks(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            for user in ("u1", "u2", "u3"):
                await o.pay(user)
            await o.receipts.flush()
            found = query(tmp_path, "SELECT received, emitted, committed IS NULL FROM bookings ORDER BY announced")
            assert found == [(NOW, NOW, 0)] * 3

    run(work())


def test_the_alarm_rings_after_its_patience_and_ends_when_a_desk_shows_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            assert o.after(0) == (0, 0)
            await o.pay()
            assert o.after(29) == (0, 0)
            assert o.after(1) == (1, 0)
            assert (o.receipts.state.alarm.oldest, o.receipts.state.alarm.seconds) == (1, 30)
            o.receipts.shown(STAFF, "tab-1", Screen(), 0, 1)
            assert o.after(0) == (0, 0)

    run(work())


def test_without_a_desk_a_booking_is_unseen_and_the_clock_starts_with_the_first_desk(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            o.desks = 0
            o.after(0)
            await o.pay()
            assert o.after(3_600) == (0, 0)
            assert o.receipts.state.unseen == 1
            o.desks = 1
            assert o.after(0) == (0, 0)
            assert o.after(29) == (0, 0)
            assert o.after(1) == (1, 0)

    run(work())


def test_rows_that_the_relay_does_not_send_ring_without_any_desk(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            o.desks = 0
            await o.relay.stop()
            await o.pay()
            await o.receipts.look()
            assert o.after(0) == (0, 0)
            assert o.receipts.state.unsent == 1
            assert o.after(30) == (0, 1)
            await o.relay.start()  # takes up at the newest
            assert o.after(0) == (0, 0)

    run(work())


def test_after_a_restart_what_nobody_saw_is_unseen_still_and_its_replay_is_its_emission(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            await o.relay.stop()  # committed and never emitted: the process dies in between, and what it knew is lost
            o.home.time = NOW + 7
            code = await o.pay()
            o.receipts._gathered.marks.clear()
        async with office(tmp_path) as o:
            assert o.receipts.state.unseen == 1
            o.home.time = NOW + 5_000
            (row,) = await o.home.store.events_after(0, ["desk"], 10)
            o.receipts.emitted(row)
            o.home.time = NOW + 6_000
            o.receipts.emitted(row)  # to the next desk
            o.receipts.shown(STAFF, "tab-1", Screen(), 0, 1)
            await o.receipts.flush()
            receipt = await o.receipts.of(code)
            assert (receipt.committedAt, receipt.emittedAt) == (iso(NOW + 7), iso(NOW + 5_000))
        async with office(tmp_path) as o:
            assert o.receipts.state.unseen == 0

    run(work())


def test_after_a_restart_no_replay_is_the_emission_of_what_a_desk_had_before(tmp_path: Path) -> None:
    """The receipt said that a booking was sent after it was shown: to a desk that came back later than the first."""

    async def work() -> None:
        async with office(tmp_path) as o:
            code = await o.pay()
            o.receipts._gathered.marks.clear()  # the process dies before it has written that down
        async with office(tmp_path) as o:
            o.receipts.shown(STAFF, "tab-1", Screen(), 0, 1)
            o.home.time = NOW + 50
            (row,) = await o.home.store.events_after(0, ["desk"], 10)
            o.receipts.emitted(row)
            await o.receipts.flush()
            receipt = await o.receipts.of(code)
            assert (receipt.emittedAt, receipt.shownAt) == (None, iso(NOW))

    run(work())


def test_what_could_not_be_written_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: Any) -> Any:
        raise Unavailable("The disk is full.")

    async def work() -> None:
        async with office(tmp_path) as o:
            code = await o.pay()
            o.receipts.shown(STAFF, "tab-1", Screen(), 0, 1)
            with monkeypatch.context() as patch:
                patch.setattr(o.home.store, "write", away)
                with pytest.raises(Unavailable):
                    await o.receipts.flush()
                o.receipts.shown(MITU, "tab-2", Screen(), 0, 1)
            await o.receipts.flush()
            receipt = await o.receipts.of(code)
            assert [desk.socketId for desk in receipt.desks] == ["tab-1", "tab-2"]
            assert None not in (receipt.committedAt, receipt.emittedAt, receipt.shownAt)

    run(work())


def test_bookings_from_before_there_were_receipts_are_not_unseen(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as o:
            code = await o.pay()
        execute(tmp_path, "UPDATE bookings SET received = NULL, committed = NULL, emitted = NULL")
        async with office(tmp_path) as o:
            assert o.receipts.state.unseen == 0
            receipt = await o.receipts.of(code)
            assert (receipt.receivedAt, receipt.desks) == (None, [])

    run(work())


def test_what_a_desk_of_another_node_has_shown_is_seen_and_rings_nowhere(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as here, office(tmp_path) as there:
            await here.pay("u1")
            await there.relay.look()
            await here.pay("u2")  # which the other node may have yet to hear of
            here.receipts.shown(STAFF, "tab-1", Screen(), 0, 1)
            here.receipts.shown(STAFF, "tab-1", Screen(), 0, 2)
            await here.receipts.flush()
            assert there.receipts.state.unseen in (1, 2) and here.receipts.state.unseen == 0
            await there.receipts.look()
            await there.relay.look()
            await there.receipts.look()
            assert there.receipts.state.unseen == 0
            assert (there.after(60), here.after(60)) == ((0, 0), (0, 0))

    run(work())


def test_what_was_shown_before_a_node_came_is_seen_and_what_was_not_is_not(tmp_path: Path) -> None:
    async def work() -> None:
        async with office(tmp_path) as here:
            await here.pay("u1")
            here.receipts.shown(STAFF, "tab-1", Screen(), 0, 1)
            await here.receipts.flush()
            await here.pay("u2")
            async with office(tmp_path) as late:
                assert late.receipts.state.unseen == 1
                here.receipts.shown(STAFF, "tab-1", Screen(), 2, 2)
                await here.receipts.flush()
                await late.receipts.look()
                assert late.receipts.state.unseen == 0

    run(work())
