"""The page's way from polling to WebSocket, in a real Chromium, and what becomes of it where that breaks off."""

import re

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import token
from tests.conftest import StartProgram

pytestmark = pytest.mark.browser
SOON = 10  # s; a page of a customer that hears nothing gives up after 15


def test_a_websocket_that_breaks_just_before_it_is_taken_into_use_is_noticed_at_once(
    start_program: StartProgram, chromium: Browser
) -> None:
    """engine.io-client has stopped polling by then and never polls again: such a page was deaf for up to 15 s."""
    program = start_program(**SETTINGS)
    headers = {"Authorization": f"Bearer {token('rima', name='Rima')}"}
    with chromium.new_context(extra_http_headers=headers) as context:
        page = context.new_page()
        opened: list[str] = []

        def answer_the_probe_and_break(socket: WebSocketRoute) -> None:
            opened.append(socket.url)
            server = socket.connect_to_server()
            if len(opened) > 1:
                return

            def pass_on(message: str | bytes) -> None:
                socket.send(message)
                if message == "3probe":
                    socket.close()

            server.on_message(pass_on)

        page.route_web_socket(re.compile("/socket.io/"), answer_the_probe_and_break)
        page.goto(f"{program.url}/chat")
        for _ in range(10 * SOON):
            if len(opened) > 1:
                break
            page.wait_for_timeout(100)
        assert len(opened) > 1, f"the page has not come back within {SOON} s"
        expect(page.locator("[data-freshness=live]")).to_be_visible()
