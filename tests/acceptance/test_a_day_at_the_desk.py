"""A day in a few seconds, in a real Chromium: two staff and two customers at once, a tunnel, a killed server, a laptop
that sleeps; and at its end everybody has seen everything, once, in order, and no page has said "Live" while it was not.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.browsers import (
    LIVE,
    NEVER_LIVE_WHILE_CLOSED,
    PHONE,
    asleep,
    message,
    people,
    without_network,
    write,
)
from tests.acceptance.people import staff, token
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.program import Program

pytestmark = pytest.mark.browser


def pay(site: Program, user: str, name: str, tracking: str) -> None:
    paid = event(session(user, metadata=metadata(user, userName=name, trackingId=tracking)))
    assert deliver(site.url, paid).status_code == 200


def said(page: Page) -> list[str]:
    """The conversation as it stands there, word for word."""
    rows: list[str] = page.eval_on_selector_all(
        "[data-message]", "all => all.map((one) => one.querySelector('p').innerText)"
    )
    return [text for text in rows if text]


def unread(desk: Page, customer: str) -> str:
    found = re.search(r"(\d+) unread", desk.locator(f"[data-participant={customer}]").inner_text())
    return found[1] if found else "0"


def open_conversation(desk: Page, customer: str) -> None:
    """And the hand leaves the list: while it rests there, nothing in it moves."""
    desk.locator(f"[data-participant={customer}]").get_by_role("link").click()
    desk.mouse.move(800, 300)


def test_a_day_with_a_tunnel_a_killed_server_and_a_laptop_that_sleeps(carevia: Program, browser: Browser) -> None:
    with people(browser, NEVER_LIVE_WHILE_CLOSED) as visit:
        rafiq = visit(f"{carevia.url}/dashboard", staff("rafiq", name="Rafiq Hasan"))
        mitu = visit(f"{carevia.url}/dashboard", staff("mitu", name="Mitu Begum"))
        rima = visit(f"{carevia.url}/chat", token("rima", name="Rima Sultana"))
        karim = visit(f"{carevia.url}/chat", token("karim", name="Karim Uddin"), PHONE)
        desks, customers = (rafiq, mitu), (rima, karim)

        # The morning: Rima pays, both desks and her own page have it; she asks, Rafiq answers.
        pay(carevia, "rima", "Rima Sultana", "CV-00000001")
        for desk in desks:
            expect(desk.locator("[data-booking=CV-00000001]")).to_be_visible()
        expect(rima.locator("[data-own-booking=CV-00000001]")).to_be_visible()
        write(rima, "Who will come?")
        open_conversation(rafiq, "rima")
        expect(message(rafiq, "Who will come?")).to_be_visible()
        write(rafiq, "Ayesha, at 7:50.")
        expect(message(rima, "Ayesha, at 7:50.")).to_be_visible()
        expect(message(rafiq, "Ayesha, at 7:50.")).to_contain_text("Seen")

        # Karim is in a tunnel and writes all the same, through a reload of nothing but his patience.
        with without_network(karim.context):
            write(karim, "First from the tunnel")
            write(karim, "Second from the tunnel")
            expect(karim.get_by_text("Waiting for the connection")).to_have_count(2)
            expect(karim.locator(LIVE)).to_have_count(0)

            # Meanwhile the server dies, and Mitu and Rima write into the silence.
            open_conversation(mitu, "rima")
            expect(message(mitu, "Who will come?")).to_be_visible()
            carevia.kill()
            for page in (*desks, rima):
                expect(page.locator(LIVE)).to_have_count(0)
            write(mitu, "She brings everything along.")
            write(rima, "Thank you!")
            expect(mitu.get_by_text("Waiting for the connection")).to_be_visible()
            carevia.start()
            for page in (rafiq, rima):
                expect(message(page, "She brings everything along.")).to_be_visible()
            for desk in desks:
                expect(message(desk, "Thank you!")).to_be_visible()

        # Out of the tunnel: his two messages arrive, on desks that show another conversation.
        for desk in desks:
            expect(desk.locator("[data-participant=karim]")).to_contain_text("Second from the tunnel")
        expect(karim.get_by_text("Waiting for the connection")).to_have_count(0)

        # Rafiq's laptop sleeps; a payment and a message come meanwhile, and stand there when it wakes.
        with asleep(rafiq):
            pay(carevia, "karim", "Karim Uddin", "CV-00000002")
            expect(karim.get_by_text("CV-00000002").first).to_be_visible()
            write(karim, "Paid just now.")
            expect(mitu.locator("[data-participant=karim]")).to_contain_text("Paid just now.")
        expect(rafiq.locator("[data-booking=CV-00000002]")).to_be_attached()
        expect(rafiq.locator("[data-participant=karim]")).to_contain_text("Paid just now.")
        for page in (*desks, *customers):
            expect(page.locator(LIVE)).to_be_visible()

        # The evening: the counts agree; Mitu reads and answers, and everywhere it is the same story, once and in order.
        assert unread(rafiq, "karim") == unread(mitu, "karim") == "3"
        open_conversation(mitu, "karim")
        for desk in desks:
            expect(desk.locator("[data-participant=karim]")).not_to_contain_text("unread")
        write(mitu, "We have it, thank you.")
        expect(message(karim, "We have it, thank you.")).to_be_visible()
        open_conversation(rafiq, "karim")
        story = ["First from the tunnel", "Second from the tunnel", "Paid just now.", "We have it, thank you."]
        for page in (rafiq, mitu, karim):
            expect(message(page, story[-1])).to_be_visible()
            assert said(page) == story
        assert said(rima)[:2] == ["Who will come?", "Ayesha, at 7:50."]
        assert sorted(said(rima)[2:]) == ["She brings everything along.", "Thank you!"]
        for page, others in ((rima, ("CV-00000002", "Karim", "Rafiq")), (karim, ("CV-00000001", "Rima", "Mitu"))):
            assert not [word for word in others if word in page.content()]
        for page in (*desks, *customers):
            assert page.evaluate("window.wrong") < 1_000, "it said Live while its socket was closed"
