"""The test kit's faults: cut, frozen, duplicated, reordered, slow; and recovery by the rules of socket.io-client."""

import asyncio
import gc
from collections.abc import Mapping
from typing import Any

import pytest

from carevia.realtime import Identity, Server, Socket
from carevia.realtime.message import Message
from carevia.realtime.testing import TestClient, duplicate, shuffle
from tests.realtime.kit import TRANSPORTS, lively, quiet
from tests.realtime.rawclient import until
from tests.realtime.serving import run


class Log:
    """The smallest recovery there is: what was emitted with an offset is kept and replayed."""

    def __init__(self, server: Server) -> None:
        self.space = server.namespace("/")
        self.space.recovery = self
        self.space.on("connect")(self.replay)
        self.rows: list[int] = []
        self.pids = 0

    def identify(self, socket: Socket, auth: Mapping[str, Any]) -> Identity:
        pid = auth.get("pid")
        if pid is None:
            self.pids += 1
            socket.recovery = len(self.rows)
            return Identity(f"sid-{self.pids}", f"pid-{self.pids}", False)
        socket.recovery = int(auth.get("offset", 0))
        return Identity(f"sid-{pid[4:]}", pid, True)

    def replay(self, socket: Socket, auth: Mapping[str, Any]) -> None:
        for number in self.rows[socket.recovery :]:
            socket.emit("row", number, offset=str(number))

    def append(self) -> None:
        self.rows.append(len(self.rows) + 1)
        self.space.emit("row", self.rows[-1], offset=str(self.rows[-1]))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_cut_is_seen_on_both_sides_and_a_client_may_come_back(transport: Any) -> None:
    async def main() -> None:
        server = lively()
        reasons: list[str] = []
        server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))
        async with TestClient(server, transport=transport) as client:
            first = client.sid
            server.namespace("/").emit("lost", 1)
            await asyncio.sleep(0)
            client.cut()
            assert not client.connected and client.closed == (None, "cut")
            with pytest.raises(ConnectionError):
                client.emit("say", 1)
            await until(lambda: not server.engine.sessions, "the server was not told")
            await client.reconnect()
            assert client.sid != first and not client.recovered and client.events == []
            assert await client.call("echo", 1) == [1]
        assert len(reasons) == 2 and reasons[0].startswith("transport")
        await quiet(server)

    run(main())


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("fault", ["cut", "freeze"])
def test_recovery_by_the_rules_of_socket_io_client(transport: Any, fault: str) -> None:
    async def main() -> None:
        server = lively()
        log = Log(server)
        async with TestClient(server, transport=transport, auth={"token": "t"}) as client:
            sid, pid = client.sid, client.pid
            assert (pid, client.offset, client.recovered) == ("pid-1", None, False)
            log.append()
            assert (await client.receive("row")).args == [1, "1"]
            assert client.offset == "1"
            getattr(client, fault)()
            for _ in range(3):
                log.append()
            await client.reconnect()
            assert (client.sid, client.pid, client.recovered) == (sid, pid, True)
            assert [(await client.receive("row")).args[0] for _ in range(3)] == [2, 3, 4]
            log.append()
            assert (await client.receive("row")).args == [5, "5"]
            assert server.client_count == 1
        await quiet(server)

    run(main())


def test_only_what_ends_an_event_in_a_string_moves_the_offset() -> None:
    """A bare event once did: clients take the last of `[name, ...args]`, and that was the name."""

    async def main() -> None:
        server = lively()
        log = Log(server)
        async with TestClient(server) as client:
            log.append()
            await client.receive("row")
            [socket] = server.namespace("/").sockets.values()
            socket.emit("bare")
            socket.emit("text", "not an offset")
            log.space.emit("bare")
            asked = asyncio.create_task(socket.call("asks", "a string"))
            (await client.receive("asks")).answer()
            await asked
            assert client.offset == "1"
            assert [event.args for event in client.events] == [[None], ["not an offset", None], [None]]
        await quiet(server)

    run(main())


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_duplicated_and_reordered_traffic(transport: Any) -> None:
    async def main() -> None:
        server = lively()
        space = server.namespace("/")
        async with TestClient(server, transport=transport) as client:
            client.disturb(up=duplicate)
            client.emit("say", 1)
            assert [(await client.receive("said")).args for _ in range(2)] == [[1], [1]]
            client.disturb(up=shuffle(7))
            for number in range(20):
                client.emit("say", number)
            got = [(await client.receive("said")).args[0] for _ in range(20)]
            assert sorted(got) == list(range(20)) and got != list(range(20))
            client.disturb(down=shuffle(7))
            for number in range(20):
                space.emit("said", number)
            got = [(await client.receive("said")).args[0] for _ in range(16)]
            assert got != sorted(got)
            lost: list[Any] = []

            def lose(units: list[Any]) -> list[Any]:
                lost.extend(units)
                return []

            client.disturb(down=lose)
            space.emit("said", "lost")
            await until(lambda: lost, "it was never on its way")
            client.disturb()
            assert (await client.call("echo", "honest again")) == ["honest again"]
            assert "lost" not in [event.args[0] for event in client.events]
        await quiet(server)

    run(main())


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_slow_reader_is_bounded_and_closed_while_others_are_served(transport: Any) -> None:
    async def main() -> None:
        server = lively(buffer_limit=200_000)
        space = server.namespace("/")
        async with TestClient(server, transport=transport) as slow, TestClient(server) as quick:
            slow_socket = space.sockets[slow.sid]
            reasons: list[str] = []
            space.on("disconnect")(lambda socket, reason: reasons.append(reason))
            await until(lambda: slow.transcript[-1:] and not server.fanout._entries, "not settled")
            slow.pause()
            sent = 0
            while slow_socket.connected:
                space.emit("e", "x" * 1000)
                await quick.receive("e")
                sent += 1
                assert sent < 500, "the slow reader is never closed"
            assert sent > 190 and reasons == ["slow reader"] and server.engine.stats.slow == 1
            slow.resume()
            await slow.ended()
            assert await quick.call("echo", 1) == [1]
        await quiet(server)

    run(main())


def test_a_slow_reader_that_reads_again_has_lost_only_what_was_volatile() -> None:
    async def main() -> None:
        server = lively(buffer_limit=10_000_000)
        space = server.namespace("/")
        async with TestClient(server) as slow:
            [socket] = space.sockets.values()
            slow.pause()
            for number in range(300):
                space.emit("kept", number, "x" * 1000)
                await asyncio.sleep(0)
                space.volatile.emit("typing", number)
                await asyncio.sleep(0)
            drained = asyncio.create_task(socket.session.transport.drain())
            await asyncio.sleep(0)
            assert not drained.done()
            slow.resume()
            assert [(await slow.receive("kept")).args[0] for _ in range(300)] == list(range(300))
            await drained
            typed = sum(event.name == "typing" for event in slow.events)
            assert typed == 300 - server.engine.stats.dropped < 200
        await quiet(server)

    run(main())


def test_a_client_far_ahead_of_its_handler_is_read_no_further() -> None:
    async def main() -> None:
        server = lively(max_queued=100_000)
        gate, got = asyncio.Event(), list[int]()

        @server.namespace("/").on("n")
        async def take(socket: Socket, number: int, padding: str) -> None:
            await gate.wait()
            got.append(number)

        async with TestClient(server) as client:
            [socket] = server.namespace("/").sockets.values()
            for number in range(1000):
                client.emit("n", number, "x" * 1000)
            await until(lambda: socket.client.paused, "reading went on")
            assert len(socket._jobs or ()) < 200
            gate.set()
            await until(lambda: len(got) == 1000, "not everything arrived")
            assert got == list(range(1000))
        await quiet(server)

    run(main())


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_nothing_is_left_of_a_thousand_clients_that_come_and_go_in_every_way(transport: Any) -> None:
    async def main() -> None:
        server = lively()
        for number in range(250):
            async with (
                TestClient(server, transport=transport) as polite,
                TestClient(server, transport=transport) as cut,
            ):
                if number % 2:
                    cut.freeze()
                    await cut.reconnect()
                else:
                    cut.cut()
                await polite.call("echo", number)
                server.namespace("/").sockets[polite.sid].disconnect(close=number % 3 == 0)
        await quiet(server)

    run(main())
    gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, TestClient)]


def test_a_server_that_lets_in_and_sends_away_in_one_breath_has_answered() -> None:
    async def main() -> None:
        server = lively()
        server.namespace("/").on("connect")(lambda socket, auth: socket.disconnect())
        client = TestClient(server)
        await client.connect()
        assert client.sid and not client.connected
        await client.close()
        await quiet(server)

    run(main())


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("said", ['42["e",not json]', "49", "4", "451-", '0{"no": 1'], ids=repr)
def test_a_client_hangs_up_on_what_it_cannot_read(transport: Any, said: str) -> None:
    async def main() -> None:
        server = lively()
        async with TestClient(server, transport=transport) as client:
            [session] = server.engine.sessions.values()
            session.send(Message(said.encode()))
            with pytest.raises(ConnectionError, match="parse error"):
                await client.receive("e")
            assert client.closed is not None
        await until(lambda: not server.engine.sessions, "the server was not told")
        await quiet(server)

    run(main())


def test_a_second_connect_is_refused_and_leaves_the_first_as_it_is() -> None:
    async def main() -> None:
        server = lively()
        async with TestClient(server) as client:
            for again in (client.connect, client.open):
                with pytest.raises(RuntimeError, match="connected already"):
                    await again()
            assert await client.call("echo", 1) == [1]
            await client.close()
            await client.connect()
            assert server.client_count == 1
        await quiet(server)

    run(main())
