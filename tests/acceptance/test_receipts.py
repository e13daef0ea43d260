"""The paid-to-screen receipt with real clients: a browser that confirms by itself, and foreign desks that never do."""

import re

import pytest
import socketio
from playwright.sync_api import Browser, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff
from tests.acceptance.test_main_job import get, pay
from tests.conftest import StartProgram
from tests.harness.program import Program

RECEIPT = re.compile(
    r"^Paid \d\d:\d\d:\d\d · received \S+ \w+ · saved \S+ \w+ · sent \S+ \w+ · on first desk \S+ \w+ · on 1 desk$"
)


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
