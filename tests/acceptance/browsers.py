"""Several people at once, each in a browser of their own, and what their pages say and show."""

import contextlib
from collections.abc import Callable, Iterator

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
LIVE = "[data-freshness=live]"

# What a page says of itself in every frame, beside whether one of its sockets is open: how long it was wrong, at most.
NEVER_LIVE_WHILE_CLOSED = """
window.wrong = 0;
const sockets = new Set();
const Plain = window.WebSocket;
window.WebSocket = class extends Plain { constructor(...given) { super(...given); sockets.add(this); } };
let closed = null;
const look = () => {
  const now = performance.now();
  for (const socket of sockets) if (socket.readyState > 1) sockets.delete(socket);
  const open = [...sockets].some((socket) => socket.readyState === 1);
  if (open || !document.querySelector("[data-freshness=live]")) closed = null;
  else window.wrong = Math.max(window.wrong, now - (closed ??= now));
  requestAnimationFrame(look);
};
addEventListener("load", () => setTimeout(look, 3_000));  // the first moments are polling's
"""

Visit = Callable[..., Page]


@contextlib.contextmanager
def people(browser: Browser, *scripts: str) -> Iterator[Visit]:
    """`visit(url, bearer)` is that person's page, live; whatever a page throws fails the test."""
    problems: list[str] = []
    pages: list[Page] = []

    def visit(url: str, bearer: str, viewport: ViewportSize = DESK) -> Page:
        headers = {"Authorization": f"Bearer {bearer}"}
        context = browser.new_context(viewport=viewport, extra_http_headers=headers, timezone_id="Asia/Dhaka")
        ends.callback(context.close)
        context.set_default_timeout(20_000)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        for script in scripts:
            context.add_init_script(script)
        page = context.new_page()
        pages.append(page)
        page.goto(url)
        expect(page.locator(LIVE)).to_be_visible()
        return page

    with contextlib.ExitStack() as ends:
        try:
            yield visit
        except BaseException:
            for page in pages:
                print(f"{page.url} shows: {page.locator('body').inner_text()[:1000]!r}")
            raise
    assert problems == []


@contextlib.contextmanager
def person(browser: Browser, bearer: str) -> Iterator[BrowserContext]:
    """A browser of somebody whom another site has signed in; whatever a page throws fails the test."""
    context = browser.new_context(viewport=DESK, locale="en-GB", timezone_id="Asia/Dhaka")
    context.set_extra_http_headers({"Authorization": f"Bearer {bearer}"})
    context.set_default_timeout(15_000)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    yield context
    context.close()
    assert problems == []


def write(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message")
    box.fill(text)
    box.press("Enter")


def message(page: Page, text: str) -> Locator:
    return page.locator("[data-message]").filter(has_text=text)


@contextlib.contextmanager
def without_network(context: BrowserContext) -> Iterator[None]:
    """As on a train: nothing comes and nothing goes, and the browser says so."""
    context.set_offline(True)
    yield
    context.set_offline(False)


@contextlib.contextmanager
def asleep(page: Page) -> Iterator[None]:
    """The system has stopped this tab: none of its scripts runs."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    yield
    session.send("Page.setWebLifecycleState", {"state": "active"})
    session.detach()


def wider_than_the_screen(page: Page) -> list[str]:
    """What sticks out at the side."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
          .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 0.5)
          .map((one) => `${one.tagName} ${one.className}`)
          .concat(document.documentElement.scrollWidth > innerWidth ? ["the page"] : [])"""
    )
    return found
