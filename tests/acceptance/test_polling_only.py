"""A desk behind a proxy that lets no WebSocket through: in a real Chromium, over a slow wire, on a busy day."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.site import pay, wait_until
from tests.harness.preloaded import Preloaded
from tests.harness.program import Program, free_port
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.browser
NO_WEBSOCKET = "window.WebSocket = class { constructor() { throw new Error('blocked by a proxy'); } };"
WATCH = """
window.seen = new Set();
new MutationObserver(() => {
  for (const badge of document.querySelectorAll("[data-freshness]")) window.seen.add(badge.dataset.freshness);
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-freshness"] });
"""
LATENCY, BETWEEN = 0.15, 0.1  # s: of the wire, each way; from one payment to the next
LONG_ENOUGH = 120  # payments; more than 8 s, after which a silent page would come back anew


@contextmanager
def paying(site: Program) -> Iterator[Callable[[], int]]:
    """Families pay, one after the other; how many have."""
    paid, over = list[str](), threading.Event()

    def pay_on() -> None:
        while not over.wait(BETWEEN):
            family = f"family-{len(paid)}"
            pay(site, family)
            paid.append(family)

    thread = threading.Thread(target=pay_on)
    thread.start()
    yield lambda: len(paid)
    over.set()
    thread.join()


def test_a_busy_desk_on_polling_stays_connected_and_live(browser: Browser) -> None:
    """Where much happens, its next poll was always on its way when `live` was said: it took the server for gone, and
    came back anew every few seconds."""
    with Proxy(free_port()) as network:
        settings: dict[str, Any] = SETTINGS | {"CAREVIA_ALLOWED_ORIGINS": network.url}
        context = browser.new_context()
        with Preloaded(port=network._target_port, **settings) as site:
            page = context.new_page()
            page.add_init_script(NO_WEBSOCKET)
            page.goto(f"{network.url}/login")
            page.get_by_label("Email").fill(SETTINGS["CAREVIA_ADMIN_EMAIL"])
            page.get_by_label("Password", exact=True).fill(SETTINGS["CAREVIA_ADMIN_PASSWORD"])
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.wait_for_url("**/dashboard")
            expect(page.locator("[data-freshness=live]")).to_be_visible()
            page.evaluate(WATCH)
            network.latency = LATENCY
            with paying(site) as paid:
                wait_until(lambda: page.evaluate("1") == 1 and paid() >= LONG_ENOUGH, "much has happened", 60)
            expect(page.locator("[data-freshness=live]")).to_be_visible()
            assert "reconnecting" not in page.evaluate("[...window.seen]")
            context.close()
