"""The desk by keyboard alone, in a real Chromium: one sees where one is, and gets everywhere."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.everyone import CONVERSATION, desk, house, network, visit, write
from tests.harness.browser import drawn, resize

pytestmark = pytest.mark.browser
__all__ = ["desk", "house", "network"]  # fixtures

FOCUSED = "document.activeElement.dataset.row ?? document.activeElement.id ?? ''"
# Whether one sees where the focus is: a ring on it, or on the box that it stands in.
RING = """() => {
  const ring = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const seen = (one) => one && (ring(getComputedStyle(one)) || ring(getComputedStyle(one, "::after")));
  const one = document.activeElement;
  const box = one.closest("form");
  return seen(one) || !!box && getComputedStyle(box).boxShadow.includes("3px") || one.outerHTML.slice(0, 200);
}"""

# Of what has the focus, where it is in the top bar: which line of it, and how far to the right.
PLACE = """() => {
  const one = document.activeElement.closest("header a, header button");
  const { top, left, height } = one?.getBoundingClientRect() ?? {};
  return one ? [[Math.floor((top + height / 2) / 52), left]] : [];
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
            if desk.evaluate("document.activeElement === document.body"):
                break  # from the last one the key leaves the page
            assert desk.evaluate(RING) is True
            stops.append(desk.evaluate("document.activeElement.closest('[data-row]') !== null"))
        assert not any(stops), "a list is one stop, however long it is"


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_tab_key_goes_through_the_top_bar_as_it_is_read(house: str, desk: Page, width: int) -> None:
    """Line by line, and within a line from left to right."""
    resize(desk, width, 844)
    for path in (CONVERSATION, "/dashboard/bookings"):
        visit(desk, house + path)
        desk.get_by_role("link", name="Skip to the content").focus()
        stops: list[list[float]] = []
        for _ in range(14):
            press(desk, "Tab")
            stops += desk.evaluate(PLACE)
        assert len(stops) == (1 if width < 760 and path == CONVERSATION else 5)
        assert stops == sorted(stops), path


def test_the_desk_is_walked_by_keyboard_alone(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard")
    box = desk.get_by_label("Message", exact=True)
    for second, name in (("p", "Payments"), ("b", "Bookings"), ("c", "Chat")):
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
    write(house, "family-1", "Please tell me.")
    expect(desk.get_by_role("link", name=re.compile("Nusrat Jahan .*unread message")).first).to_be_visible()
    press(desk, "Alt+ArrowDown")
    expect(desk.get_by_role("heading", level=2, name="Nusrat Jahan").first).to_be_visible()
    expect(box).to_be_focused()


def test_a_conversation_is_worked_by_keyboard_alone(house: str, desk: Page) -> None:
    visit(desk, house + CONVERSATION)
    box = desk.get_by_label("Message", exact=True)
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
    press(desk, "Shift+F6", "e")
    expect(desk.get_by_role("button", name="Open again")).to_be_enabled()
    press(desk, "e")
    expect(desk.get_by_role("button", name="Close conversation", exact=True)).to_be_visible()
    press(desk, "m")
    expect(desk.get_by_text("Sound is off.")).to_be_attached()
    resize(desk, 1100, 800)  # the key does something else in a window of another width
    press(desk, "i")
    expect(desk.get_by_role("dialog", name="Customer")).to_be_visible()
    press(desk, "Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    expect(desk.get_by_role("heading", level=2, name="Nusrat Jahan").first).to_be_visible()
    press(desk, "a")
    expect(desk.get_by_label("Assigned to")).to_be_focused()


def test_a_row_has_a_menu_by_keyboard_and_by_right_click(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard?view=chat")
    row = desk.locator("[data-row=family-2]")
    menu = desk.get_by_role("menu")
    row.focus()
    press(desk, "Shift+F10")
    expect(menu.get_by_role("menuitem", name="Open conversation")).to_be_focused()
    press(desk, "ArrowDown", "Enter")
    expect(menu).to_have_count(0)
    expect(row).to_be_focused()
    expect(desk.get_by_role("button", name=re.compile("^Mine 1"))).to_be_visible()
    expect(row).to_contain_text("You")
    row.click(button="right")
    menu.get_by_role("menuitem", name="Assign to nobody").click()
    expect(menu).to_have_count(0)
    expect(desk.get_by_role("button", name=re.compile("^Mine 0"))).to_be_visible()
    for key in ("Escape", "Tab"):
        row.click(button="right")
        expect(menu).to_be_visible()
        press(desk, key)
        expect(menu).to_have_count(0)
    row.click(button="right")
    expect(menu).to_be_visible()
    desk.get_by_role("heading", name="Chat", exact=True).click()  # beside it, where nothing leads elsewhere
    expect(menu).to_have_count(0)
    row.click(button="right")
    menu.get_by_role("menuitem", name="Close conversation").click()
    expect(row).to_have_count(0)
    desk.get_by_role("button", name=re.compile("^Closed")).click()
    row.click(button="right")
    menu.get_by_role("menuitem", name="Open again").click()
    expect(row).to_have_count(0)


def test_the_table_of_keys_is_shown_and_what_was_chosen_there_is_kept(house: str, desk: Page) -> None:
    visit(desk, house + "/dashboard?view=chat&with=family-3")
    box = desk.get_by_label("Message", exact=True)
    press(desk, "F6", "?")
    keys = desk.get_by_role("dialog", name="Keyboard")
    expect(keys.locator("[data-shortcut]")).to_have_count(26)
    keys.get_by_label("Single-letter shortcuts").uncheck()
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


# On a busy machine a key comes between a dialog's end and the event that tells of it.
CLOSE_AND_SEARCH = """() => {
  document.querySelector("dialog[open]").close();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true }));
}"""


def test_what_is_asked_for_right_after_the_table_of_keys_opens(house: str, desk: Page) -> None:
    visit(desk, f"{house}/dashboard?view=chat")
    press(desk, "?")
    expect(desk.get_by_role("dialog", name="Keyboard")).to_be_visible()
    desk.evaluate(CLOSE_AND_SEARCH)
    expect(desk.get_by_role("combobox", name="Search and commands")).to_be_focused()
    drawn(desk)
    expect(desk.get_by_role("dialog", name="Search and commands")).to_be_visible()


def test_what_keys_and_filters_have_done_is_said(house: str, desk: Page) -> None:
    """Seen it was: at a button that had no focus, and at the foot of the list."""
    visit(desk, house + "/dashboard?view=chat&with=family-7")
    said = desk.get_by_role("status")
    for words in ("The conversation is closed.", "The conversation is open again."):
        desk.get_by_role("heading", level=2, name=re.compile(" 7$")).first.focus()
        desk.keyboard.press("e")
        expect(said.filter(has_text=words)).to_have_count(1)
    for path, wanted in (("/dashboard/bookings", "0 bookings"), ("/dashboard/payments", "0 payments")):
        visit(desk, house + path)
        for text, count in (("Nusrat", "1 found"), ("nobody at all", wanted)):
            desk.get_by_role("searchbox").fill(text)
            expect(said.filter(has_text=count)).to_have_count(1)


def test_at_the_end_of_a_list_the_focus_stays_on_its_pages(house: str, desk: Page) -> None:
    resize(desk, 1440, 560)  # twelve bookings are more than one sees
    visit(desk, house + "/dashboard/bookings")
    forward, back = (desk.get_by_role("button", name=name, exact=True) for name in ("Next", "Previous"))
    for step, other in ((forward, back), (back, forward)):
        expect(step).to_be_enabled()
        step.focus()
        press(desk, "Enter")
        expect(step).to_be_disabled()
        expect(other).to_be_enabled()
        expect(step).to_be_focused()


def test_who_clears_the_filters_by_keyboard_is_still_at_the_list(house: str, desk: Page) -> None:
    visit(desk, house + "/dashboard/bookings?search=nobody")
    desk.get_by_role("button", name="Clear the filters").focus()
    press(desk, "Enter")
    expect(desk.locator("[data-booking]").first).to_be_visible()
    expect(desk.locator("[data-pane]:focus")).to_contain_text("12 of 12")


@pytest.mark.parametrize(("path", "row"), [("bookings", "[data-booking] a"), ("payments", "[data-payment-of]")])
def test_what_takes_the_place_of_a_list_takes_the_focus_and_gives_it_back(
    house: str, desk: Page, path: str, row: str
) -> None:
    resize(desk, 360, 740)
    visit(desk, f"{house}/dashboard/{path}")
    chosen = desk.locator(row).nth(2)
    chosen.focus()
    press(desk, "Enter")
    desk.wait_for_url("**open=**")
    expect(chosen).to_be_hidden()
    expect(desk.locator("#main :focus")).to_be_visible()
    press(desk, "Escape")
    expect(chosen).to_be_focused()
