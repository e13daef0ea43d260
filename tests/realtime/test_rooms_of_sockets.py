"""Which rooms a socket may be in: what is a room, how many, when it joins, and rooms that bear a socket's id."""

import asyncio
from typing import Any

import pytest

from carevia.realtime import MemoryRecovery, Server, Socket
from carevia.realtime.testing import TestClient
from tests.realtime.kit import lively, quiet
from tests.realtime.rawclient import until
from tests.realtime.serving import make, run


def joining(errors: list[Exception] | None = None, **settings: Any) -> Server:
    """Clients join and leave."""
    server = make(errors=errors, **settings)
    space = server.namespace("/")
    space.on("join")(lambda socket, room: socket.join(room))
    space.on("leave")(lambda socket, room: socket.leave(room))
    return server


@pytest.mark.parametrize("bad", [["x"], {"a": 1}, 5, None, b"x"], ids=repr)
def test_a_room_that_is_no_name_is_refused_and_harms_nobody(bad: Any) -> None:
    """A list broke the socket's leaving: it stayed in all its rooms for ever, and took events from others."""

    async def main() -> None:
        errors: list[Exception] = []
        server = joining(errors, buffer_limit=100_000)
        space = server.namespace("/")
        reasons: list[str] = []
        space.on("disconnect")(lambda socket, reason: reasons.append(reason))
        async with TestClient(server) as slow, TestClient(server) as other:
            slow.emit("join", bad)
            await slow.call("join", "desk")
            assert space.sockets[slow.sid].rooms == ("desk",)
            slow.pause()
            sent = 0
            while not reasons:
                space.emit("e", "x" * 10_000)
                sent += 1
                await asyncio.sleep(0)
            for _ in range(sent):
                await other.receive("e")
        assert reasons == ["slow reader", "transport close"]
        assert [str(error)[:13] for error in errors] == ["a room is a s"]
        assert not space.rooms and not space.sockets
        await quiet(server)

    run(main())


@pytest.mark.parametrize("many", [False, True], ids=["alone", "among others"])
def test_a_room_named_like_a_socket_is_that_socket_and_who_joined(many: bool) -> None:
    async def main() -> None:
        server = joining()
        space = server.namespace("/")
        async with TestClient(server) as a, TestClient(server) as b, TestClient(server) as c:
            await b.call("join", a.sid)
            if many:
                await c.call("join", "r")
            rooms = ("r",) * many
            space.to(a.sid, *rooms).emit("to")
            space.except_(a.sid, *rooms).emit("but")
            assert {socket.id for socket in space.to(a.sid).sockets} == {a.sid, b.sid}
            await a.call("join", a.sid)
            space.to(a.sid, *rooms).emit("to")
            await a.call("leave", a.sid)
            await b.call("leave", a.sid)
            space.to(a.sid).emit("last")
            await c.call("join", "fence")
            heard = [[event.name for event in tab.events] for tab in (a, b, c)]
            assert heard == [["to", "to", "last"], ["to", "to"], ["to", "to"] if many else ["but"]]
        await quiet(server)

    run(main())


def test_what_a_target_gives_stays_as_it_was_while_they_go() -> None:
    async def main() -> None:
        server = joining()
        space = server.namespace("/")
        for target in (space.to("desk"), space.to("desk", "x"), space.except_("x"), space.local):
            clients = [TestClient(server) for _ in range(3)]
            for client in clients:
                await client.connect()
                await client.call("join", "desk")
            for socket in target.sockets:
                socket.disconnect(close=True)
            for client in clients:
                await client.close()
        await quiet(server)

    run(main())


@pytest.mark.parametrize("wait", [False, True], ids=["plain", "async"])
def test_a_room_joined_in_a_middleware_is_entered_when_the_socket_is_let_in(wait: bool) -> None:
    async def main() -> None:
        server = lively()
        space = server.namespace("/")
        space.recovery = MemoryRecovery()

        @space.use
        def member(socket: Socket, auth: Any) -> Any:
            for room in ("staff", "desk", "late"):
                socket.join(room)
            socket.leave("late")
            assert not space.rooms and socket.rooms == ("staff", "desk")
            return asyncio.sleep(0) if wait else None

        async with TestClient(server) as client:
            assert space.sockets[client.sid].rooms == ("staff", "desk")
            assert set(space.rooms) == {"staff", "desk"}
            space.to("staff").emit("news")
            assert (await client.receive()).name == "news"
        await until(lambda: not space.rooms, "it is still in a room")
        await quiet(server)

    run(main())


def test_by_default_a_thousand_rooms_are_enough_and_the_oldest_is_left() -> None:
    async def main() -> None:
        server = joining()
        space = server.namespace("/")
        async with TestClient(server) as client:
            for number in range(1_500):
                client.emit("join", str(number))
            await client.call("join", "1400")
            assert space.sockets[client.sid].rooms == tuple(
                str(number) for number in (*range(500, 1400), *range(1401, 1500), 1400)
            )
            assert len(space.rooms) == 1_000
            assert server.engine.stats.limits == {"rooms": 500}
            for number in range(500, 1_499):
                client.emit("leave", str(number))
            await client.call("leave", "never joined")
            assert space.sockets[client.sid].rooms == ("1499",)
        assert not space.rooms
        await quiet(server)

    run(main())


def test_one_more_room_costs_no_more_than_the_first() -> None:
    """Forty thousand joins took 5.6 s, and four times as many would have taken sixteen times as long."""

    async def main() -> None:
        server = joining(max_rooms=0)
        space = server.namespace("/")
        async with TestClient(server) as client:
            socket = space.sockets[client.sid]
            for number in range(20):
                socket.join(str(number))
                assert socket.rooms[-1] == str(number)
            kept = socket.joined
            for number in range(20, 5_000):
                socket.join(str(number))
            assert socket.joined is kept, "the rooms were copied"
        await quiet(server)

    run(main())
