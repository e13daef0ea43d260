"""The pages for everyone, in a real Chromium: no finding of axe-core, nothing that jumps, room for fingers, and rest
for who wants it. One server and one browser for all of it.
"""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.everyone import (
    CONVERSATION,
    DESK,
    LIVE,
    ROUTES,
    SOCKETS,
    cut,
    desk,
    findings,
    house,
    in_both_languages,
    in_both_themes,
    network,
    pay,
    somebody,
    too_small_for_a_finger,
    too_wide,
    visit,
    write,
)
from tests.acceptance.people import staff, token
from tests.acceptance.site import wait_until
from tests.harness.browser import drawn, resize
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.browser
__all__ = ["desk", "house", "network"]  # fixtures
# What moved by itself since the page was opened, or since it was last set to nothing.
SHIFTS = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) {
    window.shift += one.value;
    for (const { node, previousRect: a, currentRect: b } of one.sources)
      (window.shifted ??= []).push(`${one.value.toFixed(4)} ${node?.className ?? node} ${a.x},${a.y} ${b.x},${b.y}`);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
TOP = "element => element.getBoundingClientRect().top"
# As the guideline words it.
ROOMY = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets.push(sheet);
}"""
# Another browser's, or somebody's own; the policy forbids a style element.
RULE = """rule => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rule);
  document.adoptedStyleSheets.push(sheet);
}"""
# Answers to what begins with this come a second later than the others.
LATE = """
const swift = window.fetch;
window.fetch = async (path, options) => {
  const answer = await swift(path, options);
  if (String(path).startsWith(%s)) await new Promise((done) => setTimeout(done, 1000));
  return answer;
};
"""


def test_every_page_is_for_everyone(house: str, desk: Page) -> None:
    found: list[str] = []
    for path in ROUTES:
        visit(desk, house + path)
        found += too_small_for_a_finger(desk, path)
        if path == "/dashboard/payments":
            desk.locator("[data-payment-of]").first.click()
            expect(desk.locator("[data-payment]")).to_be_visible()
        if path == "/dashboard/bookings":
            desk.locator("[data-row]").first.click()
            expect(desk.get_by_role("complementary")).to_be_visible()
        found += in_both_languages(desk, path)
        found += too_wide(desk, path)
        found += too_small_for_a_finger(desk, path)
    assert found == []


def test_axe_finds_nothing_where_customers_and_strangers_are(house: str, chromium: Browser, network: Proxy) -> None:
    found: list[str] = []
    for page in somebody(chromium, network, token("family-1", name="Nusrat Jahan")):
        for path in ("/chat", "/dashboard"):
            page.goto(house + path)
            expect(page.get_by_role("main")).not_to_be_empty()
            found += in_both_languages(page, f"customer on {path}")
    for page in somebody(chromium, network, None):
        for path in ("/login", "/chat", "/dashboard"):
            page.goto(house + path)
            expect(page.get_by_role("main")).not_to_be_empty()
            found += in_both_languages(page, f"stranger on {path}")
    for page in somebody(chromium, network, None, viewport={"width": 390, "height": 844}, locale="bn-BD"):
        page.goto(f"{house}/login")
        expect(page.locator("[data-speak=en]")).to_be_visible()
        found += findings(page, "stranger on a phone, bn", "light")
    assert found == []


def test_axe_finds_nothing_with_a_layer_open_or_stale(house: str, desk: Page, network: Proxy) -> None:
    found: list[str] = []
    visit(desk, house + CONVERSATION)
    for button in ("Notices and sound", re.compile("^Account of")):
        desk.get_by_role("button", name=button).click()
        expect(desk.get_by_role("dialog")).to_be_visible()
        found += in_both_themes(desk, str(button))
        desk.keyboard.press("Escape")
        expect(desk.get_by_role("dialog")).to_have_count(0)  # else the next key is meant for it
        expect(desk.get_by_role("button", name=button)).to_be_focused()  # it has its focus back, and takes no other
    desk.get_by_role("heading", name="Nusrat Jahan").first.focus()
    for key in ("?", "Control+k"):
        desk.keyboard.press(key)
        expect(desk.get_by_role("dialog")).to_be_visible()
        found += in_both_themes(desk, key)
        desk.keyboard.press("Escape")
        expect(desk.get_by_role("dialog")).to_have_count(0)
    desk.locator("[data-row=family-3]").click(button="right")
    expect(desk.get_by_role("menu")).to_be_visible()
    found += in_both_themes(desk, "row menu")
    desk.keyboard.press("Escape")
    desk.get_by_label("Message", exact=True).fill("/")
    expect(desk.get_by_role("button", name="Edit saved replies")).to_be_visible()
    found += in_both_themes(desk, "saved replies")
    desk.get_by_label("Message", exact=True).fill("")
    desk.context.route(SOCKETS, lambda route: route.abort())
    network.reset()
    expect(desk.get_by_role("button", name="Try now")).to_be_visible()
    found += in_both_languages(desk, "stale")
    assert found == []


def test_a_finger_has_room_in_every_layer(house: str, desk: Page) -> None:
    found: list[str] = []
    visit(desk, f"{house}/dashboard?view=chat")
    for button in ("Notices and sound", re.compile("^Account of")):
        desk.get_by_role("button", name=button).click()
        expect(desk.get_by_role("dialog")).to_be_visible()
        found += too_small_for_a_finger(desk, str(button))
        desk.keyboard.press("Escape")
    for key in ("?", "Control+k"):
        desk.keyboard.press(key)
        expect(desk.get_by_role("dialog")).to_be_visible()
        found += too_small_for_a_finger(desk, key)
        desk.keyboard.press("Escape")
    assert found == []


# What is spoken.


def test_only_what_comes_later_is_in_the_log(house: str, desk: Page) -> None:
    for number in range(52):
        write(house, "family-5", f"Message {number}")
    visit(desk, house + "/dashboard?view=chat&with=family-5")
    log = desk.get_by_role("log", name="New messages")
    expect(desk.locator("[data-message]").filter(has_text="Message 51")).to_be_visible()
    desk.get_by_label("Messages", exact=True).evaluate("stream => stream.scrollTop = 0")
    expect(desk.locator("[data-message]").filter(has_text="Message 0")).to_be_attached()
    expect(log.get_by_role("listitem")).to_have_count(0)
    write(house, "family-5", "Who will come?")
    expect(log.get_by_role("listitem")).to_have_count(1)
    assert re.match(r"\S.* 5, \d\d:\d\d:", log.inner_text())


def test_what_is_spoken_of_payments_are_names_and_amounts(house: str, desk: Page) -> None:
    visit(desk, house + "/dashboard/payments")
    expect(desk.get_by_role("list", name="Payments").get_by_role("listitem").first).to_be_visible()
    visit(desk, house + CONVERSATION)
    expect(desk.get_by_role("link", name="Today ৳3,000", exact=True)).to_be_visible()
    seen = desk.get_by_role("list", name="On whose screen").get_by_role("listitem").first
    assert seen.get_attribute("title") is None, "the numbers of sockets are no name"


# Room, rest, and nothing that jumps.


def test_where_motion_is_not_wanted_nothing_moves(house: str, chromium: Browser, network: Proxy) -> None:
    for page in somebody(chromium, network, staff(), reduced_motion="reduce", forced_colors="active"):
        for path in DESK:
            visit(page, house + path)
            pay(house, "family-4", "Rokeya Begum")
            page.wait_for_function("document.getAnimations().length === 0")
            assert page.evaluate("document.getAnimations().length") == 0


def test_nothing_jumps_on_load_on_arrivals_or_when_the_connection_goes(house: str, desk: Page, network: Proxy) -> None:
    desk.add_init_script(SHIFTS)
    moved: dict[str, float] = {}

    def measure(what: str) -> None:
        drawn(desk)
        moved[what] = desk.evaluate("window.shift")
        print(
            what,
            round(moved[what], 4),
            *dict.fromkeys(desk.evaluate("(window.shifted ?? []).slice(0, 12)")),
            sep="\n  ",
        )
        desk.evaluate("window.shift = 0; window.shifted = []")

    for number in range(50):
        pay(house, f"earlier-{number}", f"Earlier {number}")
    loads = [(path, width) for path in (*DESK, "/dashboard?view=chat") for width in (1440, 768, 390)]
    for path, width in loads:
        resize(desk, width, 900)
        visit(desk, house + path)
        measure(f"{path} at {width}: load")
    resize(desk, 1440, 900)
    for path in DESK[1:]:
        visit(desk, house + path)
        measure(f"{path}: load")
        for number in range(20):
            pay(house, f"newcomer-{number}", f"Newcomer {number}")
        expect(desk.get_by_text("Newcomer 19").first).to_be_visible()
        measure(f"{path}: arrivals")
        desk.context.route(SOCKETS, lambda route: route.abort())
        network.reset()
        expect(desk.get_by_role("button", name="Try now")).to_be_visible()
        measure(f"{path}: lost")
        desk.context.unroute(SOCKETS)
        desk.evaluate("document.querySelector('header .btn-line').click()")
        expect(desk.locator(LIVE)).to_be_visible()
        measure(f"{path}: back")
    assert {what: value for what, value in moved.items() if value >= 0.02} == {}


def test_nothing_jumps_on_a_familys_small_phone_in_bengali(house: str, chromium: Browser, network: Proxy) -> None:
    """What the head said had two lines, one, or a button; a second waiting line lay on the box in which one writes."""
    small = {"width": 360, "height": 740}
    for page in somebody(chromium, network, token("family-1"), viewport=small, locale="bn-BD", has_touch=True):
        page.add_init_script(SHIFTS)
        visit(page, f"{house}/chat")
        expect(page.locator("[data-support=offline]")).to_be_visible()
        stream, seen = page.get_by_role("region", name="বার্তা"), set[float]()
        seen.add(stream.evaluate(TOP))
        page.evaluate("window.shift = 0; window.shifted = []")
        page.context.set_offline(True)
        expect(page.locator("[data-freshness=offline]")).to_have_count(1)
        seen.add(stream.evaluate(TOP))
        page.get_by_role("textbox").fill("আপনারা কি আসছেন?")
        page.get_by_role("textbox").press("Enter")
        waiting = page.get_by_text(re.compile("^১টি বার্তা অপেক্ষায়"))
        expect(waiting).to_be_visible()
        line, room = waiting.bounding_box(), waiting.locator("xpath=..").bounding_box()
        assert line and room and line["height"] <= room["height"], (line, room)
        page.context.set_offline(False)
        expect(page.locator(LIVE)).to_be_visible()
        expect(page.locator("[data-support=offline]")).to_be_visible()
        seen.add(stream.evaluate(TOP))
        assert len(seen) == 1, seen
        assert page.evaluate("window.shift") < 0.02, page.evaluate("window.shifted")


def test_under_four_hundred_percent_zoom_a_conversation_is_read_at_the_desk(house: str, desk: Page) -> None:
    resize(desk, 320, 256)  # 1280 x 1024, enlarged fourfold
    visit(desk, house + CONVERSATION)
    desk.evaluate("document.activeElement.blur()")
    desk.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(desk.locator("[data-message]").last).to_be_in_viewport(ratio=1)


def test_room_between_letters_and_lines_cuts_nothing(house: str, desk: Page) -> None:
    found: list[str] = []
    for width, height in ((1440, 900), (1024, 768), (390, 844)):
        resize(desk, width, height)
        for path in (*DESK, "/", "/login", "/test-socket"):
            visit(desk, house + path)
            if path == "/dashboard/bookings" and width == 1440:
                expect(desk.get_by_text(re.compile("^Paid today")).first).to_be_visible()
            desk.evaluate(ROOMY)
            found += cut(desk, f"{path} at {width}")
            if path == "/dashboard/bookings" and width == 1440:
                expect(desk.get_by_text(re.compile("^Paid today")).first).to_be_in_viewport(ratio=1)
    assert found == []


@pytest.mark.parametrize("last", ["/api/booking?userId", "/api/booking/receipt", "/api/payment", "/api/chat/message"])
def test_nothing_jumps_whichever_part_of_a_conversation_comes_last(house: str, desk: Page, last: str) -> None:
    """On a busy machine the payments came before the bookings, and both after the messages: all of it moved."""
    desk.add_init_script(SHIFTS + LATE % json.dumps(last))
    visit(desk, f"{house}/dashboard?view=chat&with=family-1")
    expect(desk.locator("[data-customer-payment]").first).to_be_visible()
    expect(desk.locator("[data-receipt]").first).to_be_visible()
    expect(desk.locator("[data-money]").first).to_be_visible()
    assert desk.evaluate("window.shift") < 0.02, desk.evaluate("window.shifted")


def test_a_scrolled_list_of_conversations_stays_where_it_is(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard?view=chat")
    box = desk.get_by_role("list", name="Conversations").locator("xpath=..")
    under = "document.elementFromPoint(200, 500).closest('[data-participant]')?.dataset.participant"
    wait_until(lambda: desk.evaluate(under) is not None, "the list is there")
    box.evaluate("element => { element.scrollTop = 120; }")
    before = desk.evaluate(under)
    for number in range(5):
        pay(house, f"late-{number}", f"Late {number}")
    pill = desk.get_by_role("button", name="5 new")
    expect(pill).to_be_visible()
    assert desk.evaluate(under) == before
    pill.click()
    expect(desk.locator("[data-participant]").filter(has_text="Late 4")).to_be_in_viewport()


def test_where_table_rows_position_nothing_a_press_on_a_booking_opens_this_one(house: str, desk: Page) -> None:
    """As in Safari."""
    visit(desk, f"{house}/dashboard")
    desk.evaluate(RULE, "tr { position: static !important; }")
    row = desk.locator("[data-booking]").nth(2)
    name = row.get_by_role("link").inner_text()
    row.locator("td").nth(1).click(force=True)  # whatever lies there
    expect(desk.get_by_role("heading", name=name).first).to_be_visible()


@pytest.mark.parametrize("told", ["at-once", "late"])
def test_a_scrolled_list_of_bookings_stays_where_it_is(house: str, desk: Page, told: str) -> None:
    """Also where the browser does not see to that, as Safari does not; and where it says a frame too late that the list
    was scrolled, as on a busy machine, and one goes at the end for each that comes."""
    resize(desk, 1440, 480)
    visit(desk, f"{house}/dashboard")
    desk.evaluate(RULE, "* { overflow-anchor: none !important; }")
    rows = desk.locator("[data-booking]")
    if told == "late":
        desk.evaluate("addEventListener('scroll', (event) => event.stopImmediatePropagation(), true)")
        for number in range(50 - rows.count()):
            pay(house, f"before-{number}", f"Before {number}")
        expect(rows.nth(49)).to_be_attached()  # more where nobody has seen what the tests before were paid
    box = desk.locator("[data-rows]").filter(has=rows)
    box.evaluate("element => { element.scrollTop = 120; }")
    under = "document.elementFromPoint(700, 300).closest('[data-booking]').dataset.booking"
    read = desk.locator(f"[data-booking={desk.evaluate(under)}]")
    before = read.evaluate(TOP)
    for number in range(5):
        pay(house, f"later-{told}-{number}", f"Later {number} {told}")
    expect(rows.first).to_contain_text(f"Later 4 {told}")
    assert read.evaluate(TOP) == before


def test_the_newest_bookings_beside_a_conversation_stay_where_they_are_when_scrolled(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard?with=family-1")
    newest = desk.get_by_role("region", name="Newest bookings")
    box = newest.locator("[data-rows]")
    expect(newest.locator("[data-booking]").first).to_be_visible()
    box.evaluate("element => { element.scrollTop = 130; }")
    read = newest.locator("[data-booking]").nth(3)
    read = newest.locator(f"[data-booking={read.get_attribute('data-booking')}]")
    before = read.evaluate(TOP)
    for number in range(3):
        pay(house, f"beside-{number}", f"Beside {number}")
    expect(newest.get_by_text("Beside 2").first).to_be_attached()
    assert read.evaluate(TOP) == before


# Of the page, and of the browser's bar above it: one colour, or what they are.
GROUND = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  const bars = [...document.querySelectorAll("meta[name=theme-color]")];
  probe.style.color = bars.find((bar) => matchMedia(bar.media).matches).content;
  const colours = [getComputedStyle(document.body).backgroundColor, getComputedStyle(probe).color];
  probe.remove();
  return [...new Set(colours)].join(" under ");
}"""


def test_light_or_dark_is_chosen_and_kept(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard")
    light = desk.evaluate(GROUND)
    desk.get_by_role("button", name=re.compile("^Account of")).click()
    desk.get_by_label("Dark", exact=True).check()
    dark = desk.evaluate(GROUND)
    assert "under" not in light + dark
    assert dark != light
    desk.reload()
    expect(desk.locator("html")).to_have_attribute("data-theme", "dark")
    assert desk.evaluate(GROUND) == dark
    desk.emulate_media(color_scheme="dark")
    desk.get_by_role("button", name=re.compile("^Account of")).click()
    desk.get_by_label("Light", exact=True).check()
    assert desk.evaluate(GROUND) == light
    desk.get_by_label("As the system").check()
    assert desk.evaluate(GROUND) == dark


def test_what_one_hears_of_the_list_is_what_it_is(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard")
    expect(desk.locator("[data-staff-here]")).to_be_visible()
    expect(desk.get_by_role("region", name="Conversations", exact=True)).to_be_visible()
