"""Presence over real sockets: who is told what of whom, and how soon."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path
from threading import Event
from typing import Any

from tests.aio import run
from tests.api.desk import Peer, customer, desk, message, staff


class Board:
    """What a desk's page knows from what it was told."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.states: dict[str, str] = {}

    async def hear(self) -> dict[str, Any]:
        said = await self._peer.told("presence")
        self.states = {} if said["whole"] else self.states
        self.states |= {one["userId"]: one["state"] for one in said["staff"]}
        for state in ("here", "away", "offline"):
            self.states |= dict.fromkeys(said[state], state)
        return said

    async def until(self, person: str, state: str) -> float:
        """How long it took."""
        begun = time.monotonic()
        async with asyncio.timeout(3):
            while self.states.get(person) != state:
                await self.hear()
        return time.monotonic() - begun


async def until_support(peer: Peer, state: str) -> float:
    begun = time.monotonic()
    async with asyncio.timeout(3):
        while (await peer.told("support"))["state"] != state:
            pass
    return time.monotonic() - begun


def test_staff_get_everybody_at_connect_and_then_the_changes(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d) | {"away": True}), d.socket(staff(d)) as boss:
            board = Board(boss)
            rafiq = {"userId": "boss", "name": "Rafiq Hasan", "state": "here"}
            whole = {"whole": True, "staff": [rafiq], "here": [], "away": ["u1"], "offline": []}
            assert await board.hear() == whole
            known = {tab.socket for tab in d.carevia.presence._tabs.values()}
            assert known == set(d.carevia.namespace.sockets), "by which other nodes know one that comes back there"
            async with d.socket(customer(d, "u2")):
                await board.until("u2", "here")
            assert await board.until("u2", "offline") < 1
            assert board.states == {"boss": "here", "u1": "away", "u2": "offline"}

    run(work())


def test_a_second_tab_that_closes_is_no_news_and_hiding_the_last_is(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss, d.socket(customer(d)) as tab:
            board = Board(boss)
            await board.until("u1", "here")
            async with d.socket(customer(d)):
                pass
            assert await tab.ask("presence", {"state": "away"}) == {"ok": True}
            assert (await board.hear())["away"] == ["u1"]
            assert (await tab.ask("presence", {"state": "asleep"}))["code"] == "bad_input"

    run(work())


def test_whoever_comes_again_on_one_connection_is_there_and_whoever_left_it_is_not(tmp_path: Path) -> None:
    """Though what the first one said is still being stored when the second one comes."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss, d.socket(customer(d)) as tab:
            board, go_on = Board(boss), Event()
            async with d.socket(customer(d, "u2")):
                await board.until("u2", "here")
            await board.until("u2", "offline")
            writer = asyncio.create_task(d.carevia.store.write(lambda _: go_on.wait(5)))
            said, again = json.dumps(message("u1")), json.dumps(customer(d, "u2"))
            await tab.send(f'42["send_message",{said}]\x1e41\x1e40{again}')
            await board.until("u2", "here")
            go_on.set()
            await writer
            await board.until("u1", "offline")
            async with d.socket(staff(d)) as other:
                assert (await other.told("presence"))["here"] == ["u2"]

    run(work())


def test_a_customer_learns_whether_support_is_there_and_nothing_of_anybody_else(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family, d.socket() as guest:
            assert await family.told("support") == {"state": "offline"}
            async with d.socket(staff(d)) as boss, d.socket(customer(d, "u2")):
                await until_support(family, "here")
                await boss.ask("presence", {"state": "away"})
                await until_support(family, "away")
                async with d.socket(customer(d, "u3")) as late:
                    assert await late.told("support") == {"state": "away"}
            assert await until_support(family, "offline") < 1
            answer = await d.http.get(family.query)
            assert "presence" not in answer.text
            assert "Rafiq" not in answer.text
            assert (await guest.ask("presence", {"state": "here"}))["code"] == "unauthorized"

    run(work())


def test_who_connects_while_changes_are_gathered_hears_of_those_that_are_taken_back(tmp_path: Path) -> None:
    """Whoever had been told before needs no news of a page that was loaded again. Who was greeted in between does."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d, "mitu")) as told_before:
            seen = Board(told_before)
            async with d.socket(customer(d)):
                await seen.until("u1", "here")
            async with d.socket(staff(d)) as boss:
                board = Board(boss)
                assert "u1" not in (await board.hear())["here"]
                async with d.socket(customer(d)), d.socket(customer(d, "u2")):
                    await board.until("u1", "here")
                    await board.until("u2", "here")
            async with AsyncExitStack() as soon_over:
                await soon_over.enter_async_context(d.socket(customer(d, "u3")))
                async with d.socket(staff(d)) as boss:
                    board = Board(boss)
                    assert "u3" in (await board.hear())["here"]
                    await soon_over.aclose()
                    await board.until("u3", "offline")

    run(work())


def test_a_customer_who_connects_while_support_reloads_its_page_hears_that_it_is_there(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family:
            async with d.socket(staff(d)):
                await until_support(family, "here")
            async with d.socket(customer(d, "u2")) as late:
                assert await late.told("support") == {"state": "offline"}
                async with d.socket(staff(d)):
                    await until_support(late, "here")

    run(work())


def test_a_message_is_refused_on_a_socket_that_is_somebody_elses_by_now(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)), d.socket(staff(d)) as boss:
            refused = await boss.ask("send_message", message("u1") | {"as": "colleague"})
            assert (refused["ok"], refused["code"]) == (False, "not_yours")
            assert (await boss.ask("send_message", message("u1") | {"as": "boss"}))["ok"] is True

    run(work())


def test_a_member_of_staff_without_a_name_has_one_name_among_colleagues(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(staff(d)) as rafiq,
            d.socket(customer(d)) as family,
            d.socket(staff(d, "m2", name=...)) as nameless,
        ):
            everybody = (await nameless.told("presence"))["staff"]
            assert {one["name"] for one in everybody} == {"Rafiq Hasan", "m2@example.com"}
            await family.ask("send_message", message("u1"))
            for peer in (rafiq, nameless):
                assert await peer.ask("join_room", "u1") == {"ok": True}
            viewers = (await nameless.told("viewers"))["viewers"]
            assert {one["name"] for one in viewers} == {"Rafiq Hasan", "m2@example.com"}
            await nameless.ask("send_message", message("u1", "1-b"))
            assert (await family.event("receive_message"))[0]["senderName"] == "Carevia Support"
            change, boss = {"roomId": "u1", "assignee": "m2"}, d.bearer("m2", "admin", name=...)
            answer = await d.http.post("/api/chat/conversation", json=change, headers=boss)
            row = answer.json()["data"]
            assert [row["assignee"]["name"], row["lastMessage"]["senderName"]] == ["m2@example.com", "m2@example.com"]

    run(work())
