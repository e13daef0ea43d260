"""The harness is tried on small things of its own, so that a failing acceptance test speaks about the program."""

import os
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from websockets.sync.server import ServerConnection, serve

from carevia.config import SECRETS_FILE
from tests.harness.node import JsonLines, SocketIOClient, node
from tests.harness.preloaded import Preloaded
from tests.harness.program import Program, free_port

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

PAGE = """<!doctype html><meta charset=utf-8><title>Desk</title><h1>Bookings</h1><p id=bn>কেয়ার</p><p id=said></p>
<script>
const socket = new WebSocket("%s");
socket.onopen = () => socket.send("hello");
socket.onmessage = (event) => { document.getElementById("said").textContent = event.data; };
</script>"""

EACH_WAY = pytest.mark.parametrize("way", [Program, Preloaded], ids=lambda way: way.__name__)


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of a WebSocket server that says what it hears."""

    def answer(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.browser
def test_browser_shows_text_takes_a_picture_and_speaks_websocket(page: "Page", echo: str, tmp_path: "Path") -> None:
    page.set_content(PAGE % echo)
    page.get_by_text("hello").wait_for()
    assert page.locator("h1").inner_text() == "Bookings"
    assert page.locator("#bn").inner_text() == "কেয়ার"
    box = page.locator("h1").bounding_box()
    assert box and box["height"] > 10
    picture = page.screenshot(path=tmp_path / "desk.png")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 1000, "an empty page is smaller: no font was found"


def test_node_is_the_one_of_the_wheel(tmp_path: "Path") -> None:
    script = tmp_path / "hello.mjs"
    script.write_text("console.log(JSON.stringify({ version: process.version, path: process.execPath }))")
    with JsonLines(script, folder=tmp_path) as peer:
        hello = peer.expect(lambda message: "version" in message, 10, "a greeting")
    assert hello["version"].startswith("v24.")
    assert hello["path"] == str(node().resolve())


def test_javascript_client_says_why_it_cannot_connect(javascript_client: SocketIOClient) -> None:
    javascript_client.connect(f"http://127.0.0.1:{free_port()}", wait=False, transports=["websocket"])
    assert javascript_client.expect_kind("connect_error")["message"] == "websocket error"
    javascript_client.disconnect()
    assert javascript_client.state()["connected"] is False


@EACH_WAY
def test_program_that_refuses_to_start_fails_the_test_with_its_own_words(way: type[Program]) -> None:
    with pytest.raises(AssertionError, match="NO_SUCH_SETTING"), way(CAREVIA_NO_SUCH_SETTING="1"):
        pass
    assert way(CAREVIA_NO_SUCH_SETTING="1").refuse()[0] == 2


def test_two_forks_of_one_process_share_no_secret_and_no_session() -> None:
    with Preloaded() as one, Preloaded() as other:
        assert os.getsid(one.pid) == one.pid != os.getsid(other.pid) == other.pid
        first, second = ((program.data / SECRETS_FILE).read_text() for program in (one, other))
        assert first != second


@EACH_WAY
def test_program_starts_survives_a_kill_and_stops_with_status_zero(way: type[Program]) -> None:
    with way() as program:
        first = program.pid
        os.kill(first, signal.SIGKILL)
        assert program.wait() == -signal.SIGKILL
        assert not program.answers()
        program.start()
        assert program.pid != first
        assert program.stop() == 0
