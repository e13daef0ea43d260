"""62 hand-made bad or odd packets, each sent over WebSocket before CONNECT and after it: 124 connections.

What breaks the protocol is closed at once: by the closing frame of its layer, as a parse error. What is only odd is
answered exactly as the table says (mostly by nothing), and the connection goes on. No packet may leave anything
behind: no traceback, no session, no task, no descriptor, no memory.
"""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from carevia.protocol.websocket import NORMAL, PROTOCOL_ERROR
from carevia.realtime import Server
from carevia.realtime.process import resident
from tests.realtime.at_once import at_once
from tests.realtime.rawclient import RawWebSocket, Tab, until
from tests.realtime.serving import Site, descriptors, make, run, serving

WS = "/socket.io/?EIO=4&transport=websocket"
MEMORY = 10_000_000  # bytes that all of them together may add; Node's server took 13 MB
PLACE = '{"_placeholder":true,"num":%s}'
FIRST = PLACE % 0
LONG = "/" + "x" * 5000


class Kind(NamedTuple):
    """What is sent, and what comes of it in either state: the code of the closing frame, or all that is answered."""

    sent: tuple[str | bytes, ...]
    before: int | tuple[str, ...]
    after: int | tuple[str, ...]


def no_engine_packet(text: str) -> Kind:
    """Engine.IO itself has no place for it: 1002."""
    return Kind((text,), PROTOCOL_ERROR, PROTOCOL_ERROR)


def no_packet(*sent: str | bytes) -> Kind:
    """An Engine.IO message that Socket.IO has no place for, whatever came before: 1000."""
    return Kind(sent, NORMAL, NORMAL)


def not_yet(*sent: str | bytes, answered: str = "") -> Kind:
    """Nothing may come before CONNECT; after it this is harmless."""
    return Kind(sent, NORMAL, (answered,) if answered else ())


def harmless(sent: str, answered: str = "") -> Kind:
    """The same in both states."""
    answers = (answered,) if answered else ()
    return Kind((sent,), answers, answers)


def nowhere(namespace: str) -> Kind:
    """A namespace that is not there is refused by an answer; the connection may join another one."""
    return harmless(f"40{namespace},", f'44{namespace},{{"message":"Invalid namespace"}}')


ENGINE = {
    "empty": no_engine_packet(""),
    "unknown type 8": no_engine_packet("8"),
    "a NUL": no_engine_packet("\x00"),
    "a space first": no_engine_packet(' 42["echo"]'),
    "an Arabic digit as the type": no_engine_packet('\u06642["echo"]'),
    "an open packet from a client": no_engine_packet("0{}"),
    "a ping from a client": no_engine_packet("2"),
    "a probe with nothing to upgrade": no_engine_packet("2probe"),
    "an upgrade without a probe": no_engine_packet("5"),
    "base64 that is none": no_engine_packet("bA!ID"),
    "a pong nobody asked for": harmless("3"),
    "a pong with data": harmless("3probe"),
    "a noop from a client": harmless("6"),  # the Swift one's, after an upgrade that came while a POST was under way
}
CONTROL = {
    "a message without a packet": no_packet("4"),
    "unknown packet type": no_packet("47[]"),
    "CONNECT with an array": no_packet("40[]"),
    "CONNECT with text": no_packet('40"token"'),
    "CONNECT twice": no_packet("40", "40"),
    "a namespace without its slash": no_packet("40custom,"),
    "a very long namespace": nowhere(LONG),
    "a query in the namespace": nowhere("/custom?token=1"),
    "a namespace called __proto__": nowhere("/__proto__"),
    "DISCONNECT with data": no_packet('41{"x":1}'),
    "DISCONNECT from a namespace not joined": no_packet("41/custom,"),
    "CONNECT_ERROR from a client": no_packet('44{"message":"x"}'),
}
EVENTS = {
    "no data": no_packet("42"),
    "an object": no_packet("42{}"),
    "an empty array": no_packet("42[]"),
    "a number as the name": no_packet("42[1]"),
    "an array as the name": no_packet('42[["echo"]]'),
    "cut off": no_packet('42["x"'),
    "a trailing comma": no_packet('42["echo",]'),
    "two packets as in polling": no_packet('42["echo"]\x1e42["echo"]'),
    "a raw NUL in a text": no_packet('42["echo","\x00"]'),
    "NaN": no_packet('42["echo",NaN]'),
    "a lone surrogate": no_packet('42["echo","\\ud800"]'),
    "a number of 5,000 digits": no_packet('42["echo",' + "9" * 5000 + "]"),
    "100,000 deep": no_packet('42["echo",' + "[" * 100_000 + "]" * 100_000 + "]"),
    "reserved: connect": no_packet('42["connect"]'),
    "reserved: disconnecting": no_packet('42["disconnecting"]'),
    "reserved: newListener": no_packet('42["newListener"]'),
    "a negative id": no_packet('42-1["echo"]'),
    "an id of eleven digits": no_packet('4212345678901["echo"]'),
    "a namespace not joined": no_packet('42/custom,["echo"]'),
    "an unknown name": not_yet('421["unknown"]'),
    "an empty name": not_yet('421[""]'),
    "__proto__ as the name": not_yet('421["__proto__"]'),
    "error as the name": not_yet('421["error"]'),
    "a placeholder for nothing": not_yet(f'42["echo",{FIRST}]', answered=f'42["back",{FIRST}]'),
}
ACKS = {
    "an answer without an id": no_packet("43[]"),
    "an answer that is an object": no_packet('431{"0":1}'),
    "an answer nobody asked for": not_yet("43999[]"),
}
BINARY = {
    "a piece nobody announced": no_packet(b"\x01"),
    "no attachments": no_packet('450-["echo"]'),
    "attachments below zero": no_packet('45-1-["echo"]'),
    "attachments without a dash": no_packet('451["echo"]'),
    "attachments past all sense": no_packet('4599999-["echo"]'),
    "a binary answer without a number": no_packet("46[]"),
    "an attachment never used": no_packet('451-["echo"]', b"x"),
    "a placeholder below zero": no_packet(f'451-["echo",{PLACE % -1}]', b"x"),
    "text where an attachment is due": no_packet(f'451-["echo",{FIRST}]', '42["echo"]'),
    "a binary answer nobody asked for": not_yet(f"461-999[{FIRST}]", b"x"),
}
KINDS = ENGINE | CONTROL | EVENTS | ACKS | BINARY
STATES = ("before", "after")
CASES = [(name, state) for name in KINDS for state in STATES]


def outcome(name: str, state: str) -> int | tuple[str, ...]:
    kind = KINDS[name]
    return kind.before if state == "before" else kind.after


def ends(cases: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The reasons for which the sessions of these cases must end, and how often."""
    return Counter("parse error" if isinstance(outcome(*case), int) else "transport close" for case in cases)


def echoing() -> Server:
    """It says back what it hears; `/custom` is there to be joined."""
    server = make()  # what a handler raises fails the test
    server.namespace("/custom")
    server.namespace("/").on("echo")(lambda socket, *args: socket.emit("back", *args))
    return server


async def connect(ws: RawWebSocket) -> None:
    ws.send("40")
    assert str(await ws.receive()).startswith('40{"sid":"')


async def meet(site: Site, name: str, state: str) -> None:
    """One connection that sends this kind in this state: what comes back is what the table says, and no more."""
    expected = outcome(name, state)
    async with RawWebSocket(site.port, WS) as ws:
        assert str(await ws.receive()).startswith("0{")
        if state == "after":
            await connect(ws)
        for message in KINDS[name].sent:
            ws.send(message)
        if isinstance(expected, int):
            async with at_once():
                assert (await ws.ended()).code == expected
            return
        for answer in expected:
            assert await ws.receive() == answer
        if state == "before":
            await connect(ws)
        ws.send('42["echo","still here"]')
        assert await ws.receive() == '42["back","still here"]'


@pytest.mark.parametrize(("name", "state"), CASES)
def test_a_bad_packet_closes_at_once_and_an_odd_one_does_no_harm(name: str, state: str) -> None:
    async def main() -> None:
        async with serving(echoing()) as site:
            await meet(site, name, state)
            await site.quiet()
            assert site.engine.stats.ended == ends([(name, state)])

    run(main())


class Held(NamedTuple):
    """What this process holds while no client is there."""

    descriptors: int
    tasks: int
    memory: int

    @classmethod
    async def after(cls, site: Site) -> "Held":
        """Another client has come, was served, and is gone."""
        async with Tab(site.port) as fresh:
            fresh.emit("echo", "hello")
            assert await fresh.event() == ["back", "hello"]
        await site.quiet()
        gc.collect()
        return cls(descriptors(), len(asyncio.all_tasks()), resident())


def test_all_124_on_one_server_leave_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    assert (len(KINDS), ends(CASES)) == (62, {"parse error": 105, "transport close": 19})

    async def main() -> None:
        async with serving(echoing()) as site:
            start = await Held.after(site)
            for name, state in CASES:
                logged = len(caplog.records)
                await meet(site, name, state)
                await until(lambda: not site.uvicorn.server_state.connections, "a connection did not end")
                lines = [record.getMessage() for record in caplog.records[logged:]]
                assert len(lines) <= 1, (name, state, lines)
            end = await Held.after(site)
            fresh = 2  # clients that came before and after, and left by themselves
            assert site.engine.stats.ended == {"parse error": 105, "transport close": 19 + fresh}
            assert (end.descriptors, end.tasks) == (start.descriptors, start.tasks)
            assert end.memory - start.memory <= MEMORY

    with caplog.at_level(logging.INFO):
        run(main())
    assert not [record.getMessage() for record in caplog.records if record.exc_info]
    assert "Traceback" not in caplog.text
