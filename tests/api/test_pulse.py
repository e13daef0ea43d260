"""`live`: what is newest, told to desks and customers in turns."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from carevia.realtime.fanout import Fanout
from carevia.realtime.message import Message
from tests.aio import run
from tests.api.desk import customer, desk, message, staff, until


def test_live_tells_the_desk_its_newest_number_and_the_time(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            assert (await boss.live())["seq"] == 0
            await d.pay()
            await d.pay()
            live = await boss.live()
            while live["seq"] != 2:
                live = await boss.live()
            assert live["time"].endswith("Z")
            assert set(live) == {"seq", "time"}

    run(work())


def test_live_waits_for_a_poll_that_is_on_its_way(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss:
            await boss.told("presence")  # it is in its rooms
            for _ in range(3):
                await d.carevia.pulse.live(customers=True)
                d.carevia.namespace.fanout.flush()  # nobody polls yet
            assert (await d.http.get(boss.query)).text.count('42["live"') >= 3

    run(work())


def test_others_have_their_turn_while_many_customers_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carevia.api.pulse.TOLD_AT_ONCE", 2)

    async def work() -> None:
        async with desk(tmp_path) as d, AsyncExitStack() as sockets:
            for number in range(5):
                one = await sockets.enter_async_context(d.socket(customer(d, f"u{number}")))
                await one.told("support")
            await d.carevia.pulse.stop()
            await d.carevia.pulse.live(customers=True)  # what the store knows of their rooms is read
            told: list[str] = []
            push = Fanout.push

            def counted(fanout: Fanout, sockets: Any, message: Message) -> None:
                told.extend(socket.id for socket in sockets)
                push(fanout, sockets, message)

            monkeypatch.setattr(Fanout, "push", counted)
            live, most = asyncio.create_task(d.carevia.pulse.live(customers=True)), 0
            while not live.done():
                before = len(told)
                await asyncio.sleep(0)
                most = max(most, len(told) - before)
            assert (len(told), most) == (5, 2)

    run(work())


def test_nothing_is_kept_of_the_rooms_of_customers_who_have_gone(tmp_path: Path) -> None:
    """A process lives for weeks, and each of its customers has a room."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            relay, pulse = d.carevia.relay, d.carevia.pulse
            async with d.socket(customer(d)) as family:
                seq = (await family.ask("send_message", message("u1")))["seq"]
                await until(lambda: relay.newest.get("u1") == seq)
                await pulse.live(customers=True)
                assert relay.newest["u1"] == seq, "it is there still"
            await until(lambda: not d.carevia.namespace.members("u1"))
            await pulse.live(customers=True)
            assert not relay.newest
            async with d.socket(customer(d)) as family:
                await family.told("support")
                await pulse.live(customers=True)
                assert (await family.live())["seq"] == seq

    run(work())


def test_live_of_a_customer_counts_their_own_room_only_and_survives_a_restart(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family, d.socket(customer(d, "u2")):
            await family.ask("send_message", message("u1"))
            await d.pay()
        async with desk(tmp_path) as d, d.socket(customer(d)) as one, d.socket(customer(d, "u2")) as two:
            await d.carevia.pulse.live(customers=True)
            assert [(await peer.live())["seq"] for peer in (one, two)] == [1, 0]

    run(work())


def test_a_customer_who_is_staff_on_an_older_tab_is_told_all_the_same(tmp_path: Path) -> None:
    """A role that an existing site has changed: the old tab goes on until its token ends."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d, "u1")), d.socket(customer(d)) as family:
            assert await family.told("support") == {"state": "here"}
            await d.carevia.pulse.live(customers=True)
            assert (await family.live())["seq"] == 0

    run(work())
