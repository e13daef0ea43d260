"""What one client may cost: attachments, waiting, unread bytes, packets, connections that never say who they are."""

import asyncio
import socket as sockets
import time
from typing import Any

import pytest

from carevia.realtime import Server, ServerConfig, Socket
from tests.protocol.frames import client_frame
from tests.realtime.at_once import at_once
from tests.realtime.rawclient import Polling, RawWebSocket, Tab, request, until
from tests.realtime.serving import echoing, run, serving

WS = "/socket.io/?EIO=4&transport=websocket"
PLACE = '{"_placeholder":true,"num":%d}'


@pytest.mark.parametrize("name", ["max_payload", "ping_timeout", "attachment_timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_time_or_a_payload_of_nothing_is_no_limit_switched_off(name: str, value: float) -> None:
    """It refused everything, or ended everybody at once."""
    told: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=f"{name} is {value}: it must be above 0"):
        ServerConfig(**told)


# Attachments: number, sum, time; and never before CONNECT.


def binary_event(count: int) -> str:
    return f'45{count}-1["echo",' + ",".join(PLACE % number for number in range(count)) + "]"


def test_as_many_attachments_as_allowed_and_no_more() -> None:
    async def main() -> None:
        async with serving(echoing(max_attachments=10)) as site:
            async with Tab(site.port) as tab:
                tab.send(binary_event(10))
                for number in range(10):
                    tab.send(bytes([number]))
                assert (await tab.hear()).startswith("610-1[")
                assert [await tab.receive() for _ in range(10)] == [bytes([number]) for number in range(10)]
            for count in (11, 99_999):
                async with Tab(site.port) as tab:
                    tab.send(f'45{count}-["echo"]')
                    await tab.ended()
            async with Polling(site.port) as polling:
                await polling.post("40")
                assert (await polling.post('4511-["echo"]')).status == 400
            assert site.engine.stats.limits == {"attachments": 3}

    run(main())


def test_attachments_together_stay_under_the_payload_limit() -> None:
    async def main() -> None:
        async with serving(echoing(max_payload=1000)) as site:
            async with Tab(site.port) as tab:
                tab.send(binary_event(2))
                tab.send(b"x" * 500)
                tab.send(b"y" * 500)
                assert (await tab.hear()).startswith("62-1[")
                assert [await tab.receive(), await tab.receive()] == [b"x" * 500, b"y" * 500]
            async with Tab(site.port) as tab:
                tab.send(binary_event(3))
                tab.send(b"x" * 500)
                tab.send(b"y" * 501)
                await tab.ended()
            assert site.engine.stats.limits == {"attachments": 1}

    run(main())


def test_attachments_must_be_complete_in_time() -> None:
    async def main() -> None:
        async with serving(echoing(attachment_timeout=0.15)) as site, Tab(site.port) as tab:
            tab.send(binary_event(1))
            tab.send(b"in time")
            await tab.hear()
            await tab.receive()
            tab.send(binary_event(2))
            tab.send(b"only one")
            assert 0.1 < (await tab.ended()).took < 1
            await until(lambda: not site.server.clients, "the client was kept")
            assert site.engine.stats.limits == {"attachments": 1}

    run(main())


def test_joining_a_namespace_does_not_call_off_the_time_for_attachments() -> None:
    async def main() -> None:
        server = echoing(attachment_timeout=0.15)
        gate = asyncio.Event()

        @server.namespace("/slow").use
        async def slow(socket: Socket, auth: dict[str, Any]) -> None:
            await gate.wait()

        async with serving(server) as site, Tab(site.port) as tab:
            tab.say("0/slow,")
            tab.send(binary_event(1))
            await until(lambda: any(client._partial for client in server.clients), "the packet did not arrive")
            gate.set()
            assert (await tab.hear()).startswith("0/slow,")
            assert (await tab.ended()).took < 1

    run(main())


@pytest.mark.parametrize("first", ['451-["echo",{"_placeholder":true,"num":0}]', b"a piece"])
def test_before_connect_the_first_piece_closes_the_connection(first: str | bytes) -> None:
    async def main() -> None:
        async with serving(echoing()) as site:
            async with RawWebSocket(site.port, WS) as ws:
                await ws.receive()
                ws.send(first)
                async with at_once():
                    await ws.ended()
            async with Polling(site.port) as polling:
                body = first if isinstance(first, str) else "bQUJD"
                assert (await polling.post(body)).status == 400
                assert (await polling.get()).status == 400

    run(main())


# Connections that never say who they are.


def test_a_session_without_connect_is_closed_in_time_on_both_transports() -> None:
    async def main() -> None:
        async with serving(echoing(connect_timeout=0.2)) as site:
            async with RawWebSocket(site.port, WS) as ws, Polling(site.port) as polling:
                await ws.receive()
                assert await polling.packets() == ["1"]
                assert (await polling.get()).status == 400
                async with at_once():
                    await ws.ended()
            await site.quiet()

    run(main())


def test_a_session_that_connected_is_not_closed_by_that_timer() -> None:
    async def main() -> None:
        server = echoing(connect_timeout=0.1)
        async with serving(server) as site, Tab(site.port) as tab, RawWebSocket(site.port, WS) as idle:
            await idle.ended()  # its time was up, and came later than the tab's
            assert await tab.call("echo", 1) == [1]

    run(main())


def test_a_refused_session_is_closed_by_that_timer() -> None:
    async def main() -> None:
        async with serving(echoing(connect_timeout=0.2)) as site, RawWebSocket(site.port, WS) as ws:
            await ws.receive()
            ws.send("40/nowhere,")
            assert str(await ws.receive()).startswith("44/nowhere,")
            assert (await ws.ended()).took < 1

    run(main())


def test_many_sessions_that_expire_together_all_end() -> None:
    """One that expires calls its own wait off: a set that changed while it was walked stopped every timer."""

    async def main() -> None:
        async with serving(echoing(connect_timeout=0.2, ping_interval=0.3, ping_timeout=0.2)) as site:
            answers = await asyncio.gather(
                *(request(site.port, "GET", "/socket.io/?EIO=4&transport=polling") for _ in range(50))
            )
            assert [answer.status for answer in answers] == [200] * 50
            assert site.engine.stats.opened == 50
            await until(lambda: not site.engine.sessions, "not all expired", within=2)
            # And those that fall silent after CONNECT.
            async with Tab(site.port) as one, Tab(site.port) as two, Tab(site.port) as three:
                for tab in (one, two, three):
                    assert (await tab.ended()).took < 1.5

    run(main())


# Payloads.


def test_a_message_over_the_limit_is_1009() -> None:
    async def main() -> None:
        async with serving(echoing(max_payload=1000)) as site:
            for piece in ("4" * 1001, b"x" * 1001):
                async with Tab(site.port) as tab:
                    tab.send(piece)
                    assert (await tab.ended()).code == 1009
            async with Tab(site.port) as tab:
                tab.write(client_frame(1, b"4" * 600, fin=False) + client_frame(0, b"x" * 401))
                assert (await tab.ended()).code == 1009
            async with Tab(site.port) as tab:
                tab.write(client_frame(2, b"x" * 70000)[:14])
                assert (await tab.ended()).code == 1009
            async with Tab(site.port) as tab:
                text = "x" * (1000 - len('421["echo",""]'))
                tab.send(f'421["echo","{text}"]')
                assert await tab.hear() == f'31["{text}"]'
            assert site.engine.stats.limits == {"payload": 4}
            await site.quiet()

    run(main())


def test_more_packets_than_allowed_in_a_payload_are_refused_quickly() -> None:
    async def main() -> None:
        async with serving(echoing()) as site:
            async with Polling(site.port) as polling:
                assert (await polling.post("\x1e".join(["40"] + ["3"] * 999))).text == "ok"
            for body in ("\x1e".join(["3"] * 1001), "\x1e".join(["3"] * 499_000)):
                async with Polling(site.port) as polling:
                    began = time.process_time()
                    assert (await polling.post(body)).status == 400
                    assert time.process_time() - began < 0.25
                    assert (await polling.get()).status == 400
            assert site.engine.stats.limits == {"packets": 2}

    run(main())


# Slow readers.


def only(server: Server) -> Socket:
    [socket] = server.namespace("/").sockets.values()
    return socket


def shrink(tab: Tab) -> None:
    """Take little into this client's own buffers, so that what is unread stands at the server."""
    raw = tab.writer.get_extra_info("socket")
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    tab.writer.transport.pause_reading()  # type: ignore[attr-defined]


def test_a_slow_websocket_reader_is_bounded_and_closed_while_others_are_served() -> None:
    async def main() -> None:
        server = echoing(buffer_limit=200_000)
        async with serving(server) as site, Tab(site.port) as slow:
            socket = only(server)
            transport: Any = socket.session.transport
            shrink(slow)
            reasons: list[str] = []
            server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))
            async with Tab(site.port) as quick:
                most = sent = 0
                while socket.connected:
                    server.namespace("/").emit("e", "x" * 10_000)
                    await quick.event()
                    sent += 10_000
                    most = max(most, transport._buffer_size())
                    assert sent < 20_000_000, "the slow reader is never closed"
                assert most <= 200_000
                assert reasons == ["slow reader"]
                assert site.engine.stats.slow == 1
                assert await quick.call("echo", 1) == [1]

    run(main())


@pytest.mark.parametrize("at_once", [1, 5], ids=["one a turn", "five a turn"])
def test_a_slow_polling_reader_is_bounded_and_closed(at_once: int) -> None:
    async def main() -> None:
        server = echoing(buffer_limit=100_000)
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            sent = 0
            while site.engine.sessions:
                for _ in range(at_once):
                    server.namespace("/").emit("e", "x" * 1000)
                await asyncio.sleep(0)
                sent += at_once
                assert sent < 200, "the slow reader is never closed"
            assert 90 <= sent <= 105
            assert (await polling.get()).status == 400

    run(main())


def test_volatile_events_are_dropped_for_a_client_that_cannot_take_them_at_once() -> None:
    async def main() -> None:
        server = echoing(buffer_limit=10_000_000)
        async with serving(server) as site, Tab(site.port) as slow:
            socket = only(server)
            slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
            transport: Any = socket.session.transport
            kept = 0
            while not transport._paused:
                socket.emit("kept", "x" * 10_000)
                kept += 1
                await asyncio.sleep(0)
            for number in range(10):
                server.namespace("/").volatile.emit("typing", number)
                await asyncio.sleep(0)
                socket.emit("typing", number, volatile=True)
                await asyncio.sleep(0)
            assert site.engine.stats.dropped == 20
            slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(kept):
                assert (await slow.event())[0] == "kept"
            await until(lambda: not transport._paused, "writing did not resume")
            server.namespace("/").volatile.emit("typing", "last")
            assert await slow.event() == ["typing", "last"]

    run(main())


def test_volatile_events_reach_only_a_poll_that_waits() -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            server.namespace("/").volatile.emit("typing", 1)
            await asyncio.sleep(0)
            assert site.engine.stats.dropped == 1
            polling.ask()
            await until(lambda: next(iter(site.engine.polls.values())).waiting, "the poll did not arrive")
            server.namespace("/").volatile.emit("typing", 2)
            assert (await polling.answer()).text == '42["typing",2]'

    run(main())


# Waiting for a client to take what was sent.


@pytest.mark.parametrize("then", ["reads", "goes"])
def test_drain_over_websocket_waits_until_the_client_has_taken_it_or_is_gone(then: str) -> None:
    async def main() -> None:
        server = echoing(buffer_limit=20_000_000)
        async with serving(server) as site, Tab(site.port) as slow:
            socket = only(server)
            transport: Any = socket.session.transport
            await transport.drain()
            slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
            sent = 0
            while not transport._paused:
                socket.emit("e", "x" * 10_000)
                sent += 1
                await asyncio.sleep(0)
            waits = [asyncio.create_task(transport.drain()) for _ in range(2)]
            await asyncio.sleep(0)
            assert not any(task.done() for task in waits)
            if then == "goes":
                slow.abort()
            else:
                slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
                for _ in range(sent):
                    await slow.event()
            await asyncio.gather(*waits)
            assert socket.connected == (then == "reads")

    run(main())


@pytest.mark.parametrize("then", ["polls", "closes", "upgrades"])
def test_drain_over_polling_waits_until_the_queue_is_empty_or_moves(then: str) -> None:
    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            transport = site.engine.polls[polling.sid]
            await transport.drain()
            for number in range(20):
                server.namespace("/").emit("e", number)
            await asyncio.sleep(0)
            wait, hasty = (asyncio.create_task(transport.drain()) for _ in range(2))
            await asyncio.sleep(0)
            hasty.cancel()  # who gives up waiting does so alone
            await asyncio.wait([hasty])
            assert not wait.done()
            match then:
                case "polls":
                    assert len(await polling.packets()) == 16
                    assert not wait.done()
                    assert len(await polling.packets()) == 4
                case "closes":
                    await polling.post("1")
                case _:
                    async with RawWebSocket(site.port, polling.ws_target) as ws:
                        ws.write(client_frame(1, b"2probe") + client_frame(1, b"5"))
                        assert await ws.receive() == "3probe"
                        assert [await ws.receive() for _ in range(20)] == [f'42["e",{n}]' for n in range(20)]
            await wait

    run(main())
