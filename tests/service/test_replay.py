"""Recovery: what a socket missed comes once, in order; what cannot be honoured is a reset, never a silent gap."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carevia.domain.people import Person
from carevia.realtime import Namespace, Socket
from carevia.service import replay as replay_module
from carevia.service.relay import Relay
from carevia.service.replay import Replay
from carevia.store.store import Store
from tests.service.fakes import FakeHub, FakeSocket
from tests.service.test_relay import event, run, running, until

STAFF = Person("staff-1", "admin", name="Rafiq")
CUSTOMER = Person("rima", "user")
DESK = {"desk": "desk"}


@asynccontextmanager
async def replaying(folder: Path) -> AsyncIterator[tuple[Store, FakeHub, Relay, Replay]]:
    async with running(folder) as (store, hub, relay):
        replay = Replay(store, relay, b"secret", lambda socket: cast(FakeSocket, socket).data)
        await replay.start()
        yield store, hub, relay, replay


def come(
    replay: Replay, hub: FakeHub, person: Person | None, auth: dict[str, Any]
) -> tuple[FakeSocket, str | None, bool]:
    """A CONNECT: the socket, its pid, and whether it was recovered."""
    socket = FakeSocket(hub, data=person)
    identity = replay.identify(cast(Socket, socket), auth)
    socket.id = identity.sid
    return socket, identity.pid, identity.recovered


async def catch_up(replay: Replay, socket: FakeSocket, rooms: dict[str, str] = DESK) -> None:
    await replay.catch_up(cast(Socket, socket), rooms)


def numbers(socket: FakeSocket) -> list[int]:
    return [sent.payload["n"] for sent in socket.got]


def test_a_client_cut_before_its_first_event_gets_all_it_missed(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, hub, relay, replay):
            await store.write(event("desk", 0))
            await until(lambda: relay.position == 1)
            first, pid, recovered = come(replay, hub, STAFF, {})
            assert not recovered
            await store.write(event("desk", 1))
            await store.write(event("elsewhere", 2))
            await store.write(event("desk", 3))
            await until(lambda: relay.position == 4)
            second, same, recovered = come(replay, hub, STAFF, {"pid": pid})
            await catch_up(replay, second)
            assert recovered
            assert (same, second.id) == (pid, first.id)
            assert numbers(second) == [1, 3]
            assert [sent.offset for sent in second.got] == [f"{store.epoch}.2", f"{store.epoch}.4"]

    run(body())


def test_the_offset_says_where_to_go_on(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, hub, relay, replay):
            _, pid, _ = come(replay, hub, STAFF, {})
            for n in range(5):
                await store.write(event("desk", n))
            await until(lambda: relay.position == 5)
            socket, _, recovered = come(replay, hub, STAFF, {"pid": pid, "offset": f"{store.epoch}.3"})
            await catch_up(replay, socket)
            assert recovered
            assert numbers(socket) == [3, 4]

    run(body())


ODD = ["", "x", "other-epoch.3", "EPOCH.-1", "EPOCH.99999999", "EPOCH.1e3", 7, None, "EPOCH." + "9" * 500]


@pytest.mark.parametrize("offset", ODD)
def test_an_odd_offset_counts_as_the_start_of_the_pid(tmp_path: Path, offset: Any) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, hub, relay, replay):
            _, pid, _ = come(replay, hub, STAFF, {})
            await store.write(event("desk", 0))
            await until(lambda: relay.position == 1)
            shown = offset.replace("EPOCH", store.epoch) if isinstance(offset, str) else offset
            socket, _, recovered = come(replay, hub, STAFF, {"pid": pid, "offset": shown})
            await catch_up(replay, socket)
            assert recovered
            assert numbers(socket) == [0]

    run(body())


def test_a_pid_that_is_not_honoured_gives_a_new_one_and_a_reset_that_ends_in_the_current_offset(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, hub, relay, replay):
            _, pid, _ = come(replay, hub, STAFF, {})
            assert pid is not None
            await store.write(event("desk", 0))
            await until(lambda: relay.position == 1)
            forged = pid[:-2] + ("AA" if not pid.endswith("AA") else "BB")
            for person, bad in ((CUSTOMER, pid), (STAFF, forged), (STAFF, "nonsense"), (STAFF, 5), (STAFF, "é.é")):
                socket, new, recovered = come(replay, hub, person, {"pid": bad, "offset": "x"})
                await catch_up(replay, socket)
                assert not recovered
                assert new not in (None, pid)
                assert [(sent.name, sent.offset) for sent in socket.got] == [("reset", f"{store.epoch}.1")]

    run(body())


def test_beyond_the_retention_comes_a_reset_and_never_a_silent_gap(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (store, hub, relay, replay):
            _, pid, _ = come(replay, hub, STAFF, {})
            for n in range(5):
                await store.write(event("desk", n))
            await until(lambda: relay.position == 5)
            replay.oldest = 4
            kept, _, recovered = come(replay, hub, STAFF, {"pid": pid, "offset": f"{store.epoch}.3"})
            await catch_up(replay, kept)
            assert recovered
            assert numbers(kept) == [3, 4]
            gone, _, recovered = come(replay, hub, STAFF, {"pid": pid, "offset": f"{store.epoch}.2"})
            await catch_up(replay, gone)
            assert not recovered
            assert [(sent.name, sent.payload["reason"]) for sent in gone.got] == [("reset", "retention")]

    run(body())


def test_a_guest_gets_no_pid_and_no_room(tmp_path: Path) -> None:
    async def body() -> None:
        async with replaying(tmp_path) as (_, hub, _, replay):
            socket, pid, recovered = come(replay, hub, None, {"pid": "x"})
            await catch_up(replay, socket)
            assert (pid, recovered, socket.got, hub.rooms) == (None, False, [], {})

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
        async with replaying(tmp_path_factory.mktemp("replay")) as (store, hub, relay, replay):
            _, pid, _ = come(replay, hub, STAFF, {})
            for n in range(before):
                await store.write(event(dice.choice(["desk", "elsewhere"]), n))
            socket, _, recovered = come(replay, hub, STAFF, {"pid": pid})
            await asyncio.gather(write_on(store), catch_up(replay, socket))
            await until(lambda: relay.position == before + during)
            owed = [row.seq for row in await store.events_after(0, ["desk"], 1000)]
            assert recovered
            assert [int(str(sent.offset).rpartition(".")[2]) for sent in socket.got] == owed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay_module, "PAGE", page)
        run(body())


def test_the_namespace_type_is_what_relay_expects() -> None:
    """The fakes stand for these: if a name goes, this fails before the fakes lie."""
    for name in ("to", "emit"):
        assert hasattr(Namespace, name)
    for name in ("emit", "join", "id", "connected", "recovery", "data", "session"):
        assert hasattr(Socket, name)
