"""What nobody has seen rings again, in a real Chromium whose clock is put forward, and is silent once somebody has.

When exactly is reminders.ts, which has its own tests with a clock as an argument.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.browsers import LIVE, people, write
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff, token
from tests.acceptance.site import pay, wait_until
from tests.acceptance.test_rings import COUNT_RINGS, rings
from tests.acceptance.test_tabs import HIDE
from tests.harness.browser import open_browser
from tests.harness.preloaded import Preloaded
from tests.harness.program import Program

pytestmark = pytest.mark.browser
JUMP = """
const clock = Date.now; let ahead = 0;
Date.now = () => clock() + ahead;
window.jump = (seconds) => { ahead += seconds * 1000; };
"""
BOOKING, MESSAGE = 2, 1  # notes


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser("--autoplay-policy=no-user-gesture-required") as browser:
        yield browser


@pytest.fixture
def site() -> Iterator[Program]:
    with Preloaded(data=None, port=None, **SETTINGS, CAREVIA_RECEIPT_ALARM="1") as program:
        yield program


def later(page: Page, seconds: int) -> None:
    """The clock is put forward. The page takes that for a sleep: it proves itself anew, and looks what is to ring."""
    page.evaluate("seconds => window.jump(seconds)", seconds)
    page.wait_for_timeout(2_500)
    expect(page.locator(LIVE)).to_be_visible()


def test_a_paid_booking_rings_again_until_it_is_on_a_screen(site: Program, browser: Browser) -> None:
    with people(browser, COUNT_RINGS, JUMP) as visit:
        desk = visit(f"{site.url}/dashboard", staff())
        desk.get_by_role("heading", name="Conversations").click()
        desk.evaluate(HIDE, "hidden")
        pay(site, "family-2")
        wait_until(lambda: rings(desk) == BOOKING, "it rings")
        expect(desk.get_by_role("banner").get_by_role("alert")).to_be_visible()  # the server: it is on no screen
        later(desk, 31)
        wait_until(lambda: rings(desk) == 2 * BOOKING, "it rings again")
        desk.evaluate(HIDE, "visible")
        expect(desk.get_by_role("banner").get_by_role("alert")).to_have_count(0)
        later(desk, 61)
        pay(site, "family-3")  # what is new rings, and nothing else has
        wait_until(lambda: rings(desk) >= 3 * BOOKING, "the next one rings")
        assert rings(desk) == 3 * BOOKING


def test_a_waiting_customer_rings_again_until_they_are_seen(site: Program, browser: Browser) -> None:
    with people(browser, COUNT_RINGS, JUMP) as visit:
        desk = visit(f"{site.url}/dashboard", staff())
        desk.get_by_role("heading", name="Conversations").click()
        write(visit(f"{site.url}/chat", token("family-1")), "Is anybody there?")
        wait_until(lambda: rings(desk) == MESSAGE, "it rings")
        later(desk, 121)
        wait_until(lambda: rings(desk) == 2 * MESSAGE, "it rings again")
        desk.locator("[data-participant=family-1]").get_by_role("link").click()
        expect(desk.locator("[data-participant=family-1]")).not_to_contain_text("unread")
        later(desk, 121)
        pay(site, "family-4")
        wait_until(lambda: rings(desk) >= 2 * MESSAGE + BOOKING, "what is new rings")
        assert rings(desk) == 2 * MESSAGE + BOOKING
