"""A model that Hypothesis drives: people come, go and look away, on two nodes whose messages are late or lost; once it
is quiet every page shows what is true. One is staff on some tabs and a customer on others, as when a role has changed.

Real sockets in virtual time; the nodes' bus is the test's own, because its losses are what is drawn.
"""

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from carevia.api.auth import Identity
from carevia.api.presence import GATHER, PresenceBoard
from carevia.api.seats import Seat, Seats, person_of
from carevia.api.viewers import ViewerList
from carevia.domain.chat import desk_side
from carevia.domain.people import DESK, Person
from carevia.realtime import Server, Socket
from carevia.realtime.adapter.roster import Message, Roster
from carevia.realtime.testing import TestClient, virtual_time

PEOPLE: Final = (
    Person("boss", "admin", None, "Rafiq Hasan"),
    Person("mitu", "admin", None, "Mitu Begum"),
    Person("rima", "user", None, None),
    Person("nusrat", "user", None, None),
    Person("mitu", "user", None, "Mitu Begum"),
)
Present = dict[tuple[str, bool], str]  # (person, whether as staff) -> state
FLUSHED, ON_THE_WAY, STALLED = 0.02, 0.01, 0.2  # s
QUIET = 5.0  # s: what was lost is asked for after a beat, a second each time


class Bus:
    """Between the rosters of the nodes: in order, late, and some of it never while it is `bad`."""

    def __init__(self, dice: random.Random) -> None:
        self.rosters: list[Roster] = []
        self.bad = False
        self._dice = dice

    def join(self, roster: Roster) -> None:
        loop = asyncio.get_running_loop()
        self.rosters.append(roster)
        roster.carry(self._send, lambda: loop.call_later(FLUSHED, roster.flush))

    def _send(self, message: Message) -> None:
        loop = asyncio.get_running_loop()
        for roster in self.rosters:
            if not (self.bad and self._dice.random() < 0.3):
                loop.call_later(ON_THE_WAY, roster.hear, message, loop.time())

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(1)
            for roster in self.rosters:
                roster.beat(asyncio.get_running_loop().time())


class Node:
    """The engine with what the desk knows of people, and nothing of what is stored."""

    def __init__(self, name: str, bus: Bus, stamps: Iterator[int]) -> None:
        self.server = Server()
        space = self.server.namespace("/")
        roster = Roster(name)
        self._seats = Seats(0, roster, lambda: next(stamps))
        self._board = PresenceBoard(space, self._seats, roster)
        self._viewers = ViewerList(space, roster)
        bus.join(roster)
        space.use(self._identify)
        space.on("connect")(self._connected)
        space.on("disconnect")(self._gone)
        space.on("presence")(self._board.tell)
        space.on("view")(self._view)
        space.on("leave")(self._leave)

    def _identify(self, socket: Socket, auth: dict[str, Any]) -> None:
        person = next(person for person in PEOPLE if (person.id, person.role) == (auth["id"], auth["role"]))
        socket.data = Seat(Identity(person, None, None))

    def _connected(self, socket: Socket, auth: dict[str, Any]) -> None:
        person = person_of(socket)
        assert person is not None
        self._seats.take(socket)
        self._board.join(socket, auth)
        socket.join(DESK if person.is_staff else person.id)
        self._board.greet(socket)

    def _gone(self, socket: Socket, _: str) -> None:
        self._viewers.gone(socket)
        self._seats.give_up(socket)
        self._board.leave(socket)

    def kept(self) -> list[object]:
        """Of whoever was there."""
        board = self._board
        return [kept for kept in (board._tabs, board._known, board._staff, board._told, board._presence._tabs) if kept]

    def _view(self, socket: Socket, room: str) -> None:
        socket.join(desk_side(room))
        self._viewers.came(socket, room)

    def _leave(self, socket: Socket, room: str) -> None:
        socket.leave(desk_side(room))
        self._viewers.went(socket, room)


class Tab:
    def __init__(self, person: Person, client: TestClient, away: bool) -> None:
        self.person = person
        self.client = client
        self.state = "away" if away else "here"
        self.viewing: str | None = None
        self._viewed_at = 0  # how many events had come by then

    def view(self, room: str | None) -> None:
        if self.viewing is not None:
            self.client.emit("leave", self.viewing)
        self.viewing, self._viewed_at = room, len(self.client.events)
        if room is not None:
            self.client.emit("view", room)

    def present(self) -> Present:
        """As a desk's page reckons."""
        states: Present = {}
        for event in self._events("presence"):
            said = event["presence"]
            states = {} if said["whole"] else states
            states |= {(one["userId"], True): one["state"] for one in said["staff"]}
            for state in ("here", "away", "offline"):
                states |= {(id, False): state for id in said[state]}
        return {person: state for person, state in states.items() if state != "offline"}

    def support(self) -> str:
        return str(self._events("support")[-1]["support"]["state"])

    def viewers(self) -> set[str]:
        told = [one["viewers"] for one in self._events("viewers", self._viewed_at)]
        here = [one["viewers"] for one in told if one["room"] == self.viewing]
        return {one["userId"] for one in here[-1]} if here else {self.person.id}

    def _events(self, name: str, first: int = 0) -> list[dict[str, Any]]:
        return [{name: event.args[0]} for event in self.client.events[first:] if event.name == name]


class World:
    def __init__(self, dice: random.Random, stack: AsyncExitStack) -> None:
        self.bus = Bus(dice)
        self._stack = stack
        stamps = itertools.count(1)
        self._nodes = [Node(name, self.bus, stamps) for name in ("east", "west")]
        self._tabs: list[Tab] = []
        self._transports: Iterator[Any] = itertools.cycle(("websocket", "polling"))

    async def open(self, which: int, person: Person) -> None:
        node = self._nodes[which % 2]
        away = which >= 2
        auth, transport = {"id": person.id, "role": person.role, "away": away}, next(self._transports)
        client = TestClient(node.server, auth=auth, transport=transport)
        await self._stack.enter_async_context(client)
        self._tabs.append(Tab(person, client, away))

    async def close(self, which: int, _: Person) -> None:
        if self._tabs:
            client = self._tabs.pop(which % len(self._tabs)).client
            client.resume()  # who is cut off cannot say that they go
            await client.close()

    async def look(self, which: int, _: Person) -> None:
        """Away from the tab, or at it again."""
        if self._tabs:
            tab = self._tabs[which % len(self._tabs)]
            tab.state = "here" if tab.state == "away" else "away"
            tab.client.emit("presence", tab.state)

    async def stall(self, which: int, _: Person) -> None:
        """The network of a tab brings nothing to it for a while."""
        if self._tabs:
            tab = self._tabs[which % len(self._tabs)]
            tab.client.pause()
            asyncio.get_running_loop().call_later(STALLED, self._go_on, tab)

    def _go_on(self, tab: Tab) -> None:
        if tab in self._tabs:
            tab.client.resume()

    async def view(self, which: int, person: Person) -> None:
        """A desk opens a customer's conversation, or closes the one that is open."""
        desks = [tab for tab in self._tabs if tab.person.is_staff]
        room = "nusrat" if person.id == "nusrat" else "rima"
        if desks:
            tab = desks[which % len(desks)]
            tab.view(None if tab.viewing == room else room)

    async def stop(self) -> None:
        for tab in self._tabs:
            await tab.client.close()
        await asyncio.sleep(QUIET)
        for node in self._nodes:
            assert not node.kept()
            await node.server.stop()

    # What is true.

    def check(self) -> None:
        present = self._present()
        staff = {state for (_, is_staff), state in present.items() if is_staff}
        support = "here" if "here" in staff else "away" if staff else "offline"
        for tab in self._tabs:
            if not tab.person.is_staff:
                assert tab.support() == support, tab.person.id
                continue
            assert tab.present() == present, tab.person.id
            if tab.viewing is not None:
                there = {one.person.id for one in self._tabs if one.viewing == tab.viewing}
                assert tab.viewers() == there, tab.person.id

    def _present(self) -> Present:
        states: Present = {}
        for tab in self._tabs:
            who = (tab.person.id, tab.person.is_staff)
            if states.get(who) != "here":
                states[who] = tab.state
        return states


WHAT: Final[tuple[Callable[..., Any], ...]] = (
    World.open, World.open, World.close, World.look, World.view, World.view, World.stall,
)  # fmt: skip
STEPS: Final = st.lists(
    st.tuples(
        st.sampled_from(WHAT),
        st.integers(0, 3),
        st.sampled_from(PEOPLE),
        st.sampled_from((0.0, 0.0, FLUSHED + ON_THE_WAY, GATHER / 2, GATHER, 1.0)),
    ),
    min_size=10,
    max_size=40,
)


@given(STEPS, st.booleans(), st.integers(0, 1_000))
@settings(max_examples=500, deadline=None)
def test_once_it_is_quiet_every_page_shows_who_is_there_and_who_looks_on(
    steps: list[tuple[Any, int, Person, float]], bad: bool, seed: int
) -> None:
    async def work() -> None:
        async with AsyncExitStack() as stack:
            world = World(random.Random(seed), stack)
            beats = asyncio.create_task(world.bus.beat())
            world.bus.bad = bad
            for step, which, person, pause in steps:
                await step(world, which, person)
                await asyncio.sleep(pause)
            world.bus.bad = False
            await asyncio.sleep(QUIET)
            world.check()
            await world.stop()
            beats.cancel()

    with virtual_time() as clock:
        clock.run(work())
