"""Leaving a namespace, by whichever side: DISCONNECT, and what is on its way meanwhile."""

import pytest

from carevia.realtime import Socket
from tests.realtime.rawclient import Polling, Tab
from tests.realtime.serving import echoing, run, serving


def test_after_a_disconnect_packet_the_transport_stays_and_may_connect_again() -> None:
    async def main() -> None:
        server = echoing("/custom")
        reasons: list[str] = []
        server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))
        async with serving(server) as site, Tab(site.port) as tab:
            tab.say("1")
            said = await tab.connect()
            assert said.startswith('0{"sid"') and tab.sid not in said
            assert reasons == ["client namespace disconnect"]
            assert await tab.call("echo", 1) == [1]

    run(main())


@pytest.mark.parametrize("was_put_out", [False, True])
def test_an_event_behind_the_disconnect_of_its_namespace_closes_the_connection(was_put_out: bool) -> None:
    async def main() -> None:
        server = echoing("/custom")
        server.namespace("/custom").on("out")(lambda socket: socket.disconnect())
        async with serving(server) as site, Tab(site.port) as tab:
            await tab.connect("/custom")
            if was_put_out:
                tab.say('2/custom,["out"]')
                assert await tab.hear() == "1/custom,"
                await tab.connect("/custom")
            tab.say("1/custom,")
            tab.say('2/custom,["echo"]')
            await tab.ended()

    run(main())


@pytest.mark.parametrize("close", [False, True])
def test_a_server_disconnects_a_socket(close: bool) -> None:
    async def main() -> None:
        server = echoing("/custom")
        reasons: list[str] = []
        server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))

        @server.namespace("/").on("out")
        def out(socket: Socket) -> None:
            socket.emit("last")
            socket.disconnect(close=close)
            socket.disconnect(close=close)
            socket.emit("never")

        async with serving(server) as site, Tab(site.port) as tab:
            tab.emit("out")
            assert await tab.event() == ["last"]
            assert await tab.hear() == "1"
            assert reasons == ["server namespace disconnect"]
            if close:
                await tab.ended()
            else:
                assert str(await tab.connect()).startswith("0{")

    run(main())


def test_what_was_on_its_way_when_the_server_disconnected_a_socket_is_passed_over() -> None:
    """As the reference server does with what came in one piece. It ended the whole connection, and a client that polls
    never got its DISCONNECT: it came back by itself."""

    async def main() -> None:
        server = echoing("/custom")
        server.namespace("/custom").on("out")(lambda socket: socket.disconnect())
        late = '42/custom,["echo",1]\x1e451-/custom,["echo",{"_placeholder":true,"num":0}]\x1ebAQID'
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            for _ in range(2):
                await polling.post("40/custom,")
                await polling.packets()
                assert (await polling.post(f'42/custom,["out"]\x1e{late}\x1e420["echo",2]')).text == "ok"
                assert await polling.packets() == ["41/custom,", "430[2]"]

    run(main())


def test_who_is_thrown_out_of_the_whole_connection_is_told_so_in_every_namespace() -> None:
    """It heard of one alone, took the end of the others for an accident and came back to them by itself."""

    async def main() -> None:
        server = echoing("/custom")
        gone: list[str] = []
        for name, space in server.namespaces.items():
            space.on("disconnect")(lambda socket, reason, name=name: gone.append(f"{name} {reason}"))
        server.namespace("/custom").on("out")(lambda socket: socket.disconnect(close=True))
        async with serving(server) as site, Tab(site.port) as tab:
            tab.say("0/custom,")
            assert str(await tab.hear()).startswith("0/custom,")
            tab.say('2/custom,["out"]')
            assert [await tab.hear(), await tab.hear()] == ["1", "1/custom,"]
            await tab.ended()
            assert gone == ["/ server namespace disconnect", "/custom server namespace disconnect"]

    run(main())
