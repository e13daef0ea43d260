"""/chat in a real Chromium: the customer's own bookings and payments beside their conversation, live, on any screen."""

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.browsers import PHONE, message, people, wider_than_the_screen, without_network, write
from tests.acceptance.people import staff, token
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.browser import resize
from tests.harness.program import Program

pytestmark = pytest.mark.browser
STAFF = (("rafiq", "Rafiq Hasan"), ("mitu", "Mitu Begum"))
RIMA, KARIM = token("rima", name="Rima Sultana"), token("karim", name="Karim Uddin")


def pay(site: Program, user: str, tracking: str, **changes: str) -> dict[str, object]:
    paid = session(user, metadata=metadata(user, trackingId=tracking, **changes))
    assert deliver(site.url, event(paid)).status_code == 200
    return paid


def test_two_customers_see_their_own_bookings_live_and_only_their_own(carevia: Program, browser: Browser) -> None:
    paid = pay(carevia, "rima", "CV-00000001")
    with people(browser) as visit:
        rima, karim = visit(f"{carevia.url}/chat", RIMA), visit(f"{carevia.url}/chat", KARIM)
        rafiq, mitu = (visit(f"{carevia.url}/dashboard", staff(id, name=name)) for id, name in STAFF)
        first = rima.locator("[data-own-booking=CV-00000001]")
        expect(first).to_contain_text("Booked")
        for step in ("Paid ৳3,000", "The desk has it", "Caregiver is being chosen", "First visit", "Still due"):
            expect(first).to_contain_text(step)
        expect(rima.locator("[data-received]")).to_contain_text("We received ৳3,000. Your booking is safe.")
        expect(karim.get_by_text("You have no bookings yet.", exact=False)).to_be_visible()
        expect(rima.locator("[data-support=here]")).to_have_text("Here now")

        # Another one is there as soon as it is paid; the other customer hears nothing of it.
        pay(carevia, "rima", "CV-00000002", serviceName="Elderly Care", paymentOption="full")
        expect(rima.locator("[data-own-booking]").first).to_contain_text("Elderly Care")
        expect(rima.locator("[data-received]")).to_have_count(2)
        pay(carevia, "karim", "CV-00000003")
        expect(karim.locator("[data-own-booking=CV-00000003]")).to_be_visible()
        for desk in (rafiq, mitu):
            expect(desk.locator("[data-booking=CV-00000003]")).to_be_visible()
        assert "CV-00000003" not in rima.content() and "CV-00000001" not in karim.content()

        # Money that goes back is said, in the card and in the stream.
        back = {"id": "ch_1", "object": "charge", "payment_intent": paid["payment_intent"], "currency": "bdt"}
        back |= {"amount": 300_000, "amount_refunded": 300_000, "refunded": True}
        assert deliver(carevia.url, event(back, "charge.refunded")).status_code == 200
        expect(first).to_contain_text("Cancelled")
        expect(first).to_contain_text("৳3,000 went back to you")

        # The same conversation on both sides, and ticks that are true.
        write(rima, "Who will come?")
        rafiq.goto(f"{carevia.url}/dashboard?view=chat&with=rima")
        expect(message(rafiq, "Who will come?")).to_be_visible()
        expect(message(rima, "Who will come?")).to_contain_text("Seen")
        write(rafiq, "Ayesha, at 7:50.")
        expect(message(rima, "Ayesha, at 7:50.")).to_contain_text("Carevia Support")
        assert "Rafiq" not in rima.content()


def test_on_a_phone_the_booking_stands_above_the_conversation_and_what_is_written_offline_goes_out(
    carevia: Program, browser: Browser
) -> None:
    long = "Round-the-clock-postoperative-rehabilitation-and-companionship-care"
    pay(carevia, "rima", "CV-00000001", serviceName=long, slot="08:00-12:00")
    pay(carevia, "rima", "CV-00000002")
    with people(browser) as visit:
        phone = visit(f"{carevia.url}/chat", RIMA, PHONE)
        strip = phone.get_by_role("complementary", name="Your bookings")
        expect(strip).to_contain_text("CV-00000002")
        expect(phone.get_by_role("textbox", name="Message")).to_be_in_viewport(ratio=1)
        strip.get_by_role("button", name="Show all 2 bookings").click()
        expect(strip.locator("[data-own-booking]")).to_have_count(2)
        assert wider_than_the_screen(phone) == []
        strip.get_by_role("button", name="Show less").click()
        expect(strip.locator("[data-own-booking]")).to_have_count(0)
        with without_network(phone.context):
            write(phone, "On the train.")
            expect(phone.get_by_text("Waiting for the connection")).to_be_visible()
            waits = phone.get_by_text("1 message waits here. It goes out by itself, once, also after a reload.")
            assert "not connected yet" not in phone.content()
            assert waits.evaluate("one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight")
            pay(carevia, "rima", "CV-00000004", serviceName="Night Watch")
        expect(message(phone, "On the train.")).to_contain_text("Sent")
        expect(strip).to_contain_text("Night Watch")
        assert wider_than_the_screen(phone) == []

        # The keyboard takes half of the screen: what one writes and wrote is in view.
        phone.get_by_role("textbox", name="Message").focus()
        resize(phone, 360, 300)
        expect(phone.get_by_role("textbox", name="Message")).to_be_in_viewport(ratio=1)
        write(phone, "Tonight too.")
        expect(message(phone, "Tonight too.")).to_be_in_viewport()


CLOSED = """() => new Promise((done) => {
  const request = indexedDB.deleteDatabase("carevia-outbox");
  request.onsuccess = done;
})"""


def test_what_is_written_after_the_browser_has_closed_its_database_outlives_a_reload(
    carevia: Program, browser: Browser
) -> None:
    """As phones do to a page that was long in the background. It has no randomUUID, as over http from a laptop."""
    pay(carevia, "rima", "CV-00000001")
    with people(browser, "delete Crypto.prototype.randomUUID") as visit:
        phone = visit(f"{carevia.url}/chat", RIMA, PHONE)
        phone.evaluate(CLOSED)
        with without_network(phone.context):
            write(phone, "On the train.")
            expect(phone.get_by_text("Waiting for the connection")).to_be_visible()
            phone.goto("about:blank")
        phone.route_web_socket("**/socket.io/*", lambda route: route.close())
        phone.route("**/socket.io/*", lambda route: route.abort())
        phone.goto(f"{carevia.url}/chat")
        expect(message(phone, "On the train.")).to_contain_text("Waiting for the connection")


def test_under_four_hundred_percent_zoom_the_page_scrolls_to_what_was_written_and_to_where_one_writes(
    carevia: Program, browser: Browser
) -> None:
    pay(carevia, "rima", "CV-00000001")
    with people(browser) as visit:
        page = visit(f"{carevia.url}/chat", RIMA, {"width": 320, "height": 256})  # 1280 x 1024, enlarged fourfold
        expect(page.get_by_role("complementary", name="Your bookings")).to_be_in_viewport()
        box = page.get_by_role("textbox", name="Message")
        page.mouse.move(160, 100)
        page.mouse.wheel(0, 500)
        expect(box).to_be_in_viewport(ratio=1)
        write(page, "Who will come?")
        expect(box).to_be_in_viewport(ratio=1)
        box.blur()
        said = message(page, "Who will come?")
        expect(said).to_contain_text("Sent")  # another element than the one that waited to be
        said.scroll_into_view_if_needed()
        expect(said).to_be_in_viewport(ratio=1)
        assert wider_than_the_screen(page) == []
