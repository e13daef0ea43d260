"""From polling to WebSocket: the probe, the closing noop, what is said meanwhile, and upgrades that fail."""

import time

import pytest

from tests.protocol.frames import client_frame
from tests.realtime.at_once import at_once
from tests.realtime.rawclient import Connection, Polling, RawWebSocket, Tab, fence, until
from tests.realtime.serving import echoing, poll_waits, run, serving


async def joined(polling: Polling) -> None:
    """CONNECT to `/` over polling."""
    await polling.post("40")
    assert (await polling.packets())[0].startswith("40{")


async def change_over(polling: Polling, ws: RawWebSocket) -> None:
    """The whole upgrade, as a client does it."""
    ws.send("2probe")
    assert await ws.receive() == "3probe"
    assert (await polling.get()).text == "6"
    ws.send("5")


def test_the_upgrade_in_its_order() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            assert polling.handshake["upgrades"] == ["websocket"]
            await joined(polling)
            await poll_waits(site, polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("2probe")
                assert await ws.receive() == "3probe"
                assert (await polling.answer(0.25)).text == "6", "the waiting poll is let go"
                assert (await polling.get()).text == "6", "and so is one that comes after the probe"
                assert (await polling.post('420["echo",1]')).text == "ok", "a POST still counts"
                ws.send("5")
                assert await ws.receive() == "430[1]"
                await fence(ws)
                assert (await polling.get()).status == 400
                assert (await polling.post("3")).status == 400
                [socket] = site.server.namespace("/").sockets.values()
                assert socket.session.transport.name == "websocket"
            await site.quiet_sessions()

    run(main())


def test_a_waiting_poll_is_let_go_every_tenth_of_a_second_after_the_probe() -> None:
    """As the reference server's: what was on its way comes first, and socket.io-client's own suite counts packets. A
    client that does not hear the answer to its probe (it may hang in a proxy) polls on, and not as quickly as it can.
    """

    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            await poll_waits(site, polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                began = time.monotonic()
                ws.send("2probe")
                await ws.receive()
                assert (await polling.answer(1)).text == "6"
                assert time.monotonic() - began > 0.095
                for _ in range(3):
                    assert (await polling.get()).text == "6"
                assert time.monotonic() - began > 0.38

    run(main())


def test_what_is_said_between_the_probe_and_the_change_is_not_kept_waiting() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            await poll_waits(site, polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("2probe")
                await ws.receive()
                site.server.namespace("/").emit("e", 1)
                assert (await polling.answer(0.08)).text == '42["e",1]'
                ws.send("5")
                await fence(ws)

    run(main())


def test_probe_and_upgrade_in_one_piece() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            await poll_waits(site, polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.write(client_frame(1, b"2probe") + client_frame(1, b"5") + client_frame(1, b'420["echo",1]'))
                assert [await ws.receive(), await ws.receive()] == ["3probe", "430[1]"]
                assert (await polling.answer()).text == "6"

    run(main())


def test_a_post_that_breaks_off_after_the_change_does_not_end_the_session() -> None:
    """As with the reference server: it may hang in a proxy while the client has long changed over."""

    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling, Connection(site.port) as post:
            await joined(polling)
            post.ask("POST", polling.target, None, content_length="20")
            post.write(b"42")
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                await change_over(polling, ws)
                await fence(ws)
                [broken] = [cycle for bucket in site.engine.bodies._buckets for cycle in bucket]
                post.abort()
                await until(lambda: broken.disconnected, "the end of the POST was not seen")
                await fence(ws)

    run(main())


def test_a_second_websocket_with_the_same_sid_is_opened_and_closed_at_once_and_the_first_works_on() -> None:
    """Not refused: the protocol's own suite waits for the close of a WebSocket that was opened."""

    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            async with RawWebSocket(site.port, polling.ws_target) as first:
                first.send("2probe")
                await first.receive()
                async with RawWebSocket(site.port, polling.ws_target) as during:
                    assert during.status == 101
                    async with at_once():
                        await during.ended()
                first.send("5")
                await fence(first)
                async with RawWebSocket(site.port, polling.ws_target) as after:
                    assert after.status == 101
                    async with at_once():
                        await after.ended()
                await fence(first)

    run(main())


@pytest.mark.parametrize("late", ["2probe", "5"])
def test_of_two_that_stand_ready_the_first_to_probe_wins(late: str) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            one, two = RawWebSocket(site.port, polling.ws_target), RawWebSocket(site.port, polling.ws_target)
            async with one, two:
                assert (one.status, two.status) == (101, 101)
                two.send("2probe")
                assert await two.receive() == "3probe"
                one.send(late)
                await one.ended()
                two.send("5")
                await fence(two)

    run(main())


@pytest.mark.parametrize("late", ["2probe", "5"])
def test_one_that_stands_ready_and_probes_when_another_has_changed_over_is_closed(late: str) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            one, two = RawWebSocket(site.port, polling.ws_target), RawWebSocket(site.port, polling.ws_target)
            async with one, two:
                await change_over(polling, two)
                await fence(two)
                one.send(late)
                async with at_once():
                    await one.ended()
                await fence(two)

    run(main())


def test_who_does_not_probe_changes_over_all_the_same() -> None:
    """As elephant.io does, the PHP client: no GET of its own waits."""

    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            await polling.post('420["echo",0]')
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("5")
                assert await ws.receive() == "430[0]"
                ws.send('421["echo",1]')
                assert await ws.receive() == "431[1]"
                assert (await polling.get()).status == 400

    run(main())


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ("4hello", 1000),
        ("2", 1000),
        ("junk", 1000),
        (b"2probe", 1000),
        (client_frame(1, b"x", rsv=4), 1002),
    ],
    ids=["message", "ping", "junk", "binary probe", "broken frame"],
)
def test_a_probe_that_is_none_closes_the_websocket_and_polling_goes_on(says: str | bytes, code: int) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                if code == 1000:
                    ws.send(says)
                else:
                    assert isinstance(says, bytes)
                    ws.write(says)
                assert (await ws.ended()).code == code
            await polling.post('420["echo",1]')
            assert await polling.packets() == ["430[1]"]

    run(main())


@pytest.mark.parametrize("probed", [False, True])
def test_an_upgrade_that_takes_too_long_is_given_up_and_polling_goes_on(probed: bool) -> None:
    async def main() -> None:
        async with serving(echoing(upgrade_timeout=1.0)) as site, Polling(site.port) as polling:
            await joined(polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                if probed:
                    ws.send("2probe")
                    await ws.receive()
                assert 0.5 < (await ws.ended()).took < 3
            await polling.post('420["echo",1]')
            assert await polling.packets() == ["430[1]"]
            async with RawWebSocket(site.port, polling.ws_target) as again:
                await change_over(polling, again)
                await fence(again)

    run(main())


@pytest.mark.parametrize("probed", [False, True])
def test_a_websocket_lost_during_the_upgrade_leaves_polling_as_it_was(probed: bool) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                if probed:
                    ws.send("2probe")
                    await ws.receive()
                ws.abort()
            session = site.engine.sessions[polling.sid]
            await until(lambda: session.upgrading is None, "the upgrade was not given up")
            polling.ask()
            await until(lambda: site.engine.polls[polling.sid].waiting, "the poll did not wait")
            site.server.namespace("/").emit("e", 1)
            assert (await polling.answer()).text == '42["e",1]'

    run(main())


def test_a_session_that_ends_during_the_upgrade_ends_the_websocket_too() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("2probe")
                await ws.receive()
                await polling.post("1")
                assert (await ws.ended()).took < 1
            await site.quiet_sessions()

    run(main())


def test_a_session_the_server_ends_while_its_client_changes_over_ends_where_the_client_listens() -> None:
    """A client whose poll was let go has paused polling. Were its WebSocket closed before it sends the upgrade, it
    would take the probe for failed and listen nowhere: socket.io-client then hung until its ping timeout."""

    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await joined(polling)
            await poll_waits(site, polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("2probe")
                assert await ws.receive() == "3probe"
                async with at_once():
                    assert (await polling.answer()).text == "6"
                site.engine.sessions[polling.sid].close("the store does not answer")
                with pytest.raises(AssertionError, match="within"):
                    await ws.receive(0.1)
                ws.send("5")
                async with at_once():
                    await ws.ended()

    run(main())


def test_a_client_disconnected_for_good_while_it_changes_over_is_told_on_the_websocket() -> None:
    async def main() -> None:
        server = echoing()
        server.namespace("/").on("kick")(lambda socket: socket.disconnect(close=True))
        async with serving(server) as site, Polling(site.port) as polling:
            await joined(polling)
            await poll_waits(site, polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("2probe")
                assert await ws.receive() == "3probe"
                assert (await polling.answer()).text == "6"
                await polling.post('42["kick"]')
                ws.send("5")
                assert await ws.receive() == "41"
                async with at_once():
                    await ws.ended()
                assert not site.engine.farewells

    run(main())


def test_upgrades_that_are_switched_off_are_refused() -> None:
    async def main() -> None:
        async with serving(echoing(allow_upgrades=False)) as site, Polling(site.port) as polling:
            assert polling.handshake["upgrades"] == []
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                assert ws.status == 400
            async with Tab(site.port) as tab:
                assert await tab.call("echo", 1) == [1], "a WebSocket from the start is no upgrade"

    run(main())


def test_a_ping_that_was_due_during_the_upgrade_is_not_lost() -> None:
    async def main() -> None:
        async with serving(echoing(ping_interval=0.2, ping_timeout=5)) as site, Polling(site.port) as polling:
            await joined(polling)
            async with RawWebSocket(site.port, polling.ws_target) as ws:
                ws.send("2probe")
                await ws.receive()
                session = site.engine.sessions[polling.sid]
                await until(lambda: session.engine.polls[polling.sid]._queue, "no ping was due")
                ws.send("5")
                assert await ws.receive(0.25) == "2"
                ws.send("3")
                assert await ws.receive() == "2", "the next one, an interval later"

    run(main())
