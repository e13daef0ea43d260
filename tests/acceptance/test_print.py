"""What comes of a page on paper: all that is on it, in light colours, in a real Chromium."""

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.browsers import person
from tests.acceptance.database import Database
from tests.acceptance.everyone import write
from tests.acceptance.people import staff
from tests.acceptance.seeds import seed_bookings
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.browser import resize
from tests.harness.program import Program

pytestmark = pytest.mark.browser
# What one works with, what is cut (what is for ears alone has a path), rows that lie over the one before or outside of
# the page, and the ink.
ON_PAPER = """() => {
  const there = (what) => [...document.querySelectorAll(what)].filter((one) => one.checkVisibility());
  const rows = there("tr, [role=row], [role=listitem], [data-customer-booking], [data-message]");
  const bottom = (one) => one.getBoundingClientRect().bottom;
  const top = (one) => one.getBoundingClientRect().top;
  const style = getComputedStyle;
  const clips = (one) => style(one).overflow !== "visible" && style(one).clipPath === "none";
  const cut = there("body *").filter((one) => clips(one) && one.scrollHeight > one.clientHeight + 1);
  return {
    tools: there("nav, search, textarea, select, .btn").map((one) => one.outerHTML.slice(0, 80)),
    cut: cut.map((one) => one.outerHTML.slice(0, 80)),
    over: rows.filter((row) => row.previousElementSibling && top(row) < bottom(row.previousElementSibling) - 1).length,
    rows: rows.length,
    whole: rows.every((row) => bottom(row) <= document.documentElement.scrollHeight),
    sheets: document.documentElement.scrollHeight / innerHeight,
    ink: style(document.body).color,
  };
}"""


@pytest.mark.parametrize("width", [703, 1032])  # of A4, upright and across
def test_the_page_is_printed_whole_and_in_light_colours(carevia: Program, browser: Browser, width: int) -> None:
    seed_bookings(Database(carevia), 5_000)
    paid = session("family-1", metadata=metadata("family-1", trackingId="CV-NUSRAT01"))
    assert deliver(carevia.url, event(paid)).status_code == 200
    write(carevia.url, "family-1", "Who will come?")
    pages = {
        "/dashboard/bookings": "[data-booking]",
        "/dashboard/bookings?open=CV-NUSRAT01": "[data-receipt]",
        "/dashboard/payments": "[role=listitem]",
        "/dashboard": "[data-booking]",
        "/dashboard?view=chat&with=family-1": "[data-message]",
    }
    with person(browser, staff()) as context:
        for path, shown in pages.items():
            page = context.new_page()
            page.goto(carevia.url + path)
            expect(page.locator(shown).first).to_be_visible()
            page.emulate_media(media="print", color_scheme="dark")
            resize(page, width, 1_000)
            found = page.evaluate(ON_PAPER)
            assert found.pop("rows") > 0, path
            # A hundred people and fifty bookings take eleven once all are drawn, five thousand bookings 260.
            assert found.pop("sheets") < 20, "room is printed for what is not there"
            assert found == {"tools": [], "cut": [], "over": 0, "whole": True, "ink": "rgb(15, 23, 20)"}, path
            page.close()
