"""Suite D: what socket.io-client's own tests ask of a server, by the real client and by hand."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.foreign import judge
from tests.conformance.programs import program
from tests.realtime.rawclient import Tab, request


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with program("socketio-client") as port:
        yield port


class Client(Tab):
    """Remembers its pid and the offset of the last event, as socket.io-client does."""

    pid = ""
    offset = ""

    async def connect(self, namespace: str = "/", auth: Any = None) -> str:
        said = await super().connect(namespace, auth)
        if said.startswith("0"):
            self.pid = json.loads(said[1 + len(self.prefix(namespace)) :])["pid"]
        return said

    async def told(self, name: str, *args: Any) -> list[Any]:
        """Emit, and the next event without its offset."""
        self.emit(name, *args)
        return await self.heard()

    async def heard(self) -> list[Any]:
        *event, self.offset = await self.event()
        assert isinstance(self.offset, str)
        return event


def test_the_real_client(port: int) -> None:
    rules = judge("socketio_client.mjs", port)
    assert len(rules) == 27
    assert {rule: why for rule, why in rules.items() if why} == {}


def test_the_settings_and_the_delay(port: int) -> None:
    began = time.monotonic()
    said = json.loads(asyncio.run(request(port, "GET", "/socket.io/?EIO=4&transport=polling")).body[1:])
    assert time.monotonic() - began >= 0.01
    assert (said["pingInterval"], said["pingTimeout"], said["upgrades"]) == (2_000, 20_000, ["websocket"])


def test_the_reply_has_sid_and_pid_and_every_plain_event_ends_in_an_offset(port: int) -> None:
    async def main() -> None:
        async with Client(port) as client:
            assert client.sid and client.pid and client.sid != client.pid
            assert await client.told("hi") == ["hi"]
            first = client.offset
            assert await client.told("false") == ["false", False]
            assert client.offset != first
            [event, date] = await client.told("getDate")
            assert event == "takeDate" and date.endswith("Z")
            client.emit("doge")
            said = await client.hear()
            assert said.startswith('51-["doge",{"_placeholder":true,"num":0},"'), "a binary one too"
            assert await client.receive() == b"asdfasdf"

    asyncio.run(main())


def test_who_comes_back_gets_its_id_once_and_who_was_told_nothing_gets_a_new_one(port: int) -> None:
    async def main() -> None:
        async with Client(port) as client:
            await client.told("hi")
            auth = {"pid": client.pid, "offset": client.offset}
        async with Client(port, auth=auth) as back:
            assert (back.sid, back.pid) == (client.sid, client.pid)
            assert await back.call("getId") == [client.sid]
        async with Client(port, auth={"pid": client.pid}) as new:
            assert new.sid != client.sid and new.pid != client.pid
        async with Client(port, auth={"pid": client.pid + "x", "offset": client.offset}) as stranger:
            assert stranger.sid != client.sid

    asyncio.run(main())


def test_its_own_ack_and_unknown_events_are_not_acknowledged(port: int) -> None:
    async def main() -> None:
        async with Client(port) as client:
            client.emit("ack", ack=7)
            client.emit("nobody knows", ack=8)
            asked = await client.hear()
            assert asked.startswith("2") and asked.endswith('["ack"]'), "an event that asks, and without an offset"
            client.say(f'3{asked[1:-7]}[5,{{"test":true}}]')
            assert (await client.event())[0] == "got it"
            assert await client.call("echo", {"a": [1, None]}) == [{"a": [1, None]}]

    asyncio.run(main())


@pytest.mark.parametrize("name", ["/foo", "/timeout_socket", "/valid", "/asd", "/abc", "/no", "/elsewhere"])
def test_the_namespaces(port: int, name: str) -> None:
    async def main() -> None:
        async with Client(port) as client:
            said = await client.connect(name, {"key": "value"})
            match name:
                case "/no":
                    assert said == '4/no,{"message":"Auth failed (custom namespace)"}'
                case "/elsewhere":
                    assert said == '4/elsewhere,{"message":"Invalid namespace"}'
                case _:
                    assert said.startswith(f'0{name},{{"sid":"')
            if name == "/abc":
                client.namespace = name
                [event, handshake] = await client.heard()
                assert event == "handshake"
                assert handshake["query"] == {"EIO": "4", "transport": "websocket"}
                assert handshake["auth"] == {"key": "value"}
                assert handshake["headers"]["upgrade"] == "websocket"

    asyncio.run(main())


def test_fail_in_the_query_is_refused(port: int) -> None:
    async def main() -> None:
        client = Client(port)
        client.target += "&fail=true"
        with pytest.raises(AssertionError, match=r"4\{.*Auth failed \(main namespace\)"):
            await client.__aenter__()

    asyncio.run(main())
