"""The bookings view, the payments view and the customer beside a conversation, in a real Chromium.

How fast all of it is says `python -m bench.pages`.
"""

import csv
import io
import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.acceptance.browsers import person
from tests.acceptance.database import Database
from tests.acceptance.everyone import write
from tests.acceptance.people import staff
from tests.acceptance.seeds import seed_bookings
from tests.acceptance.site import delivering
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.acceptance.test_pages import sign_in
from tests.harness.browser import resize
from tests.harness.painting import heap, nodes
from tests.harness.program import Program

pytestmark = pytest.mark.browser
MANY = 50_000
RATE, BURST = 200, 400
ROWS = "[data-booking]"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with person(browser, staff()) as context:
        yield context


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
    page.locator("[data-row]").first.focus()
    box.evaluate("element => { element.scrollTop = element.scrollHeight; }")
    expect(page.locator("[data-booking=CV-00000001]")).to_be_visible()
    expect(box).to_be_focused()  # not nothing: the keys still mean this list
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
    expect(page.get_by_text("No payments match these filters.")).to_be_visible()
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


# What is written beside a list, and how wide its rows are.

WIDTHS = (1440, 1280, 1100, 1024, 900, 768, 720, 390, 360)
# Boxes that scroll sideways, and what stands outside of its row.
ASIDE = """() => [...document.querySelectorAll("main [data-rows], main [data-rows] [data-booking] *")].filter((one) =>
  one.checkVisibility() && (one.matches("[data-rows]") ? one.scrollWidth > one.clientWidth
    : one.getBoundingClientRect().right > one.closest("[data-booking]").getBoundingClientRect().right + 1)
).map((one) => `${innerWidth}: ${one.className}`)"""
# Texts that are cut: when a visit starts, what was paid, what state it is in, the filters, and what one can search for.
CUT = """() => {
  const rows = [...document.querySelectorAll("[data-booking]")];
  const cells = [
    ...rows.flatMap((row) => [row.children[3], row.children[5].firstElementChild]),
    ...document.querySelectorAll(".tag span, main [aria-pressed]"),
  ];
  const box = document.querySelector("input[type=search]");
  const context = document.createElement("canvas").getContext("2d");
  context.font = getComputedStyle(box).font;
  const room = box.clientWidth - parseFloat(getComputedStyle(box).paddingLeft) * 2;
  return [
    ...cells.filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth).map((one) => one.textContent),
    ...(context.measureText(box.placeholder).width > room ? [box.placeholder] : []),
  ].map((text) => `${innerWidth}: ${text}`);
}"""
# Parts of what stands beside the list that are printed over the next one.
OVER = """() => [...document.querySelectorAll("aside > *")].filter((one) =>
  one.nextElementSibling && one.getBoundingClientRect().top + one.scrollHeight
    > one.nextElementSibling.getBoundingClientRect().top + 1).map((one) => `${innerWidth}: ${one.className}`)"""


def by_touch(browser: Browser, language: str) -> Page:
    headers = {"Authorization": f"Bearer {staff()}"}
    return browser.new_context(locale=language, has_touch=True, extra_http_headers=headers).new_page()


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_rows_fit_their_list_and_nothing_is_printed_over_another(
    carevia: Program, browser: Browser, language: str
) -> None:
    paid = [session(f"family-{n}", metadata=metadata(f"family-{n}", trackingId=f"CV-0000000{n}")) for n in range(3)]
    paid[2] |= {"currency": "kwd", "amount_total": 3_000_500}  # no sign, and three decimals
    for one in paid:
        assert deliver(carevia.url, event(one)).status_code == 200
    lost = {"id": "dp_1", "object": "dispute", "amount": 300_000, "currency": "bdt", "status": "lost"}
    lost |= {"payment_intent": paid[1]["payment_intent"]}
    assert deliver(carevia.url, event(lost, "charge.dispute.closed")).status_code == 200
    seen = [[f"s{n}", f"Colleague {n}", f"tab-{n}", 1_700_000_000_000 + n] for n in range(12)]
    Database(carevia).run("INSERT INTO screens (from_seq, to_seq, desks) VALUES (0, 99, ?)", json.dumps(seen))
    page = by_touch(browser, language)
    found: list[str] = []
    for path in ("/dashboard/bookings", "/dashboard/bookings?open=CV-00000000"):
        page.goto(carevia.url + path)
        expect(page.locator(ROWS)).to_have_count(3)
        if "open" in path:
            expect(page.locator("[data-receipt] li").filter(has_text="Colleague 11")).to_be_attached()
        for width in WIDTHS:
            resize(page, width, 800)
            found += page.evaluate(ASIDE) + page.evaluate(OVER)
            found += page.evaluate(CUT) if "open" not in path else []
    page.context.close()
    assert found == []


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_what_needs_a_look_is_in_view_at_every_width(carevia: Program, browser: Browser, language: str) -> None:
    assert deliver(carevia.url, event(session("family-1", metadata={}))).status_code == 200  # a payment of nobody's
    page = by_touch(browser, language)
    page.goto(f"{carevia.url}/dashboard/payments")
    look = page.get_by_role("button", name=re.compile("(Needs a look|দেখা দরকার) [1১]"))
    for width in WIDTHS:
        resize(page, width, 800)
        expect(look).to_be_in_viewport(ratio=1)
    page.context.close()


def test_what_became_of_a_booking_is_in_view_at_every_width(carevia: Program, browser: Browser) -> None:
    paid = session("family-1", metadata=metadata("family-1"))
    assert deliver(carevia.url, event(paid)).status_code == 200
    back = {"id": "ch_1", "object": "charge", "currency": "bdt", "payment_intent": paid["payment_intent"]}
    back |= {"amount": 300_000, "amount_refunded": 300_000, "refunded": True}
    assert deliver(carevia.url, event(back, "charge.refunded")).status_code == 200
    page = by_touch(browser, "en-GB")
    page.goto(f"{carevia.url}/dashboard/bookings")
    state = page.locator(f"{ROWS} .tag:visible")
    for width in WIDTHS:
        resize(page, width, 800)
        expect(state).to_have_text("Refunded")
        expect(state).to_be_in_viewport(ratio=1)
    page.context.close()


@pytest.mark.parametrize("path", ["/dashboard/bookings", "/dashboard/payments", "/dashboard?view=chat"])
def test_at_four_hundred_percent_nothing_lies_under_the_bar_at_the_bottom(
    carevia: Program, context: BrowserContext, path: str
) -> None:
    pay(carevia, "family-1", "Nusrat Jahan")
    page = opened(context, carevia, path)
    resize(page, 320, 256)  # a window of 1280 x 1024, enlarged fourfold
    assert page.evaluate("document.documentElement.scrollHeight") == 256
    row = page.locator("main [data-row]:visible").first
    row.scroll_into_view_if_needed()
    expect(row).to_be_in_viewport()
    row.click()


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_every_state_of_the_filter_is_in_view_at_every_width(carevia: Program, browser: Browser, language: str) -> None:
    seed_bookings(Database(carevia), 5_000)
    page = by_touch(browser, language)
    page.goto(f"{carevia.url}/dashboard/bookings")
    states = page.get_by_role("group", name=re.compile("State|অবস্থা")).get_by_role("button")
    expect(states.first).to_have_text(re.compile("5,000|৫,০০০"))
    for width in WIDTHS:
        resize(page, width, 800)
        for state in states.all():
            expect(state).to_be_in_viewport(ratio=1)
    page.context.close()


@pytest.mark.parametrize("language", ["en-GB", "bn-BD"])
def test_the_year_of_an_old_booking_is_in_view_at_every_width(
    carevia: Program, browser: Browser, language: str
) -> None:
    seed_bookings(Database(carevia), 50)  # of 2023
    page = by_touch(browser, language)
    page.goto(f"{carevia.url}/dashboard/bookings")
    paid = page.locator(ROWS).first.get_by_role("cell").first
    for width in WIDTHS:
        resize(page, width, 800)
        if paid.is_visible():
            expect(paid).to_have_text(re.compile("2023|২০২৩"))
            assert paid.evaluate("one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight")
    page.context.close()


def test_on_a_phone_a_row_keeps_its_height_and_its_receipt(carevia: Program, browser: Browser) -> None:
    pay(carevia, "family-1", "Nusrat Jahan")
    page = by_touch(browser, "bn-BD")
    resize(page, 360, 740)
    page.goto(f"{carevia.url}/dashboard")
    expect(page.get_by_role("button", name=re.compile("রসিদ$"))).to_be_in_viewport(ratio=1)
    assert page.locator(ROWS).evaluate("row => row.getBoundingClientRect().height") == 60
    page.context.close()


def test_on_a_phone_back_closes_the_customer_before_it_leaves_the_conversation(
    carevia: Program, context: BrowserContext
) -> None:
    pay(carevia, "family-1", "Nusrat Jahan")
    for number in range(12):
        write(carevia.url, "family-1", f"Message {number} " + "with some more words in it " * 5)
    page = opened(context, carevia, "/dashboard?view=chat")
    resize(page, 360, 740)
    page.get_by_role("list", name="Conversations").get_by_role("link").click()
    customer = page.get_by_role("dialog", name="Customer")
    for leave in (
        page.go_back,
        lambda: page.keyboard.press("Escape"),
        customer.get_by_role("button", name="Close").click,
    ):
        page.get_by_role("button", name="Bookings and payments").click()
        expect(customer.get_by_text("৳3,000 paid")).to_be_visible()
        leave()
        expect(customer).to_be_hidden()
        expect(page.get_by_role("heading", name="Nusrat Jahan")).to_be_visible()
    # A place that was scrolled is one that Back leads to; what has come since lies below it.
    page.get_by_role("region", name="Messages").evaluate("(stream) => stream.dispatchEvent(new Event('scroll'))")
    page.get_by_role("button", name="Bookings and payments").click()
    last = page.locator("[data-message]").filter(has_text="The last of them")
    for number in range(5):
        write(carevia.url, "family-1", f"Under it {number} " + "with some more words in it " * 5)
    write(carevia.url, "family-1", "The last of them.")
    expect(last).to_be_attached()
    page.go_back()
    expect(customer).to_be_hidden()
    expect(last).to_be_in_viewport()
    page.go_back()
    expect(page.get_by_role("heading", name="Nusrat Jahan")).to_be_hidden()
    page.go_back()  # no entry was left behind
    assert page.url == "about:blank"
