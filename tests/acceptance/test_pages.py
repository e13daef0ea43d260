"""The pages in a real Chromium, against the real program: what staff, families and newcomers do with them.

`KEEP_PICTURES=1` makes the README's screenshot anew.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.everyone import say_as
from tests.acceptance.people import token
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.conftest import StartProgram
from tests.harness.program import ROOT, Program

pytestmark = pytest.mark.browser
CONNECTED = "Status: ✅ Connected"
DISCONNECTED = "Status: ❌ Disconnected"
PICTURES = ROOT / "docs" / "pictures"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One person's browser; whatever a page throws or the policy blocks fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="Asia/Dhaka")
    context.set_default_timeout(15_000)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None,
    )
    yield context
    context.close()
    assert problems == []


def sign_in(page: Page, program: Program) -> None:
    """Staff sign in by the form."""
    page.goto(f"{program.url}/login")
    page.get_by_label("Email").fill(SETTINGS["CAREVIA_ADMIN_EMAIL"])
    page.get_by_label("Password", exact=True).fill(SETTINGS["CAREVIA_ADMIN_PASSWORD"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/dashboard")


def living(program: Program) -> int:
    """Sockets that live, by what the terminal has said."""
    said = program.out.text()
    return len(re.findall("✅ Client connected", said)) - len(re.findall("❌ Client disconnected", said))


def wait_for_living(program: Program, wanted: int) -> None:
    program.out.wait(lambda _: living(program) == wanted or None, 10, f"{wanted} living sockets")


def socket_id(page: Page) -> str:
    text = page.get_by_text(re.compile(r"^Socket ID: \S+$")).inner_text()
    return text.removeprefix("Socket ID: ")


def pay(program: Program, user_id: str, name: str, amount: int = 300_000) -> None:
    subject = session(user_id, amount, metadata=metadata(user_id, userName=name))
    assert deliver(program.url, event(subject)).status_code == 200


def conversations(page: Page) -> Locator:
    """The participants of the desk, as they stand in the list."""
    return page.get_by_role("list", name="Conversations").get_by_role("link")


def test_a_payment_lights_up_both_tabs_of_the_desk(carevia: Program, context: BrowserContext) -> None:
    first, second = context.new_page(), context.new_page()
    sign_in(first, carevia)
    second.goto(f"{carevia.url}/dashboard")
    for tab in (first, second):
        expect(tab.get_by_text("Live", exact=True)).to_be_visible()
    pay(carevia, "family-1", "Nusrat Jahan")
    for tab in (first, second):
        expect(tab.get_by_text("Nusrat Jahan").first).to_be_visible()
    pay(carevia, "family-2", "Tahmid Rahman", 960_000)
    for tab in (first, second):
        expect(tab.get_by_text("Tahmid Rahman").first).to_be_visible()


def test_the_desk_killed_and_started_again_has_lost_nothing(carevia: Program, context: BrowserContext) -> None:
    desk = context.new_page()
    sign_in(desk, carevia)
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    pay(carevia, "family-1", "Nusrat Jahan")
    carevia.kill()
    carevia.start()
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    expect(desk.get_by_text("Nusrat Jahan").first).to_be_visible()


def test_a_newcomer_sees_the_main_job_from_the_printed_link_and_a_button(
    program: Program, context: BrowserContext
) -> None:
    link = program.wait_for_line(rf"{re.escape(program.url)}/login#link=\S+").group()
    desk = context.new_page()
    desk.goto(link)
    desk.wait_for_url("**/dashboard")
    desk.get_by_role("button", name="Play a test booking").first.click()
    expect(desk.get_by_text(re.compile(r"CV-[0-9A-Z]{8}")).first).to_be_visible()


def test_participants_are_one_per_customer_and_move_to_the_top(carevia: Program, context: BrowserContext) -> None:
    desk = context.new_page()
    sign_in(desk, carevia)
    for user_id, name in (("family-1", "Nusrat Jahan"), ("family-2", "Tahmid Rahman"), ("family-1", "Nusrat Jahan")):
        pay(carevia, user_id, name)
        people = conversations(desk)
        expect(people.first).to_contain_text(name)
    expect(people).to_have_count(2)


def test_a_conversation_between_the_desk_and_a_customers_phone(
    carevia: Program, context: BrowserContext, browser: Browser
) -> None:
    from tests.acceptance.people import token

    desk = context.new_page()
    sign_in(desk, carevia)
    pay(carevia, "family-1", "Nusrat Jahan")
    conversations(desk).first.click()
    phone_context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    phone = phone_context.new_page()
    phone_context.set_extra_http_headers({"Authorization": f"Bearer {token('family-1', name='Nusrat Jahan')}"})
    phone.goto(f"{carevia.url}/chat")
    phone.get_by_role("textbox").fill("Who will come?")
    phone.get_by_role("button", name="Send").click()
    expect(desk.get_by_text("Who will come?").first).to_be_visible()
    box = desk.get_by_role("textbox", name=re.compile("Write|Message"))
    box.fill("Ayesha Siddika. She arrives at 7:50.")
    box.press("Enter")
    expect(phone.get_by_text("Ayesha Siddika. She arrives at 7:50.")).to_be_visible()
    expect(phone.get_by_text("Carevia Support").first).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone_context.close()


def test_ten_visits_to_the_connection_test_leave_no_connection(carevia: Program, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(carevia.url)
    for _ in range(10):
        page.get_by_role("link", name=re.compile("connection", re.IGNORECASE)).first.click()
        expect(page.get_by_text(CONNECTED)).to_be_visible()
        page.go_back()
        expect(page.get_by_text(CONNECTED)).not_to_be_visible()
    # What the terminal says of the last visit may be read after the page of it has gone.
    carevia.out.wait(lambda _: carevia.out.text().count("✅ Client connected") >= 10 or None, 10, "ten connections")
    wait_for_living(carevia, 0)
    assert carevia.out.text().count("✅ Client connected") == 10


def test_three_tabs_have_three_ids_and_closing_one_leaves_two(carevia: Program, context: BrowserContext) -> None:
    tabs = [context.new_page() for _ in range(3)]
    for tab in tabs:
        tab.goto(f"{carevia.url}/test-socket")
        expect(tab.get_by_text(CONNECTED)).to_be_visible()
    ids = [socket_id(tab) for tab in tabs]
    assert len(set(ids)) == 3
    tabs[1].close()
    wait_for_living(carevia, 2)
    for tab in (tabs[0], tabs[2]):
        expect(tab.get_by_text(CONNECTED)).to_be_visible()
    assert [socket_id(tabs[0]), socket_id(tabs[2])] == [ids[0], ids[2]]


def test_the_connection_test_says_what_the_contract_says(shared: Program, context: BrowserContext) -> None:
    page = context.new_page()
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    page.goto(f"{shared.url}/test-socket")
    expect(page.get_by_role("heading", name="Socket.io Connection Test")).to_be_visible()
    expect(page.get_by_text(CONNECTED)).to_be_visible()
    expect(page.get_by_role("heading", name="Event Log:")).to_be_visible()
    expect(page.get_by_role("heading", name="Testing Instructions:")).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(4)
    line = re.compile(rf"\[\d\d:\d\d:\d\d\] Connected with ID: {socket_id(page)}")
    expect(page.get_by_role("log")).to_contain_text(line)
    expect(page.get_by_text("Sign in to see payment events")).to_be_visible()
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("log")).to_contain_text("test_event")
    assert any(line.startswith("✅ Connected to server") for line in console)


def test_a_payment_is_shown_on_the_connection_test_of_staff(shared: Program, context: BrowserContext) -> None:
    page = context.new_page()
    sign_in(page, shared)
    page.goto(f"{shared.url}/test-socket")
    expect(page.get_by_text(CONNECTED)).to_be_visible()
    pay(shared, "family-1", "Nusrat Jahan")
    expect(page.get_by_role("log")).to_contain_text("customer_added")
    expect(page.get_by_role("log")).to_contain_text("Nusrat Jahan")


def test_a_connection_cut_on_purpose_comes_back_with_what_it_missed(shared: Program, context: BrowserContext) -> None:
    page = context.new_page()
    sign_in(page, shared)
    page.goto(f"{shared.url}/test-socket")
    expect(page.locator("[data-transport=websocket]")).to_be_visible()
    before = socket_id(page)
    page.get_by_role("button", name="Cut the connection").click()
    pay(shared, "family-2", "Tahmid Rahman")
    expect(page.get_by_text(re.compile(r"^After the cut .* what it missed was sent to it\.$"))).to_be_visible()
    assert socket_id(page) == before
    expect(page.get_by_role("log")).to_contain_text("Tahmid Rahman")
    expect(page.locator("[data-latency]")).to_be_visible()


def test_with_websocket_blocked_the_page_stays_connected_on_polling(shared: Program, context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script("window.WebSocket = class { constructor() { throw new Error('blocked by a proxy'); } };")
    page.goto(f"{shared.url}/test-socket")
    expect(page.get_by_text(CONNECTED)).to_be_visible()
    before = socket_id(page)
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("log")).to_contain_text("test_event")
    expect(page.locator("[data-transport=polling]")).to_be_visible()
    assert socket_id(page) == before


def test_with_websocket_cut_by_a_proxy_the_page_stays_connected_on_polling(
    carevia: Program, context: BrowserContext
) -> None:
    page = context.new_page()
    page.route_web_socket(re.compile(".*/socket.io/.*"), lambda ws: ws.close())
    page.goto(f"{carevia.url}/test-socket")
    expect(page.get_by_text(CONNECTED)).to_be_visible()
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("log")).to_contain_text("test_event")
    expect(page.locator("[data-transport=polling]")).to_be_visible()


def test_stopping_the_server_turns_the_page_red_and_starting_it_green_without_a_reload(
    carevia: Program, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{carevia.url}/test-socket")
    expect(page.get_by_text(CONNECTED)).to_be_visible()
    page.evaluate("window.notReloaded = true")
    carevia.stop()
    expect(page.get_by_text(DISCONNECTED)).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("Disconnected from server")
    expect(page.get_by_role("log")).to_contain_text("Error: ")
    carevia.start()
    expect(page.get_by_text(CONNECTED)).to_be_visible()
    assert page.evaluate("window.notReloaded") is True


def test_a_customer_is_told_that_the_desk_is_for_staff(shared: Program, browser: Browser) -> None:
    from tests.acceptance.people import token

    context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {token('family-1')}"})
    page = context.new_page()
    page.goto(f"{shared.url}/dashboard")
    expect(page.get_by_text("Only staff can open the desk.", exact=False)).to_be_visible()
    context.close()


def test_a_wrong_password_is_said_in_place_and_nothing_is_lost(shared: Program, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{shared.url}/login")
    page.get_by_label("Email").fill("desk@carevia.example")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    expect(page.get_by_label("Email")).to_have_value("desk@carevia.example")


def test_what_is_said_above_the_fields_does_not_touch_them(shared: Program, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{shared.url}/login#link=not-a-link")
    said, label = page.get_by_role("alert").bounding_box(), page.locator("label").first.bounding_box()
    assert said and label
    assert label["y"] - said["y"] - said["height"] >= 8


def test_the_api_description_loads_nothing_from_elsewhere(shared: Program, context: BrowserContext) -> None:
    page = context.new_page()
    elsewhere: list[str] = []

    def look(route: Route) -> None:
        if not route.request.url.startswith((shared.url, "data:")):
            elsewhere.append(route.request.url)
        route.continue_()

    page.route("**/*", look)
    page.goto(f"{shared.url}/docs")
    expect(page.get_by_text("/api/payment/webhook").first).to_be_visible()
    assert elsewhere == []


@pytest.mark.parametrize("path", ["/", "/test-socket", "/login", "/docs", "/booking/done"])
def test_no_page_scrolls_sideways_on_a_small_phone(shared: Program, browser: Browser, path: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(shared.url + path)
    expect(page.get_by_role("heading").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_the_picture_of_the_readme(start_program: StartProgram, context: BrowserContext, tmp_path: Path) -> None:
    program = start_program(**SETTINGS)
    page = context.new_page()
    sign_in(page, program)
    names = ("Abdul Mannan", "Shirin Sultana", "Kamrul Hasan", "Farhana Akter", "Tahmid Rahman", "Nusrat Jahan")
    for number, name in enumerate(names):
        pay(program, f"family-{number}", name, 150_000 + 60_000 * number)
    expect(conversations(page)).to_have_count(len(names))
    for user, text in (
        ("family-1", "Can I move it from Friday to Sunday?"),
        ("family-5", "আসসালামু আলাইকুম, পেমেন্ট করেছি।"),
        ("family-5", "Who will come on Wednesday?"),
    ):
        say_as(program.url, token(user), user, text)
    page.locator("[data-participant=family-5]").click()
    box = page.get_by_role("textbox", name=re.compile("Write|Message"))
    box.fill("Ayesha Siddika, a certified newborn nurse. She arrives at 7:50.")
    box.press("Enter")
    sent = page.locator("[data-message]").filter(has_text="Ayesha Siddika")
    expect(sent).to_contain_text("Sent")
    expect(page.locator("[data-receipt]").first).to_contain_text("on 1 desk")
    expect(page.locator("[data-freshness=live]")).to_contain_text(re.compile("event [0-9]+"))
    expect(page.locator(".arrival-new, .lit")).to_have_count(0)
    folder = PICTURES if os.environ.get("KEEP_PICTURES") else tmp_path
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / "desk.png")
    assert (folder / "desk.png").stat().st_size > 20_000


# --- on a phone's home screen ---


def test_a_page_can_be_put_on_the_home_screen_and_opens_where_it_was(carevia: Program, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{carevia.url}/chat")
    browser = context.new_cdp_session(page)
    told = browser.send("Page.getAppManifest")
    assert told["errors"] == []
    assert (told["manifest"]["name"], told["manifest"]["startUrl"]) == ("Carevia", page.url)
    icons = [icon["url"] for icon in told["manifest"]["icons"]]
    icons.append(page.locator("link[rel=apple-touch-icon]").evaluate("link => link.href"))
    sizes = [
        page.evaluate("async src => { const i = new Image(); i.src = src; await i.decode(); return i.width }", i)
        for i in icons
    ]
    assert sizes == [192, 512, 180]
