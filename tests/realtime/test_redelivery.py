"""Events that ask for an acknowledgement: over a cut, by a callback, and handlers that give none."""

import asyncio
from typing import Any

import pytest

from carevia.realtime import NO_ACK, AckTimeout, Disconnected, Socket
from tests.realtime.comeback import Client, back, gone, nothing_more, remembering
from tests.realtime.rawclient import Tab, until
from tests.realtime.serving import make, run, serving


def test_an_event_that_waits_for_its_acknowledgement_is_sent_again() -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            async with Client(site.port) as client:
                [socket] = space.sockets.values()
                calls = [asyncio.create_task(socket.call("ask", number, timeout=5)) for number in range(2)]
                asked = [await client.hear(), await client.hear()]
                assert asked == ['20["ask",0]', '21["ask",1]']
                client.say("30[true]")
                assert await calls[0] == [True]
            await gone(space)
            assert list(space.parked) == [client.sid]
            async with back(site, client.ticket) as again:
                assert await again.hear() == '21["ask",1]', "only the one without an answer, under its old id"
                again.say('31["late"]')
                assert await calls[1] == ["late"]
                [socket] = space.sockets.values()
                third = asyncio.create_task(socket.call("ask", 2))
                assert await again.hear() == '22["ask",2]', "no id is used twice"
                again.say("32[]")
                await third
            assert not space.parked

    run(main())


def test_who_does_not_come_back_in_time_is_a_timeout_and_leaves_nothing() -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site:
            async with Client(site.port) as client:
                [socket] = space.sockets.values()
                call = asyncio.create_task(socket.call("ask", timeout=0.3))
                await client.hear()
            with pytest.raises(AckTimeout):
                await call
            assert not space.parked
            async with back(site, client.ticket) as again:
                await nothing_more(again)

    run(main())


def test_after_a_farewell_the_caller_is_told_at_once() -> None:
    async def main() -> None:
        server, space = remembering()
        async with serving(server) as site, Client(site.port) as client:
            [socket] = space.sockets.values()
            call = asyncio.create_task(socket.call("ask", timeout=60))
            await client.hear()
            client.say("1")
            with pytest.raises(Disconnected):
                await call
            assert not space.parked

    run(main())


def test_ask_runs_its_callback_once_and_never_without_an_answer() -> None:
    async def main() -> None:
        errors: list[Exception] = []
        server = make(errors=errors)
        space = server.namespace("/")
        answers: list[Any] = []

        async def later(*args: Any) -> None:
            await asyncio.sleep(0)
            answers.append(args)

        def fails(*args: Any) -> None:
            raise RuntimeError("in a callback")

        async with serving(server) as site:
            async with Tab(site.port) as tab:
                [socket] = space.sockets.values()
                socket.ask("a", then=lambda *args: answers.append(args))
                socket.ask("b", then=later)
                socket.ask("c", then=fails)
                socket.ask("d", then=later, timeout=0.05)
                socket.ask("e", then=later)
                for _ in range(5):
                    await tab.hear()
                tab.say('30[1,"two"]')
                tab.say("31[]")
                tab.say("32[]")
                await until(lambda: len(answers) == 2 and errors, "no answer")
            await site.quiet()
            assert answers == [(1, "two"), ()]
            assert [str(error) for error in errors] == ["in a callback"]

    run(main())


@pytest.mark.parametrize("waits", [True, False])
def test_a_handler_may_leave_its_event_without_an_acknowledgement(waits: bool) -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")
        space.on("echo")(lambda socket, *args: args)

        @space.on("plain")
        def plain(socket: Socket) -> object:
            return NO_ACK

        @space.on("waits")
        async def waiting(socket: Socket) -> object:
            await asyncio.sleep(0)
            return NO_ACK

        async with serving(server) as site, Tab(site.port) as tab:
            tab.emit("waits" if waits else "plain", ack=99)
            await nothing_more(tab)

    run(main())
