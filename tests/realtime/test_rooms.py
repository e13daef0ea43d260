"""Whom an emit reaches, in which order, and in how many writes."""

import asyncio
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from carevia.protocol.websocket import TEXT, frame
from carevia.realtime import Namespace, Server, Socket
from tests.realtime.rawclient import Polling, Tab, until
from tests.realtime.serving import Site, make, run, serving


def shop(**settings: Any) -> Server:
    """Clients join and leave rooms by themselves, and have a fence to wait behind."""
    server = make(**settings)
    namespace = server.namespace("/")
    namespace.on("join")(lambda socket, *rooms: [socket.join(room) for room in rooms] and None)
    namespace.on("leave")(lambda socket, *rooms: [socket.leave(room) for room in rooms] and None)
    namespace.on("fence")(lambda socket: "fence")
    return server


async def tabs(stack: AsyncExitStack, site: Site, *rooms: str) -> list[Tab]:
    """One tab for each word, in the rooms that its letters name."""
    found = [await stack.enter_async_context(Tab(site.port)) for _ in rooms]
    for tab, letters in zip(found, rooms, strict=True):
        if letters:
            await tab.call("join", *letters)
    return found


async def heard(tab: Tab) -> list[Any]:
    """The first argument of every event that came before the fence."""
    tab.emit("fence", ack=77)
    found: list[Any] = []
    while not (said := await tab.hear()).startswith("377"):
        assert said[0] == "2"
        found.append(said[said.index(",") + 1 : -1].strip('"'))
    return found


def main_of(server: Server) -> Namespace:
    return server.namespace("/")


def test_rooms_except_and_own_ids() -> None:
    async def main() -> None:
        server = shop()
        space = main_of(server)
        async with serving(server) as site, AsyncExitStack() as stack:
            one, two, three, four = await tabs(stack, site, "a", "ab", "b", "")
            space.emit("e", "all")
            space.to("a").emit("e", "a")
            space.to("a", "b").emit("e", "a or b")
            space.to("a").to("b").except_("b").emit("e", "a not b")
            space.except_("a", four.sid).emit("e", "not a, not four")
            space.to(three.sid).emit("e", "three")
            space.to("a").except_(one.sid).emit("e", "a not one")
            space.to("nobody", "a").except_("nobody").emit("e", "with nobody")
            space.to("nobody").emit("e", "never")
            space.to(*[]).emit("e", "never")  # a computed list of rooms that came out empty is nobody, not everybody
            space.to("a").except_("a").emit("e", "never")
            assert await heard(one) == ["all", "a", "a or b", "a not b", "with nobody"]
            assert await heard(two) == ["all", "a", "a or b", "a not one", "with nobody"]
            assert await heard(three) == ["all", "a or b", "not a, not four", "three"]
            assert await heard(four) == ["all"]

    run(main())


def test_a_socket_emits_to_itself_and_to_its_own_id() -> None:
    async def main() -> None:
        server = shop()

        @main_of(server).on("me")
        def me(socket: Socket) -> str:
            socket.emit("e", "self")
            socket.namespace.to(socket.id).emit("e", "by id")
            socket.namespace.except_(socket.id).emit("e", "others")
            return "done"

        async with serving(server) as site, Tab(site.port) as one, Tab(site.port) as two:
            one.emit("me", ack=1)
            assert [await one.event(), await one.event(), await one.hear()] == [
                ["e", "self"],
                ["e", "by id"],
                '31["done"]',
            ]
            assert await heard(two) == ["others"]

    run(main())


def test_events_acknowledgements_and_broadcasts_of_one_turn_keep_their_order() -> None:
    async def main() -> None:
        server = shop()
        space = main_of(server)

        @space.on("mix")
        def mix(socket: Socket, number: int) -> int:
            socket.emit("e", f"own {number}")
            space.emit("e", f"all {number}")
            space.to("a").emit("e", f"a {number}")
            space.to(socket.id).volatile.emit("e", f"id {number}")
            return number

        async with serving(server) as site, AsyncExitStack() as stack:
            one, two = await tabs(stack, site, "a", "a")
            for number in range(3):
                one.emit("mix", number, ack=number)
            expected = []
            for number in range(3):
                expected += [f'2["e","{word} {number}"]' for word in ("own", "all", "a", "id")] + [
                    f"3{number}[{number}]"
                ]
            assert [await one.hear() for _ in expected] == expected
            assert await heard(two) == [f"{word} {number}" for number in range(3) for word in ("all", "a")]

    run(main())


def test_a_membership_change_between_two_emits_reaches_exactly_the_right_sockets() -> None:
    async def main() -> None:
        server = shop()
        space = main_of(server)

        @space.on("dance")
        def dance(socket: Socket) -> None:
            space.to("r").emit("e", 1)
            socket.join("r")
            space.to("r").emit("e", 2)
            socket.leave("r")
            space.to("r").emit("e", 3)
            socket.join("r")
            socket.emit("e", 4)
            space.to("r").except_(socket.id).emit("e", 5)
            socket.leave("r")
            space.emit("e", 6)

        async with serving(server) as site, AsyncExitStack() as stack:
            one, two = await tabs(stack, site, "", "r")
            one.emit("dance")
            assert await heard(one) == ["2", "4", "6"]
            assert await heard(two) == ["1", "2", "3", "5", "6"]

    run(main())


def test_who_goes_in_the_same_turn_gets_what_was_said_before_and_who_comes_only_what_is_said_after() -> None:
    async def main() -> None:
        server = shop()
        space = main_of(server)

        @space.on("connect")
        def connected(socket: Socket, auth: dict[str, Any]) -> None:
            space.emit("e", "after")

        @space.on("out")
        def out(socket: Socket) -> None:
            space.emit("e", "before")
            socket.disconnect()
            space.emit("e", "without you")

        async with serving(server) as site, Tab(site.port) as one:
            assert await one.event() == ["e", "after"]
            space.emit("e", "too early for two")
            async with Tab(site.port) as two:
                assert await two.event() == ["e", "after"]
                two.emit("out")
                assert await two.event() == ["e", "before"]
                assert await two.hear() == "1"
            assert await heard(one) == ["too early for two", "after", "before", "without you"]

    run(main())


def test_several_events_of_one_turn_leave_as_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        server = shop()
        space = main_of(server)
        async with serving(server) as site, AsyncExitStack() as stack:
            one, two = await tabs(stack, site, "a", "")
            writes: dict[str, list[bytes]] = {one.sid: [], two.sid: []}
            sids = {socket.session.fd: sid for sid, socket in space.sockets.items()}

            def write(fd: int, data: bytes) -> int:
                writes[sids[fd]].append(data)
                return len(data)

            monkeypatch.setattr("carevia.realtime.descriptor.os", SimpleNamespace(write=write))
            for number in range(3):
                space.emit("e", number)
            await asyncio.sleep(0)
            three = b"".join(frame(TEXT, b'42["e",%d]' % number) for number in range(3))
            assert writes == {one.sid: [three], two.sid: [three]}
            space.emit("e", "all")
            space.to("a").emit("e", "a")
            space.sockets[one.sid].emit("e", "own")
            await asyncio.sleep(0)
            assert [len(found) for found in writes.values()] == [2, 2]
            expected = b"".join(frame(TEXT, b'42["e","%s"]' % word) for word in (b"all", b"a", b"own"))
            assert writes[one.sid][1] == expected
            assert writes[two.sid][1] == frame(TEXT, b'42["e","all"]')

    run(main())


def test_several_events_of_one_turn_fill_one_poll() -> None:
    async def main() -> None:
        server = shop()
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            polling.ask()
            await until(lambda: next(iter(site.engine.polls.values())).waiting, "the poll did not arrive")
            for number in range(3):
                main_of(server).emit("e", number, b"\x01")
            assert (await polling.answer()).text == "\x1e".join(
                f'451-["e",{number},{{"_placeholder":true,"num":0}}]\x1ebAQ==' for number in range(3)
            )

    run(main())


def test_what_is_emitted_is_what_was_emitted_though_it_changes_afterwards() -> None:
    async def main() -> None:
        server = shop()
        async with serving(server) as site, Tab(site.port) as tab:
            payload = {"n": 1}
            main_of(server).emit("e", payload)
            payload["n"] = 2
            assert await tab.event() == ["e", {"n": 1}]

    run(main())


def test_what_cannot_be_sent_raises_at_the_sender_and_harms_nobody() -> None:
    async def main() -> None:
        server = shop()
        async with serving(server) as site, Tab(site.port) as tab:
            main_of(server).emit("e", 1)
            for bad in ("\ud800", object()):
                with pytest.raises((TypeError, ValueError)):
                    main_of(server).emit("e", bad)
            main_of(server).emit("e", 2)
            assert await heard(tab) == ["1", "2"]

    run(main())


def test_rooms_vanish_with_their_last_member() -> None:
    async def main() -> None:
        server = shop()
        space = main_of(server)
        async with serving(server) as site:
            async with AsyncExitStack() as stack:
                one, _ = await tabs(stack, site, "ab", "b")
                assert {room: len(members) for room, members in space.rooms.items()} == {"a": 1, "b": 2}
                assert space.sockets[one.sid].rooms == ("a", "b")
                await one.call("leave", "a", "never joined")
                assert set(space.rooms) == {"b"}
                await one.call("join", "b")
                assert space.sockets[one.sid].rooms == ("b",)
            await site.quiet()

    run(main())


def test_past_the_limit_the_room_joined_least_recently_is_left() -> None:
    async def main() -> None:
        server = shop(max_rooms=3)
        space = main_of(server)
        async with serving(server) as site, Tab(site.port) as tab:
            await tab.call("join", "a", "b", "c", "a", "d")
            assert space.sockets[tab.sid].rooms == ("c", "a", "d")
            assert set(space.rooms) == {"a", "c", "d"}
            assert site.engine.stats.limits == {"rooms": 1}

    run(main())


def test_namespaces_do_not_hear_each_other() -> None:
    async def main() -> None:
        server = shop()
        other = server.namespace("/other")
        other.on("join")(lambda socket, room: socket.join(room))
        async with serving(server) as site, Tab(site.port) as one, Tab(site.port, "/other") as two:
            await one.call("join", "r")
            await two.call("join", "r")
            main_of(server).to("r").emit("e", "main")
            other.to("r").emit("e", "other")
            main_of(server).to(two.sid).emit("e", "never")
            assert await one.event() == ["e", "main"]
            assert await two.event() == ["e", "other"]
            assert await heard(one) == []

    run(main())
