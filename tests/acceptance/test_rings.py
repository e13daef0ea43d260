"""One tab of a person rings for all of theirs, in a real Chromium: which one, for what, and when it is silent."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.everyone import say_as
from tests.acceptance.people import staff, token
from tests.acceptance.site import pay, wait_until
from tests.acceptance.test_tabs import Person, chromium, network, person, visit
from tests.harness.preloaded import Preloaded
from tests.harness.program import Program

pytestmark = pytest.mark.browser
__all__ = ["chromium", "network", "person"]  # fixtures
COUNT_RINGS = """
window.rings = 0; window.notices = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...given) { window.rings += 1; return start.apply(this, given); };
window.Notification = class { static permission = "default"; static asked = 0;
  static async requestPermission() { this.asked += 1; return (this.permission = "granted"); }
  constructor(title) { window.notices.push(title); } close() {} };
document.hasFocus = () => false;
"""

SAFARI = """
window.AudioContext = class extends AudioContext {
  #touched = false;
  get state() { return this.#touched ? super.state : "suspended"; }
  resume() {
    this.#touched ||= window.event?.isTrusted === true && ["click", "keydown"].includes(window.event.type);
    return this.#touched ? super.resume() : new Promise(() => {});
  }
};
"""

# Who has the lead, and how many tabs wait for it: the browser tells a tab that was robbed a moment later.
LEAD = """async () => {
  const { held, pending } = await navigator.locks.query();
  const lead = ({ name }) => name.startsWith("carevia-notices/");
  return [held.find(lead)?.clientId, pending.filter(lead).length];
}"""


@pytest.fixture
def quiet() -> Iterator[Program]:
    """A desk for which nobody waits: who was left waiting by another test would ring here too, and rightly."""
    settings: dict[str, Any] = {**SETTINGS}
    with Preloaded(**settings) as program:
        pay(program, "family-1")
        yield program


def rings(*tabs: Page) -> int:
    """A paid booking is two notes."""
    return sum(tab.evaluate("window.rings") for tab in tabs)


def test_one_tab_rings_for_all_and_the_next_when_it_is_closed(quiet: Program, person: Person) -> None:
    context = person(staff("ringer"))
    context.add_init_script(COUNT_RINGS)
    tabs = [visit(context, f"{quiet.url}/dashboard") for _ in range(3)]
    for tab in tabs:
        tab.get_by_role("heading", name="Conversations").click()
    pay(quiet, "ringing-1")
    wait_until(lambda: rings(*tabs) >= 2, "it rings")
    for tab in tabs:
        expect(tab.locator("[data-participant=ringing-1]")).to_be_visible()
    assert rings(*tabs) == 2
    leader = next(tab for tab in tabs if rings(tab))
    leader.close()
    others = [tab for tab in tabs if tab is not leader]
    time.sleep(3)  # what comes within three seconds of a ring rings together
    pay(quiet, "ringing-2")
    wait_until(lambda: rings(*others) >= 2, "the next tab rings")
    for tab in others:
        expect(tab.locator("[data-participant=ringing-2]")).to_be_visible()
    assert rings(*others) == 2


def test_what_comes_into_the_conversation_that_one_looks_at_rings_on_no_tab(quiet: Program, person: Person) -> None:
    pay(quiet, "family-2")
    context = person(staff("looker"))
    context.add_init_script(COUNT_RINGS)
    leader = visit(context, f"{quiet.url}/dashboard")
    leader.get_by_role("heading", name="Conversations").click()
    front = visit(context, f"{quiet.url}/dashboard?view=chat&with=family-1")
    before, _ = front.evaluate(LEAD)
    front.evaluate("document.hasFocus = () => true; dispatchEvent(new Event('focus'))")
    wait_until(lambda: front.evaluate(LEAD)[0] != before, "the tab in front leads")
    wait_until(lambda: front.evaluate(LEAD)[1] == 1, "the other one has noticed")
    say_as(quiet.url, token("family-1"), "family-1", "Hello")
    for tab in (leader, front):
        expect(tab.locator("[data-participant=family-1]")).to_contain_text("Hello")
        expect(tab.locator("[data-participant=family-1]")).not_to_contain_text("unread")
    say_as(quiet.url, token("family-2"), "family-2", "And I?")
    wait_until(lambda: rings(leader, front) >= 1, "who is not looked at rings")
    expect(leader.locator("[data-participant=family-2]")).to_contain_text("And I?")
    assert (rings(leader), rings(front)) == (0, 1)  # the tab that one has turned to


def test_notices_are_asked_for_by_a_click_tested_by_a_button_and_silent_in_silent_hours(
    quiet: Program, person: Person
) -> None:
    context = person(staff("silent"))
    context.add_init_script(COUNT_RINGS)
    page = visit(context, f"{quiet.url}/dashboard")
    assert page.evaluate("Notification.asked") == 0
    page.get_by_role("button", name="Notices and sound").click()
    page.get_by_label("Desktop notices").check()
    assert page.evaluate("Notification.asked") == 1
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("A sound was played and a notice shown.")).to_be_visible()
    assert (rings(page), page.evaluate("notices")) == (2, ["A test"])
    pay(quiet, "silent-1")
    wait_until(lambda: page.evaluate("notices.length") == 2, "a notice is shown")
    page.get_by_label("Silent hours").check()
    hour = page.evaluate("new Date().getHours()")
    page.get_by_label("From", exact=True).fill(f"{hour:02}:00")
    page.get_by_label("To", exact=True).fill(f"{(hour + 2) % 24:02}:00")
    before = rings(page)
    pay(quiet, "silent-2")
    expect(page.locator("[data-participant=silent-2]")).to_be_visible()
    page.wait_for_timeout(3_500)
    assert (rings(page), page.evaluate("notices.length")) == (before, 2)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Silent hours")).not_to_be_visible()


def test_in_safari_which_lets_a_tab_sound_only_if_it_asks_within_a_touch_it_rings(
    quiet: Program, person: Person
) -> None:
    context = person(staff("safari"))
    context.add_init_script(COUNT_RINGS)
    context.add_init_script(SAFARI)
    tab = visit(context, f"{quiet.url}/dashboard")
    tab.get_by_role("heading", name="Conversations").click()
    pay(quiet, "ringing-safari")
    wait_until(lambda: rings(tab) == 2, "it rings")
