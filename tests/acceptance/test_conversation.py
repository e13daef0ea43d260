"""Inside a conversation, in a real Chromium: paging that does not jump, ticks that are true, notes, replies."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.acceptance.browsers import person
from tests.acceptance.conversations import box, known, open_conversation
from tests.acceptance.database import Database
from tests.acceptance.people import staff, token
from tests.acceptance.seeds import seed_conversation
from tests.acceptance.site import wait_until
from tests.harness.browser import drawn
from tests.harness.program import Program

pytestmark = pytest.mark.browser


@contextmanager
def long_conversation(program: Program, browser: Browser, messages: int) -> Iterator[tuple[Page, Locator]]:
    """Open at its newest message, which is told too."""
    known(program)
    program.stop()
    seed_conversation(Database(program), messages)
    program.start()
    with person(browser, staff()) as context:
        page = context.new_page()
        page.goto(f"{program.url}/dashboard?view=chat")
        page.get_by_role("list", name="Conversations").get_by_role("link").first.click()
        newest = page.get_by_role("region", name="Messages").get_by_text(f"Message {messages - 1}", exact=False)
        expect(newest).to_be_in_viewport()
        yield page, newest


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


# Scrolls up a little at a time until there is a message from before this one, and waits for each page as `expect` does;
# says how far what was first in the view has moved by itself from one frame to the next.
CLIMB = """async (number) => {
  const stream = document.querySelector('section[aria-label="Messages"]');
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const first = () => Number(stream.querySelector('[data-seq]').dataset.message.slice(1));
  let most = 0, rows = 0, came = performance.now(), top = first();
  while (top >= number && performance.now() < came + 15_000) {
    stream.scrollTop -= 220;
    const edge = stream.getBoundingClientRect().top;
    const row = [...stream.querySelectorAll('[data-seq]')].find((one) => one.getBoundingClientRect().bottom > edge);
    const before = row.getBoundingClientRect().top;
    await frame();
    await frame();
    if (!row.isConnected) return { most: Infinity, rows };
    most = Math.max(most, Math.abs(row.getBoundingClientRect().top - before));
    rows = Math.max(rows, stream.querySelectorAll('[data-seq]').length);
    if (first() < top) [top, came] = [first(), performance.now()];
  }
  return { most, rows, first: top };
}"""


def test_ten_thousand_messages_open_at_once_and_paging_up_moves_nothing(carevia: Program, browser: Browser) -> None:
    with long_conversation(carevia, browser, 10_000) as (page, newest):
        expect(page.get_by_text(re.compile("^Today$|^Yesterday$")).first).to_be_attached()
        climbed = page.evaluate(CLIMB, 9_750)
        assert climbed["most"] < 1, climbed
        assert climbed["rows"] <= 200
        assert climbed["first"] < 9_750  # several pages were loaded, and the window moved
        page.get_by_role("button", name="Go to the newest message").click()
        expect(newest).to_be_in_viewport()


def test_ticks_are_true_on_both_sides(carevia: Program, browser: Browser) -> None:
    known(carevia)
    with person(browser, staff()) as desks, person(browser, token("family-1", name="Nusrat Jahan")) as phones:
        desk = desks.new_page()
        open_conversation(desk, carevia)
        say(desk, "Good morning.")
        mine = desk.locator("[data-message]").filter(has_text="Good morning.")
        expect(mine).to_contain_text("Sent")
        phone = phones.new_page()
        phone.goto(f"{carevia.url}/chat")
        expect(phone.get_by_text("Good morning.")).to_be_visible()
        expect(mine).to_contain_text("Seen")
        # In a tab that nobody sees it is delivered, and not seen until somebody looks.
        hide(phone, True)
        say(desk, "Are you there?")
        expect(phone.get_by_text("Are you there?")).to_be_attached()
        last = desk.locator("[data-message]").filter(has_text="Are you there?")
        expect(last).to_contain_text("Delivered")
        hide(phone, False)
        expect(last).to_contain_text("Seen")
        # And after a reload the same is said.
        desk.reload()
        expect(desk.locator("[data-message]").filter(has_text="Are you there?")).to_contain_text("Seen")
        say(phone, "Yes.")
        expect(phone.locator("[data-message]").filter(has_text="Yes.")).to_contain_text("Seen")


def hide(page: Page, hidden: bool) -> None:
    state = "hidden" if hidden else "visible"
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        state,
    )


# The first message in the view, and where it is.
READ = """() => {
  const stream = document.querySelector('section[aria-label="Messages"]');
  const edge = stream.getBoundingClientRect().top;
  const row = [...stream.querySelectorAll('[data-seq]')].find((one) => one.getBoundingClientRect().bottom > edge);
  return row && [row.dataset.message, Math.round(row.getBoundingClientRect().top)];
}"""


def test_back_leads_to_the_message_that_was_read_however_far_up(carevia: Program, browser: Browser) -> None:
    """A page holds 200 messages at most: beyond them another one stood there."""
    with long_conversation(carevia, browser, 2_000) as (page, newest):
        assert page.evaluate(CLIMB, 1_700)["first"] < 1_700
        read = page.evaluate(READ)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Bookings").click()
        expect(page.get_by_role("heading", level=1, name="Bookings")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("region", name="Messages")).to_be_visible()
        wait_until(lambda: page.evaluate(READ) == read, "it is read again", seen=lambda: page.evaluate(READ))
        drawn(page)
        assert page.evaluate(READ) == read
        # Who opens it anew sees the newest.
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Bookings").click()
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Chat").click()
        page.get_by_role("list", name="Conversations").get_by_role("link").first.click()
        expect(newest).to_be_in_viewport()


def test_a_reply_that_is_being_written_goes_only_with_a_press_beside_its_window(
    carevia: Program, browser: Browser
) -> None:
    known(carevia)
    with person(browser, staff()) as context:
        page = context.new_page()
        open_conversation(page, carevia)
        box(page).fill("/")
        page.get_by_role("button", name="Edit saved replies").click()
        window, text = page.get_by_role("dialog"), page.get_by_label("Text", exact=True)
        text.fill("We come at any hour.")
        edge, field = window.bounding_box(), text.bounding_box()
        assert edge and field
        beside, within = (edge["x"] - 40, field["y"] + 20), (field["x"] + 100, field["y"] + 20)
        page.mouse.click(edge["x"] + 6, within[1])
        expect(text).to_have_value("We come at any hour.")
        page.mouse.move(*within)  # what is selected with the mouse may end beside it
        page.mouse.down()
        page.mouse.move(*beside)
        page.mouse.up()
        expect(text).to_have_value("We come at any hour.")
        page.mouse.click(*beside)
        expect(window).to_have_count(0)
        # One goes on where one was, with the replies as they are now.
        expect(box(page)).to_be_focused()
        expect(page.get_by_role("listbox", name="Saved replies")).to_be_attached()


def test_notes_stay_with_staff_replies_come_by_slash_and_colleagues_are_seen(
    carevia: Program, browser: Browser
) -> None:
    known(carevia)
    with (
        person(browser, staff()) as rafiqs,
        person(browser, staff("s2", name="Mitu Begum")) as mitus,
        person(browser, token("family-1", name="Nusrat Jahan")) as phones,
    ):
        rafiq, mitu, phone = rafiqs.new_page(), mitus.new_page(), phones.new_page()
        phone.goto(f"{carevia.url}/chat")
        expect(box(phone)).to_be_visible()
        expect(phone.get_by_role("button", name="Note")).to_have_count(0)
        open_conversation(rafiq, carevia)
        open_conversation(mitu, carevia)
        expect(rafiq.get_by_text("Mitu Begum is viewing")).to_be_visible()
        rafiq.get_by_role("button", name="Note", exact=True).click()
        box(rafiq).press_sequentially("She has called before.")
        rafiq.get_by_role("button", name="Save note").click()
        expect(mitu.get_by_text("She has called before.")).to_be_visible()
        expect(mitu.get_by_text("Note by Rafiq Hasan, only staff see it")).to_be_visible()
        # A saved reply, by keyboard alone.
        rafiq.get_by_role("button", name="Reply", exact=True).click()
        box(rafiq).fill("/")
        rafiq.get_by_role("button", name="Edit saved replies").click()
        rafiq.get_by_label("Word after the slash").fill("hours")
        rafiq.get_by_label("Text", exact=True).fill("We come at any hour: https://care.example/hours.")
        rafiq.get_by_role("button", name="Save reply").click()
        expect(rafiq.get_by_role("dialog").get_by_text("/hours", exact=True)).to_be_visible()
        rafiq.keyboard.press("Escape")
        box(rafiq).fill("/ho")
        expect(rafiq.get_by_role("listbox").get_by_role("option")).to_have_count(1)
        box(rafiq).press("Enter")
        expect(box(rafiq)).to_have_value("We come at any hour: https://care.example/hours.")
        box(rafiq).press("Enter")
        link = phone.get_by_role("link", name="https://care.example/hours")
        expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
        expect(link).to_have_attribute("href", "https://care.example/hours")
        # The customer was told of nothing else: no note, no name, and not that one was written.
        assert "called before" not in phone.content()
        expect(phone.locator("[data-message]")).to_have_count(1)
        assert "Rafiq" not in phone.content()
        expect(phone.get_by_text("is typing")).to_have_count(0)
        mitu.close()
        expect(rafiq.get_by_text("is viewing")).to_have_count(0)
