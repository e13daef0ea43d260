"""The paid-to-screen receipt with real clients: a browser that confirms by itself, and foreign desks that never do."""

import re

import pytest
import socketio
from playwright.sync_api import Browser, Route, expect

from tests.acceptance import everyone
from tests.acceptance.browsers import person
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff
from tests.acceptance.test_main_job import get, pay
from tests.conftest import StartProgram
from tests.harness.program import Program

RECEIPT = re.compile(
    r"^Paid \d\d:\d\d:\d\d · received \S+ \w+ · saved \S+ \w+ · sent \S+ \w+ · on first desk \S+ \w+ · on 1 desk$"
)


OLDER = "**/api/booking?page=2&*"


@pytest.fixture
def impatient(start_program: StartProgram) -> Program:
    """A program whose receipt alarm rings after a second."""
    return start_program(**SETTINGS, CAREVIA_RECEIPT_ALARM="1s")


@pytest.mark.browser
def test_the_desk_shows_a_bookings_receipt_beside_it(carevia: Program, browser: Browser) -> None:
    context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {staff()}"})
    desk = context.new_page()
    desk.goto(f"{carevia.url}/dashboard")
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    pay(carevia)
    desk.get_by_role("button", name="Receipt of Nusrat Jahan's booking").click()
    expect(desk.get_by_text(RECEIPT)).to_be_visible()
    expect(desk.get_by_role("list", name="On whose screen")).to_contain_text("Rafiq Hasan, ")
    context.close()


@pytest.mark.browser
def test_a_paid_booking_on_no_screen_rings_on_every_desk_until_one_shows_it(
    impatient: Program, browser: Browser
) -> None:
    context = browser.new_context(
        extra_http_headers={"Authorization": f"Bearer {staff()}"}, viewport={"width": 390, "height": 844}
    )
    phone = context.new_page()
    phone.goto(f"{impatient.url}/dashboard?view=chat")  # on a phone the chat hides the bookings
    expect(phone.get_by_text("Live", exact=True)).to_be_visible()
    pay(impatient)
    expect(phone.get_by_role("alert")).to_have_text(re.compile("A paid booking has been on no screen for 1 s."))
    assert get(impatient, "/api/booking/receipt-state", staff())["alarm"]["unseen"] == 1
    phone.get_by_role("link", name="Show bookings").click()
    expect(phone.get_by_role("alert")).to_have_count(0)
    assert get(impatient, "/api/booking/receipt-state", staff())["unseen"] == 0
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.browser
def test_what_is_read_stays_where_it_is_as_older_bookings_come_that_nobody_has_seen_and_go_again(
    impatient: Program, browser: Browser
) -> None:
    """Below the end of the list, for as long as the alarm rings: the list jumped to its top."""
    for number in range(60):
        everyone.pay(impatient.url, f"family-{number}", f"Family {number}")
    held: list[Route] = []
    with person(browser, staff()) as context:
        desk = context.new_page()
        desk.set_viewport_size({"width": 1440, "height": 480})
        desk.route(OLDER, lambda route: held.append(route))
        with desk.expect_request(OLDER):
            desk.goto(f"{impatient.url}/dashboard")
        rows = desk.locator("[data-booking]")
        expect(rows).to_have_count(50)
        box = desk.locator("[data-rows]").filter(has=rows)
        box.evaluate("element => { element.scrollTop = 120; }")
        read = rows.filter(has_text="Family 55")
        before = read.bounding_box()
        for route in held:
            route.continue_()
        expect(rows).to_have_count(60)
        assert read.bounding_box() == before
        expect(desk.get_by_role("alert")).to_have_count(0)
        everyone.pay(impatient.url, "family-60", "Family 60")  # with it the list is read again, without the older ones
        expect(rows).to_have_count(50)
        expect(rows.first).to_contain_text("Family 60")
        assert read.bounding_box() == before


def test_a_foreign_desk_that_confirms_nothing_hears_the_alarm(impatient: Program) -> None:
    with socketio.SimpleClient() as client:
        client.connect(impatient.url, auth={"token": staff()})
        pay(impatient)
        name = ""
        while name != "receipt_alarm":
            name, alarm, *_ = client.receive(timeout=10)
        assert alarm == {"unseen": 1, "unsent": 0, "oldest": 1, "seconds": 1}
        impatient.wait_for_line("receipt alarm.*unseen=1")
        client.emit("shown", {"seq": 1})
        while alarm["unseen"]:
            name, *args = client.receive(timeout=10)
            alarm = args[0] if name == "receipt_alarm" else alarm
        impatient.wait_for_line("receipt alarm is over")
