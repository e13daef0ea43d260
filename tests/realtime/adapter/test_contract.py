"""What an adapter promises, whatever carries its messages: held over memory and over a real Valkey."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from carevia.realtime import AckTimeout
from carevia.realtime.adapter import BrokerUnavailable, MemoryBroker, MemoryBus, wire
from carevia.realtime.adapter.redis import RedisBroker
from carevia.realtime.testing import TestClient
from tests.harness.valkey import Valkey
from tests.realtime.adapter.cluster import Cluster, MakeBroker, cluster, counted, heard
from tests.realtime.rawclient import until
from tests.realtime.serving import run

Brokers = Callable[[], MakeBroker]


@pytest.fixture(params=["memory", "redis"])
def brokers(request: pytest.FixtureRequest) -> Brokers:
    def memory() -> MakeBroker:
        bus = MemoryBus()
        return lambda: MemoryBroker(bus)

    if request.param == "memory":
        return memory
    valkey: Valkey = request.getfixturevalue("valkey")
    return lambda: lambda: RedisBroker(valkey.unix_url)


def test_rooms_except_and_ids_reach_other_servers(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            one, two = await both.clients("ab", "b")
            three = await both.client(1, "c")
            here = both.spaces[0]
            here.emit("e", "all")
            here.to("a").emit("e", "a")
            here.to("b").emit("e", "b")
            here.to("a", "c").emit("e", "a or c")
            here.to("b").except_("a").emit("e", "b not a")
            here.except_(three.sid or "").emit("e", "not three")
            here.to(two.sid or "").emit("e", "two")
            here.to().emit("e", "nobody")
            here.local.to("b").emit("e", "local b")
            here.to("b").volatile.emit("e", "volatile b")
            here.emit("end")
            assert await heard(one) == ["all", "a", "b", "a or c", "not three", "local b", "volatile b"]
            assert await heard(two) == ["all", "b", "b not a", "not three", "two", "volatile b"]
            assert await heard(three) == ["all", "a or c"]

    run(main())


def test_values_arrive_as_they_were(brokers: Brokers, key: str) -> None:
    said = [{"ন": [1, -1, 2.5, None, True, 2**53, "✅"]}, b"\x00\xff", {"deep": [{"bytes": b"b"}]}]

    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            _, two = await both.clients("", "")
            both.spaces[0].emit("e", *said)
            assert (await two.receive("e")).args == said

    run(main())


def test_a_durable_event_stays_on_its_server(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            one, two = await both.clients("", "")
            both.spaces[0].emit("fact", 1, offset="e.1")
            both.spaces[0].emit("end")
            assert await heard(one) == [1]
            assert await heard(two) == []

    run(main())


def test_sockets_are_fetched_and_moved_and_sent_away_everywhere(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            one, two = await both.clients("a", "a")
            here, there = both.spaces
            there.sockets[two.sid or ""].data = {"name": "two"}
            found = {each.id: each for each in await here.to("a").fetch_sockets()}
            assert set(found) == {one.sid, two.sid}
            assert found[two.sid or ""].data == {"name": "two"}
            assert set(found[two.sid or ""].rooms) == {two.sid, "a"}
            assert "authorization" not in str(found[two.sid or ""].handshake)
            assert [each.id for each in await here.local.fetch_sockets()] == [one.sid]
            here.to("a").sockets_join("b", "c")
            await until(lambda: len(there.members("b")) == len(there.members("c")) == 1, "two did not join")
            here.to("a").except_(one.sid or "").sockets_leave("b")
            await until(lambda: not there.members("b"), "two did not leave")
            assert len(here.members("b")) == 1
            here.to().sockets_join("d")
            here.to().sockets_leave("a")
            here.to().disconnect_sockets()
            assert await both.adapter(0).ids() == {two.sid}
            found[two.sid or ""].emit("to two")
            await two.receive("to two")
            found[two.sid or ""].disconnect(close=True)
            await two.ended()
            assert one.connected
            assert await both.adapter(1).all_rooms() == {"a", "b", "c", one.sid}
            assert await both.adapter(1).ids(["b"]) == {one.sid}

    run(main())


@pytest.mark.parametrize("odd", [object(), "\ud800"], ids=["no value", "half a letter"])
def test_data_that_cannot_be_carried_hides_no_socket(brokers: Brokers, key: str, odd: Any) -> None:
    """The whole answer was lost, and who asked waited in vain for the others too."""

    async def main() -> None:
        async with cluster(brokers(), 2, key=key) as both:
            one, two = await both.clients("a", "a")
            here, there = both.spaces
            there.sockets[two.sid].data = {"odd": odd}
            found = {each.id: each.data for each in await here.fetch_sockets()}
            assert found == {one.sid: {}, two.sid: {}}

    run(main())


async def refuses_what_is_long(servers: Cluster, key: str) -> None:
    """An answer may be long only where somebody waits for one."""
    for number in range(len(servers.servers)):
        servers.brokers[0].publish(f"{key}-response#/#", bytes(wire.MAX_BYTES + 1))
        await counted(servers.adapter(number), "size", number + 1)


def test_servers_talk_to_each_other(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), 3, key=key) as three:
            told: list[Any] = []
            for number, space in enumerate(three.spaces):
                space.on_server_side_emit("hello")(lambda *args, number=number: told.append((number, args)))

                @space.on_server_side_emit("who")
                async def who(number: int = number) -> dict[str, int]:
                    return {"number": number}

            three.spaces[0].server_side_emit("hello", 1, {"a": b"b".decode()})
            await until(lambda: len(told) == 2, "they did not hear")
            assert sorted(told) == [(1, (1, {"a": "b"})), (2, (1, {"a": "b"}))]
            answers = await three.spaces[0].server_side_emit_with_ack("who")
            assert sorted(answer["number"] for answer in answers) == [1, 2]
            with pytest.raises(AckTimeout) as late:
                async with asyncio.timeout(1):
                    await three.spaces[0].server_side_emit_with_ack("nobody hears this", timeout=0.05)
            assert late.value.responses == []
            await refuses_what_is_long(three, key)

            @three.spaces[1].on_server_side_emit("fails")
            def fails() -> None:
                raise LookupError

            three.spaces[0].server_side_emit("fails")
            await counted(three.adapter(1), "handler")

    run(main())


async def answering(client: TestClient, *args: Any, after: float = 0) -> None:
    asked = await client.receive("ask")
    await asyncio.sleep(after)
    asked.answer(*args)


def test_clients_everywhere_acknowledge(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            one, two = await both.clients("a", "a")
            silent = await both.client(1, "b")
            replies = asyncio.gather(answering(one, "one"), answering(two, b"two", 2))
            answers = await both.spaces[0].to("a").emit_with_ack("ask", 1)
            await replies
            assert sorted(answers, key=str) == sorted(["one", b"two"], key=str)
            assert await both.spaces[0].to("nobody").emit_with_ack("ask") == []
            reply = asyncio.ensure_future(answering(silent, "there", after=0.05))  # nobody of ours is asked
            assert await both.spaces[0].to("b").emit_with_ack("ask", timeout=3) == ["there"]
            await reply
            replies = asyncio.gather(answering(one, "one"), answering(two))
            with pytest.raises(AckTimeout) as late:
                await both.spaces[1].emit_with_ack("ask", timeout=0.3)
            await replies
            assert set(late.value.responses) == {"one", None}
            (await silent.receive("ask")).answer("too late")
            await silent.call("fence")
            await refuses_what_is_long(both, key)
            assert not any(socket._acks for space in both.spaces for socket in space.sockets.values())

    run(main())


def test_a_server_asks_its_clients_for_others_only_so_often_at_once_and_again_later(
    brokers: Brokers, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carevia.realtime.adapter.adapter._MOST_ASKING", 1)

    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            _, two = await both.clients("", "a")
            space = both.spaces[0].to("a")
            first = asyncio.ensure_future(space.emit_with_ack("ask", timeout=0.5))
            asked = await two.receive("ask")
            with pytest.raises(AckTimeout, match="0 of 0 clients"):
                await space.emit_with_ack("ask", timeout=0.01)
            asked.answer("yes")
            assert await first == ["yes"]
            assert both.adapter(1).refused == {"too many": 1}
            await asyncio.sleep(0.55)  # it may have waited as long as it was told
            reply = asyncio.ensure_future(answering(two, "again"))
            assert await space.emit_with_ack("ask", timeout=3) == ["again"]
            await reply

    run(main())


def test_of_sockets_that_another_server_moves_who_is_in_too_many_rooms_holds_up_nobody(
    brokers: Brokers, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carevia.realtime.adapter.adapter._MOST_ROOMS", 3)

    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            full = await both.client(1, "a", "b", "c", "d")
            await both.client(1, "a")
            here, there = both.spaces
            here.sockets_join("x")
            await until(lambda: len(there.members("x")) == 1, "the other did not join")
            here.sockets_leave("b")
            await until(lambda: not there.members("b"), "who is in too many cannot leave")
            assert full.connected and both.adapter(1).refused == {"rooms": 1}

    run(main())


def test_of_one_socket_only_the_server_that_has_it_says_that_it_is_done(brokers: Brokers, key: str) -> None:
    """As older servers ask: whoever asks takes the first answer. Who does not ask gets none."""

    async def main() -> None:
        make_broker = brokers()
        async with cluster(make_broker, key=key) as both:
            _, two = await both.clients("", "")
            old, answers = make_broker(), []
            old.subscribe(f"{key}-response#/#", lambda _, data: answers.append(json.loads(data)))
            await old.start()
            for more in ({}, {"requestId": "r"}):
                asked = {"type": wire.REMOTE_JOIN, "sid": two.sid, "room": "b", **more}
                old.publish(f"{key}-request#/#", json.dumps(asked).encode())
            for _ in range(2):  # whatever was said before it has come
                await both.adapter(0).all_rooms()
            await until(lambda: bool(answers), "it did not say so")
            assert answers == [{"requestId": "r"}]
            assert len(both.spaces[1].members("b")) == 1
            await old.stop()

    run(main())


def test_one_server_alone_answers_for_itself(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), 1, key=key) as alone:
            (one,) = await alone.clients("a")
            space = alone.spaces[0]
            assert [each.id for each in await space.fetch_sockets()] == [one.sid]
            assert await space.server_side_emit_with_ack("who") == []
            reply = asyncio.ensure_future(answering(one, 1))
            assert await space.emit_with_ack("ask") == [1]
            await reply
            assert await alone.servers[0].cluster_count() == 1

    run(main())


def test_sockets_are_counted_over_all_servers(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), 3, key=key) as three:
            await three.clients("", "", "")
            await three.client(2)
            assert [await server.cluster_count() for server in three.servers] == [4, 4, 4]

    run(main())


def test_the_sockets_of_a_large_server_are_fetched(brokers: Brokers, key: str) -> None:
    """5,000 of a Node server, whose handshakes hold their headers: more than any other message may be."""

    async def main() -> None:
        make_broker = brokers()
        async with cluster(make_broker, 1, key=key) as one:
            node = make_broker()
            shown = [{"id": str(n), "handshake": {"headers": {"x": "x" * 1_000}}, "rooms": []} for n in range(5_000)]

            def answer(_: str, asked: bytes) -> None:
                told = {"requestId": json.loads(asked)["requestId"], "sockets": shown}
                node.publish(f"{key}-response#/#", json.dumps(told).encode())

            node.subscribe(f"{key}-request#/#", answer)
            await node.start()
            assert len(await one.spaces[0].fetch_sockets()) == 5_000
            assert one.adapter(0).refused == {}
            await node.stop()

    run(main())


@pytest.mark.parametrize(("silent", "told"), [("count", 2), ("request", 3)])
def test_a_server_that_hangs_is_not_waited_for_and_hides_no_other(
    brokers: Brokers, key: str, silent: str, told: int
) -> None:
    """One of our own that does not answer, and another's, for which all are asked as its kind asks."""

    async def main() -> None:
        make_broker = brokers()
        async with cluster(make_broker, 3, key=key) as three:
            await three.clients("", "", "")
            hangs = three.brokers[2] if silent == "count" else make_broker()
            hangs.subscribe(f"{key}-{silent}#/#", lambda *_: None)
            if silent == "request":
                await hangs.start()
            begun = asyncio.get_running_loop().time()
            assert await three.servers[0].cluster_count() == told
            assert asyncio.get_running_loop().time() - begun < 3
            await hangs.stop()

    run(main())


def test_without_its_broker_a_server_serves_its_own(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            one, two = await both.clients("a", "a")
            await both.brokers[0].stop()
            assert not both.brokers[0].connected
            here = both.spaces[0]
            here.to("a").emit("e", 1)
            here.sockets_join("b")
            here.server_side_emit("hello")
            assert (await one.receive("e")).args == [1]
            assert len(here.members("b")) == 1
            for impossible in (here.fetch_sockets, lambda: here.emit_with_ack("ask")):
                with pytest.raises(BrokerUnavailable):
                    await impossible()
            assert await both.servers[0].cluster_count() == 1
            both.spaces[1].emit("end")
            assert await heard(two) == []

    run(main())


def test_hostile_events_are_refused_and_protected_rooms_kept(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        rules: dict[str, Any] = {"refuses": lambda name: name == "fact", "protects": lambda _, room: room == "d"}
        async with cluster(brokers(), key=key, **rules) as both:
            one, two = await both.clients("a", "d")
            here, there = both.spaces
            here.emit("fact", "forged")
            here.sockets_join("d", "news")
            here.sockets_leave("d")
            here.to("news").emit("e", "news")
            here.emit("end")
            assert await heard(two) == ["news"]
            assert len(there.members("d")) == 1
            assert both.adapter(1).refused == {"event": 1, "protected": 2}
            assert one.connected

    run(main())


def test_a_server_does_not_hear_itself(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            one, two = await both.clients("a", "a")
            both.spaces[0].to("a").emit("e", 1)
            both.spaces[0].sockets_join("b")
            await two.receive("e")
            both.spaces[1].emit("end")  # behind the first server's own message on its way back
            assert await heard(one) == [1]

    run(main())


def test_many_events_keep_their_order(brokers: Brokers, key: str) -> None:
    async def main() -> None:
        async with cluster(brokers(), key=key) as both:
            _, two = await both.clients("a", "a")
            for number in range(2_000):
                both.spaces[0].to("a").emit("e", number)
            both.spaces[0].to("a").emit("end")
            assert await heard(two) == list(range(2_000))

    run(main())
