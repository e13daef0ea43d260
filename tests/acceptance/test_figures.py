"""The figures above the bookings, in a real Chromium."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.people import staff
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.browser import resize
from tests.harness.program import Program

pytestmark = pytest.mark.browser
# Lines of the figures that are not whole in their part of the strip, or that a chart lies over.
COVERED = """() => [...document.querySelectorAll(":is([aria-label=Figures], [aria-label=হিসাব]) > div")]
.flatMap((part) => {
  const [box, chart] = [part.getBoundingClientRect(), part.querySelector("svg")?.getBoundingClientRect()];
  const lines = [...part.querySelectorAll("div")].filter((line) => line.textContent && !line.firstElementChild);
  const below = chart?.width && chart.top >= lines.at(-1).getBoundingClientRect().bottom;
  const beside = chart?.width && !below ? chart.left : box.right;
  return lines.filter((line) => {
    const range = document.createRange();
    range.selectNodeContents(line);
    const ends = getComputedStyle(line).textOverflow === "ellipsis"; // where it has to
    const text = (ends ? line : range).getBoundingClientRect();
    return text.right > beside || text.top < box.top || text.bottom > box.bottom;
  }).map((line) => `${innerWidth}: ${line.textContent}`);
})"""


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_figures_in_crores_are_whole_at_every_width(carevia: Program, browser: Browser, language: str) -> None:
    open_one = "CV-00000007"
    for number in range(8):
        more = metadata(f"family-{number}", totalPrice="182500000", trackingId=f"CV-0000000{number}")
        assert deliver(carevia.url, event(session(f"family-{number}", 9_125_000_000, metadata=more))).status_code == 200
    headers = {"Authorization": f"Bearer {staff()}"}
    page = browser.new_context(locale=language, extra_http_headers=headers).new_page()
    found: list[str] = []
    for address in ("/dashboard/bookings", f"/dashboard/bookings?open={open_one}"):
        page.goto(carevia.url + address)
        expect(page.get_by_text(re.compile("73,00,00,000|৭৩,০০,০০,০০০")).first).to_be_visible()
        for width in (1920, 1440, 1366, 1280, 1180, 1100, 1024, 900, 768):
            resize(page, width, 800)
            found += page.evaluate(COVERED)
    page.context.close()
    assert found == []
