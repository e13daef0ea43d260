"""English and Bengali in a real Chromium: a switch on every page, what a change leaves alone, and how Bengali looks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.acceptance.people import staff, token
from tests.acceptance.test_pages import living, pay
from tests.harness.program import Program

pytestmark = pytest.mark.browser

BENGALI = re.compile("[\u0980-\u09e3]")
LONG_NAME = "Mohammad Abdullah Al-Mamun Chowdhury Rahmatullah Siddiqui Kh"
CHAT = "/dashboard?view=chat&with=family-1"
STAFF_PAGES = ("/dashboard", "/dashboard/bookings", "/dashboard/payments", CHAT, "/test-socket", "/login")
EVERY_PAGE = ("/", "/docs", "/booking/done", "/chat", "/nothing-here", *STAFF_PAGES)

# Of every element that shows Bengali: what its letters need and do not get. Elements that scroll are left alone.
AUDIT = r"""
() => {
  const wrong = [];
  for (const element of document.querySelectorAll("body *")) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = texts.map((node) => node.data).join("").trim();
    if (!/[\u0980-\u09e3]/.test(text) || !element.checkVisibility() || element.closest(".sr-only, option")) continue;
    const style = getComputedStyle(element);
    if (parseFloat(style.letterSpacing) > 0 || parseFloat(style.letterSpacing) < 0) wrong.push(`spaced: ${text}`);
    if (parseFloat(style.fontSize) < 11.5) wrong.push(`${style.fontSize}: ${text}`);
    for (let box = element; box && box !== document.body; box = box.parentElement) {
      const { overflowY } = getComputedStyle(box);
      if (overflowY === "auto" || overflowY === "scroll") break;
      const meant = getComputedStyle(box).webkitLineClamp !== "none";
      if (overflowY !== "visible" && !meant && box.scrollHeight > box.clientHeight)
        wrong.push(`cut, ${box.scrollHeight} of ${box.clientHeight} px: ${text}`);
    }
  }
  return wrong;
}
"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A member of staff in Dhaka whose browser asks for English."""
    with opened(browser, staff(), locale="en-GB") as context:
        yield context


@contextmanager
def opened(browser: Browser, person: str, locale: str, width: int = 1440) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        has_touch=width < 700,
        locale=locale,
        timezone_id="Asia/Dhaka",
        extra_http_headers={"Authorization": f"Bearer {person}"},
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


def speaks(page: Page, language: str) -> None:
    """The document says so, offers the other one, and has headings in it; the contract has the connection test's."""
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator(f"[data-speak={'en' if language == 'bn' else 'bn'}]")).to_be_visible()
    if "/test-socket" not in page.url:
        bengali = page.locator("h1, h2").filter(has_text=BENGALI)
        expect(bengali).not_to_have_count(0) if language == "bn" else expect(bengali).to_have_count(0)


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
    desk.get_by_placeholder("Write to Nusrat Jahan").fill("half a sen")
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    expect(other.get_by_text("Status: ✅ Connected")).to_be_visible()
    sockets = len(re.findall("✅ Client connected", carevia.out.text()))
    desk.locator("[data-speak=bn]").click()
    box = desk.get_by_placeholder("Nusrat Jahan-কে লিখুন")
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
    expect(other.get_by_text("Status: ✅ Connected")).to_be_visible()
    expect(other.get_by_role("log")).to_contain_text("Connected with ID")
    assert len(re.findall("✅ Client connected", carevia.out.text())) == sockets
    assert living(carevia) == 2


def test_bengali_is_whole_wherever_it_stands(carevia: Program, browser: Browser) -> None:
    pay(carevia, "family-1", LONG_NAME, 12_450_000)
    pay(carevia, "family-2", "নুসরাত জাহান")
    customer, helper = token("family-1", name=LONG_NAME), staff(name="সুমাইয়া ইসলাম")
    for width in (1440, 360):
        for person, places in ((helper, STAFF_PAGES), (customer, ("/chat",))):
            with opened(browser, person, locale="bn-BD", width=width) as context:
                page = context.new_page()
                for place in places:
                    page.goto(f"{carevia.url}{place}")
                    speaks(page, "bn")
                    expect(page.get_by_text(re.compile("সংযোগ|বার্তা|সাইন ইন|বুকিং")).first).to_be_visible()
                    page.wait_for_load_state("networkidle")
                    assert page.evaluate(AUDIT) == [], (width, place)
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, place)
                    assert "Noto Sans Bengali" in fonts(page, "[data-speak] + *, h1, h2, p, label"), (width, place)


def fonts(page: Page, selector: str) -> set[str]:
    """The fonts that the letters are really drawn with."""
    page.evaluate("document.fonts.ready")
    cdp = page.context.new_cdp_session(page)
    cdp.send("DOM.enable")
    cdp.send("CSS.enable")
    root = cdp.send("DOM.getDocument")["root"]["nodeId"]
    found = cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]
    used = [cdp.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"] for node in found]
    return {font["familyName"] for fonts in used for font in fonts}
