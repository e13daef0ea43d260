"""What realtime/uvicorn.py and cli/process.py lean on in uvicorn. After a change of its version, this file says what
broke first."""

import asyncio
import inspect
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httptools
import pytest
import uvicorn
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from carevia.realtime.asgi import Receive, Scope, Send
from carevia.realtime.direct import DirectCycle, Heads
from carevia.realtime.uvicorn import serve_protocol
from carevia.realtime.websocket import WebSocketTransport
from tests.realtime.rawclient import Connection, Polling, RawWebSocket, Tab, opening_headers, until
from tests.realtime.serving import make, nothing_else, run, serving

WS = "/socket.io/?EIO=4&transport=websocket"


def test_the_installed_uvicorn_is_the_pinned_one() -> None:
    text = Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8")
    pinned = re.search(r'"uvicorn==([\d.]+)"', text)
    assert pinned, "pyproject.toml must pin uvicorn exactly"
    assert version("uvicorn") == pinned[1] == uvicorn.__version__


@pytest.mark.parametrize("name", ["_should_upgrade", "_unsupported_upgrade_warning", "handle_websocket_upgrade"])
def test_the_methods_that_are_overridden_are_there_and_take_nothing(name: str) -> None:
    assert list(inspect.signature(getattr(HttpToolsProtocol, name)).parameters) == ["self"]


def test_the_methods_that_are_called_are_there() -> None:
    assert list(inspect.signature(HttpToolsProtocol._get_upgrade).parameters) == ["self"]
    assert list(inspect.signature(HttpToolsProtocol.send_400_response).parameters) == ["self", "msg"]
    assert "on_url" in vars(HttpToolsProtocol) and "shutdown" in vars(HttpToolsProtocol)


def test_the_attributes_that_are_read_have_their_names() -> None:
    source = inspect.getsource(HttpToolsProtocol)
    for name in ("url", "headers", "scheme", "client", "server", "scope", "cycle", "parser", "transport",
                 "connections", "expect_100_continue"):  # fmt: skip
        assert f"self.{name} = " in source or f"self.{name}: " in source, name


def test_uvicorn_still_asks_the_overridden_methods() -> None:
    source = inspect.getsource(httptools_impl)
    for call in ("_should_upgrade()", "handle_websocket_upgrade()", "_unsupported_upgrade_warning()"):
        assert f"self.{call}" in source, call
    assert "self.send_400_response(msg)" in inspect.getsource(HttpToolsProtocol.data_received)
    assert source.count("self.parser.should_upgrade() and self._should_upgrade()") == 3
    assert "connection.shutdown()" in inspect.getsource(uvicorn.Server.shutdown)


def test_what_stands_in_for_a_cycle_has_all_that_uvicorn_touches() -> None:
    """realtime/direct.py: the names of `self.cycle` that uvicorn's protocol reads or writes."""
    touched = set(re.findall(r"self\.cycle\.(\w+)", inspect.getsource(HttpToolsProtocol)))
    touched |= set(re.findall(r"existing_cycle\.(\w+)", inspect.getsource(HttpToolsProtocol)))
    assert touched == {"body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete"}
    assert touched <= set(dir(DirectCycle))


def test_what_direct_answers_lean_on_is_there() -> None:
    for name in ("on_message_begin", "on_headers_complete", "on_message_complete", "on_response_complete"):
        assert list(inspect.signature(getattr(HttpToolsProtocol, name)).parameters) == ["self"]
    made = inspect.getsource(HttpToolsProtocol.__init__) + inspect.getsource(HttpToolsProtocol.connection_made)
    for name in ("flow", "loop", "server_state", "client", "scheme"):
        assert f"self.{name} = " in made or f"self.{name}: " in made, name
    assert hasattr(ServerState(), "default_headers")


def test_an_answer_begins_with_the_headers_that_the_server_gives_by_then() -> None:
    """Another date each second; and `connection: close` as soon as it lets its clients go."""
    heads = Heads()
    before, now = [(b"date", b"one")], [(b"date", b"two"), (b"connection", b"close")]
    assert heads.begin(200, (), before) == b"HTTP/1.1 200 OK\r\ndate: one\r\n"
    assert heads.begin(200, (), now) == b"HTTP/1.1 200 OK\r\ndate: two\r\nconnection: close\r\n"


def test_what_keeps_an_answered_connection_open_is_there() -> None:
    """realtime/uvicorn.py: `answered` instead of `on_response_complete`, and its own deadlines instead of timers."""
    for name in ("timeout_keep_alive_handler", "_unset_keepalive_if_required"):
        assert list(inspect.signature(getattr(HttpToolsProtocol, name)).parameters) == ["self"]
    assert "self._unset_keepalive_if_required()" in inspect.getsource(HttpToolsProtocol.data_received)
    assert "self.pipeline.pop()" in inspect.getsource(HttpToolsProtocol.on_response_complete)
    made = inspect.getsource(HttpToolsProtocol.__init__)
    for name in ("pipeline", "timeout_keep_alive", "timeout_keep_alive_task"):
        assert f"self.{name} = " in made or f"self.{name}: " in made, name
    assert hasattr(ServerState(), "total_requests")


def test_the_attributes_that_are_read_are_there_when_an_upgrade_comes() -> None:
    """As uvicorn leaves them at the moment of `handle_websocket_upgrade`."""
    seen: dict[str, Any] = {}

    async def main() -> None:
        server = make()

        class Spy(serve_protocol(server.engine).protocol):  # type: ignore[misc]
            def handle_websocket_upgrade(self) -> None:
                for name in ("url", "headers", "scheme", "client", "cycle", "parser", "transport", "connections"):
                    seen[name] = getattr(self, name)
                seen["scope"] = dict(self.scope)
                seen["counted"] = self in self.connections
                super().handle_websocket_upgrade()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await nothing_else(scope, receive, send)

        config = uvicorn.Config(app, http=Spy, log_config=None, lifespan="off")
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: Spy(config, state, {}), "127.0.0.1", 0)
        try:
            async with RawWebSocket(listener.sockets[0].getsockname()[1], WS, x_one="1") as ws:
                assert ws.status == 101
                assert [type(item).__name__ for item in state.connections] == [WebSocketTransport.__name__], (
                    "uvicorn waits for ours instead"
                )
            await until(lambda: not state.connections, "the connection is still counted")
        finally:
            listener.close()
            await server.stop()

    run(main())
    assert seen["url"] == WS.encode()
    assert (b"x-one", b"1") in seen["headers"], "pairs of bytes, names in lower case"
    assert (seen["scheme"], seen["client"][0]) == ("http", "127.0.0.1")
    assert (seen["scope"]["method"], seen["scope"]["http_version"]) == ("GET", "1.1")
    assert seen["cycle"] is None
    assert isinstance(seen["parser"], httptools.HttpRequestParser)
    assert seen["counted"]
    assert isinstance(seen["transport"], asyncio.BaseTransport) or hasattr(seen["transport"], "set_protocol")


def test_a_cycle_says_whether_its_answer_has_begun_and_is_complete() -> None:
    made = inspect.getsource(RequestResponseCycle.__init__)
    for name in ("response_started", "response_complete"):
        assert f"self.{name} = " in made, name


def test_what_flow_extends_is_there_and_still_asked() -> None:
    """realtime/flow.py."""
    assert "self.write_paused = " in inspect.getsource(FlowControl.__init__)
    source = inspect.getsource(httptools_impl)
    for name in ("pause_writing", "resume_writing", "pause_reading", "resume_reading"):
        assert list(inspect.signature(getattr(FlowControl, name)).parameters) == ["self"]
        assert f"self.flow.{name}()" in source, name


def test_the_server_still_asks_what_is_overridden() -> None:
    """cli/process.py: a graceful stop ends with status 0, after a drain."""
    source = inspect.getsource(uvicorn.Server)
    for call in ("with self.capture_signals()", "self.startup(sockets=sockets)", "self.shutdown(sockets=sockets)"):
        assert call in source, call
    assert list(inspect.signature(uvicorn.Server.handle_exit).parameters) == ["self", "sig", "frame"]
    made = inspect.getsource(uvicorn.Server.__init__)
    for name in ("config", "server_state", "should_exit", "force_exit"):
        assert f"self.{name} = " in made, name


def test_an_upgrade_elsewhere_is_the_plain_request_it_also_is(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with serving(make()) as site, Connection(site.port) as connection:
            assert (await connection.request("GET", "/elsewhere", **opening_headers())).status == 404
            other = {"connection": "Upgrade", "upgrade": "h2c"}
            assert (await connection.request("GET", "/socket.io/?EIO=4&transport=polling", **other)).status == 200
            assert (await connection.request("GET", "/elsewhere")).status == 404, "the connection goes on"

    run(main())
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"


async def sent_back(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while (message := await receive()).get("more_body"):
        body += message["body"]
    body += message["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("piece", [1, 50, 1_000])
@pytest.mark.parametrize(
    "body", ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"]
)
def test_an_offer_of_another_protocol_costs_no_request_its_body(body: str, piece: int) -> None:
    """curl's `--http2` and Java's HttpClient make it; a signed webhook was refused, since its body had gone."""

    async def main() -> None:
        async with serving(make(), sent_back) as site, Connection(site.port) as connection:
            data = f"POST /elsewhere HTTP/1.1\r\nHost: x\r\n{H2C}{body}".encode() * 3
            for at in range(0, len(data), piece):
                connection.write(data[at : at + piece])
                await asyncio.sleep(0)
            assert [(await connection.answer()).text for _ in range(3)] == ["hello"] * 3

    run(main())


def test_a_poll_that_offers_another_protocol_is_one() -> None:
    async def main() -> None:
        async with serving(make()) as site, Polling(site.port) as polling:
            other = {"connection": "Upgrade", "upgrade": "h2c"}
            assert (await polling.post("40", **other)).text == "ok"
            assert (await polling.packets())[0].startswith("40{")
            assert (await polling.post("41", **other)).text == "ok"
            async with Connection(site.port) as connection:
                assert (await connection.request("CONNECT", "x:1", **other)).status == 400

    run(main())


def test_a_connection_that_served_requests_may_upgrade_afterwards() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            ws = RawWebSocket(site.port, WS)
            await Connection.__aenter__(ws)
            assert (await ws.request("GET", "/elsewhere")).status == 404
            await ws.open()
            assert ws.status == 101
            assert str(await ws.receive())[0] == "0"
            await ws.hang_up()
            await site.quiet()

    run(main())


def test_the_http_protocol_object_is_not_kept_beside_a_websocket() -> None:
    import gc

    async def main() -> None:
        server = make()
        async with serving(server) as site, Tab(site.port):
            gc.collect()
            gc.disable()
            try:
                before = sum(isinstance(item, HttpToolsProtocol) for item in gc.get_objects())
                async with Tab(site.port):
                    assert sum(isinstance(item, HttpToolsProtocol) for item in gc.get_objects()) == before
            finally:
                gc.enable()

    run(main())


def test_keep_alive_does_not_cut_a_websocket_or_a_poll_short() -> None:
    async def main() -> None:
        server = make()
        server.namespace("/").on("echo")(lambda socket, *args: args)
        async with serving(server) as site:
            site.uvicorn.config.timeout_keep_alive = keep = 0.25  # type: ignore[assignment]
            async with Tab(site.port) as tab, Polling(site.port) as polling:
                polling.ask()
                await until(lambda: site.engine.polls[polling.sid].waiting, "the poll did not arrive")
                await asyncio.sleep(2 * keep)
                assert await tab.call("echo", 1) == [1]
                await polling.post("40")
                assert (await polling.answer()).text.startswith("40{")

    run(main())


def test_websockets_still_has_its_function_for_unmasking() -> None:
    from websockets.speedups import apply_mask

    assert apply_mask(b"\x01\x02\x03\x04\x05", b"\x01\x02\x03\x04") == b"\x00\x00\x00\x00\x04"
