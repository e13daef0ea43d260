"""Tabs that stay true in a real Chromium: what is written waits and goes out once, the page says how fresh it is and
repairs itself, its title tells what is unread, and people are seen to come and go.
"""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff, token
from tests.acceptance.site import ALONE, LATE, pay, wait_until
from tests.conftest import StartProgram
from tests.harness.browser import changes_over, open_browser
from tests.harness.preloaded import Preloaded
from tests.harness.program import Program, free_port
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.browser
SOCKETS = "**/socket.io/**"
AGE = re.compile(r"event \d+ · \d\.\d s ago")
LIVE = "[data-freshness=live]"


@pytest.fixture(scope="module")
def network() -> Iterator[Proxy]:
    with Proxy(free_port()) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def site(network: Proxy) -> Iterator[Program]:
    settings: dict[str, Any] = SETTINGS | {"CAREVIA_ALLOWED_ORIGINS": network.url}
    with Preloaded(port=network._target_port, **settings) as program:
        pay(program, "family-1")
        yield program


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser("--autoplay-policy=no-user-gesture-required") as browser:
        yield browser


Person = Callable[[str], BrowserContext]


@pytest.fixture
def person(chromium: Browser, network: Proxy) -> Iterator[Person]:
    """The browser of somebody, by their token; whatever a page throws fails the test."""
    problems: list[str] = []
    with contextlib.ExitStack() as ends:

        def open_for(credential: str) -> BrowserContext:
            headers = {"Authorization": f"Bearer {credential}"} if credential else None
            context = chromium.new_context(viewport={"width": 1440, "height": 900}, extra_http_headers=headers)
            ends.callback(context.close)
            context.set_default_timeout(15_000)
            context.on("weberror", lambda error: problems.append(str(error.error)))
            return context

        yield open_for
        network.heal()
    assert problems == []


def visit(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    changed_over = changes_over(page)
    page.goto(url)
    expect(page.locator(LIVE)).to_be_visible()
    wait_until(changed_over, "the page has changed over to its WebSocket")
    return page


def write(page: Page, *texts: str) -> None:
    for text in texts:
        box = page.get_by_role("textbox", name="Message")
        box.fill(text)
        box.press("Enter")


def texts(site: Program, room: str) -> list[str]:
    answer = httpx2.get(
        f"{site.url}/api/chat/message",
        params={"roomId": room},
        headers={"Authorization": f"Bearer {token(room)}"},
        trust_env=False,
    )
    return [row["text"] for row in answer.json()["data"]]


def wait_for_texts(site: Program, room: str, wanted: list[str]) -> None:
    wait_until(lambda: len(texts(site, room)) >= len(wanted), f"{wanted} arrived")
    assert texts(site, room) == wanted


# --- the outbox ---


def test_what_is_written_offline_waits_on_every_tab_through_a_reload_and_goes_out_once_in_order(
    site: Program, network: Proxy, person: Person
) -> None:
    context = person(token("rima", name="Rima"))
    first, second = (visit(context, f"{network.url}/chat") for _ in range(2))
    context.route(SOCKETS, lambda route: route.abort())
    network.reset()
    for tab in (first, second):
        expect(tab.get_by_role("button", name="Try now")).to_be_visible()
    write(first, "one", "two", "three")
    write(second, "four")
    for tab in (first, second):
        expect(tab.get_by_text("Waiting for the connection")).to_have_count(4)
    expect(first.get_by_text("4 messages wait here.", exact=False)).to_be_visible()
    first.reload()
    expect(first.get_by_text("Waiting for the connection")).to_have_count(4)
    second.get_by_role("button", name="Cancel: two").click()
    expect(first.get_by_text("Waiting for the connection")).to_have_count(3)
    context.unroute(SOCKETS)
    wait_for_texts(site, "rima", ["one", "three", "four"])
    for tab in (first, second):
        expect(tab.locator("[data-message]")).to_have_count(3)
        expect(tab.get_by_text("Waiting for the connection")).to_have_count(0)


def test_where_the_browser_has_no_room_for_one_message_the_order_stays(
    site: Program, network: Proxy, person: Person
) -> None:
    context = person(token("mim", name="Mim"))
    context.add_init_script(
        """const add = IDBObjectStore.prototype.add;
        IDBObjectStore.prototype.add = function (row) {
          if (row.entry.text.length > 1_000) throw new DOMException("full", "QuotaExceededError");
          return add.call(this, row);
        };"""
    )
    page = visit(context, f"{network.url}/chat")
    context.route(SOCKETS, lambda route: route.abort())
    network.reset()
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    wanted = ["one", "long " * 300 + "two", "three"]
    write(page, *wanted)
    expect(page.get_by_text("Waiting for the connection")).to_have_count(3)
    context.unroute(SOCKETS)
    wait_for_texts(site, "mim", wanted)


def test_a_server_killed_between_send_and_answer_has_the_message_once(
    start_program: StartProgram, chromium: Browser
) -> None:
    """The answer may leave before the failpoint is met: it is still on its way when the network breaks, too."""
    with Proxy(free_port()) as way:
        settings: dict[str, Any] = SETTINGS | {"CAREVIA_ALLOWED_ORIGINS": way.url}
        failing: dict[str, Any] = {"CAREVIA_FAILPOINT": "relay.before_emit"}
        program = start_program(port=way._target_port, **settings, **failing)
        credential = {"Authorization": f"Bearer {token('karim', name='Karim')}"}
        context = chromium.new_context(extra_http_headers=credential)
        page = visit(context, f"{way.url}/chat")
        way.latency = 3.0
        write(page, "Are you there?")
        assert program.wait() == -signal.SIGKILL
        way.reset()
        way.latency = 0.0
        expect(page.get_by_text("Waiting for the connection")).to_be_visible()
        write(page, "Hello?")
        del program.settings["CAREVIA_FAILPOINT"]
        program.start()
        wait_for_texts(program, "karim", ["Are you there?", "Hello?"])
        expect(page.get_by_text("Waiting for the connection")).to_have_count(0)
        expect(page.locator("[data-message]")).to_have_count(2)
        context.close()


def test_what_one_person_wrote_is_not_sent_by_the_next(site: Program, network: Proxy, person: Person) -> None:
    context = person(token("shirin", name="Shirin"))
    page = visit(context, f"{network.url}/chat")
    context.set_extra_http_headers({"Authorization": f"Bearer {token('kamrul', name='Kamrul')}"})
    network.reset()
    expect(page.get_by_text("Live", exact=True)).not_to_be_visible()
    write(page, "From Shirin")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("Waiting for the connection")).to_be_visible()
    context.set_extra_http_headers({"Authorization": f"Bearer {token('shirin', name='Shirin')}"})
    page.reload()
    wait_for_texts(site, "shirin", ["From Shirin"])


# --- freshness ---


def test_a_silent_network_is_shown_as_checking_then_stale_and_the_page_comes_back_by_itself(
    site: Program, network: Proxy, person: Person
) -> None:
    page = visit(person(staff("boss")), f"{network.url}/dashboard")
    expect(page.get_by_text(AGE)).to_be_visible()
    page.evaluate(
        "window.states = []; new MutationObserver(() => { const now = document.querySelector('[data-freshness]')"
        ".dataset.freshness; if (states.at(-1)?.[0] !== now) states.push([now, Date.now()]); })"
        ".observe(document.body, {subtree: true, attributes: true, attributeFilter: ['data-freshness']})"
    )
    silent = time.time() * 1_000
    network.blackhole()
    pay(site, "family-2")
    expect(page.locator("[data-freshness=reconnecting]")).to_be_visible(timeout=12_000)
    expect(page.get_by_text("You see the desk as it was at")).to_be_visible()
    states = {name: (at - silent) / 1_000 for name, at in page.evaluate("states")}
    assert 1.9 <= states["checking"] <= 5
    assert 6.9 <= states.get("stale", states["reconnecting"]) <= 10
    network.heal()
    healed = time.monotonic()
    expect(page.locator(LIVE)).to_be_visible()
    expect(page.locator("[data-participant=family-2]")).to_be_visible()
    assert time.monotonic() - healed < 5


def ask_for_help(page: Page) -> None:
    page.keyboard.press("?")


def go_to_the_connections(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Connections").click()


@pytest.mark.parametrize(
    ("ask", "arrived"), [(ask_for_help, LIVE), (go_to_the_connections, "text=Testing Instructions:")]
)
def test_a_part_that_is_asked_for_while_the_server_is_away_does_not_stop_the_page(
    site: Program, network: Proxy, person: Person, ask: Callable[[Page], None], arrived: str
) -> None:
    """What a page shows later is loaded later; a server that was away just then once left "This page stopped"."""
    page = visit(person(staff("boss")), f"{network.url}/dashboard")
    network.refuse()
    network.reset()
    missed: list[str] = []
    page.on("requestfailed", lambda request: missed.append(request.url))
    ask(page)
    with page.expect_event("load"):  # the page is loaded anew, and is where it was asked for
        wait_until(lambda: page.evaluate("1") and any("/assets/" in url for url in missed), "a script does not come")
        expect(page.get_by_text("This page stopped")).to_have_count(0)
        network.heal()
    expect(page.locator(arrived)).to_be_visible()


def renderers(browser: Browser) -> list[int]:
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return [process["id"] for process in found if process["type"] == "renderer"]


@pytest.mark.parametrize("dead", [False, True], ids=["a living wire", "a dead wire"])
def test_a_page_that_wakes_has_repaired_itself_within_three_seconds(
    site: Program, network: Proxy, person: Person, chromium: Browser, dead: bool
) -> None:
    context = person("")
    account = {"email": SETTINGS["CAREVIA_ADMIN_EMAIL"], "password": SETTINGS["CAREVIA_ADMIN_PASSWORD"]}
    context.request.post(f"{network.url}/api/login", data=account, headers={"Origin": network.url})
    page = visit(context, f"{network.url}/dashboard")
    expect(page.get_by_text(AGE)).to_be_visible()
    family = f"family-asleep-{dead}"
    stopped = renderers(chromium)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        if dead:
            network.half_open()
        pay(site, family)
        time.sleep(4)  # this is the sleep
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    awake = time.monotonic()
    expect(page.locator(f"[data-participant={family}]")).to_be_visible()
    expect(page.locator(LIVE)).to_be_visible()
    assert time.monotonic() - awake < 3 or not ALONE


def test_title_and_icon_carry_the_unread_count(site: Program, network: Proxy, person: Person) -> None:
    desk = visit(person(staff("reader")), f"{network.url}/dashboard")
    expect(desk).to_have_title(re.compile(r"^(\(\d+\) )?Bookings · Carevia$"))
    family = visit(person(token("waiting", name="Waiting")), f"{network.url}/chat")
    write(family, "Who will come?")
    row = desk.locator("[data-participant=waiting]")
    expect(row.get_by_text("1 unread message")).to_be_attached()
    expect(desk).to_have_title(re.compile(r"^\(\d+\) Bookings · Carevia$"))
    assert desk.locator("link[rel=icon]").get_attribute("href", timeout=1_000).startswith("data:image/png")  # type: ignore[union-attr]
    counted = int(desk.title().split(")")[0].lstrip("("))
    row.get_by_role("link").click()
    title = f"({counted - 1}) Chat · Carevia" if counted > 1 else "Chat · Carevia"
    expect(desk).to_have_title(title)


# --- presence ---


def test_while_the_desk_is_cut_off_nobody_pretends_to_be_there_and_who_was_is_said(
    site: Program, network: Proxy, person: Person
) -> None:
    visit(person(token("family-1")), f"{site.url}/chat")
    desk = visit(person(staff("rafiq")), f"{network.url}/dashboard?view=chat&with=family-1")
    dot = desk.locator("[data-participant=family-1] [data-presence]")
    expect(dot).to_have_attribute("data-presence", "here")
    network.refuse()
    network.reset()
    expect(dot).to_have_attribute("data-presence", "was")
    expect(desk.get_by_text(re.compile(r"Was online at \d\d:\d\d"))).to_be_visible()
    expect(desk.locator("[data-presence=here]")).to_have_count(0)
    network.heal()
    expect(dot).to_have_attribute("data-presence", "here")


HIDE = """state => { Object.defineProperty(document, "visibilityState", { get: () => state, configurable: true });
document.dispatchEvent(new Event("visibilitychange")); }"""


def test_people_are_seen_to_come_to_look_away_and_to_leave(site: Program, network: Proxy, person: Person) -> None:
    desk = visit(person(staff("rafiq")), f"{network.url}/dashboard?view=chat&with=family-1")
    dots = desk.locator("[data-participant=family-1] [data-presence]")
    expect(dots).to_have_attribute("data-presence", "offline")
    phone = person(token("family-1"))
    tabs = [visit(phone, f"{network.url}/chat") for _ in range(2)]
    expect(dots).to_have_attribute("data-presence", "here")
    expect(desk.get_by_text("Online", exact=True).first).to_be_visible()
    expect(tabs[0].locator("[data-support=here]")).to_have_text("Here now")
    tabs[0].close()
    tabs[1].evaluate(HIDE, "hidden")
    expect(dots).to_have_attribute("data-presence", "away")
    tabs[1].evaluate(HIDE, "visible")
    expect(dots).to_have_attribute("data-presence", "here")
    tabs[1].close()
    closed = time.monotonic()
    expect(dots).to_have_attribute("data-presence", "offline")
    assert time.monotonic() - closed < LATE
    expect(desk.get_by_text(re.compile(r"Was online at \d\d:\d\d"))).to_be_visible()
    colleague = visit(person(staff("mitu", name="Mitu Begum")), f"{network.url}/dashboard")
    expect(desk.locator("[data-staff=mitu]")).to_be_visible()
    expect(colleague.locator("[data-staff=rafiq] [data-presence=here]")).to_be_visible()
    colleague.close()
    expect(desk.locator("[data-staff=mitu]")).to_have_count(0)
