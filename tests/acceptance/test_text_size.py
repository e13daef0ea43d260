"""Who has set large letters in the browser reads and reaches everything (WCAG 1.4.4)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.everyone import CONVERSATION, ROUTES, cut, house, network, somebody, visit
from tests.acceptance.people import staff, token
from tests.harness.browser import open_browser
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.browser
__all__ = ["house", "network"]  # fixtures
LARGE = 32  # px; 16 is usual
SCREENS = ((1440, 900), (1024, 768), (390, 844))
ROWS = """rows => rows.slice(1).map((row, place) =>
  row.getBoundingClientRect().top - rows[place].getBoundingClientRect().bottom)"""


@pytest.fixture(scope="module")
def enlarged() -> Iterator[Browser]:
    """As the setting for the size of letters makes it; the zoom is another thing."""
    with open_browser(f"--blink-settings=defaultFontSize={LARGE}") as browser:
        yield browser


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_letters_twice_as_large_are_all_there(house: str, enlarged: Browser, network: Proxy, language: str) -> None:
    found: list[str] = []
    for width, height in SCREENS:
        view = {"viewport": {"width": width, "height": height}, "locale": language, "has_touch": width < 400}
        for page in somebody(enlarged, network, staff(), **view):
            for path in ROUTES[:-1]:
                visit(page, house + path)
                found += cut(page, f"{path} at {width}")
                assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 13 * LARGE / 16
        for page in somebody(enlarged, network, token("family-1"), **view):
            visit(page, f"{house}/chat")
            found += cut(page, f"/chat at {width}")
    assert found == []


def test_rows_that_are_placed_are_as_high_as_large_letters_need(house: str, enlarged: Browser, network: Proxy) -> None:
    for page in somebody(enlarged, network, staff(), viewport={"width": 1440, "height": 2000}):
        for path, row in (
            ("/dashboard?view=chat", "[data-participant]"),
            ("/dashboard/bookings", "[data-booking]"),
            ("/dashboard/payments", "[data-payment-of]"),
        ):
            visit(page, house + path)
            expect(page.locator(row).nth(3)).to_be_visible()
            between = page.locator(row).evaluate_all(ROWS)
            assert [one for one in between if abs(one) > 1] == [], path


def test_with_large_letters_on_a_phone_one_writes_and_sends(house: str, enlarged: Browser, network: Proxy) -> None:
    for page in somebody(enlarged, network, staff(), viewport={"width": 390, "height": 844}, has_touch=True):
        visit(page, house + CONVERSATION)
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        expect(page.locator("[data-message]").last).to_be_in_viewport()
        page.get_by_role("textbox", name="Message").fill("She comes at ten.")
        page.get_by_role("button", name="Send").tap()
        expect(page.locator("[data-message]").filter(has_text="She comes at ten.")).to_be_visible()
