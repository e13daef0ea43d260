"""What eyes would find, in a real Chromium: nothing is cut where there is room, what is cut can be read, what is open
is seen to be. One server and one browser for all of it.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.acceptance.everyone import CONVERSATION, LONG, desk, house, network, say_as, somebody, visit
from tests.acceptance.people import staff, token
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.browser
__all__ = ["desk", "house", "network"]  # fixtures
BOOKINGS, PAYMENTS = "/dashboard/bookings", "/dashboard/payments"
# Where a text stands, not the box around it.
WRITTEN = "one => { const range = new Range(); range.selectNodeContents(one); return range.getBoundingClientRect(); }"
# Names that end in an ellipsis, and have no tooltip.
UNREADABLE = """(name) => [...document.querySelectorAll("main *, aside *")].filter((one) =>
  one.checkVisibility() && one.textContent.includes(name) && getComputedStyle(one).textOverflow === "ellipsis"
    && one.scrollWidth > one.clientWidth && !one.closest("[title]")).map((one) => one.outerHTML)"""

# Where these words stand in an element, or would if it were not cut.
ENDS_IN = """(one, words) => {
  const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
  while (!texts.nextNode().data.includes(words));
  const { data } = texts.currentNode;
  const range = new Range();
  range.setStart(texts.currentNode, data.indexOf(words));
  range.setEnd(texts.currentNode, data.indexOf(words) + words.length);
  return range.getBoundingClientRect().right;
}"""

# Where each character of a text stands.
LEFTS = """(one) => {
  const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT), range = new Range(), lefts = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode())
    for (let at = 0; at < text.length; at += 1) {
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      lefts.push(range.getBoundingClientRect().left);
    }
  return lefts;
}"""


@pytest.fixture
def phone(house: str, chromium: Browser, network: Proxy) -> Iterator[Page]:
    """With the newest bookings."""
    size = {"width": 390, "height": 844}
    for page in somebody(chromium, network, staff(), viewport=size, has_touch=True):
        visit(page, f"{house}/dashboard")
        yield page


def test_on_a_phone_the_newest_bookings_have_the_room_of_their_row(phone: Page) -> None:
    row = phone.locator("[data-booking]").filter(has_text=LONG[20:30]).first
    service = row.get_by_text("Newborn Care").last
    assert service.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert row.locator("[data-row]").evaluate("name => name.offsetWidth") > 195  # half of the screen


def test_by_touch_a_word_of_the_newest_bookings_is_not_printed_over_the_one_before(phone: Page) -> None:
    button = phone.locator("[data-booking]").first.get_by_role("button")
    before, after = button.locator("xpath=preceding-sibling::*[1]").evaluate(WRITTEN), button.evaluate(WRITTEN)
    assert before["right"] <= after["left"]


@pytest.mark.parametrize("path", [CONVERSATION.replace("family-1", "family-2"), BOOKINGS, PAYMENTS])
def test_a_name_that_is_cut_is_read_in_its_tooltip(house: str, desk: Page, path: str) -> None:
    visit(desk, house + path)
    expect(desk.get_by_text(LONG[20:30]).first).to_be_visible()
    assert desk.evaluate(UNREADABLE, LONG[20:30]) == []


@pytest.mark.parametrize("path", [BOOKINGS, PAYMENTS])
def test_the_row_that_is_open_has_its_bar_also_under_the_pointer(house: str, desk: Page, path: str) -> None:
    visit(desk, house + path)
    desk.locator("main [data-row]").nth(1).click()
    row = desk.locator("main [data-booking], main [data-payment-of]").nth(1)
    expect(row).to_have_css("box-shadow", re.compile("inset"))


def test_every_step_of_a_trace_is_seen_in_its_bar(house: str, desk: Page) -> None:
    visit(desk, house + CONVERSATION)
    bar = desk.get_by_role("complementary").locator("[data-receipt] > div[aria-hidden]")
    parts = bar.locator("span")
    expect(parts).to_have_count(3)  # the last one when the booking is on a screen, and the receipt has been asked for
    assert min(parts.evaluate_all("all => all.map((one) => one.offsetWidth)")) >= 4


def test_what_is_asked_for_in_a_field_ends_in_an_ellipsis_where_it_does_not_fit(house: str, desk: Page) -> None:
    visit(desk, house + CONVERSATION)
    box = desk.get_by_label("Message", exact=True)
    box.blur()  # while one is in it Chromium cuts it
    assert box.evaluate("one => getComputedStyle(one, '::placeholder').textOverflow") == "ellipsis"
    visit(desk, house + PAYMENTS)
    expect(desk.locator("input[type=search]")).to_have_css("text-overflow", "ellipsis")


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_nothing_is_wider_than_the_smallest_phone(house: str, chromium: Browser, network: Proxy, language: str) -> None:
    size = {"width": 320, "height": 640}
    for page in somebody(chromium, network, staff(), viewport=size, has_touch=True, locale=language):
        for path in ("/dashboard", "/dashboard?view=chat", CONVERSATION, BOOKINGS, PAYMENTS):
            visit(page, house + path)
            assert page.evaluate("document.documentElement.scrollWidth") == 320, path


def test_a_stranger_is_told_how_old_the_page_is_without_a_dot_before_it(
    house: str, chromium: Browser, network: Proxy
) -> None:
    for page in somebody(chromium, network, None):
        page.goto(f"{house}/test-socket")
        expect(page.locator("[data-freshness=live]")).to_have_text(re.compile(r"^Live *[0-9.]+ s ago$"))


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_eight_lines_of_a_message_are_in_view_on_a_phone(
    house: str, chromium: Browser, network: Proxy, language: str
) -> None:
    size = {"width": 390, "height": 844}
    for page in somebody(chromium, network, staff(), viewport=size, has_touch=True, locale=language):
        visit(page, house + CONVERSATION)
        box = page.locator("main textarea")
        box.fill("\n".join(map(str, range(8))))
        assert box.evaluate("one => one.scrollHeight <= one.clientHeight")
        box.fill("\n".join(map(str, range(9))))
        assert box.evaluate("one => one.scrollHeight > one.clientHeight")


def test_by_touch_a_row_that_was_pressed_is_not_underlined(house: str, chromium: Browser, network: Proxy) -> None:
    for page in somebody(chromium, network, staff(), viewport={"width": 390, "height": 844}, has_touch=True):
        visit(page, f"{house}/dashboard?view=chat")
        row = page.locator("[data-row=family-1]")
        row.hover()  # as a finger leaves it on some phones
        assert row.evaluate("one => one.matches(':hover')")
        expect(row).to_have_css("text-decoration-line", "none")


def test_in_bengali_what_is_paid_is_read_whole_in_the_row_of_who_waits(
    house: str, chromium: Browser, network: Proxy
) -> None:
    for page in somebody(chromium, network, staff(), locale="bn-BD"):
        visit(page, f"{house}/dashboard?view=chat")
        row = page.locator("[data-participant=family-1]")
        expect(row.locator(".tag-warn")).to_contain_text("অপেক্ষায়")
        tag = row.locator(".tag-good")
        assert tag.evaluate(ENDS_IN, "অর্ধেক পরিশোধ") <= tag.evaluate("one => one.getBoundingClientRect().right")


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_on_the_smallest_phone_a_file_that_was_not_uploaded_keeps_its_name(
    house: str, chromium: Browser, network: Proxy, language: str
) -> None:
    size = {"width": 320, "height": 568}
    for page in somebody(chromium, network, token("family-1"), viewport=size, has_touch=True, locale=language):
        page.route("**/api/chat/attachment?*", lambda route: route.abort())
        visit(page, f"{house}/chat")
        picture: FilePayload = {"name": "front-door.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
        page.get_by_test_id("files").set_input_files(files=[picture])
        expect(page.get_by_role("alert")).to_be_visible()
        name = page.get_by_title("front-door.png")
        assert name.evaluate("one => one.scrollWidth <= one.clientWidth")
        assert page.get_by_role("alert").evaluate("one => one.scrollWidth <= one.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("name", ["محمد عبد الله 123", "Nus\u202erat Jahan"])
def test_a_name_that_runs_from_right_to_left_leaves_the_time_behind_it_as_it_is(
    house: str, desk: Page, name: str
) -> None:
    writer = f"visitor-{len(name)}"
    say_as(house, token(writer, name=name), writer, "When does she come?")
    visit(desk, f"{house}/dashboard?view=chat&with={writer}")
    foot = desk.locator("[data-message] p").last
    expect(foot).to_contain_text(re.compile(r"· \d\d:\d\d$"))
    # Digit by digit from left to right, behind all of the name.
    lefts = foot.evaluate(LEFTS)
    assert lefts[-5:] == sorted(lefts)[-5:]
