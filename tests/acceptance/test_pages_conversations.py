"""The list of conversations in a real Chromium: unread counts on every tab and after a kill, reading that is true,
search, assignment, drafts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import token
from tests.acceptance.test_pages import conversations, pay, sign_in
from tests.harness.program import Program

pytestmark = pytest.mark.browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="Asia/Dhaka")
    context.set_default_timeout(15_000)
    yield context
    context.close()


def write(program: Program, user_id: str, name: str, text: str) -> None:
    import httpx2

    answer = httpx2.post(
        f"{program.url}/api/chat/message",
        json={"roomId": user_id, "text": text},
        headers={"Authorization": f"Bearer {token(user_id, name=name)}"},
        trust_env=False,
    )
    assert answer.status_code == 200


def hide(page: Page, hidden: bool) -> None:
    """Headless tabs are all visible: this one is told that it is not."""
    page.evaluate(
        """hidden => {
            const value = hidden ? "hidden" : "visible";
            Object.defineProperty(document, "visibilityState", {configurable: true, value});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_unread_is_the_same_on_every_tab_and_after_a_kill_and_only_a_tab_that_is_seen_reads(
    carevia: Program, context: BrowserContext
) -> None:
    first, second = context.new_page(), context.new_page()
    sign_in(first, carevia)
    second.goto(f"{carevia.url}/dashboard")
    pay(carevia, "family-1", "Nusrat Jahan")
    write(carevia, "visitor", "Rokeya Begum", "Do you come on Fridays?")  # has not booked
    write(carevia, "visitor", "Rokeya Begum", "Hello?")
    for tab in (first, second):
        expect(conversations(tab).first).to_contain_text("Rokeya Begum")
        expect(conversations(tab).first).to_contain_text("2 unread messages")
    carevia.kill()
    carevia.start()
    second.reload()
    for tab in (first, second):
        expect(tab.get_by_text("Live", exact=True)).to_be_visible()
        expect(conversations(tab).first).to_contain_text("2 unread messages")
    hide(second, True)
    second.goto(f"{carevia.url}/dashboard?view=chat&with=visitor")
    hide(second, True)
    conversations(first).first.click()
    for tab in (first, second):
        expect(conversations(tab).first).not_to_contain_text("unread")
    hide(first, True)
    write(carevia, "visitor", "Rokeya Begum", "Anybody?")
    for tab in (first, second):
        expect(conversations(tab).first).to_contain_text("1 unread message")
    hide(first, False)
    for tab in (first, second):
        expect(conversations(tab).first).not_to_contain_text("unread")


def test_the_filters_have_room_for_thousands(carevia: Program, context: BrowserContext) -> None:
    def many(route: Route) -> None:
        answer = route.fetch()
        counts = {"open": 8765, "mine": 1234, "unassigned": 7531, "closed": 23456, "unread": 1105}
        route.fulfill(response=answer, json=answer.json() | {"counts": counts})

    desk = context.new_page()
    desk.route("**/api/chat/conversation?filter=*", many)
    sign_in(desk, carevia)
    filters = desk.get_by_role("group", name="Which conversations").get_by_role("button")
    expect(filters).to_have_text(["Open 8,765", "Mine 1,234", "Unassigned 7,531", "Closed 23,456"])
    cut = filters.evaluate_all(
        "all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)"
    )
    assert cut == []


def test_search_assignment_and_drafts(carevia: Program, context: BrowserContext) -> None:
    desk = context.new_page()
    sign_in(desk, carevia)
    write(carevia, "family-1", "Nusrat Jahan", "আমার বুকিংয়ের টাকা দিয়েছি")
    for number in range(60):
        write(carevia, "family-1", "Nusrat Jahan", f"And a word more, number {number}")
    desk.goto(f"{carevia.url}/dashboard?view=chat")
    desk.get_by_role("searchbox").fill("বুকিং")
    desk.get_by_role("list", name="Messages").get_by_role("link").click()
    found = desk.get_by_role("region", name="Messages").get_by_text("আমার বুকিংয়ের টাকা দিয়েছি")
    expect(found).to_be_in_viewport()

    desk.get_by_role("searchbox").fill("")
    desk.get_by_label("Assigned to").select_option(label=f"{SETTINGS['CAREVIA_ADMIN_EMAIL']} (you)")
    expect(desk.get_by_role("button", name=re.compile("^Mine 1"))).to_be_visible()
    desk.get_by_role("button", name="Close conversation", exact=True).click()
    expect(desk.get_by_role("button", name="Open again")).to_be_visible()
    expect(conversations(desk)).to_have_count(0)

    box = desk.get_by_label("Message", exact=True)
    box.fill("Ayesha comes at")
    expect(desk.get_by_text("Draft saved", exact=True)).to_be_visible()
    other = context.new_page()
    other.goto(f"{carevia.url}/dashboard?view=chat&with=family-1")
    expect(other.get_by_label("Message", exact=True)).to_have_value("Ayesha comes at")
    box.press_sequentially(" 7:50")
    expect(other.get_by_label("Message", exact=True)).to_have_value("Ayesha comes at 7:50")
    desk.reload()
    expect(box).to_have_value("Ayesha comes at 7:50")


def test_what_is_begun_at_one_device_is_finished_at_another(carevia: Program, browser: Browser) -> None:
    write(carevia, "family-1", "Nusrat Jahan", "When does she come?")
    with browser.new_context() as first, browser.new_context() as second:
        laptop, phone = first.new_page(), second.new_page()
        for page in (laptop, phone):
            sign_in(page, carevia)
        laptop.goto(f"{carevia.url}/dashboard?view=chat&with=family-1")
        begun, found = (page.get_by_label("Message", exact=True) for page in (laptop, phone))
        begun.fill("Ayesha comes at")
        expect(laptop.get_by_text("Draft saved", exact=True)).to_be_visible()
        phone.goto(f"{carevia.url}/dashboard?view=chat&with=family-1")
        expect(found).to_have_value("Ayesha comes at")
        found.press_sequentially(" 7:50")
        with phone.expect_response(lambda answer: answer.url.endswith("/chat/draft") and _ends_it(answer.request)):
            found.press("Enter")
        expect(laptop.get_by_role("region", name="Messages").get_by_text("Ayesha comes at 7:50")).to_be_visible()
        # The laptop was in view all the while: what stays there is sent twice.
        expect(begun).to_have_value("")
        found.fill("See you")
        expect(phone.get_by_text("Draft saved", exact=True)).to_be_visible()
        hide(laptop, True)
        hide(laptop, False)
        expect(begun).to_have_value("See you")


def _ends_it(request: Request) -> bool:
    return request.method == "POST" and (request.post_data_json or {}).get("text") == ""
