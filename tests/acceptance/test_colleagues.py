"""Several people at one desk: who pays while one is elsewhere, who answers too, and what came while one was away."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.everyone import CONVERSATION, LIVE, SOCKETS, desk, house, network, pay, somebody, visit, write
from tests.acceptance.people import staff
from tests.harness.browser import resize
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.browser
__all__ = ["desk", "house", "network"]  # fixtures
# Whether a notice lies where one writes and sends.
OVER_THE_FORM = """() => {
  const form = document.querySelector("textarea").closest("form").getBoundingClientRect();
  return [...document.querySelectorAll("[data-toast]")].some((toast) => {
    const { top, bottom, left, right } = toast.getBoundingClientRect();
    return top < form.bottom && bottom > form.top && left < form.right && right > form.left;
  });
}"""


def test_who_pays_while_one_writes_is_told_until_dismissed(house: str, desk: Page) -> None:
    visit(desk, house + CONVERSATION)
    toasts = desk.get_by_role("region", name="New bookings").locator("[data-toast]")
    for number in range(5):
        pay(house, f"visitor-{number}", f"Visitor Sultana {number}")
    expect(desk.get_by_text("2 more")).to_be_visible()
    expect(toasts).to_have_count(3)
    name = toasts.get_by_text("Visitor Sultana 0", exact=True)
    assert name.evaluate("one => one.scrollWidth <= one.clientWidth")  # it is not cut
    desk.get_by_role("textbox", name="Message").focus()
    for width, height in ((1440, 900), (1024, 768), (800, 600), (390, 844), (360, 300)):
        resize(desk, width, height)
        assert not desk.evaluate(OVER_THE_FORM), (width, height)
    resize(desk, 1440, 900)
    desk.get_by_role("button", name="Dismiss the notice of Visitor Sultana 0").click()
    expect(desk.get_by_text("1 more")).to_be_visible()
    toasts.get_by_role("link").first.click()
    expect(desk.get_by_role("heading", level=2, name="Visitor").first).to_be_visible()
    expect(toasts).to_have_count(3)
    desk.get_by_role("navigation", name="Main").get_by_role("link", name="Bookings").click()
    expect(toasts).to_have_count(0)


def test_what_one_has_opened_or_dismissed_is_no_notice_on_the_other_desks(
    house: str, chromium: Browser, network: Proxy
) -> None:
    mitus = somebody(chromium, network, staff("mitu", name="Mitu Begum"))
    rafiqs = somebody(chromium, network, staff("rafiq", name="Rafiq Hasan"))
    for mitu, rafiq in zip(mitus, rafiqs, strict=True):
        for page in (mitu, rafiq):
            visit(page, house + CONVERSATION)
        for number in range(2):
            pay(house, f"guest-{number}", f"Guest {number}")
        for page in (mitu, rafiq):
            expect(page.locator("[data-toast]")).to_have_count(2)
        mitu.get_by_role("button", name="Dismiss the notice of Guest 0").click()
        expect(rafiq.locator("[data-toast]")).to_have_count(1)
        expect(rafiq.get_by_role("button", name="Dismiss the notice of Guest 1")).to_be_visible()
        rafiq.locator("[data-toast]").get_by_role("link").click()
        expect(mitu.locator("[data-toast]")).to_have_count(0)
        rafiq.reload()
        expect(rafiq.locator("[data-toast]")).to_have_count(0)


def test_what_says_that_a_colleague_is_there_does_not_hide_who_it_is(house: str, desk: Page) -> None:
    visit(desk, house + CONVERSATION)
    colleague = desk.locator("[data-staff]").first
    expect(colleague.locator("[data-presence=here]")).to_be_visible()
    assert not colleague.evaluate(
        """one => {
          const initials = document.createRange();
          initials.selectNodeContents(one.firstElementChild);
          const [text, dot] = [initials, one.querySelector("[data-presence]")].map((it) => it.getBoundingClientRect());
          return text.right > dot.left && text.bottom > dot.top;
        }"""
    )


def test_two_answers_to_one_question_are_asked_about_once(house: str, chromium: Browser, network: Proxy) -> None:
    mitus = somebody(chromium, network, staff("mitu", name="Mitu Begum"))
    rafiqs = somebody(chromium, network, staff("rafiq", name="Rafiq Hasan"))
    for mitu, rafiq in zip(mitus, rafiqs, strict=True):
        for page in (mitu, rafiq):
            visit(page, house + CONVERSATION)
        expect(mitu.get_by_text("Rafiq Hasan is viewing")).to_be_visible()
        mitu.get_by_label("Message", exact=True).fill("She comes at 7:50.")
        rafiq.get_by_label("Message", exact=True).press_sequentially("She ")
        expect(mitu.get_by_text("Rafiq Hasan is writing")).to_be_visible()
        mitu.keyboard.press("Enter")
        expect(mitu.get_by_text("Rafiq Hasan is answering. Send anyway?")).to_be_visible()
        expect(rafiq.locator("[data-message]").filter(has_text="She comes at 7:50.")).to_have_count(0)
        mitu.keyboard.press("Enter")  # whoever presses again means it
        expect(rafiq.locator("[data-message]").filter(has_text="She comes at 7:50.")).to_be_visible()


def test_what_was_missed_is_added_under_a_line_that_says_so(house: str, desk: Page, network: Proxy) -> None:
    visit(desk, house + "/dashboard?view=chat&with=family-6")
    expect(desk.locator("[data-money]")).to_be_visible()
    desk.context.route(SOCKETS, lambda route: route.abort())
    network.reset()
    expect(desk.get_by_role("button", name="Try now")).to_be_visible()
    # It counts down, for the eye: its name stays.
    expect(desk.get_by_role("button", name="Try now", exact=True)).to_have_text(re.compile(r"Try now\s*[0-5] s"))
    write(house, "family-6", "Are you there?")
    desk.context.unroute(SOCKETS)
    # Clicked where it is still there: it may just have tried by itself.
    desk.get_by_role("button", name="Try now").evaluate_all("all => all.forEach((one) => one.click())")
    expect(desk.get_by_text(re.compile(r"You were away \d+ s\. 1 missed message added\."))).to_be_visible()


def test_that_the_server_does_not_answer_is_said_only_while_it_is_so(house: str, desk: Page, network: Proxy) -> None:
    visit(desk, house + "/dashboard?view=chat&with=family-7")
    network.refuse()
    network.reset()
    expect(desk.get_by_role("button", name="Try now")).to_be_visible()
    close, refused = desk.get_by_role("button", name="Close conversation"), desk.get_by_text("Not changed.")
    close.click()
    expect(refused).to_be_visible()
    network.heal()
    expect(desk.locator(LIVE)).to_be_visible()
    expect(refused).to_have_count(0)
    expect(close).to_be_visible()  # it is as it was: it can be closed now
