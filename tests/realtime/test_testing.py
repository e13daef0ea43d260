"""The test kit itself: what it says must be what a real client would see. Here time, and honest clients."""

import asyncio
import doctest
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from carevia.realtime import (
    ConnectRefused,
    Handshake,
    MemoryRecovery,
    Refusal,
    Server,
    ServerConfig,
    Socket,
    testing,
)
from carevia.realtime.testing import Refused, Stuck, TestClient, VirtualLoop, virtual_time
from tests.realtime.kit import TRANSPORTS, lively, quiet
from tests.realtime.serving import run


def test_the_example_of_the_kit_is_true() -> None:
    found = doctest.testmod(testing)
    assert found.attempted >= 4 and not found.failed


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_events_acknowledgements_and_binary_both_ways(transport: Any) -> None:
    async def main() -> None:
        server = lively()
        async with TestClient(server, transport=transport) as client:
            assert client.connected and client.sid in server.namespace("/").sockets
            assert await client.call("echo", 5, {"a": b"\x00\xff"}) == [5, {"a": b"\x00\xff"}]
            client.emit("say", "x", b"")
            assert (await client.receive("said")).args == ["x", b""]
            [socket] = server.namespace("/").sockets.values()
            asked = asyncio.create_task(socket.call("sure?", b"1"))
            event = await client.receive()
            assert (event.name, event.args, event.wants_answer) == ("sure?", [b"1"], True)
            event.answer("yes", b"2")
            assert await asked == ["yes", b"2"]
            assert {session.transport.name for session in server.engine.sessions.values()} == {transport}
        await quiet(server)

    run(main())


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_who_has_left_was_not_closed_by_the_server(transport: Any) -> None:
    async def main() -> None:
        server = lively()
        async with TestClient(server, transport=transport) as client:
            pass
        assert client.closed is not None and client.closed.why == "closed by the client"
        await quiet(server)

    run(main())


def test_a_client_upgrades_and_loses_nothing_on_the_way() -> None:
    async def main() -> None:
        server = lively()
        async with TestClient(server, transport="polling") as client:
            for number in range(5):
                client.emit("say", number)
            upgraded = asyncio.create_task(client.upgrade())
            while not upgraded.done():
                server.namespace("/").emit("said", "meanwhile")
                await asyncio.sleep(0)
            await upgraded
            client.emit("say", "last")
            got = []
            while (event := await client.receive("said")).args != ["last"]:
                got += event.args
            assert [word for word in got if word != "meanwhile"] == list(range(5))
            assert got.count("meanwhile") > 2
            assert {session.transport.name for session in server.engine.sessions.values()} == {"websocket"}
        await quiet(server)

    run(main())


def test_what_is_said_while_a_client_changes_over_arrives_once() -> None:
    async def main() -> None:
        server = lively()
        async with TestClient(server, transport="polling") as client:
            upgraded = asyncio.create_task(client.upgrade())
            said = 0
            while not upgraded.done():
                client.emit("say", said)
                said += 1
                await asyncio.sleep(0)
            await upgraded
            assert await client.call("echo", "whole") == ["whole"]
            assert [(await client.receive("said")).args for _ in range(said)] == [[number] for number in range(said)]
        await quiet(server)

    run(main())


def test_an_upgrade_that_fails_leaves_the_client_on_polling() -> None:
    async def main() -> None:
        server = lively(allow_upgrades=False)
        async with TestClient(server, transport="polling") as client:
            with pytest.raises(Refused):
                await client.upgrade()
            assert await client.call("echo", 1) == [1]
        await quiet(server)
        server = lively()
        async with TestClient(server, transport="polling") as client:
            upgraded = asyncio.create_task(client.upgrade())
            await asyncio.sleep(0.05)
            client.freeze()
            client.emit("say", "held")
            with pytest.raises(TimeoutError, match="the polls did not end"):
                await upgraded
            client.thaw()
            assert (await client.receive("said")).args == ["held"]
            await client.upgrade()
            assert await client.call("echo", 2) == [2]
        await quiet(server)

    with virtual_time() as clock:
        clock.run(main())


def test_refusals_say_what_the_server_said() -> None:
    async def main() -> None:
        def full(handshake: Handshake) -> Refusal | None:
            return Refusal(503, "Full", 7) if handshake.address == "10.0.0.1" else None

        server = lively(admit=full, origins=("https://site.example",))

        @server.namespace("/").use
        def door(socket: Socket, auth: dict[str, Any]) -> None:
            if auth.get("token") != "right":
                raise ConnectRefused("Sign in first", {"code": 1})

        for transport in TRANSPORTS:
            kind: Any = {"transport": transport}
            for words, status, retry in (
                ({"address": "10.0.0.1"}, 503, 7),
                ({"headers": {"Origin": "https://evil.example"}}, 403, None),
            ):
                with pytest.raises(Refused) as refused:
                    await TestClient(server, **words, **kind).connect()
                assert (refused.value.status, refused.value.retry_after) == (status, retry)
            with pytest.raises(ConnectRefused) as error:
                await TestClient(server, auth={"token": "wrong"}, **kind).connect()
            assert (error.value.message, error.value.data) == ("Sign in first", {"code": 1})
            async with TestClient(server, auth={"token": "right"}, headers={"origin": "https://site.example"}, **kind):
                assert server.client_count == 1
        with pytest.raises(ConnectRefused, match="Invalid namespace"):
            await TestClient(server, namespace="/nowhere").connect()
        await quiet(server)

    run(main())


def test_what_the_server_sees_of_the_request() -> None:
    async def main() -> None:
        server = lively()
        for transport in TRANSPORTS:
            kind: Any = transport
            words: Any = {"headers": {"Cookie": "a=1"}, "query": {"x": "y"}, "address": "10.1.2.3", "secure": True}
            async with TestClient(server, transport=kind, **words):
                [socket] = server.namespace("/").sockets.values()
                seen = socket.handshake
                assert (seen.headers["cookie"], seen.query["x"], seen.address) == ("a=1", "y", "10.1.2.3")
                assert seen.secure
        await quiet(server)

    run(main())


# Virtual time.


def test_a_day_of_heartbeats_is_exact_and_takes_no_time() -> None:

    async def main() -> None:
        server = lively()
        async with TestClient(server) as client:
            await asyncio.sleep(86_400.001)
            assert client.connected and client.transcript.count("2") == 3456
        await quiet(server)

    began = time.process_time()
    with virtual_time() as clock:
        clock.run(main())
        assert clock.now == 86_400.001
    assert time.process_time() - began < 1


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_ping_comes_exactly_one_interval_after_the_last_pong(transport: Any) -> None:
    async def main() -> None:
        server, loop = lively(), asyncio.get_running_loop()
        async with TestClient(server, transport=transport) as client:
            for number in range(1, 50):
                await asyncio.sleep(number * 25 - loop.time() - 0.000_001)
                assert client.transcript.count("2") == number - 1
                await asyncio.sleep(0.000_002)
                assert client.transcript.count("2") == number
        await quiet(server)

    with virtual_time() as clock:
        clock.run(main())


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_frozen_client_is_dropped_at_interval_and_timeout(transport: Any) -> None:
    async def main() -> None:
        server, loop = lively(ping_interval=10.0, ping_timeout=4.0), asyncio.get_running_loop()
        gone: list[tuple[str, float]] = []
        server.namespace("/").on("disconnect")(lambda socket, reason: gone.append((reason, loop.time())))
        async with TestClient(server, transport=transport) as client:
            await asyncio.sleep(15)  # one heartbeat passes
            client.freeze()
            await asyncio.sleep(8.9)
            assert server.client_count == 1
            await asyncio.sleep(0.2)
            assert gone == [("ping timeout", 24.0)]
            assert client.connected and client.closed is None, "nobody has told it"
            client.thaw()
            assert (await client.ended()).why
        await quiet(server)

    with virtual_time() as clock:
        clock.run(main())


def test_a_client_that_answers_no_pings_is_dropped() -> None:
    async def main() -> None:
        server = lively()
        async with TestClient(server) as client:
            client.answers_pings = False
            await client.ended(within=45.001)
            assert asyncio.get_running_loop().time() == pytest.approx(45, abs=0.001)
        await quiet(server)

    with virtual_time() as clock:
        clock.run(main())


def test_who_stays_away_too_long_is_not_recovered_and_that_takes_no_time() -> None:
    """What recovery keeps aged by the wall clock: a virtual hour later it was all still there."""

    async def main() -> None:
        server = Server()
        server.namespace("/").recovery = MemoryRecovery(max_age=120)
        async with TestClient(server) as client:
            for away, recovered in ((119, True), (121, False)):
                client.cut()
                await asyncio.sleep(away)
                await client.reconnect()
                assert client.recovered is recovered
        await server.stop()

    with virtual_time() as clock:
        clock.run(main())


def test_time_stands_still_for_threads_and_a_loop_that_waits_for_nothing_says_so() -> None:
    async def work() -> float:
        sleeper = asyncio.create_task(asyncio.sleep(100))
        await asyncio.to_thread(time.sleep, 0.05)
        assert not sleeper.done() and asyncio.get_running_loop().time() == 0
        await sleeper
        return asyncio.get_running_loop().time()

    async def forever() -> None:
        await asyncio.get_running_loop().create_future()

    with virtual_time() as clock:
        assert clock.run(work()) == clock.now == 100
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("carevia.realtime.testing.clock._PATIENCE", 0.05)
        loop = VirtualLoop()
        waiting = loop.create_task(forever())
        with pytest.raises(Stuck):
            loop.run_until_complete(waiting)
        waiting.cancel()
        loop.run_until_complete(asyncio.gather(waiting, return_exceptions=True))
        loop.close()


def test_time_stands_still_at_the_end_until_the_threads_have_ended() -> None:
    class Slow(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            time.sleep(0.05)
            super().shutdown(wait, cancel_futures=cancel_futures)

    async def work() -> None:
        asyncio.get_running_loop().set_default_executor(Slow())
        await asyncio.to_thread(int)

    with virtual_time() as clock:  # since Python 3.12 it warned that 300 s had not been enough
        clock.run(work())


def test_waiting_in_vain_says_for_what() -> None:
    async def main() -> None:
        server = lively()
        server.namespace("/").on("never")(lambda socket: socket.disconnect(close=True))
        async with TestClient(server) as client:
            with pytest.raises(TimeoutError, match="no booking within 3 s"):
                await client.receive("booking", within=3)
            with pytest.raises(ConnectionError, match="never was not acknowledged"):
                await client.call("never")
            with pytest.raises(ValueError, match="asks for no acknowledgement"):
                testing.Event(client, "e", [], None).answer()
        await quiet(server)

    with virtual_time() as clock:
        clock.run(main())


def test_the_server_config_of_the_product_is_nothing_special_to_the_kit() -> None:
    async def main() -> None:
        server = Server(ServerConfig(path="/elsewhere/"))
        server.namespace("/shop").on("echo")(lambda socket, *args: args)
        for transport in TRANSPORTS:
            kind: Any = transport
            async with TestClient(server, namespace="/shop", transport=kind) as client:
                assert await client.call("echo", "é😀") == ["é😀"]
        await quiet(server)

    run(main())
