"""Handlers: in order for each socket, harmless when they raise, and never so far behind that memory grows."""

import asyncio
from typing import Any

import msgspec
import pytest

from carevia.realtime import Socket
from tests.realtime.rawclient import Tab, until
from tests.realtime.serving import echoing, make, run, serving


def test_an_unknown_event_is_never_acknowledged_and_is_counted() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Tab(site.port) as tab:
            tab.emit("nobody", 1, ack=99)
            tab.emit("disconnecting2", ack=98)
            assert await tab.call("echo", "fence") == ["fence"]
            assert site.engine.stats.unknown == 2

    run(main())


def test_who_asks_is_told_of_unknown_events_at_once_and_may_fail() -> None:
    async def main() -> None:
        errors: list[Exception] = []
        server, told, done = make(errors=errors), list[str](), asyncio.Event()
        namespace = server.namespace("/")
        namespace.on("wait")(lambda socket: done.wait())

        @namespace.on_unknown
        def note(socket: Socket, event: str) -> None:
            told.append(event)
            if event == "end":
                done.set()
                raise ZeroDivisionError

        async with serving(server) as site, Tab(site.port) as tab:
            waiting = asyncio.ensure_future(tab.call("wait"))
            await asyncio.sleep(0)
            tab.emit("nobody", 1, ack=99)
            tab.emit("end")
            assert await waiting == [True]
            assert told == ["nobody", "end"]
            assert [type(error) for error in errors] == [ZeroDivisionError]

    run(main())


@pytest.mark.parametrize("wait", [False, True])
def test_a_handler_that_raises_closes_nothing_and_acknowledges_nothing(wait: bool) -> None:
    async def main() -> None:
        errors: list[Exception] = []
        server = make(errors=errors)
        namespace = server.namespace("/")
        namespace.on("echo")(lambda socket, *args: args)

        async def later(socket: Socket, *args: Any) -> None:
            await asyncio.sleep(0)
            raise ZeroDivisionError

        def at_once(socket: Socket, *args: Any) -> None:
            raise ZeroDivisionError

        namespace.on("fail")(later if wait else at_once)
        namespace.on("unsendable")(lambda socket: "\ud800")
        namespace.on("strict")(lambda socket, one: one)
        async with serving(server) as site, Tab(site.port) as tab:
            tab.emit("fail", ack=50)
            tab.emit("unsendable", ack=51)
            tab.emit("strict", 1, 2, ack=52)
            assert await tab.call("echo", 1) == [1]
            kinds = [type(error) for error in errors]
            assert kinds == [ZeroDivisionError, UnicodeEncodeError, TypeError]

    run(main())


def test_a_handler_gets_the_types_that_it_wants_and_plain_values_where_they_do_not_fit() -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")

        @space.on("kinds", int, msgspec.Raw)
        def kinds(_: Socket, *args: Any) -> list[str]:
            return [type(arg).__name__ for arg in args]

        @space.on("back", msgspec.Raw)
        def back(_: Socket, raw: Any) -> Any:
            return (raw,)

        async with serving(server) as site, Tab(site.port) as tab:
            assert await tab.call("kinds", 1, {"a": 1}) == [["int", "Raw"]]
            assert await tab.call("kinds", "1", {"a": 1}) == [["str", "dict"]]
            assert await tab.call("kinds", 1) == [["int"]]
            assert await tab.call("back", {"a": [1, "দুই", None]}) == [{"a": [1, "দুই", None]}]

    run(main())


def test_handlers_of_one_socket_run_in_order_async_or_not() -> None:
    async def main() -> None:
        server = make()
        namespace = server.namespace("/")
        ran: list[int] = []

        @namespace.on("slow")
        async def slow(socket: Socket, number: int) -> int:
            for _ in range(5 - number % 5):
                await asyncio.sleep(0)
            ran.append(number)
            return number

        @namespace.on("fast")
        def fast(socket: Socket, number: int) -> int:
            ran.append(number)
            return number

        async with serving(server) as site, Tab(site.port) as tab:
            for number in range(60):
                tab.emit("fast" if number % 3 == 0 else "slow", number, ack=number)
            assert [await tab.hear() for _ in range(60)] == [f"3{number}[{number}]" for number in range(60)]
            assert ran == list(range(60))
            await until(lambda: not server.tasks, "the handlers' task did not end")

    run(main())


def test_one_socket_that_waits_does_not_hold_up_another() -> None:
    async def main() -> None:
        server = make()
        gate = asyncio.Event()

        @server.namespace("/").on("wait")
        async def wait(socket: Socket) -> None:
            await gate.wait()

        server.namespace("/").on("echo")(lambda socket, *args: args)
        async with serving(server) as site, Tab(site.port) as one, Tab(site.port) as two:
            one.emit("wait", ack=1)
            one.emit("echo", ack=2)
            assert await two.call("echo", "free") == ["free"]
            gate.set()
            assert [await one.hear(), await one.hear()] == ["31[]", "32[]"]

    run(main())


def test_a_client_far_ahead_of_its_handler_is_read_no_further_and_loses_nothing() -> None:
    async def main() -> None:
        server = make(max_queued=100_000)
        gate = asyncio.Event()
        got: list[int] = []

        @server.namespace("/").on("n")
        async def take(socket: Socket, number: int, padding: str) -> None:
            await gate.wait()
            got.append(number)

        async with serving(server) as site, Tab(site.port) as tab:
            [socket] = site.server.namespace("/").sockets.values()
            for number in range(3000):
                tab.emit("n", number, "x" * 1000)
            await until(lambda: socket.client.paused, "reading went on")
            held = len(socket._jobs or ())
            assert held < 1500, "one read of the loop at most"
            gate.set()
            await until(lambda: len(got) == 3000, "not everything arrived")
            assert got == list(range(3000))

    run(main())


def test_too_many_waiting_events_close_the_connection() -> None:
    async def main() -> None:
        server = make(max_queued=10)

        @server.namespace("/").on("wait")
        async def wait(socket: Socket) -> None:
            await asyncio.Event().wait()

        async with serving(server) as site, Tab(site.port) as tab:
            for _ in range(12):
                tab.emit("wait")
            await tab.ended()
            await until(lambda: not site.engine.sessions, "the session was kept")
            assert site.engine.stats.limits["queue"] > 0

    run(main())


def test_reserved_names_and_a_socket_that_is_gone() -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server) as site:
            async with Tab(site.port):
                [socket] = server.namespace("/").sockets.values()
                for name in ("connect", "disconnect", "connect_error", "newListener"):
                    with pytest.raises(ValueError):
                        socket.emit(name)
                    with pytest.raises(ValueError):
                        server.namespace("/").emit(name)
                    with pytest.raises(ValueError):
                        await socket.call(name)
            await site.quiet()
            socket.emit("nobody hears")
            socket.join("room")
            socket.leave("room")
            socket.disconnect()
            assert not socket.connected and not server.namespace("/").rooms

    run(main())
