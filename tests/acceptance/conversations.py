"""A customer that staff know, and their conversation on a page."""

from playwright.sync_api import Locator, Page, expect

from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.program import Program


def known(program: Program, user: str = "family-1", name: str = "Nusrat Jahan") -> None:
    subject = session(user, 300_000, metadata=metadata(user, userName=name))
    assert deliver(program.url, event(subject)).status_code == 200


def open_conversation(page: Page, program: Program) -> None:
    page.goto(f"{program.url}/dashboard?with=family-1")
    expect(page.get_by_role("region", name="Messages")).to_be_visible()


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")
