"""Ours and Node's servers as one cluster on a real Valkey: `@socket.io/redis-adapter`, `@socket.io/redis-emitter` and
socket.io as they are published."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio

from carevia.realtime.adapter.redis import RedisBroker
from carevia.realtime.testing import TestClient
from tests.harness.redis_peer import RedisPeer
from tests.harness.valkey import Valkey
from tests.realtime.adapter.cluster import Cluster, cluster, heard
from tests.realtime.rawclient import until
from tests.realtime.serving import run


@pytest.fixture(scope="module")
def shared_key() -> str:
    return "node"


@pytest.fixture(scope="module")
def node(valkey: Valkey, shared_key: str) -> Iterator[RedisPeer]:
    with RedisPeer(valkey.unix_url, shared_key) as peer:
        yield peer


class Foreign:
    """A client on the Node server: what it heard, in order."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.heard: list[Any] = []
        self.client.on("*", self._hear)

    async def _hear(self, name: str, *args: Any) -> Any:
        self.heard.append(name if not args else args[0])
        return f"ack of {name}" if name == "ask" else None

    @property
    def sid(self) -> str:
        return str(self.client.get_sid("/"))

    async def leave(self) -> None:
        """Gone, and its library has nothing under way: sent away by the server, it ends in a task of its own."""
        await self.client.disconnect()
        await until(lambda: not any("AsyncClient" in repr(task) for task in asyncio.all_tasks()), "it did not end")


@asynccontextmanager
async def mixed(valkey: Valkey, node: RedisPeer, key: str, *rooms: str) -> AsyncIterator[tuple[Cluster, Foreign]]:
    """One server of ours, and a client on the Node server that is in these rooms."""
    foreign = Foreign()
    async with cluster(lambda: RedisBroker(valkey.unix_url), 1, key=key) as ours:
        await foreign.client.connect(f"http://127.0.0.1:{node.port}", transports=["websocket"])
        try:
            await foreign.client.call("join", rooms)
            yield ours, foreign
        finally:
            await foreign.leave()


async def do(node: RedisPeer, what: str, *event: Any, **more: Any) -> Any:
    return await asyncio.to_thread(node.do, what, *event, **more)


@pytest.mark.parametrize("by", ["server", "emitter"])
def test_node_reaches_our_clients(valkey: Valkey, node: RedisPeer, shared_key: str, by: str) -> None:
    async def main() -> None:
        async with mixed(valkey, node, shared_key) as (ours, _):
            one, two = await ours.client(0, "a", "7"), await ours.client(0, "b")

            async def emit(*event: Any, **more: Any) -> None:
                await do(node, "emit", *event, by=by, **more)

            await emit("e", "all")
            await emit("e", "a", rooms=["a"])
            await emit("e", "a or b", rooms=["a", "b"])
            await emit("e", "not b", but=["b"])
            await emit("e", "a not one", rooms=["a", "b"], but=[one.sid])
            await emit("e", "volatile b", rooms=["b"], flags=["volatile"])
            await emit("e", {"n": [1, 2.5, None, True, "বাংলা"], "b": {"bytes": "00ff"}}, rooms=[two.sid])
            await emit("e", "room 7", rooms=[7])
            await emit("end")
            assert await heard(one) == ["all", "a", "a or b", "not b", "room 7"]
            last = {"n": [1, 2.5, None, True, "বাংলা"], "b": b"\x00\xff"}
            assert await heard(two) == ["all", "a or b", "a not one", "volatile b", last]

    run(main())


def test_we_reach_nodes_clients(valkey: Valkey, node: RedisPeer, shared_key: str) -> None:
    async def main() -> None:
        async with mixed(valkey, node, shared_key, "a") as (ours, foreign):
            space = ours.spaces[0]
            space.emit("e", "all")
            space.to("a").emit("e", "a")
            space.to("a", "b").emit("e", "a or b")
            space.to("b").emit("e", "b")
            space.except_("a").emit("e", "not a")
            space.local.emit("e", "local")
            space.to(foreign.sid).emit("e", {"n": [1, 2.5, None, 2**40], "b": b"\x00\xff"})
            space.emit("end")
            await until(lambda: "end" in foreign.heard, "Node's client did not hear the end")
            said = {"n": [1, 2.5, None, 2**40], "b": b"\x00\xff"}
            assert foreign.heard == ["all", "a", "a or b", said, "end"]
            space.volatile.emit("e", "volatile")  # alone: Node drops it where anything is on its way
            await until(lambda: foreign.heard[-1] == "volatile", "the volatile event did not arrive")

    run(main())


@pytest.mark.parametrize("by", ["server", "emitter"])
def test_node_moves_our_sockets(valkey: Valkey, node: RedisPeer, shared_key: str, by: str) -> None:
    async def main() -> None:
        async with mixed(valkey, node, shared_key) as (ours, foreign):
            one, two = await ours.client(0, "a"), await ours.client(0, "b")
            space = ours.spaces[0]
            await do(node, "join", by=by, rooms=["a", "b"], but=["b"], joined=["c", "d"])
            await until(lambda: bool(space.members("d")), "one did not join")
            assert [socket.id for socket in space.members("c")] == [one.sid]
            await do(node, "leave", by=by, rooms=["a"], left=["c"])
            await until(lambda: not space.members("c"), "one did not leave")
            await do(node, "disconnect", by=by, rooms=["a"], close=True)
            await one.ended()
            assert two.connected and foreign.client.connected

    run(main())


def test_we_move_nodes_sockets(valkey: Valkey, node: RedisPeer, shared_key: str) -> None:
    async def main() -> None:
        async with mixed(valkey, node, shared_key, "a") as (ours, foreign):
            space = ours.spaces[0]
            space.to("a").sockets_join("c")
            (found,) = await space.to("c").fetch_sockets()
            assert (found.id, set(found.rooms), found.data) == (foreign.sid, {foreign.sid, "a", "c"}, {"at": "node"})
            space.sockets_leave("c")
            assert await space.to("c").fetch_sockets() == []
            space.to("a").disconnect_sockets(close=True)
            await until(lambda: not foreign.client.connected, "Node's client was not sent away")

    run(main())


def test_each_sees_the_others_sockets(valkey: Valkey, node: RedisPeer, shared_key: str) -> None:
    async def main() -> None:
        async with mixed(valkey, node, shared_key, "a") as (ours, foreign):
            one = await ours.client(0, "a", "b")
            ours.spaces[0].sockets[one.sid or ""].data = {"at": "ours"}
            seen = {each["id"]: each for each in await do(node, "fetchSockets", rooms=["a"])}
            assert set(seen) == {one.sid, foreign.sid}
            assert seen[one.sid or ""]["data"] == {"at": "ours"}
            assert set(seen[one.sid or ""]["rooms"]) == {one.sid, "a", "b"}
            assert set(await do(node, "allRooms")) == {one.sid, foreign.sid, "a", "b"}
            adapter = ours.adapter(0)
            assert await adapter.ids() == {foreign.sid}
            assert await adapter.all_rooms() == {foreign.sid, "a"}
            assert await ours.servers[0].cluster_count() == 2

    run(main())


def test_servers_talk_both_ways(valkey: Valkey, node: RedisPeer, shared_key: str) -> None:
    async def main() -> None:
        async with mixed(valkey, node, shared_key) as (ours, _):
            told: list[Any] = []
            space = ours.spaces[0]

            @space.on_server_side_emit("hello")
            def hello(*args: Any) -> dict[str, str]:
                told.append(args)
                return {"from": "ours"}

            await do(node, "serverSideEmit", "hello", 1, "two", by="emitter")
            await do(node, "serverSideEmit", "hello", 2)
            assert await do(node, "serverSideEmitWithAck", "hello", 3) == [{"from": "ours"}]
            assert sorted(told, key=str) == [(1, "two"), (2,), (3,)]  # two connections: in no order
            space.server_side_emit("hello", 4)
            assert await space.server_side_emit_with_ack("hello", 5) == [{"from": "node"}]
            for number in ("[4]", "[5]"):  # two connections: in no order, and the answer may come before the line
                node.wait_for_text('"hello"', f'"args":{number}', timeout=10)

    run(main())


async def answers(client: TestClient, *args: Any) -> None:
    (await client.receive("ask")).answer(*args)


def test_clients_acknowledge_to_whoever_asks(valkey: Valkey, node: RedisPeer, shared_key: str) -> None:
    async def main() -> None:
        async with mixed(valkey, node, shared_key, "a") as (ours, _):
            one = await ours.client(0, "a")
            reply = asyncio.ensure_future(answers(one, {"b": b"\x01"}))
            said = await do(node, "emitWithAck", "ask", rooms=["a"], within=3000)
            await reply
            assert sorted(said, key=str) == ["ack of ask", {"b": {"bytes": "01"}}]
            reply = asyncio.ensure_future(answers(one, "mine"))
            assert sorted(await ours.spaces[0].to("a").emit_with_ack("ask", timeout=3)) == ["ack of ask", "mine"]
            await reply

    run(main())


def test_an_answer_that_is_missing_is_said_to_node(valkey: Valkey, node: RedisPeer, shared_key: str) -> None:
    async def main() -> None:
        async with mixed(valkey, node, shared_key) as (ours, foreign):
            one = await ours.client(0)
            late = await asyncio.to_thread(node.attempt, "emitWithAck", "ask", within=300)
            assert "timed out" in late["error"] and late["said"] == ["ack of ask"]
            assert one.connected and foreign.client.connected

    run(main())
