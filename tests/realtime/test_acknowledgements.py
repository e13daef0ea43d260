"""Acknowledgements both ways, and binary both ways, over both transports."""

import asyncio
import base64
import time
from typing import Any

import pytest

from carevia.realtime import AckTimeout, Disconnected, Server, Socket
from carevia.realtime.testing import TestClient
from tests.realtime.rawclient import Polling, Tab, until
from tests.realtime.serving import make, run, serving


def only(server: Server) -> Socket:
    """The one socket of `/`."""
    [socket] = server.namespace("/").sockets.values()
    return socket


def with_answers() -> Server:
    server = make()
    namespace = server.namespace("/")
    namespace.on("none")(lambda socket: None)
    namespace.on("one")(lambda socket: {"ok": True})
    namespace.on("list")(lambda socket: [1, 2])
    namespace.on("several")(lambda socket: (1, [2], None))
    namespace.on("false")(lambda socket: False)
    namespace.on("bytes")(lambda socket, *args: (b"\x01", *args))

    @namespace.on("later")
    async def later(socket: Socket) -> str:
        await asyncio.sleep(0)
        return "late"

    return server


def test_what_a_handler_returns_is_the_acknowledgement() -> None:
    async def main() -> None:
        async with serving(with_answers()) as site, Tab(site.port) as tab:
            assert await tab.call("none") == []
            assert await tab.call("one") == [{"ok": True}]
            assert await tab.call("list") == [[1, 2]]
            assert await tab.call("several") == [1, [2], None]
            assert await tab.call("false") == [False]
            assert await tab.call("later") == ["late"]
            tab.emit("one")  # no id: no answer
            assert await tab.call("later") == ["late"]

    run(main())


def test_the_largest_id_comes_back_as_it_was() -> None:
    async def main() -> None:
        async with serving(with_answers()) as site, Tab(site.port) as tab:
            for packet_id in (0, 9_999_999_999):
                tab.emit("one", ack=packet_id)
                assert await tab.hear() == f'3{packet_id}[{{"ok":true}}]'

    run(main())


def test_the_server_asks_and_the_client_answers() -> None:
    async def main() -> None:
        async with serving(make()) as site, Tab(site.port) as tab:
            first = asyncio.create_task(only(site.server).call("ask", 1))
            second = asyncio.create_task(only(site.server).call("ask", 2))
            assert [await tab.hear(), await tab.hear()] == ['20["ask",1]', '21["ask",2]']
            tab.say('31["two",{"ok":true}]')
            tab.say("30[]")
            assert await second == ["two", {"ok": True}]
            assert await first == []

    run(main())


def test_an_answer_nobody_waits_for_is_let_go() -> None:
    async def main() -> None:
        async with serving(with_answers()) as site, Tab(site.port) as tab:
            tab.say("3123[1]")
            tab.say("30[1]")
            call = asyncio.create_task(only(site.server).call("ask"))
            assert await tab.hear() == '20["ask"]'
            tab.say('30["first"]')
            tab.say('30["again"]')
            assert await call == ["first"]
            assert await tab.call("list") == [[1, 2]]

    run(main())


def test_a_client_that_does_not_answer_is_an_ack_timeout() -> None:
    async def main() -> None:
        async with serving(with_answers()) as site, Tab(site.port) as tab:
            began = time.monotonic()
            with pytest.raises(AckTimeout):
                await only(site.server).call("ask", timeout=0.05)
            assert 0.04 < time.monotonic() - began < 1
            assert await tab.hear() == '20["ask"]'
            tab.say('30["too late"]')
            assert await tab.call("list") == [[1, 2]]
            assert not only(site.server)._acks, "nothing is kept"

    run(main())


def test_a_client_that_goes_is_disconnected_at_once() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            async with Tab(site.port) as tab:
                socket = only(site.server)
                calls = [asyncio.create_task(socket.call("ask", timeout=60)) for _ in range(3)]
                await tab.hear()
            for call in calls:
                with pytest.raises(Disconnected):
                    await call
            began = time.monotonic()
            with pytest.raises(Disconnected):
                await socket.call("ask", timeout=60)
            assert time.monotonic() - began < 1

    run(main())


def test_a_handler_may_ask_back_while_it_runs() -> None:
    async def main() -> None:
        server = make()

        @server.namespace("/").on("deal")
        async def deal(socket: Socket) -> str:
            [answer] = await socket.call("really?", timeout=5)
            return f"so: {answer}"

        async with serving(server) as site, Tab(site.port) as tab:
            tab.emit("deal", ack=5)
            assert await tab.hear() == '20["really?"]'
            tab.say('30["yes"]')
            assert await tab.hear() == '35["so: yes"]'

    run(main())


def test_a_question_goes_out_in_its_place_and_says_what_its_arguments_said_then() -> None:
    """`ask` sent from a task of its own: after whatever the handler said behind it."""

    async def main() -> None:
        server = make()

        @server.namespace("/").on("deal")
        def deal(socket: Socket) -> str:
            terms = ["first"]
            socket.ask("really?", terms, then=lambda answer: socket.emit("so", answer))
            terms.append("second")
            socket.emit("after")
            with pytest.raises(ValueError, match="connect"):
                socket.ask("connect", then=print)
            return "done"

        async with serving(server) as site, Tab(site.port) as tab:
            tab.emit("deal", ack=5)
            assert [await tab.hear() for _ in range(3)] == ['20["really?",["first"]]', '2["after"]', '35["done"]']
            tab.say('30["yes"]')
            assert await tab.hear() == '2["so","yes"]'

    run(main())


def test_binary_events_come_and_go_over_websocket() -> None:
    async def main() -> None:
        server = with_answers()
        got: list[tuple[Any, ...]] = []

        @server.namespace("/").on("take")
        def take(socket: Socket, *args: Any) -> None:
            got.append(args)
            socket.emit("give", *args)

        async with serving(server) as site, Tab(site.port) as tab:
            first, second = '{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":1}'
            tab.say(f'52-["take",{{"b":{second},"a":[{first}]}}]')
            tab.send(b"\x00first")
            tab.send(b"")
            assert await tab.hear() == f'52-["give",{{"b":{first},"a":[{second}]}}]'
            assert [await tab.receive(), await tab.receive()] == [b"", b"\x00first"]
            assert got == [({"b": b"", "a": [b"\x00first"]},)]
            tab.say(f'51-9["bytes",{first}]')
            tab.send(b"\xff")
            assert await tab.hear() == f"62-9[{first},{second}]"
            assert [await tab.receive(), await tab.receive()] == [b"\x01", b"\xff"]

    run(main())


def test_binary_events_come_and_go_over_polling() -> None:
    async def main() -> None:
        async with serving(with_answers()) as site, Polling(site.port) as polling:
            place = '{"_placeholder":true,"num":0}'
            data = base64.b64encode(b"\x00\xff" * 50).decode()
            assert (await polling.post("40")).text == "ok"
            await polling.packets()
            assert (await polling.post(f'451-3["bytes",{place}]\x1eb{data}')).text == "ok"
            head, one, two = await polling.packets()
            assert head == f'462-3[{place},{{"_placeholder":true,"num":1}}]'
            assert (one, two) == ("b" + base64.b64encode(b"\x01").decode(), "b" + data)

    run(main())


def test_the_server_asks_with_bytes_and_gets_bytes() -> None:
    async def main() -> None:
        async with serving(make()) as site, Tab(site.port) as tab:
            call = asyncio.create_task(only(site.server).call("sign", b"\x01\x02"))
            assert await tab.hear() == '51-0["sign",{"_placeholder":true,"num":0}]'
            assert await tab.receive() == b"\x01\x02"
            tab.say('61-0[{"_placeholder":true,"num":0}]')
            tab.send(b"signed")
            assert await call == [b"signed"]

    run(main())


@pytest.mark.parametrize(
    "num", ["-1", "1", '"x"', "1e99", "null", "0.5", "{}", '{"_placeholder":true,"num":0}', "true"]
)
def test_a_bad_placeholder_closes_the_connection(num: str) -> None:
    async def main() -> None:
        async with serving(with_answers()) as site, Tab(site.port) as tab:
            tab.say(f'51-["bytes",{{"_placeholder":true,"num":{num}}}]')
            tab.send(b"x")
            await tab.ended()

    run(main())


@pytest.mark.parametrize(
    "packets",
    [
        ['51-["bytes",{"_placeholder":true}]', b"x"],
        ['51-["bytes"]', b"x"],
        ['52-["bytes",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]', b"x", b"y"],
        ['51-["bytes",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]', b"x"],
        ['51-["bytes",{"_placeholder":true,"num":0}]', '2["list"]'],
        ['51-["bytes",{"_placeholder":true,"num":0}]', "1"],
        [b"x"],
    ],
    ids=["without num", "no place", "one place twice", "repeated", "a packet instead", "disconnect instead", "unasked"],
)
def test_attachments_that_do_not_fit_close_the_connection(packets: list[str | bytes]) -> None:
    async def main() -> None:
        async with serving(with_answers()) as site, Tab(site.port) as tab:
            for packet in packets:
                tab.send("4" + packet if isinstance(packet, str) else packet)
            await tab.ended()
            await until(lambda: not site.engine.sessions, "the session was kept")

    run(main())


def test_what_cannot_be_an_event_raises_at_the_sender_on_every_way() -> None:
    async def main() -> None:
        server = make()
        space = server.namespace("/")
        circle: list[Any] = []
        circle.append(circle)
        deep: list[Any] = []
        for _ in range(5_000):
            deep = [deep]
        async with TestClient(server) as client:
            socket = space.sockets[client.sid]
            name: Any
            for name, args, error, words in (
                ("disconnect", (), ValueError, "protocol's own word"),
                (5, (), TypeError, "a str, not int"),
                (["x"], (), TypeError, "a str, not list"),
                ("e", (circle,), ValueError, "holds itself"),
                ("e", (deep,), ValueError, "nested too deep"),
                ("e", ({"a": circle},), ValueError, "holds itself"),
            ):
                for emit in (space.emit, space.to(client.sid).emit, socket.emit):
                    with pytest.raises(error, match=words):
                        emit(name, *args)
                for ask in (space.emit_with_ack, socket.call):
                    with pytest.raises(error, match=words):
                        await ask(name, *args, timeout=1)
            assert not client.events
        await server.stop()

    run(main())
