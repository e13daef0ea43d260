"""The pages for everyone, in a real Chromium: no finding of axe-core, every thing by keyboard, nothing that jumps, room
for fingers, and rest for who wants it. One server and one browser for all of it.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff, token
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.browser import open_browser
from tests.harness.node import ready
from tests.harness.program import Program, free_port
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.browser
LIVE = "[data-freshness=live]"
SOCKETS = "**/socket.io/**"
LONG = "Mohammad Abdullah Al-Mamun Chowdhury Shamsuddin Rahmatullah J"
WIDTHS = (1440, 1024, 768, 390, 360)
CONVERSATION = "/dashboard?view=chat&with=family-1"
DESK = ("/dashboard", "/dashboard?view=chat", CONVERSATION, "/dashboard/bookings", "/dashboard/payments")
ROUTES = (*DESK, "/", "/test-socket", "/booking/done", "/docs", "/there/is/no/such/page")
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


@pytest.fixture(scope="module")
def network() -> Iterator[Proxy]:
    with Proxy(free_port()) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def house(network: Proxy) -> Iterator[str]:
    """Where a house with customers stands, who have booked and written in both languages."""
    settings: dict[str, Any] = SETTINGS | {"CAREVIA_ALLOWED_ORIGINS": network.url}
    with Program(port=network._target_port, **settings) as program:
        for number in range(1, 13):
            pay(program.url, f"family-{number}", "Nusrat Jahan" if number == 1 else f"{LONG} {number}"[-60:])
        for text in ("আপা কি আজ ৫টায় আসবেন? আমার মা ঘরে একা।", "https://care.example/" + "x" * 200, "Who will come?"):
            write(program.url, "family-1", text)
        write(program.url, "family-2", "Do you come on Fridays?")
        yield network.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def desk(chromium: Browser, network: Proxy) -> Iterator[Page]:
    yield from somebody(chromium, network, staff())


def somebody(chromium: Browser, network: Proxy, credential: str | None, **more: Any) -> Iterator[Page]:
    """A page of somebody; whatever it throws fails the test."""
    context = chromium.new_context(
        **{
            "viewport": {"width": 1440, "height": 900},
            "locale": "en-GB",
            "extra_http_headers": {"Authorization": f"Bearer {credential}"} if credential else None,
        }
        | more
    )
    context.set_default_timeout(15_000)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    yield context.new_page()
    context.close()
    network.heal()
    assert problems == []


def pay(url: str, user: str, name: str) -> None:
    assert deliver(url, event(session(user, metadata=metadata(user, userName=name)))).status_code == 200


def write(url: str, user: str, text: str) -> None:
    headers = {"Authorization": f"Bearer {token(user, name='Nusrat Jahan')}"}
    body = {"roomId": user, "text": text}
    assert httpx2.post(f"{url}/api/chat/message", json=body, headers=headers, trust_env=False).status_code == 200


def visit(page: Page, url: str) -> None:
    """Until it is there: what loads has loaded, and what is live is."""
    page.goto(url)
    expect(page.get_by_role("heading").first).to_be_visible()
    if any(url.endswith(path) for path in (*DESK, "/chat")):
        expect(page.locator(LIVE)).to_be_visible()
    page.wait_for_load_state("networkidle") if "/docs" in url else None
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)


# axe-core: both themes, and in each language.

AXE = (ready() / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
}"""


def findings(page: Page, where: str) -> list[str]:
    """In light and in dark: what looks different there are the colours alone."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    found = [f"{where}: {one}" for one in page.evaluate(RUN, None)]
    page.emulate_media(color_scheme="dark")
    found += [f"{where}, dark: {one}" for one in page.evaluate(RUN, ["color-contrast"])]
    page.emulate_media(color_scheme="light")
    return found


def in_both_languages(page: Page, where: str) -> list[str]:
    found = findings(page, f"{where}, en")
    switch = page.locator("[data-speak]")
    if switch.count() == 0:
        return found
    switch.first.click()
    expect(page.locator("html")).to_have_attribute("lang", "bn")
    found += findings(page, f"{where}, bn")
    switch.first.click()
    return found


def test_axe_finds_nothing_on_any_page(house: str, desk: Page) -> None:
    found: list[str] = []
    for path in ROUTES:
        visit(desk, house + path)
        if path == "/dashboard/payments":
            desk.locator("[data-payment-of]").first.click()
            expect(desk.locator("[data-payment]")).to_be_visible()
        if path == "/dashboard/bookings":
            desk.locator("[data-row]").first.click()
            expect(desk.get_by_role("complementary")).to_be_visible()
        found += in_both_languages(desk, path)
    assert found == []


def test_axe_finds_nothing_where_customers_and_strangers_are(house: str, chromium: Browser, network: Proxy) -> None:
    found: list[str] = []
    for page in somebody(chromium, network, token("family-1", name="Nusrat Jahan")):
        for path in ("/chat", "/dashboard"):
            visit(page, house + "/chat") if path == "/chat" else page.goto(house + path)
            found += in_both_languages(page, f"customer on {path}")
    for page in somebody(chromium, network, None):
        for path in ("/login", "/chat", "/dashboard"):
            visit(page, house + path) if path == "/login" else page.goto(house + path)
            found += in_both_languages(page, f"stranger on {path}")
    assert found == []


def test_axe_finds_nothing_with_a_layer_open_or_stale(house: str, desk: Page, network: Proxy) -> None:
    found: list[str] = []
    visit(desk, house + CONVERSATION)
    for button in ("Notices and sound", re.compile("^Account of")):
        desk.get_by_role("button", name=button).click()
        expect(desk.get_by_role("dialog")).to_be_visible()
        found += findings(desk, str(button))
        desk.keyboard.press("Escape")
    desk.get_by_role("heading", name="Nusrat Jahan").first.focus()
    for key in ("?", "Control+k"):
        desk.keyboard.press(key)
        expect(desk.get_by_role("dialog")).to_be_visible()
        found += findings(desk, key)
        desk.keyboard.press("Escape")
        expect(desk.get_by_role("dialog")).to_have_count(0)
    desk.get_by_label("Message", exact=True).fill("/")
    expect(desk.get_by_role("button", name="Edit saved replies")).to_be_visible()
    found += findings(desk, "saved replies")
    desk.get_by_label("Message", exact=True).fill("")
    desk.context.route(SOCKETS, lambda route: route.abort())
    network.reset()
    expect(desk.get_by_role("button", name="Try now")).to_be_visible()
    found += in_both_languages(desk, "stale")
    assert found == []


# By keyboard.

FOCUSED = "document.activeElement.dataset.row ?? document.activeElement.id ?? ''"
# Whether one sees where the focus is: a ring on it, or on the box that it stands in.
RING = """() => {
  const ring = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const seen = (one) => one && (ring(getComputedStyle(one)) || ring(getComputedStyle(one, "::after")));
  const one = document.activeElement;
  const box = one.closest("form");
  return seen(one) || !!box && getComputedStyle(box).boxShadow.includes("3px") || one.outerHTML.slice(0, 200);
}"""


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_every_stop_of_the_tab_key_is_seen(house: str, desk: Page) -> None:
    for path in (CONVERSATION, "/dashboard/bookings", "/dashboard/payments"):
        visit(desk, house + path)
        desk.evaluate("document.activeElement.blur()")
        stops = []
        for _ in range(28):
            press(desk, "Tab")
            assert desk.evaluate(RING) is True
            stops.append(desk.evaluate("document.activeElement.closest('[data-row]') !== null"))
        assert not any(stops), "a list is one stop, however long it is"


def test_the_desk_is_worked_by_keyboard_alone(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard")
    box = desk.get_by_label("Message", exact=True)
    for second, name in (("b", "Bookings"), ("p", "Payments"), ("c", "Chat")):
        press(desk, "g", second)
        heading = desk.get_by_role("heading", level=1, name=name)
        expect(heading).to_be_focused()
    expect(desk.locator("[data-participant]").nth(3)).to_be_visible()
    press(desk, "j")
    first = desk.evaluate(FOCUSED)
    press(desk, "j", "ArrowDown", "k")
    second = desk.evaluate(FOCUSED)
    assert {first, second} == {"family-1", "family-2"}
    press(desk, "Enter")
    expect(box).to_be_focused()
    press(desk, "j", "?")
    expect(box).to_have_value("j?")
    box.fill("")
    press(desk, "Escape")
    expect(desk.locator(f"[data-row='{second}']")).to_be_focused()
    press(desk, "Alt+ArrowDown")
    expect(desk.get_by_role("heading", level=2, name="Nusrat Jahan").first).to_be_visible()
    expect(box).to_be_focused()
    press(desk, "F6")
    press(desk, "n")
    expect(desk.get_by_role("button", name="Note", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(box).to_be_focused()
    press(desk, "Shift+F6", "r")
    expect(desk.get_by_role("button", name="Reply", exact=True)).to_have_attribute("aria-pressed", "true")
    press(desk, "Shift+F6", "u")
    expect(desk.get_by_role("button", name=re.compile("^Unread"))).to_have_attribute("aria-pressed", "true")
    press(desk, "u", "/")
    expect(desk.get_by_role("searchbox")).to_be_focused()
    press(desk, "F6", "a")
    expect(desk.get_by_label("Assigned to")).to_be_focused()
    press(desk, "Escape", "Shift+F6", "e")
    expect(desk.get_by_role("button", name="Open again")).to_be_visible()
    press(desk, "e")
    expect(desk.get_by_role("button", name="Close conversation", exact=True)).to_be_visible()
    press(desk, "m")
    expect(desk.get_by_text("Sound is off.")).to_be_attached()
    desk.set_viewport_size({"width": 1100, "height": 800})
    press(desk, "i")
    expect(desk.get_by_role("dialog", name="Customer")).to_be_visible()
    press(desk, "Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    expect(desk.get_by_role("heading", level=2, name="Nusrat Jahan").first).to_be_visible()


def test_the_table_of_keys_is_shown_and_what_was_chosen_there_is_kept(house: str, desk: Page) -> None:
    visit(desk, house + "/dashboard?view=chat&with=family-3")
    box = desk.get_by_label("Message", exact=True)
    press(desk, "F6", "?")
    keys = desk.get_by_role("dialog", name="Keyboard")
    assert keys.locator("[data-shortcut]").count() == 25
    keys.get_by_label("Single letters").uncheck()
    keys.get_by_label("Ctrl Enter").check()
    press(desk, "Escape")
    press(desk, "r")
    expect(box).not_to_be_focused()
    desk.reload()
    expect(box).to_be_focused()
    press(desk, "H", "i", "Enter", "Control+Enter")
    expect(desk.locator("[data-message]").filter(has_text="Hi")).to_be_visible()
    expect(box).to_have_value("")
    press(desk, "Control+k")
    expect(desk.get_by_role("combobox", name="Search and commands")).to_be_focused()
    desk.keyboard.type("payments")
    press(desk, "Enter")
    expect(desk.get_by_role("heading", level=1, name="Payments")).to_be_focused()
    press(desk, "Control+k")
    desk.keyboard.type("Nusrat")
    desk.get_by_role("option", name="Nusrat Jahan").first.click()
    expect(desk.get_by_role("heading", level=2, name="Nusrat Jahan").first).to_be_visible()


# What is spoken.


def test_only_what_comes_later_is_in_the_log(house: str, desk: Page) -> None:
    for number in range(60):
        write(house, "family-5", f"Message {number}")
    visit(desk, house + "/dashboard?view=chat&with=family-5")
    log = desk.get_by_role("log", name="New messages")
    expect(desk.locator("[data-message]").filter(has_text="Message 59")).to_be_visible()
    desk.get_by_role("button", name="Show older messages").click()
    expect(desk.locator("[data-message]").filter(has_text="Message 0")).to_be_attached()
    expect(log.get_by_role("listitem")).to_have_count(0)
    write(house, "family-5", "Who will come?")
    expect(log.get_by_role("listitem")).to_have_count(1)
    assert re.match(r"Nusrat Jahan, \d\d:\d\d: Who will come\?", log.inner_text().replace("\n", ""))


# Room, rest, and nothing that jumps.


def test_no_page_is_wider_than_the_window(house: str, desk: Page) -> None:
    wide: list[str] = []
    for path in (*ROUTES, "/login"):
        visit(desk, house + path)
        for width in WIDTHS:
            desk.set_viewport_size({"width": width, "height": 844})
            found = desk.evaluate("document.documentElement.scrollWidth")
            if found > width:
                wide.append(f"{path} at {width}: {found}")
    assert wide == []


SMALL = """() => [...document.querySelectorAll(
  "a[href], button, input, select, textarea, summary, [role=option], [tabindex='0']")].filter((one) => {
  if (!one.checkVisibility({ visibilityProperty: true }) || one.closest(".sr-only, [hidden]")) return false;
  const target = one.matches("[type=checkbox], [type=radio]") ? one.closest("label") : one;
  const after = getComputedStyle(target, "::after");
  const { width, height } = after.position === "absolute" && after.inset === "0px"
    ? target.offsetParent.getBoundingClientRect() : target.getBoundingClientRect();
  return width > 1 && (width < 43.5 || height < 43.5) && getComputedStyle(one).display !== "inline";
}).map((one) => `${one.tagName} ${(one.ariaLabel || one.textContent).slice(0, 30)} ${one.className.slice(0, 40)}`)"""


def test_a_finger_has_room(house: str, chromium: Browser, network: Proxy) -> None:
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    small: list[str] = []
    for page in somebody(chromium, network, staff(), **phone):
        for path in (*ROUTES, "/login"):
            visit(page, house + path)
            small += [f"{path}: {one}" for one in page.evaluate(SMALL)]
    assert small == []


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
        desk.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        moved[what] = desk.evaluate("window.shift")
        print(
            what,
            round(moved[what], 4),
            *dict.fromkeys(desk.evaluate("(window.shifted ?? []).slice(0, 12)")),
            sep="\n  ",
        )
        desk.evaluate("window.shift = 0; window.shifted = []")

    for path in DESK:
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


def test_a_scrolled_list_of_conversations_stays_where_it_is(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard?view=chat")
    box = desk.get_by_role("list", name="Conversations").locator("xpath=..")
    box.evaluate("element => { element.scrollTop = 120; }")
    under = "document.elementFromPoint(200, 500).closest('[data-participant]').dataset.participant"
    before = desk.evaluate(under)
    for number in range(5):
        pay(house, f"late-{number}", f"Late {number}")
    pill = desk.get_by_role("button", name="5 new")
    expect(pill).to_be_visible()
    assert desk.evaluate(under) == before
    pill.click()
    expect(desk.locator("[data-participant]").filter(has_text="Late 4")).to_be_in_viewport()


def test_light_or_dark_is_chosen_and_kept(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = desk.evaluate(ground)
    desk.get_by_role("button", name=re.compile("^Account of")).click()
    desk.get_by_label("Dark", exact=True).check()
    dark = desk.evaluate(ground)
    assert dark != light
    desk.reload()
    expect(desk.locator("html")).to_have_attribute("data-theme", "dark")
    assert desk.evaluate(ground) == dark
    desk.emulate_media(color_scheme="dark")
    desk.get_by_role("button", name=re.compile("^Account of")).click()
    desk.get_by_label("Light", exact=True).check()
    assert desk.evaluate(ground) == light
    desk.get_by_label("As the system").check()
    assert desk.evaluate(ground) == dark
