"""A house with customers, and visits to it: for tests of what all pages owe to everyone, and for their pictures."""

from collections.abc import Iterator
from typing import Any, Literal

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff, token
from tests.acceptance.site import wait_until
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.browser import changes_over, resize
from tests.harness.node import ready
from tests.harness.preloaded import Preloaded
from tests.harness.program import free_port
from tests.harness.proxy import Proxy

HTTP = httpx2.Client(trust_env=False)
LIVE = "[data-freshness=live]"
SOCKETS = "**/socket.io/**"
LONG = "Mohammad Abdullah Al-Mamun Chowdhury Shamsuddin Rahmatullah J"
NOWHERE = "/there/is/no/such/page"
CONVERSATION = "/dashboard?view=chat&with=family-1"
WIDTHS = (1440, 1024, 768, 390, 360)
DESK = ("/dashboard", CONVERSATION, "/dashboard/bookings", "/dashboard/payments")
ROUTES = (*DESK, "/", "/test-socket", "/booking/done", "/docs", "/login", NOWHERE)


@pytest.fixture(scope="module")
def network() -> Iterator[Proxy]:
    with Proxy(free_port()) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def house(network: Proxy) -> Iterator[str]:
    """Where a house with customers stands, who have booked and written in both languages."""
    settings: dict[str, Any] = SETTINGS | {"CAREVIA_ALLOWED_ORIGINS": network.url}
    with Preloaded(port=network._target_port, **settings) as program:
        for number in range(1, 13):
            pay(program.url, f"family-{number}", "Nusrat Jahan" if number == 1 else f"{LONG} {number}"[-60:])
        for text in ("আপা কি আজ ৫টায় আসবেন? আমার মা ঘরে একা।", "https://care.example/" + "x" * 200, "Who will come?"):
            write(program.url, "family-1", text)
        write(program.url, "family-2", "Do you come on Fridays?")
        yield network.url


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
    say_as(url, token(user, name="Nusrat Jahan"), user, text)


def say_as(url: str, credential: str, room: str, text: str) -> None:
    """A message of somebody, by their token."""
    headers, body = {"Authorization": f"Bearer {credential}"}, {"roomId": room, "text": text}
    assert HTTP.post(f"{url}/api/chat/message", json=body, headers=headers).status_code == 200


def visit(page: Page, url: str) -> None:
    """Until it is there: what loads has loaded, and what is live is."""
    changed_over = changes_over(page)
    page.goto(url)
    if url.endswith(NOWHERE):
        expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    expect(page.get_by_role("heading").first).to_be_visible()
    if "/dashboard" in url or url.endswith("/chat"):
        expect(page.locator("[data-freshness]").first).to_have_attribute("data-freshness", "live")
        wait_until(changed_over, "the page has changed over to its WebSocket")
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)


# axe-core: both themes, and in each language.

AXE = (ready() / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
}"""


def findings(page: Page, where: str, theme: Literal["light", "dark"], rules: list[str] | None = None) -> list[str]:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    page.emulate_media(color_scheme=theme)
    return [f"{where}, {theme}: {one}" for one in page.evaluate(RUN, rules)]


def in_both_themes(page: Page, where: str) -> list[str]:
    """What looks different in the dark are the colours alone."""
    return findings(page, where, "light") + findings(page, where, "dark", ["color-contrast"])


def in_both_languages(page: Page, where: str) -> list[str]:
    """English in light, Bengali in the dark: colours do not depend on words."""
    found = findings(page, f"{where}, en", "light")
    switch = page.locator("[data-speak]")
    if switch.count() == 0:
        return found + findings(page, where, "dark", ["color-contrast"])
    switch.first.click()
    expect(page.locator("html")).to_have_attribute("lang", "bn")
    found += findings(page, f"{where}, bn", "dark")
    found += [f"{where}, bn: {what}" for what in (too_wide(page, where) + unread(page))]
    resize(page, 1440, 900)
    switch.first.click()
    page.emulate_media(color_scheme="light")
    return found


UNREAD = """async () => {
  await document.fonts.load("16px 'Noto Sans Bengali'", "ক");
  const ours = [...document.fonts].filter(({ family }) => /Noto Sans Bengali/.test(family));
  const there = ours.some(({ status }) => status === "loaded");
  const named = getComputedStyle(document.body).fontFamily.includes("Noto Sans Bengali");
  return [!there && "its font has not loaded", !named && "the page does not use its font"].filter(Boolean);
}"""


def unread(page: Page) -> list[str]:
    """Why Bengali letters would be empty boxes."""
    found: list[str] = page.evaluate(UNREAD)
    return found


SMALL = """() => [...document.querySelectorAll(
  "a[href], button, input, select, textarea, summary, [role=option], [tabindex='0']")].filter((one) => {
  if (!one.checkVisibility({ visibilityProperty: true }) || one.closest(".sr-only, [hidden]")) return false;
  const target = one.matches("[type=checkbox], [type=radio]") ? one.closest("label") : one;
  const after = getComputedStyle(target, "::after");
  const { width, height } = after.position === "absolute" && after.inset === "0px"
    ? target.offsetParent.getBoundingClientRect() : target.getBoundingClientRect();
  return width > 1 && (width < 43.5 || height < 43.5) && getComputedStyle(one).display !== "inline";
}).map((one) => `${one.tagName} ${(one.ariaLabel || one.textContent).slice(0, 30)} ${one.className.slice(0, 40)}`)"""

# Where one writes in such small letters an iPhone magnifies the page, and leaves it so.
MAGNIFIED = """() => [...document.querySelectorAll("textarea, input:not([type=checkbox], [type=radio], [type=file])")]
  .filter((one) => one.checkVisibility() && parseFloat(getComputedStyle(one).fontSize) < 16)
  .map((one) => `${one.ariaLabel || one.labels[0]?.textContent} in ${getComputedStyle(one).fontSize}`)"""


def too_wide(page: Page, where: str) -> list[str]:
    found = []
    for width in WIDTHS:
        resize(page, width, 844)
        needed = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{where}: {needed} px wide at {width}"] if needed > width else []
    return found


def too_small_for_a_finger(page: Page, where: str) -> list[str]:
    """Targets under 44 px where the pointer is coarse, and letters under 16 where one writes; words within a text are
    as high as their line."""
    found = []
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    assert page.evaluate("matchMedia('(pointer: coarse)').matches")
    for width in (390, 768):
        resize(page, width, 844)
        found += [f"{where}, {width} px: {one}" for one in page.evaluate(SMALL)]
        found += [f"{where}, {width} px: {one}" for one in page.evaluate(MAGNIFIED)]
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    devtools.detach()
    resize(page, 1440, 900)
    return found


# Letters that stand outside of the screen, or of the row, the button or the tag that they are in; and a page that is
# too wide. What is shortened with an ellipsis has its words in a title.
CUT = """() => {
  const hidden = (one) => one.closest("svg, .emoji, option") || !one.checkVisibility({ visibilityProperty: true });
  const chain = (one) => (one ? [one, ...chain(one.parentElement)] : []);
  const unseen = ({ clipPath, textOverflow, webkitLineClamp: lines }) =>
    clipPath !== "none" || textOverflow === "ellipsis" || lines !== "none";
  const found = document.documentElement.scrollWidth > innerWidth ? ["the page is too wide"] : [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, parents = chain(text.parentElement);
    if (!text.data.trim() || hidden(text.parentElement)) continue;
    if (parents.some((one) => unseen(getComputedStyle(one)))) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const letters = range.getBoundingClientRect();
    const box = text.parentElement.closest(
      "[data-participant], [data-booking], [data-payment-of], .btn, .tag, header, nav");
    const around = box?.getBoundingClientRect() ?? { top: -1e9, bottom: 1e9, left: 0, right: innerWidth };
    const out = Math.max(around.top - letters.top, letters.bottom - around.bottom, letters.right - around.right);
    if (out > 4 || letters.right > innerWidth + 1) found.push(`${text.data.slice(0, 40)}: ${out} of ${box?.className}`);
  }
  return found;
}"""


def cut(page: Page, where: str) -> list[str]:
    return [f"{where}: {one}" for one in page.evaluate(CUT)]
