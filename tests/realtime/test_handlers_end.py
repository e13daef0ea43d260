"""What handlers give back and how they end: awaitables of every kind, cancellation, and clients that do not wait."""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Generator
from typing import Any
from weakref import ref

import pytest

from carevia.realtime import ConnectRefused, Server, Socket
from carevia.realtime.testing import TestClient, virtual_time
from tests.realtime.kit import TRANSPORTS, lively, quiet
from tests.realtime.rawclient import until
from tests.realtime.serving import make, run

Work = Callable[[], Coroutine[Any, Any, Any]]


class Later:
    """Something that can be awaited and is no coroutine, no future and no task."""

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, None, Any]:
        return self._work.__await__()


def in_virtual_time(main: Coroutine[Any, Any, None]) -> None:
    with virtual_time() as clock:
        clock.run(main)


async def cancelled() -> None:
    """Awaits what somebody cancels."""
    task = asyncio.create_task(asyncio.sleep(3600))
    asyncio.get_running_loop().call_soon(task.cancel)
    await task


WAYS = [
    pytest.param(lambda work: work(), id="coroutine"),
    pytest.param(lambda work: asyncio.ensure_future(work()), id="task"),
    pytest.param(lambda work: asyncio.gather(work()), id="future"),
    pytest.param(lambda work: Later(work()), id="awaitable"),
]


@pytest.mark.parametrize("position", [0, 1], ids=["first", "after an async one"])
@pytest.mark.parametrize("way", WAYS)
def test_a_middleware_may_refuse_in_whatever_can_be_awaited(way: Callable[[Work], Any], position: int) -> None:
    async def main() -> None:
        server = lively()
        space = server.namespace("/")

        async def nothing(socket: Socket, auth: Any) -> None:
            pass

        async def check() -> None:
            raise ConnectRefused("Sign in first")

        for middleware in [nothing] * position + [lambda socket, auth: way(check)]:
            space.use(middleware)
        with pytest.raises(ConnectRefused, match="Sign in first"):
            await TestClient(server).connect()
        assert not space.sockets
        await server.stop()

    run(main())


@pytest.mark.parametrize("way", WAYS)
def test_whatever_a_handler_gives_to_await_is_awaited_in_order(way: Callable[[Work], Any]) -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")
        ran: list[Any] = []

        def handler(name: str) -> Callable[..., Any]:
            async def work() -> str:
                await asyncio.sleep(0)
                ran.append(name)
                return name

            return lambda socket, *args: way(work)

        for name in ("connect", "one", "two", "disconnect"):
            space.on(name)(handler(name))
        async with TestClient(server) as client:
            answers = await asyncio.gather(client.call("one"), client.call("two"))
            assert "one" in str(answers[0]) and "two" in str(answers[1])
            asked = space.sockets[client.sid]
            asked.ask("sure?", then=handler("asked"))
            (await client.receive("sure?")).answer("yes")
            await until(lambda: "asked" in ran, "the answer was not awaited")
        await until(lambda: len(ran) == 5, "not everything was awaited")
        assert [word for word in ran if word != "asked"] == ["connect", "one", "two", "disconnect"]
        await server.stop()

    run(main())


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("at_once", [True, False], ids=["plain", "async"])
def test_a_cancelled_error_out_of_a_handler_is_an_error_like_others(transport: Any, at_once: bool) -> None:
    async def main() -> None:
        errors: list[Exception] = []
        server = make(errors=errors)
        space = server.namespace("/")

        def raises(socket: Socket, *args: Any) -> None:
            raise asyncio.CancelledError

        async def awaits(socket: Socket, *args: Any) -> None:
            await cancelled()

        for name in ("fails", "connect", "disconnect"):
            space.on(name)(raises if at_once else awaits)
        space.on("echo")(lambda socket, *args: args)
        async with TestClient(server, transport=transport) as client:
            client.emit("fails")
            assert await client.call("echo", 1) == [1]
        await until(lambda: len(errors) == 3, "a handler did not run")
        assert {type(error.__cause__) for error in errors} == {asyncio.CancelledError}
        await until(lambda: not server.tasks, "a task is left")
        await quiet(server)

    run(main())


def test_a_middleware_that_is_cancelled_refuses() -> None:
    async def main() -> None:
        server = make(errors=[])
        server.namespace("/").use(lambda socket, auth: cancelled())
        with pytest.raises(ConnectRefused, match="Something went wrong"):
            await TestClient(server).connect()
        await server.stop()

    run(main())


@pytest.mark.parametrize("at_once", [True, False], ids=["plain", "async"])
def test_an_on_error_that_raises_leaves_the_socket_alive(at_once: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        def on_error(error: Exception, socket: Socket) -> None:
            raise ZeroDivisionError

        server = Server(on_error=on_error)
        space = server.namespace("/")

        async def later(socket: Socket) -> None:
            await asyncio.sleep(0)
            raise ValueError

        def now(socket: Socket) -> None:
            raise ValueError

        space.on("bad")(now if at_once else later)
        space.on("echo")(lambda socket, *args: args)
        async with TestClient(server) as client:
            client.emit("bad")
            assert await client.call("echo", 1) == [1]
        await quiet(server)

    run(main())
    assert "on_error failed" in caplog.text


def test_whoever_cancels_the_task_of_a_handler_ends_its_connection_and_not_silently() -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")
        tasks: list[asyncio.Task[Any]] = []
        reasons: list[str] = []

        @space.on("hang")
        async def hang(socket: Socket) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.append(task)
            await asyncio.Event().wait()

        space.on("disconnect")(lambda socket, reason: reasons.append(reason))
        client = TestClient(server)
        await client.connect()
        client.emit("hang")
        await until(lambda: tasks, "the handler did not begin")
        tasks[0].cancel()
        await client.ended()
        assert reasons == ["handler cancelled"]
        await client.close()
        await quiet(server)

    run(main())


# A client goes while its handlers are under way.


def test_disconnect_comes_after_the_handlers_before_it() -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")
        ran: list[Any] = []

        @space.on("work")
        async def work(socket: Socket, number: int) -> None:
            await asyncio.sleep(1)
            ran.append(number)

        space.on("disconnect")(lambda socket, reason: ran.append(reason))
        async with TestClient(server) as client:
            for number in range(5):
                client.emit("work", number)
        await asyncio.sleep(6)
        assert ran == [0, 1, 2, 3, 4, "transport close"]
        await asyncio.sleep(60)
        await quiet(server)

    in_virtual_time(main())


def test_a_handler_that_hangs_holds_up_disconnect_for_a_while_and_is_ended_at_last() -> None:
    """Five clients had gone, and their tasks and what they held stood for ever; nobody was told that they had gone."""

    async def main() -> None:
        server = make(leave_timeout=10)
        space = server.namespace("/")
        ran: list[Any] = []

        @space.on("hang")
        async def hang(socket: Socket) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ran.append("ended")

        space.on("never")(lambda socket: ran.append("never"))
        space.on("disconnect")(lambda socket, reason: ran.append(reason))
        async with TestClient(server) as client:
            client.emit("hang")
            client.emit("never")
            await asyncio.sleep(0.1)
        await asyncio.sleep(9.5)
        assert not ran
        await asyncio.sleep(1)
        assert ran == ["transport close"]
        await asyncio.sleep(8.5)
        assert len(server.tasks) == 1, "a handler that takes long is not cut off at once"
        await asyncio.sleep(2)
        assert ran == ["transport close", "ended"] and not server.tasks
        await quiet(server)

    in_virtual_time(main())


def test_a_disconnect_handler_that_hangs_is_ended_too() -> None:
    async def main() -> None:
        server = make(leave_timeout=10)
        server.namespace("/").on("disconnect")(lambda socket, reason: asyncio.Event().wait())
        async with TestClient(server):
            pass
        await asyncio.sleep(19)
        assert len(server.tasks) == 1
        await asyncio.sleep(2)
        assert not server.tasks
        await quiet(server)

    in_virtual_time(main())


def test_a_client_that_has_gone_is_not_held_once_its_handlers_have_ended() -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")
        space.on("disconnect")(lambda socket, reason: asyncio.sleep(0.01))
        async with TestClient(server) as client:
            gone = ref(space.sockets[client.sid])
        del client
        await asyncio.sleep(1)
        gc.collect()
        assert gone() is None
        await quiet(server)

    in_virtual_time(main())


def test_stopping_ends_the_handlers_and_still_tells_who_has_gone() -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")
        reasons: list[str] = []
        space.on("hang")(lambda socket: asyncio.Event().wait())
        space.on("disconnect")(lambda socket, reason: reasons.append(reason))
        client = TestClient(server)
        await client.connect()
        client.emit("hang")
        await until(lambda: server.tasks, "the handler did not begin")
        await server.stop()
        assert reasons == ["server shutting down"] and not server.tasks
        await client.close()

    run(main())


def test_a_handler_may_stop_the_server() -> None:
    async def main() -> None:
        server = make()
        stopped: list[bool] = []

        @server.namespace("/").on("stop")
        async def stop(socket: Socket) -> None:
            await server.stop()
            stopped.append(True)

        client = TestClient(server)
        await client.connect()
        client.emit("stop")
        await client.ended()
        await until(lambda: stopped, "stop did not return")
        await until(lambda: not server.tasks, "its task is left")
        await client.close()

    run(main())
