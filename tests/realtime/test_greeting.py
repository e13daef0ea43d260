"""ServerConfig.greeting: headers that a server adds to a session's first answer."""

from typing import Any

import pytest

from tests.realtime.rawclient import Polling, request, upgrade
from tests.realtime.serving import make, run, serving


def test_the_greeting_is_asked_once_per_session_and_cannot_break_the_head() -> None:
    async def main() -> None:
        value = "a=b"
        asked: list[str] = []

        def greeting(handshake: Any) -> list[tuple[str, str]]:
            asked.append(handshake.query["transport"])
            return [("set-cookie", value), ("x-two", "2")]

        server = make(greeting=greeting)
        async with serving(server) as site:
            async with Polling(site.port) as polling:
                answer = await upgrade(site.port, polling.ws_target)
                assert answer.status == 101 and "set-cookie" not in answer.headers
            answer = await upgrade(site.port, "/socket.io/?EIO=4&transport=websocket")
            assert (answer.headers["set-cookie"], answer.headers["x-two"]) == ("a=b", "2")
            assert asked == ["polling", "websocket"]

    run(main())


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\x00"])
def test_a_greeting_that_would_break_the_head_is_an_error_and_costs_no_session(value: str) -> None:
    async def main() -> None:
        server = make(greeting=lambda handshake: [("x-one", value)])
        async with serving(server) as site:
            answer = await request(site.port, "GET", "/socket.io/?EIO=4&transport=polling")
            assert answer.status == 500 and not {"x-one", "b"} & set(answer.headers)
            assert not site.engine.sessions

    run(main())
