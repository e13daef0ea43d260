"""Who may come in: the query, odd sids, `admit`, and what an HTTP client is told."""

from typing import Any

import pytest

from carevia.realtime import Handshake, Refusal, Socket
from carevia.realtime.handshake import TrustedProxies
from tests.realtime.rawclient import (
    Connection,
    Polling,
    RawWebSocket,
    Tab,
    opening_headers,
    request,
    until,
    upgrade,
)
from tests.realtime.serving import make, run, serving

PATH = "/socket.io/"
QUERY = f"{PATH}?EIO=4&transport=polling"
WS = f"{PATH}?EIO=4&transport=websocket"


# The query.


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", 0),
        ("?EIO=4", 0),
        ("?EIO=4&transport=", 0),
        ("?EIO=4&transport=foo", 0),
        ("?EIO=4&transport=Polling", 0),
        ("?EIO=4&transport=websocket", 3),
        ("?transport=polling", 5),
        ("?EIO=&transport=polling", 5),
        ("?EIO=3&transport=polling", 5),
        ("?EIO=5&transport=polling", 5),
        ("?EIO=abc&transport=polling", 5),
        ("?EIO=04&transport=polling", 5),
    ],
)
def test_a_wrong_query_is_400_with_the_code_of_the_protocol(query: str, code: int) -> None:
    async def main() -> None:
        async with serving(make()) as site:
            answer = await request(site.port, "GET", PATH + query)
            assert answer.status == 400 and answer.json["code"] == code and answer.json["message"]
            assert answer.headers["content-type"] == "application/json"

    run(main())


@pytest.mark.parametrize(
    "query", ["?transport=websocket", "?EIO=3&transport=websocket", "?EIO=4&transport=polling", ""]
)
def test_an_upgrade_with_a_wrong_query_is_400(query: str) -> None:
    async def main() -> None:
        async with serving(make()) as site:
            assert (await upgrade(site.port, PATH + query)).status == 400

    run(main())


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
def test_a_session_is_opened_by_get_only(method: str) -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            connection.ask(method, QUERY, b"")
            status = int((await connection.reader.readline()).split()[1])
            assert status == 400
            assert not site.engine.sessions

    run(main())


def test_methods_on_a_session_that_are_none_of_the_protocols() -> None:
    async def main() -> None:
        async with serving(make()) as site, Polling(site.port) as polling:
            for method in ("PUT", "DELETE", "PATCH"):
                answer = await request(site.port, method, polling.target, b"")
                assert (answer.status, answer.json["code"]) == (400, 2)
            assert (await polling.post("3")).text == "ok"

    run(main())


ODD_SIDS = [
    "",
    "__proto__",
    "constructor",
    "x" * 5000,
    "%00",
    "%ff%fe",
    "..%2f..",
    "a%0d%0ab",
    "%F0%9F%98%80",
    "a%20b",
    "'",
]


@pytest.mark.parametrize("sid", ODD_SIDS, ids=[sid[:12] or "empty" for sid in ODD_SIDS])
def test_an_odd_sid_is_an_unknown_one(sid: str) -> None:
    async def main() -> None:
        async with serving(make()) as site:
            for method, body in (("GET", None), ("POST", b"40")):
                answer = await request(site.port, method, f"{QUERY}&sid={sid}", body)
                assert (answer.status, answer.body) == (400, b'{"code":1,"message":"Session ID unknown"}')
            assert (await upgrade(site.port, f"{WS}&sid={sid}")).status == 400

    run(main())


def test_the_path_is_served_with_and_without_its_slash_and_nothing_else_is() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            assert (await request(site.port, "GET", "/socket.io?EIO=4&transport=polling")).status == 200
            assert (await upgrade(site.port, "/socket.io?EIO=4&transport=websocket")).status == 101
            for path in ("/", "/socket.io/x", "/socket.ioo", "/Socket.io/"):
                assert (await request(site.port, "GET", f"{path}?EIO=4&transport=polling")).status == 404
                assert (await upgrade(site.port, f"{path}?EIO=4&transport=websocket")).status == 404

    run(main())


# The opening handshake of a WebSocket (RFC 6455 4.2.1).


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"sec_websocket_version": "8"}, 426),
        ({"sec_websocket_version": ""}, 426),
        ({"sec_websocket_key": "short"}, 400),
        ({"sec_websocket_key": ""}, 400),
        ({"sec_websocket_key": "x" * 30_000}, 400),
    ],
)
def test_a_malformed_opening_handshake_is_refused_and_closed(change: dict[str, str], status: int) -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            answer = await connection.request("GET", WS, **(opening_headers() | change))
            assert answer.status == status and answer.json["message"]
            if status == 426:
                assert answer.headers["sec-websocket-version"] == "13"
            assert await connection.closed() < 0.25

    run(main())


def test_an_upgrade_by_post_or_http_1_0_is_refused() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            async with Connection(site.port) as connection:
                answer = await connection.request("POST", WS, **opening_headers())
                assert answer.status == 400
            async with Connection(site.port) as connection:
                lines = [f"{name.replace('_', '-')}: {value}" for name, value in opening_headers().items()]
                connection.write(("\r\n".join([f"GET {WS} HTTP/1.0", *lines]) + "\r\n\r\n").encode())
                assert (await connection.answer()).status == 400

    run(main())


def test_an_upgrade_while_an_answer_is_due_on_the_connection_is_refused() -> None:
    async def main() -> None:
        async with serving(make()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            connection.ask("GET", polling.target)
            connection.ask("GET", WS, **opening_headers())
            assert await connection.closed() < 1
            await until(lambda: not site.engine.sessions, "the poll was not missed")

    run(main())


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA== \t", 101),
        ("Sec-WebSocket-Version: 13 ", 101),
        ("Upgrade: websocket \t", 101),
        ("Connection: keep-alive, Upgrade ", 101),
        ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", 400),
        ("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13", 400),
    ],
)
@pytest.mark.parametrize("whole", [True, False], ids=["at once", "by the parser"])
def test_blanks_behind_a_value_are_none_of_it_and_a_header_of_the_handshake_comes_once(
    changed: str, status: int, whole: bool
) -> None:
    async def main() -> None:
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in opening_headers().items()]
        name = changed.partition(":")[0].lower()
        lines = ["host: a", *(line for line in lines if not line.startswith(name)), changed]
        async with serving(make()) as site, Connection(site.port) as connection:
            if not whole:
                await connection.request("GET", QUERY)
            connection.write(("\r\n".join([f"GET {WS} HTTP/1.1", *lines]) + "\r\n\r\n").encode())
            assert (await connection.answer()).status == status

    run(main())


def test_a_request_that_names_no_host_is_400_unless_a_websocket_begins_with_it() -> None:
    async def main() -> None:
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in opening_headers().items()]
        async with serving(make()) as site:
            async with Connection(site.port) as connection:
                connection.write(f"GET {QUERY} HTTP/1.1\r\n\r\n".encode())
                assert (await connection.answer()).status == 400
                assert await connection.closed() < 1
                assert not site.engine.sessions
            async with Connection(site.port) as connection:
                connection.write(("\r\n".join([f"GET {WS} HTTP/1.1", *lines]) + "\r\n\r\n").encode())
                assert (await connection.answer()).status == 101

    run(main())


@pytest.mark.parametrize(
    ("offered", "answered"),
    [("my-proto-v1", "my-proto-v1"), ("one, two", "one"), ("two words", None), (",", None), ("ä", None), ("", None)],
)
@pytest.mark.parametrize("whole", [True, False], ids=["at once", "by the parser"])
def test_the_first_subprotocol_offered_is_taken(offered: str, answered: str | None, whole: bool) -> None:
    """Without an answer a browser that offers one fails the connection."""

    async def main() -> None:
        async with serving(make()) as site:
            ws = RawWebSocket(site.port, WS, sec_websocket_protocol=offered)
            await Connection.__aenter__(ws)
            if not whole:
                await ws.request("GET", QUERY)
            await ws.open()
            assert (ws.status, ws.headers.get("sec-websocket-protocol")) == (101, answered)
            await ws.hang_up()

    run(main())


def test_a_thousand_headers_and_long_ones_neither_hang_nor_break_it() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            many = {f"x_{number}": "v" for number in range(1000)}
            assert (await request(site.port, "GET", QUERY, **many)).status == 431
            long = {"sec_websocket_protocol": "," * 10_000, "sec_websocket_extensions": "permessage-deflate; " * 1000}
            answer = await upgrade(site.port, WS, **long)
            assert answer.status == 101
            assert "sec-websocket-extensions" not in answer.headers and "sec-websocket-protocol" not in answer.headers
            assert (await request(site.port, "GET", QUERY)).status == 200

    run(main())


# What the application is asked and told.


@pytest.mark.parametrize("refusal", [Refusal(429, "Too many", 7), Refusal(503, "Full", 2), Refusal(401, "Who?")])
def test_admit_refuses_on_both_transports_before_there_is_a_session(refusal: Refusal) -> None:
    async def main() -> None:
        async with serving(make(admit=lambda handshake: refusal)) as site:
            for answer in (await request(site.port, "GET", QUERY), await upgrade(site.port, WS)):
                assert answer.status == refusal.status
                assert answer.json["message"] == refusal.message
                assert answer.headers.get("retry-after") == (
                    None if refusal.retry_after is None else str(refusal.retry_after)
                )
            assert site.engine.stats.refused == {"admission": 2}
            assert not site.engine.stats.opened

    run(main())


def test_an_admit_that_fails_is_500_and_no_bad_request(caplog: pytest.LogCaptureFixture) -> None:
    def admit(_: Handshake) -> Refusal:
        raise RuntimeError("a fault of the application")

    async def main() -> None:
        async with serving(make(admit=admit)) as site:
            assert (await request(site.port, "GET", QUERY)).status == 500
            assert not site.engine.stats.opened

    run(main())
    assert "a fault of the application" in caplog.text


def test_admit_is_asked_once_for_each_session() -> None:
    async def main() -> None:
        asked: list[str] = []
        async with serving(make(admit=lambda handshake: asked.append(handshake.query.get("n", "")))) as site:
            async with Tab(site.port), Polling(site.port) as polling:
                await polling.post("40")
                await polling.packets()
                async with RawWebSocket(site.port, polling.ws_target) as ws:
                    assert ws.status == 101
            assert len(asked) == 2

    run(main())


def test_a_handler_reads_the_handshake() -> None:
    async def main() -> None:
        server = make()

        @server.namespace("/").on("who")
        def who(socket: Socket) -> dict[str, Any]:
            shake = socket.handshake
            return {"query": shake.query, "x": shake.headers["x-one"], "a": shake.address, "o": shake.origin}

        async with (
            serving(server) as site,
            Polling(site.port, x_one="1, 2", origin=f"http://127.0.0.1:{site.port}") as p,
        ):
            await p.post("40")
            await p.packets()
            await p.post('420["who"]')
            [said] = await p.packets()
            assert said.startswith('430[{"query":{"EIO":"4","transport":"polling"},"x":"1, 2","a":"127.0.0.1"')
            assert f'"o":"http://127.0.0.1:{site.port}"' in said

    run(main())


def test_repeated_headers_are_joined_and_repeated_names_of_a_query_give_the_last() -> None:
    shake = Handshake(
        [(b"a", b"1"), (b"b", b"x"), (b"a", b"2")], b"k=1&k=2&empty=&%C3%A9=%C3%A9", "::1", "http", TrustedProxies(())
    )
    assert shake.headers == {"a": "1, 2", "b": "x"}
    assert shake.query == {"k": "2", "empty": "", "é": "é"}


def test_cookies_of_several_headers_are_joined_as_those_of_one() -> None:
    """A proxy may pass them on one by one, as HTTP/2 sends them."""
    shake = Handshake([(b"cookie", b"a=1"), (b"cookie", b"b=2")], b"", "::1", "http", TrustedProxies(()))
    assert shake.headers == {"cookie": "a=1; b=2"}
