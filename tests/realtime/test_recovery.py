"""Recovery from memory: who comes back gets its id, its rooms and exactly what it missed; else a new identity."""

import json
from typing import Any

import pytest

from carevia.realtime import Socket
from tests.realtime.comeback import Client, back, gone, nothing_more, remembering
from tests.realtime.rawclient import Polling
from tests.realtime.serving import run, serving


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def test_what_was_missed_comes_in_order_once_and_before_anything_new() -> None:
    async def main() -> None:
        server, space = remembering()
        space.on("connect")(lambda socket, auth: socket.emit("welcome", socket.recovered))
        async with serving(server) as site:
            async with Client(site.port) as client:
                assert await client.heard() == ["welcome", False]
                [socket] = space.sockets.values()
                socket.join("room")
                socket.data = {"name": "Ada"}
                space.emit("seen", 1)
                assert await client.heard() == ["seen", 1]
            await gone(space)
            space.emit("missed", 2)
            space.to("room").emit("missed", 3)
            space.to("elsewhere").emit("missed", 4)
            space.to(client.sid).emit("missed", 5)
            space.except_("room").emit("missed", 6)
            space.except_(client.sid).emit("missed", 7)
            space.to("room", "elsewhere").emit("missed", "a string")
            space.volatile.emit("missed", 8)
            space.emit("missed", b"bytes")
            async with back(site, client.ticket) as again:
                assert again.sid == client.sid
                [socket] = space.sockets.values()
                assert (socket.rooms, socket.data) == (("room",), {"name": "Ada"})
                for expected in (2, 3, 5, "a string"):
                    assert await again.heard() == ["missed", expected]
                assert (await again.hear()).startswith('51-["missed",{"_placeholder":true,"num":0},"')
                assert await again.receive() == b"bytes"
                assert await again.heard() == ["welcome", True]
                space.to("room").emit("new", 9)
                assert await again.heard() == ["new", 9]
                await nothing_more(again)

    run(main())


def test_a_second_cut_replays_from_the_second_offset() -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            async with Client(site.port) as client:
                space.emit("n", 0)
                await client.heard()
            ticket = client.ticket
            for round_ in range(1, 4):
                await gone(space)
                space.emit("n", round_)
                async with back(site, ticket) as again:
                    assert await again.heard() == ["n", round_]
                    await nothing_more(again)
                    ticket = again.ticket

    run(main())


def test_cut_before_its_first_event_it_is_owed_everything_since_its_connect() -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            space.emit("before", 0)
            async with Client(site.port) as client:
                assert not client.offset
            await gone(space)
            space.emit("n", 1)
            async with back(site, client.ticket) as again:
                assert await again.heard() == ["n", 1]
                await nothing_more(again)

    run(main())


def test_an_event_of_before_it_joined_is_not_replayed() -> None:
    """socket.io's own memory replays it: it looks at the rooms of the end only."""

    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            async with Client(site.port) as client:
                [socket] = space.sockets.values()
                space.emit("n", 0)
                await client.heard()
                space.to("room").emit("n", 1)
                socket.join("room")
            await gone(space)
            space.to("room").emit("n", 2)
            async with back(site, client.ticket) as again:
                assert await again.heard() == ["n", 2]
                await nothing_more(again)

    run(main())


def test_the_rooms_that_it_has_left_are_not_kept_for_ever() -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site, Client(site.port):
            [socket] = space.sockets.values()
            for n in range(1_000):
                socket.join(f"room {n}")
                socket.leave(f"room {n}")
            assert len(socket.recovery.joined) < 100

    run(main())


def test_a_room_that_a_middleware_joins_brings_what_it_missed() -> None:
    async def main() -> None:
        server, space = remembering()
        space.use(lambda socket, auth: socket.join("user-7"))
        async with serving(server) as site:
            async with Client(site.port) as client:
                space.to("user-7").emit("n", 1)
                assert await client.heard() == ["n", 1]
            await gone(space)
            space.to("user-7").emit("n", 2)
            async with back(site, client.ticket) as again:
                assert await again.heard() == ["n", 2]
                space.to("user-7").emit("n", 3)
                assert await again.heard() == ["n", 3]
                await nothing_more(again)

    run(main())


@pytest.mark.parametrize("how", ["client", "server"])
def test_who_said_goodbye_does_not_come_back(how: str) -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            async with Client(site.port) as client:
                space.emit("n", 0)
                await client.heard()
                if how == "client":
                    client.say("1")
                else:
                    next(iter(space.sockets.values())).disconnect()
                await gone(space)
            async with back(site, client.ticket, recovered=False):
                pass

    run(main())


def test_one_that_comes_back_before_it_was_missed_takes_over_from_its_ghost() -> None:
    async def main() -> None:
        server, space = remembering()
        space.on("disconnect")(lambda socket, reason: space.emit("left", reason))
        async with serving(server) as site, Client(site.port) as ghost:
            space.emit("n", 0)
            await ghost.heard()
            [socket] = space.sockets.values()
            socket.join("room")
            async with back(site, ghost.ticket) as again:
                [socket] = space.sockets.values()
                assert socket.rooms == ("room",)
                assert await again.heard() == ["left", "recovered elsewhere"]
                await nothing_more(again)
                await ghost.ended()

    run(main())


def test_after_a_changed_identity_an_old_offset_counts_as_the_new_start() -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            async with Client(site.port) as first:
                space.emit("n", 0)
                await first.heard()
                first.say("1")
                await gone(space)
            space.emit("n", 1)
            async with Client(site.port) as second:
                pass
            await gone(space)
            space.emit("n", 2)
            async with back(site, {"pid": second.pid, "offset": first.offset}) as again:
                assert await again.heard() == ["n", 2]
                await nothing_more(again)

    run(main())


@pytest.mark.parametrize("offset", ["", "x", "other.1", "1", ".1", "é.²", 5, None, [], {}])
def test_an_odd_offset_under_a_good_pid_counts_as_the_start(offset: Any) -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            async with Client(site.port) as client:
                pass
            await gone(space)
            space.emit("n", 1)
            async with back(site, {"pid": client.pid, "offset": offset}) as again:
                assert await again.heard() == ["n", 1]

    run(main())


@pytest.mark.parametrize("pid", ["", "x", "é", "\x00", "a.b", 5, None, [], {}, True])
def test_an_odd_pid_is_a_new_identity(pid: Any) -> None:
    async def main() -> None:
        server, _ = remembering()
        async with serving(server) as site, back(site, {"pid": pid, "offset": "x.1"}, recovered=False) as client:
            assert client.pid.startswith(client.sid + ".")

    run(main())


def test_of_the_future_too_old_too_much_or_forgotten_is_a_new_identity() -> None:
    async def main() -> None:
        clock = Clock()
        server, space = remembering(now=clock, max_age=60, max_events=10, max_bytes=5_000)
        async with serving(server) as site:

            async def left() -> dict[str, str]:
                async with Client(site.port) as client:
                    space.emit("n", 0)
                    await client.heard()
                await gone(space)
                return client.ticket

            ticket = await left()
            epoch, number = ticket["offset"].rsplit(".", 1)
            async with back(site, ticket | {"offset": f"{epoch}.{int(number) + 1}"}, recovered=False):
                pass
            ticket = await left()
            clock.time += 61  # the socket is forgotten
            async with back(site, ticket, recovered=False):
                pass
            ticket = await left()
            for number_ in range(11):
                space.emit("n", number_)
            async with back(site, ticket, recovered=False) as client:
                await nothing_more(client)
            ticket = await left()
            for _ in range(3):
                space.emit("big", "x" * 1_000)
            async with back(site, ticket, recovered=False):
                pass

    run(main())


def test_more_than_fits_into_its_buffer_is_a_new_identity() -> None:
    async def main() -> None:
        server, space = remembering(buffer_limit=10_000)
        async with serving(server) as site:
            async with Client(site.port) as client:
                pass
            await gone(space)
            space.emit("big", "x" * 10_000)
            async with back(site, client.ticket, recovered=False) as again:
                await nothing_more(again)

    run(main())


def test_what_went_to_others_does_not_count_against_its_buffer() -> None:
    async def main() -> None:
        server, space = remembering(buffer_limit=10_000)
        async with serving(server) as site:
            async with Client(site.port) as client:
                [socket] = space.sockets.values()
                socket.join("mine")
            await gone(space)
            for number in range(100):
                space.to(f"room {number}").emit("theirs", "x" * 1_000)
            space.to("mine").emit("mine", 1)
            async with back(site, client.ticket) as again:
                assert await again.heard() == ["mine", 1]
                await nothing_more(again)

    run(main())


def test_only_so_many_sockets_are_kept() -> None:
    async def main() -> None:
        server, space = remembering(max_sockets=2)
        async with serving(server) as site:
            tickets = []
            for _ in range(3):
                async with Client(site.port) as client:
                    tickets.append(client.ticket)
                await gone(space)
            async with back(site, tickets[0], recovered=False):
                pass
            await gone(space)  # it is the third one kept: the second is forgotten
            async with back(site, tickets[2]):
                pass

    run(main())


def test_a_pid_of_somebody_else_is_not_honoured() -> None:
    async def main() -> None:
        server, space = remembering(owner=lambda socket: socket.data)

        @space.use
        def identify(socket: Socket, auth: dict[str, Any]) -> None:
            socket.data = auth.get("user")

        async with serving(server) as site:
            async with Client(site.port, {"user": "ada"}) as client:
                next(iter(space.sockets.values())).join("ada's")
            await gone(space)
            async with back(site, client.ticket | {"user": "bob"}, recovered=False):
                assert not space.rooms
            await gone(space)
            async with back(site, client.ticket | {"user": "ada"}):
                assert list(space.rooms) == ["ada's"]

    run(main())


def test_over_polling_too() -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            async with Client(site.port) as client:
                space.emit("n", 0)
                await client.heard()
            await gone(space)
            space.emit("n", 1)
            async with Polling(site.port) as polling:
                await polling.post(f"40{json.dumps(client.ticket)}")
                packets = await polling.packets()
                assert packets[0].startswith(f'40{{"sid":"{client.sid}","pid":"{client.pid}"')
                [said] = packets[1:] or await polling.packets()
                assert said.startswith('42["n",1,"')

    run(main())
