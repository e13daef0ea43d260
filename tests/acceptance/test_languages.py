"""English and Bengali in a real Chromium: a switch on every page, and what a change leaves alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.acceptance.browsers import person
from tests.acceptance.people import staff
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.acceptance.test_pages import pay, wait_for_living
from tests.harness.browser import resize
from tests.harness.program import Program

pytestmark = pytest.mark.browser

BENGALI = re.compile("[\u0980-\u09e3]")
CHAT = "/dashboard?view=chat&with=family-1"
STAFF_PAGES = ("/dashboard", "/dashboard/bookings", "/dashboard/payments", CHAT, "/test-socket", "/login")
EVERY_PAGE = ("/", "/docs", "/booking/done", "/chat", *STAFF_PAGES)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A member of staff in Dhaka whose browser asks for English."""
    with person(browser, staff()) as context:
        yield context


def speaks(page: Page, language: str) -> None:
    """The document says so, offers the other one, and has headings in it; the contract has the connection test's."""
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator(f"[data-speak={'en' if language == 'bn' else 'bn'}]")).to_be_visible()
    if "/test-socket" not in page.url:
        bengali = page.locator("h1, h2").filter(has_text=BENGALI)
        expect(bengali).not_to_have_count(0) if language == "bn" else expect(bengali).to_have_count(0)


def test_while_the_scripts_are_on_their_way_the_page_says_so_in_both(carevia: Program, context: BrowserContext) -> None:
    page = context.new_page()
    page.route("**/*.js", lambda _: None)  # they wait
    page.goto(f"{carevia.url}/login", wait_until="commit")
    loading = page.get_by_text("Carevia is loading")
    expect(loading).to_have_css("text-align", "center")  # the styles are there
    expect(loading).to_be_visible()
    expect(loading).to_contain_text("লোড হচ্ছে")
    # 107 KB for two words would take a slow line from the scripts.
    asked_for = "[...document.fonts].filter((font) => font.status !== 'unloaded').map((font) => font.family)"
    assert page.evaluate(asked_for) == ["Inter"]
    page.unroute("**/*.js")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(loading).to_have_count(0)


def test_every_page_has_the_switch_and_remembers_it(carevia: Program, context: BrowserContext) -> None:
    page = context.new_page()
    for place in EVERY_PAGE:
        page.goto(f"{carevia.url}{place}")
        speaks(page, "en")
        page.locator("[data-speak=bn]").click()
        speaks(page, "bn")
        page.reload()
        speaks(page, "bn")
        page.locator("[data-speak=en]").click()
        speaks(page, "en")


def test_a_change_leaves_everything_where_it_is(carevia: Program, context: BrowserContext) -> None:
    desk, other = context.new_page(), context.new_page()
    pay(carevia, "family-1", "Nusrat Jahan", 12_450_000)
    desk.goto(f"{carevia.url}{CHAT}")
    other.goto(f"{carevia.url}/test-socket")
    desk.get_by_placeholder("Write to Nusrat").fill("half a sen")
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    expect(other.get_by_text("Status: ✅ Connected")).to_be_visible()
    wait_for_living(carevia, 2)
    sockets = carevia.out.text().count("✅ Client connected")
    desk.locator("[data-speak=bn]").click()
    box = desk.get_by_placeholder("Nusrat-কে লিখুন")
    expect(box).to_have_value("half a sen")
    expect(desk.get_by_text("লাইভ", exact=True)).to_be_visible()
    expect(desk.get_by_text("৳১,২৪,৫০০").first).to_be_visible()
    expect(desk).to_have_url(f"{carevia.url}{CHAT}")
    expect(desk.locator("[data-speak=en]")).to_be_focused()
    box.fill("কাল আসব")
    box.press("Enter")
    expect(desk.get_by_text(re.compile("^আপনি · [০-৯]{2}:[০-৯]{2}"))).to_be_visible()
    # The other tab has changed too, but not the contract's words, and neither page has connected anew.
    expect(other.locator("html")).to_have_attribute("lang", "bn")
    expect(other.get_by_text("সব ঠিক আছে। WebSocket-এ যুক্ত।")).to_be_visible()
    expect(other.get_by_role("list").filter(has_text="F12")).to_have_css("list-style-type", "bengali")
    expect(other.get_by_text("Status: ✅ Connected")).to_be_visible()
    expect(other.get_by_role("log")).to_contain_text("Connected with ID")
    assert carevia.out.text().count("✅ Client connected") == sockets
    wait_for_living(carevia, 2)


def test_services_and_divisions_have_their_bengali_names(carevia: Program, context: BrowserContext) -> None:
    page = context.new_page()
    pay(carevia, "family-1", "Nusrat Jahan", 300_000)
    page.goto(f"{carevia.url}/dashboard/bookings")
    row = page.locator("[data-booking]").first
    expect(row).to_contain_text("Newborn Care")
    page.locator("[data-speak=bn]").click()
    expect(row).to_contain_text("নবজাতক সেবা")
    expect(row).to_contain_text("ঢাকা")
    page.locator("select").filter(has_text="ঢাকা").select_option("Dhaka")
    page.wait_for_url("**/dashboard/bookings?division=Dhaka")
    expect(row).to_contain_text("নবজাতক সেবা")
    page.goto(f"{carevia.url}{CHAT}")
    expect(page.locator("[data-participant]")).to_contain_text("নবজাতক সেবা")


def test_what_the_bar_searches_is_read_whole_in_both_languages(carevia: Program, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{carevia.url}/dashboard/bookings")
    for words, other in (("Search people, IDs, messages", "bn"), ("নাম, আইডি, বার্তা খুঁজুন", "en")):
        searched = page.get_by_role("banner").get_by_text(words, exact=True)
        for width in (1440, 1024):
            resize(page, width, 768)
            assert searched.evaluate("one => one.scrollWidth <= one.clientWidth"), (words, width)
        page.locator(f"[data-speak={other}]").click()


def test_what_a_booking_costs_is_read_whole_in_both_languages(carevia: Program, context: BrowserContext) -> None:
    subject = session("family-1", 12_450_000, metadata=metadata("family-1", totalPrice="249000"))
    assert deliver(carevia.url, event(subject)).status_code == 200
    page = context.new_page()
    page.goto(f"{carevia.url}/dashboard/bookings")
    for words, other in (("of ৳2,49,000", "bn"), ("মোট ৳২,৪৯,০০০", "en")):
        total = page.get_by_text(words, exact=True)
        for width in (1440, 1024):
            resize(page, width, 768)
            assert total.evaluate("one => one.scrollWidth <= one.clientWidth"), (words, width)
        page.locator(f"[data-speak={other}]").click()


def test_how_fresh_an_empty_desk_is_has_room_in_bengali(carevia: Program, context: BrowserContext) -> None:
    page = context.new_page()
    resize(page, 1024, 768)
    page.goto(f"{carevia.url}/dashboard/payments")
    page.locator("[data-speak=bn]").click()
    badge = page.locator("[data-freshness=live]")
    expect(badge).to_contain_text("এখনও কোনো ইভেন্ট নেই · ")
    assert badge.evaluate("one => [one, ...one.children].every((part) => part.scrollWidth <= part.clientWidth)")
