"""Recovery: what a socket missed comes once, in order; what cannot be honoured is a reset, never a silent gap."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from carevia.domain.people import Person
from carevia.realtime import Server, Socket
from carevia.realtime.testing import TestClient
from carevia.service import replay as replay_module
from carevia.service.relay import Relay
from carevia.service.replay import Replay
from carevia.store.store import Store
from carevia.store.tables import journal
from carevia.store.transaction import Transaction
from tests.service.hub import heard
from tests.service.test_relay import event, run, running, until

STAFF = Person("staff-1", "admin", name="Rafiq")
COLLEAGUE = Person("staff-2", "admin", name="Mitu")
CUSTOMER = Person("rima", "user")
DESK = {"desk": "desk"}
Transport = Literal["websocket", "polling"]


class Door:
    """Clients that come as somebody, with the pid and the offset they have from before."""

    def __init__(self, hub: Server, replay: Replay, stack: AsyncExitStack) -> None:
        self.hub = hub
        self.replay = replay
        self._stack = stack
        self.people = {person.id: person for person in (STAFF, COLLEAGUE, CUSTOMER)}
        self.rooms = DESK
        self.joined: dict[str, int] = {}
        space = hub.namespace("/")
        space.recovery = replay
        space.use(self._identify)

        @space.on("connect")
        async def connected(socket: Socket, auth: dict[str, Any]) -> None:
            await replay.catch_up(socket, self.rooms, self.joined)

    async def _identify(self, socket: Socket, auth: dict[str, Any]) -> None:
        socket.data = self.people.get(auth["as"])
        await self.replay.look(auth)

    async def come(
        self, person: Person | None, pid: Any = None, offset: Any = None, transport: Transport = "websocket"
    ) -> TestClient:
        """A CONNECT; `heard` waits until what it missed has come."""
        client = TestClient(self.hub, auth={"as": person.id if person else "guest"}, transport=transport)
        client.pid, client.offset = pid, offset
        return await self._stack.enter_async_context(client)


@asynccontextmanager
async def replaying(folder: Path, poll_seconds: float = 0.05) -> AsyncIterator[tuple[Store, Door, Relay]]:
    async with running(folder, poll_seconds) as (store, hub, relay), AsyncExitStack() as stack:
        replay = Replay(store, relay, b"secret", lambda socket: socket.data)
        await replay.start()
        yield store, Door(hub, replay, stack), relay


def many(count: int, size: int) -> Callable[[Transaction], None]:
    """Rows of the desk with so many bytes each, in one transaction."""

    def work(tx: Transaction) -> None:
        for n in range(count):
            event("desk", n, text="x" * size)(tx)

    return work


async def numbers(client: TestClient) -> list[int]:
    return [sent.payload["n"] for sent in await heard(client)]


def test_a_client_cut_before_its_first_event_gets_all_it_missed(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            await store.write(event("desk", 0))
            await until(lambda: relay.position == 1)
            first = await door.come(STAFF)
            first.cut()
            assert not first.recovered
            await store.write(event("desk", 1))
            await store.write(event("elsewhere", 2))
            await store.write(event("desk", 3))
            await until(lambda: relay.position == 4)
            second = await door.come(STAFF, first.pid)
            assert second.recovered
            assert (second.pid, second.sid) == (first.pid, first.sid)
            got = await heard(second)
            assert [sent.payload["n"] for sent in got] == [1, 3]
            assert [sent.offset for sent in got] == [f"{store.epoch}.2", f"{store.epoch}.4"]

    run(body())


def test_the_offset_says_where_to_go_on(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            for n in range(5):
                await store.write(event("desk", n))
            await until(lambda: relay.position == 5)
            client = await door.come(STAFF, pid, f"{store.epoch}.3")
            assert client.recovered
            assert await numbers(client) == [3, 4]

    run(body())


ODD = ["", "x", "other-epoch.3", "EPOCH.-1", "EPOCH.1e3", 7, None, "EPOCH." + "9" * 500]


@pytest.mark.parametrize("offset", ODD)
def test_an_odd_offset_counts_as_the_start_of_the_pid(tmp_path: Path, offset: Any) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            await store.write(event("desk", 0))
            await until(lambda: relay.position == 1)
            shown = offset.replace("EPOCH", store.epoch) if isinstance(offset, str) else offset
            client = await door.come(STAFF, pid, shown)
            assert client.recovered
            assert await numbers(client) == [0]

    run(body())


def test_a_pid_that_is_not_honoured_gives_a_new_one_and_a_reset_that_ends_in_the_current_offset(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            assert pid is not None
            await store.write(event("desk", 0))
            await until(lambda: relay.position == 1)
            forged = pid[:-2] + ("AA" if not pid.endswith("AA") else "BB")
            others = str((await door.come(COLLEAGUE)).pid)
            resigned = f"{others.partition('.')[0]}.{pid.partition('.')[2]}"  # with the signature of another
            bad: list[tuple[Person, Any]] = [(COLLEAGUE, pid), (CUSTOMER, pid), (COLLEAGUE, resigned)]
            bad += [(STAFF, shown) for shown in (forged, "nonsense", 5, "é.é")]
            for person, shown in bad:
                client = await door.come(person, shown, "x")
                assert not client.recovered
                assert client.pid not in (None, pid)
                assert [(sent.name, sent.offset) for sent in await heard(client)] == [("reset", f"{store.epoch}.1")]

    run(body())


def test_beyond_the_retention_comes_a_reset_and_never_a_silent_gap(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            for n in range(5):
                await store.write(event("desk", n))
            await until(lambda: relay.position == 5)
            door.replay.oldest = 4
            kept = await door.come(STAFF, pid, f"{store.epoch}.3")
            assert kept.recovered
            assert await numbers(kept) == [3, 4]
            gone = await door.come(STAFF, pid, f"{store.epoch}.2")
            assert not gone.recovered
            assert [(sent.name, sent.payload["reason"]) for sent in await heard(gone)] == [("reset", "retention")]

    run(body())


@pytest.mark.parametrize("ahead", ["offset", "start"])
def test_a_cursor_ahead_of_the_log_is_a_reset_though_the_epoch_is_the_same(tmp_path: Path, ahead: str) -> None:
    """An older file was put back by hand: what the client has seen above it is gone, and other rows get its numbers."""

    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            if ahead == "start":
                relay.position = 7  # what it was before
            pid = (await door.come(STAFF)).pid
            relay.position = 0
            await store.write(event("desk", 0))
            await until(lambda: relay.position == 1)
            client = await door.come(STAFF, pid, f"{store.epoch}.5" if ahead == "offset" else None)
            assert not client.recovered
            (reset,) = await heard(client)
            assert (reset.name, reset.payload["reason"], reset.offset) == ("reset", "restored", f"{store.epoch}.1")
            back = await door.come(STAFF, client.pid, reset.offset)
            assert back.recovered
            assert await heard(back) == []

    run(body())


def test_what_another_process_has_committed_and_shown_is_not_ahead_of_the_log(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path, 60.0) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            relay._unsubscribe()  # and its next poll is far away
            for n in range(3):
                await store.write(event("desk", n))
            assert relay.position == 0
            client = await door.come(STAFF, pid, f"{store.epoch}.2")
            assert client.recovered
            assert await numbers(client) == [2]
            relay._unsubscribe = store.subscribe(relay._committed)

    run(body())


def test_a_reset_that_was_lost_on_its_way_is_said_again(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            lost = await door.come(STAFF, "not a pid", "x")
            assert lost.pid is not None
            for n in range(2):
                await store.write(event("desk", n))
            await until(lambda: relay.position == 2)
            again = await door.come(STAFF, lost.pid, "x")  # its CONNECT reply arrived, its reset did not
            assert not again.recovered
            (reset,) = await heard(again)
            assert (reset.name, reset.payload["reason"], reset.offset) == ("reset", "not yours", f"{store.epoch}.2")
            assert (await door.come(STAFF, again.pid, reset.offset)).recovered

    run(body())


def test_rows_forgotten_while_a_client_catches_up_close_it_and_it_comes_back_to_a_reset(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            for n in range(5):
                await store.write(event("desk", n))
            await until(lambda: relay.position == 5)
            await store.write(lambda tx: tx.run(delete(journal).where(journal.c.seq < 4)))  # by another process
            relay._recent.clear()  # as in a process that started since
            client = await door.come(STAFF, pid, f"{store.epoch}.1")
            assert (client.recovered, (await client.ended()).why) == (True, "retention")
            assert client.events == []
            back = await door.come(STAFF, pid, f"{store.epoch}.1")
            assert [(sent.name, sent.payload["reason"]) for sent in await heard(back)] == [("reset", "retention")]

    run(body())


def test_who_is_no_longer_staff_or_became_it_starts_afresh(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (_, door, _):
            pid = (await door.come(STAFF)).pid
            door.people[STAFF.id] = Person(STAFF.id, "user")
            client = await door.come(STAFF, pid)
            assert not client.recovered
            assert [(sent.name, sent.payload["reason"]) for sent in await heard(client)] == [("reset", "rights")]

    run(body())


def test_a_room_is_replayed_from_where_it_was_joined_and_the_desk_from_the_offset(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            for n, room in enumerate(["desk", "rima", "desk", "rima", "karim", "desk"], 1):
                await store.write(event(room, n))
            await until(lambda: relay.position == 6)
            door.rooms, door.joined = {"desk": "desk", "rima": "rima/desk", "karim": "karim/desk"}, {"rima": 2}
            assert await numbers(await door.come(STAFF, pid)) == [1, 3, 4, 5, 6]

    run(body())


def test_a_row_that_cannot_be_shown_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(CUSTOMER)).pid
            await store.write(lambda tx: tx.append("desk", "receive_message", {}, now=0))
            await store.write(lambda tx: tx.run(update(journal).values(payload="[]")))
            await store.write(event("desk", 1))
            await until(lambda: relay.position == 2)
            relay._recent.clear()  # it took the row as it was committed
            assert await numbers(await door.come(CUSTOMER, pid)) == [1]

    run(body())


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_large_rows_come_in_smaller_pages_and_no_faster_than_they_are_read(
    tmp_path: Path, transport: Transport
) -> None:
    """A page of the most rows could be larger than what may wait for one client: it would be dropped, come back, and
    be dropped again."""
    pages: list[int] = []

    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            missed = store.missed

            async def counted(seq: int, rooms: Any, limit: int) -> Any:
                pages.append(limit)
                return await missed(seq, rooms, limit)

            pid = (await door.come(STAFF)).pid
            await store.write(many(300, 10_000))
            await until(lambda: relay.position == 300)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(store, "missed", counted)
                client = await door.come(STAFF, pid, transport=transport)
                assert await numbers(client) == list(range(300))
            assert max(pages) <= 50
            assert door.hub.engine.stats.slow == 0

    run(body())


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_the_others_have_their_turn_while_one_client_catches_up_no_faster_than_it_reads(
    tmp_path: Path, transport: Transport
) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            await store.write(many(400, 1_000))
            await until(lambda: relay.position == 400)
            emitted, unsent = [0], [0]
            client = await door.come(STAFF, pid, transport=transport)
            (socket,) = (s for s in door.hub.namespace("/").sockets.values() if s.recovered)
            lagging: Any = socket.session.transport
            while len(client.events) < 400:
                emitted.append(len(client.events))
                unsent.append(lagging.unsent)
                await asyncio.sleep(0)
            assert max(after - before for before, after in pairwise([*emitted, 400])) <= 20
            assert max(unsent) <= 20_000

    run(body())


def test_a_guest_gets_no_pid_and_no_room(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (_, door, _):
            guest = await door.come(None, "x")
            got = await heard(guest)
            assert (guest.pid, guest.recovered, got, door.hub.namespace("/").rooms) == (None, False, [], {})

    run(body())


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    before=st.integers(0, 40),
    during=st.integers(0, 40),
    page=st.sampled_from([1, 2, 7, 500]),
)
def test_however_commits_and_pages_interleave_each_row_comes_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, seed: int, before: int, during: int, page: int
) -> None:
    dice = random.Random(seed)

    async def write_on(store: Store) -> None:
        for n in range(during):
            await store.write(event(dice.choice(["desk", "elsewhere"]), before + n))
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)

    async def body() -> None:
        async with replaying(tmp_path_factory.mktemp("replay")) as (store, door, relay):
            pid = (await door.come(STAFF)).pid
            for n in range(before):
                await store.write(event(dice.choice(["desk", "elsewhere"]), n))
            client, _ = await asyncio.gather(door.come(STAFF, pid), write_on(store))
            await until(lambda: relay.position == before + during)
            owed = [row.seq for row in await store.events_after(0, ["desk"], 1000)]
            assert client.recovered
            assert [int(sent.offset.rpartition(".")[2]) for sent in await heard(client)] == owed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay_module, "PAGE", page)
        run(body())
