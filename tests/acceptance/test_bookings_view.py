"""The bookings view, the payments view and the customer beside a conversation, in a real Chromium.

How fast all of it is says `python -m bench.pages`.
"""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.acceptance.database import Database
from tests.acceptance.people import staff
from tests.acceptance.seeds import seed_bookings
from tests.acceptance.site import delivering
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.acceptance.test_pages import sign_in
from tests.harness.painting import heap, nodes
from tests.harness.program import Program

pytestmark = pytest.mark.browser
MANY = 50_000
RATE, BURST = 200, 400
ROWS = "[data-booking]"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        timezone_id="Asia/Dhaka",
        extra_http_headers={"Authorization": f"Bearer {staff()}"},
    )
    context.set_default_timeout(15_000)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    yield context
    context.close()
    assert problems == []


def opened(context: BrowserContext, program: Program, path: str) -> Page:
    page = context.new_page()
    page.goto(f"{program.url}{path}")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    return page


def pay(program: Program, user: str, name: str, **more: str) -> None:
    paid = event(session(user, metadata=metadata(user, userName=name, **more)))
    assert deliver(program.url, paid).status_code == 200


def foot(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Pages of the list")


def tracking_ids(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(ROWS, "rows => rows.map((row) => row.dataset.booking)")
    return found


def test_every_arrival_comes_in_on_top(carevia: Program, context: BrowserContext) -> None:
    page = opened(context, carevia, "/dashboard/bookings")
    for number in range(5):
        pay(carevia, f"family-{number}", f"Family {number}", trackingId=f"CV-0000{number:04d}")
        expect(page.locator(ROWS).first).to_have_attribute("data-booking", f"CV-0000{number:04d}")
    assert tracking_ids(page) == [f"CV-0000{number:04d}" for number in reversed(range(5))]


def test_filters_sorting_and_paging_stand_in_the_address(carevia: Program, context: BrowserContext) -> None:
    seed_bookings(Database(carevia), 500)
    page = opened(context, carevia, "/dashboard/bookings")
    expect(foot(page)).to_contain_text("of 500")
    page.get_by_role("button", name=re.compile("^Confirmed")).click()
    page.wait_for_url("**/dashboard/bookings?status=confirmed")
    expect(foot(page)).to_contain_text("of 50")
    page.get_by_label("Division").select_option("Dhaka")
    page.wait_for_url(re.compile("division=Dhaka"))
    page.get_by_label("Sort by").select_option("price_low")
    page.wait_for_url(re.compile("sortby=price_low"))
    expect(page.locator(ROWS).first).to_have_attribute("data-booking", "CV-00000010")
    shared = context.new_page()
    shared.goto(page.url)
    expect(shared.locator(ROWS).first).to_have_attribute("data-booking", "CV-00000010")
    page.go_back()
    expect(page.locator(ROWS).first).to_have_attribute("data-booking", "CV-00000500")
    page.go_back()
    page.go_back()
    expect(foot(page)).to_contain_text("of 500")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url(re.compile("page=2"))
    shared.goto(f"{carevia.url}/dashboard/bookings?page=12&limit=20")
    expect(shared.locator("[data-booking=CV-00000280]")).to_be_in_viewport()  # row 220 is the first of page 12


def test_fifty_thousand_bookings_scroll_and_nothing_moves_under_the_hand(
    carevia: Program, context: BrowserContext
) -> None:
    seed_bookings(Database(carevia), MANY)
    page = opened(context, carevia, "/dashboard/bookings")
    expect(foot(page)).to_contain_text("of 50,000")
    box = page.get_by_role("table").locator("xpath=..")
    box.evaluate("element => { element.scrollTop = element.scrollHeight; }")
    expect(page.locator("[data-booking=CV-00000001]")).to_be_visible()
    assert len(tracking_ids(page)) < 100, "only what is on the screen is in the document"
    box.evaluate("element => { element.scrollTop = 44 * 25000; }")
    expect(page.locator("[data-booking=CV-00025000]")).to_be_visible()
    under = "document.elementFromPoint(700, 500).closest('[data-booking]').dataset.booking"
    before = page.evaluate(under)
    for number in range(5):
        pay(carevia, f"late-{number}", f"Late {number}")
    pill = page.get_by_role("button", name="5 new")
    expect(pill).to_be_visible()
    assert page.evaluate(under) == before
    pill.click()
    expect(page.locator(ROWS).first).to_contain_text("Late 4")
    expect(foot(page)).to_contain_text("of 50,005")


def test_the_filtered_list_is_a_file(carevia: Program, browser: Browser) -> None:
    seed_bookings(Database(carevia), 300)
    pay(carevia, "family-1", '=HYPERLINK("http://evil.example")')
    own = browser.new_context()  # a download carries the cookie, not a test's header
    page = own.new_page()
    sign_in(page, carevia)
    page.goto(f"{carevia.url}/dashboard/bookings?division=Dhaka")
    expect(foot(page)).to_contain_text("of 151")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download this list as CSV").click()
    raw = download.value.path().read_bytes()
    own.close()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert len(rows) == 151 and {row["division"] for row in rows} == {"Dhaka"}
    assert rows[0]["userName"].startswith("'=") and rows[0]["amountPaid"] == "3000"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", rows[0]["createdAt"])


def test_a_customers_bookings_and_payments_stand_beside_the_conversation_live(
    carevia: Program, context: BrowserContext
) -> None:
    pay(carevia, "family-1", "Nusrat Jahan", trackingId="CV-00000001")
    page = opened(context, carevia, "/dashboard?view=chat&with=family-1")
    beside = page.get_by_role("complementary", name="Customer")
    expect(beside.get_by_text("CV-00000001")).to_be_visible()
    expect(beside.get_by_text("৳3,000 paid")).to_be_visible()
    expect(beside.get_by_text(re.compile("on first desk"))).to_be_visible()
    pay(carevia, "family-2", "Tahmid Rahman", trackingId="CV-00000002")
    pay(carevia, "family-1", "Nusrat Jahan", trackingId="CV-00000003")
    expect(beside.locator("[data-customer-booking=CV-00000003]")).to_be_visible()
    expect(beside.get_by_text("2 bookings")).to_be_visible()
    expect(beside.locator("[data-customer-payment]")).to_have_count(2)
    expect(beside.locator("[data-customer-booking=CV-00000002]")).to_have_count(0)
    paid = session("family-1", metadata=metadata("family-1"))
    assert deliver(carevia.url, event(paid)).status_code == 200
    expect(beside.get_by_text("3 bookings")).to_be_visible()
    back = {"id": "ch_1", "object": "charge", "payment_intent": paid["payment_intent"], "currency": "bdt"}
    back |= {"amount": 300_000, "amount_refunded": 300_000, "refunded": True}
    assert deliver(carevia.url, event(back, "charge.refunded")).status_code == 200
    expect(beside.get_by_text("৳3,000 went back", exact=False)).to_be_visible()


def test_payments_come_at_once_and_show_what_happened(carevia: Program, context: BrowserContext) -> None:
    page = opened(context, carevia, "/dashboard/payments")
    pay(carevia, "family-1", "Nusrat Jahan", trackingId="CV-00000001")
    row = page.get_by_role("link", name=re.compile("Nusrat Jahan.*৳3,000"))
    row.click()
    expect(page.get_by_role("heading", name="৳3,000")).to_be_visible()
    expect(page.get_by_role("region", name="Payment, from card to your screen")).to_contain_text("received")
    page.get_by_role("button", name="Refunded").click()
    page.wait_for_url("**/dashboard/payments?status=refunded")
    expect(page.get_by_text("No payment fits these filters.")).to_be_visible()
    page.go_back()
    expect(row).to_be_visible()


def test_going_between_the_desks_views_keeps_its_socket(carevia: Program, context: BrowserContext) -> None:
    page = opened(context, carevia, "/dashboard")
    for name in ("Bookings", "Payments", "Chat", "Bookings"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    assert carevia.out.text().count("✅ Client connected") == 1


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/bookings", "/dashboard?view=chat"])
def test_two_hundred_events_a_second_are_shown_once_in_order_and_leave_nothing_behind(
    carevia: Program, context: BrowserContext, path: str
) -> None:
    seed_bookings(Database(carevia), 2_000)
    page = opened(context, carevia, path)
    rows = page.locator("[data-booking], [data-participant]")
    expect(rows.first).to_be_visible()
    before = heap(page), nodes(page)
    told = [metadata(f"burst-{n:03d}", userName=f"Burst {n:03d}", trackingId=f"CV-B{n:07d}") for n in range(BURST)]
    with delivering(carevia, [event(session(one["userId"], metadata=one)) for one in told], RATE):
        pass
    newest = Database(carevia).all("SELECT tracking_id, user_id FROM bookings ORDER BY announced DESC LIMIT 20")
    chat = "chat" in path
    first = newest[0][1 if chat else 0]
    shown = page.locator("[data-participant]" if chat else "[data-booking]")
    expect(page.locator(f"[data-booking={first}], [data-participant={first}]").first).to_be_visible()
    if path == "/dashboard":
        expect(shown).to_have_count(50)  # all of its page again, when the flood is over
    ids = "all => all.slice(0, 20).map((one) => one.dataset.booking ?? one.dataset.participant)"
    assert shown.evaluate_all(ids) == [row[1 if chat else 0] for row in newest]
    every = shown.evaluate_all(ids.replace(".slice(0, 20)", ""))
    assert len(every) == len(set(every))
    page.wait_for_timeout(1_500)  # in which the page asks for its lists once more, and lets go of what it kept
    assert heap(page) < before[0] + 10_000_000
    assert nodes(page) < before[1] + 5_000
