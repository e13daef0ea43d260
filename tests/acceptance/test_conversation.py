"""Inside a conversation, in a real Chromium: paging that does not jump, ticks that are true, files, notes, replies."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.acceptance.browsers import person
from tests.acceptance.database import Database
from tests.acceptance.people import staff, token
from tests.acceptance.seeds import seed_conversation
from tests.acceptance.site import wait_until
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.browser import drawn
from tests.harness.program import Program

pytestmark = pytest.mark.browser
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


def known(program: Program, user: str = "family-1", name: str = "Nusrat Jahan") -> None:
    subject = session(user, 300_000, metadata=metadata(user, userName=name))
    assert deliver(program.url, event(subject)).status_code == 200


@contextmanager
def long_conversation(program: Program, browser: Browser, messages: int) -> Iterator[tuple[Page, Locator]]:
    """Open at its newest message, which is told too."""
    known(program)
    program.stop()
    seed_conversation(Database(program), messages)
    program.start()
    with person(browser, staff()) as context:
        page = context.new_page()
        page.goto(f"{program.url}/dashboard?view=chat")
        page.get_by_role("list", name="Conversations").get_by_role("link").first.click()
        newest = page.get_by_role("region", name="Messages").get_by_text(f"Message {messages - 1}", exact=False)
        expect(newest).to_be_in_viewport()
        yield page, newest


def open_conversation(page: Page, program: Program) -> None:
    page.goto(f"{program.url}/dashboard?with=family-1")
    expect(page.get_by_role("region", name="Messages")).to_be_visible()


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


# Scrolls up a little at a time until there is a message from before this one, and waits for each page as `expect` does;
# says how far what was first in the view has moved by itself from one frame to the next.
CLIMB = """async (number) => {
  const stream = document.querySelector('section[aria-label="Messages"]');
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const first = () => Number(stream.querySelector('[data-seq]').dataset.message.slice(1));
  let most = 0, rows = 0, came = performance.now(), top = first();
  while (top >= number && performance.now() < came + 15_000) {
    stream.scrollTop -= 220;
    const edge = stream.getBoundingClientRect().top;
    const row = [...stream.querySelectorAll('[data-seq]')].find((one) => one.getBoundingClientRect().bottom > edge);
    const before = row.getBoundingClientRect().top;
    await frame();
    await frame();
    if (!row.isConnected) return { most: Infinity, rows };
    most = Math.max(most, Math.abs(row.getBoundingClientRect().top - before));
    rows = Math.max(rows, stream.querySelectorAll('[data-seq]').length);
    if (first() < top) [top, came] = [first(), performance.now()];
  }
  return { most, rows, first: top };
}"""


def test_ten_thousand_messages_open_at_once_and_paging_up_moves_nothing(carevia: Program, browser: Browser) -> None:
    with long_conversation(carevia, browser, 10_000) as (page, newest):
        expect(page.get_by_text(re.compile("^Today$|^Yesterday$")).first).to_be_attached()
        climbed = page.evaluate(CLIMB, 9_750)
        assert climbed["most"] < 1, climbed
        assert climbed["rows"] <= 200
        assert climbed["first"] < 9_750  # several pages were loaded, and the window moved
        page.get_by_role("button", name="Go to the newest message").click()
        expect(newest).to_be_in_viewport()


def test_ticks_are_true_on_both_sides(carevia: Program, browser: Browser) -> None:
    known(carevia)
    with person(browser, staff()) as desks, person(browser, token("family-1", name="Nusrat Jahan")) as phones:
        desk = desks.new_page()
        open_conversation(desk, carevia)
        say(desk, "Good morning.")
        mine = desk.locator("[data-message]").filter(has_text="Good morning.")
        expect(mine).to_contain_text("Sent")
        phone = phones.new_page()
        phone.goto(f"{carevia.url}/chat")
        expect(phone.get_by_text("Good morning.")).to_be_visible()
        expect(mine).to_contain_text("Seen")
        # In a tab that nobody sees it is delivered, and not seen until somebody looks.
        hide(phone, True)
        say(desk, "Are you there?")
        expect(phone.get_by_text("Are you there?")).to_be_attached()
        last = desk.locator("[data-message]").filter(has_text="Are you there?")
        expect(last).to_contain_text("Delivered")
        hide(phone, False)
        expect(last).to_contain_text("Seen")
        # And after a reload the same is said.
        desk.reload()
        expect(desk.locator("[data-message]").filter(has_text="Are you there?")).to_contain_text("Seen")
        say(phone, "Yes.")
        expect(phone.locator("[data-message]").filter(has_text="Yes.")).to_contain_text("Seen")


def hide(page: Page, hidden: bool) -> None:
    state = "hidden" if hidden else "visible"
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        state,
    )


def test_a_picture_and_a_pdf_are_sent_with_progress_and_survive_a_cut(
    carevia: Program, browser: Browser, tmp_path: Path
) -> None:
    known(carevia)
    (tmp_path / "door.png").write_bytes(PNG)
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7\n" + bytes(2_000))
    trick = tmp_path / f"{'trick' * 30}.png"
    trick.write_bytes(b"<svg onload='alert(1)'>")
    with person(browser, staff()) as desks, person(browser, token("family-1", name="Nusrat Jahan")) as phones:
        phone = phones.new_page()
        phone.goto(f"{carevia.url}/chat")
        expect(box(phone)).to_be_visible()
        expect(phone.locator("[data-freshness=live]")).to_be_attached()  # else the connection's coming tries again
        phone.get_by_test_id("files").set_input_files(trick)
        refused = phone.get_by_role("alert")
        expect(refused).to_contain_text("trick.png cannot be attached")
        assert refused.evaluate("one => one.scrollWidth <= one.clientWidth"), "why it is refused is cut off"
        # The first attempt does not reach the server; the same upload is tried again.
        failed: list[str] = []

        def cut(route: Route) -> None:
            failed.append(route.request.url)
            route.abort() if len(failed) == 1 else route.continue_()

        phone.route("**/api/chat/attachment?roomId=*", cut)
        phone.get_by_test_id("files").set_input_files(tmp_path / "door.png")
        phone.get_by_role("button", name="Try again").click()
        expect(phone.get_by_role("listitem").filter(has_text="door.png")).to_contain_text("ready to send")
        assert failed[0] == failed[1]
        phone.get_by_test_id("files").set_input_files(tmp_path / "plan.pdf")
        expect(phone.get_by_role("listitem").filter(has_text="plan.pdf")).to_contain_text("ready to send")
        phone.reload()  # as a phone does by itself that is short of memory
        expect(phone.get_by_role("listitem").filter(has_text="ready to send")).to_have_count(2)
        phone.get_by_role("button", name="Send").click()
        desk = desks.new_page()
        open_conversation(desk, carevia)
        picture = desk.get_by_role("img", name="Picture: door.png")
        expect(picture).to_be_visible()
        desk.wait_for_function("() => document.querySelector('img[alt^=Picture]').naturalWidth === 1")
        with desk.expect_download() as saved:
            desk.get_by_role("link", name=re.compile("^plan.pdf, PDF")).click()
        assert saved.value.suggested_filename == "plan.pdf"
        # What is attached and not sent waits in its conversation.
        known(carevia, "family-2", "Mim Akter")
        desk.get_by_test_id("files").set_input_files(tmp_path / "plan.pdf")
        waits = desk.get_by_role("listitem").filter(has_text="ready to send")
        expect(waits).to_be_visible()
        desk.locator("[data-participant=family-2]").click()
        expect(box(desk)).to_be_visible()
        expect(waits).to_have_count(0)
        desk.locator("[data-participant=family-1]").click()
        expect(waits).to_be_visible()


# A photograph as of a phone's camera: fine grain, and its left half red, its right half blue.
PHOTOGRAPH = """async () => {
  const canvas = new OffscreenCanvas(4000, 3000);
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(canvas.width, canvas.height);
  const words = new Uint32Array(pixels.data.buffer);
  for (let n = 0; n < words.length; n += 1) {
    const grain = Math.random() * 200;
    words[n] = 0xff000000 | (n % canvas.width < 2000 ? 0xff : 0xff0000) | (grain << 8);
  }
  pen.putImageData(pixels, 0, 0);
  const made = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
  return await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1]);
    reader.readAsDataURL(made);
  });
}"""
# What an EXIF reader finds: the camera was held upright, turn by 90 degrees.
UPRIGHT = bytes.fromhex("ffe10022") + b"Exif\0\0MM\0*" + bytes.fromhex("00000008000101120003000000010006000000000000")
# Of a picture in the conversation: its size, and the colour near its top and near its bottom.
LOOK = """async (picture) => {
  await picture.decode();
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  const pen = new OffscreenCanvas(width, height).getContext("2d");
  pen.drawImage(picture, 0, 0);
  const colour = (y) => pen.getImageData(width / 2, y, 1, 1).data;
  const [top, bottom] = [colour(height / 8), colour((height * 7) / 8)];
  return { width, height, redOnTop: top[0] > top[2], blueBelow: bottom[2] > bottom[0] };
}"""


# How long the page answered nobody, at most (ms).
HELD = """
window.held = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.held = Math.max(window.held, duration);
}).observe({ type: "longtask" });
"""


# The first message in the view, and where it is.
READ = """() => {
  const stream = document.querySelector('section[aria-label="Messages"]');
  const edge = stream.getBoundingClientRect().top;
  const row = [...stream.querySelectorAll('[data-seq]')].find((one) => one.getBoundingClientRect().bottom > edge);
  return row && [row.dataset.message, Math.round(row.getBoundingClientRect().top)];
}"""


def test_back_leads_to_the_message_that_was_read_however_far_up(carevia: Program, browser: Browser) -> None:
    """A page holds 200 messages at most: beyond them another one stood there."""
    with long_conversation(carevia, browser, 2_000) as (page, newest):
        assert page.evaluate(CLIMB, 1_700)["first"] < 1_700
        read = page.evaluate(READ)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Bookings").click()
        expect(page.get_by_role("heading", level=1, name="Bookings")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("region", name="Messages")).to_be_visible()
        wait_until(lambda: page.evaluate(READ) == read, "it is read again", seen=lambda: page.evaluate(READ))
        drawn(page)
        assert page.evaluate(READ) == read
        # Who opens it anew sees the newest.
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Bookings").click()
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Chat").click()
        page.get_by_role("list", name="Conversations").get_by_role("link").first.click()
        expect(newest).to_be_in_viewport()


def photograph(browser: Browser, path: Path) -> None:
    painter = browser.new_page()
    made = base64.b64decode(painter.evaluate(PHOTOGRAPH))
    painter.close()
    photo = made[:2] + UPRIGHT + made[2:]
    assert len(photo) > 10_000_000
    path.write_bytes(photo)


@contextmanager
def phone_at_chat(program: Program, browser: Browser) -> Iterator[Page]:
    known(program)
    with person(browser, token("family-1", name="Nusrat Jahan")) as phones:
        phone = phones.new_page()
        phone.goto(f"{program.url}/chat")
        expect(box(phone)).to_be_visible()
        yield phone


def test_a_cameras_picture_goes_up_smaller_and_upright(carevia: Program, browser: Browser, tmp_path: Path) -> None:
    """5 MB took a slow phone longer than the server waits, and what was larger than 10 MB was refused."""
    photograph(browser, tmp_path / "IMG_0001.jpg")
    with phone_at_chat(carevia, browser) as phone:
        with phone.expect_response("**/api/chat/attachment?roomId=*") as answer:
            phone.get_by_test_id("files").set_input_files(tmp_path / "IMG_0001.jpg")
        kept = answer.value.json()["data"]
        assert (kept["name"], kept["type"]) == ("IMG_0001.jpg", "image/jpeg")
        assert kept["size"] < 3_000_000
        phone.get_by_role("button", name="Send").click()
        shown = phone.get_by_role("img", name="Picture: IMG_0001.jpg")
        expect(shown).to_be_visible()
        assert shown.evaluate(LOOK) == {"width": 1_536, "height": 2_048, "redOnTop": True, "blueBelow": True}


def test_a_slow_phone_answers_while_it_makes_a_picture_smaller(
    carevia: Program, browser: Browser, tmp_path: Path
) -> None:
    """It took its page 2.7 s, in which one could not write."""
    photograph(browser, tmp_path / "IMG_0001.jpg")
    with phone_at_chat(carevia, browser) as phone:
        expect(phone.locator("[data-freshness=live]")).to_be_visible()
        slow = phone.context.new_cdp_session(phone)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 6})
        phone.evaluate(HELD)
        with phone.expect_response("**/api/chat/attachment?roomId=*", timeout=60_000) as answer:
            phone.get_by_test_id("files").set_input_files(tmp_path / "IMG_0001.jpg")
        assert answer.value.json()["data"]["size"] < 3_000_000
        held = phone.evaluate("new Promise((done) => setTimeout(() => done(window.held), 100))")
        print(f"The page answered nobody for {held:.0f} ms.")
        assert held < 1_000


def test_a_file_that_is_dropped_anywhere_on_the_page_is_attached(
    carevia: Program, browser: Browser, tmp_path: Path
) -> None:
    known(carevia)
    (tmp_path / "door.png").write_bytes(PNG)
    with person(browser, staff()) as desks:
        desk = desks.new_page()
        open_conversation(desk, carevia)
        expect(box(desk)).to_be_visible()
        drop(desk, tmp_path / "door.png")
        expect(desk.get_by_role("listitem").filter(has_text="door.png")).to_contain_text("ready to send")


def drop(page: Page, file: Path) -> None:
    """Into the middle of the page, as a person does: through the browser's own handling of a drag."""
    chrome = page.context.new_cdp_session(page)
    size = page.viewport_size or {"width": 0, "height": 0}
    data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        where = {"x": size["width"] / 2, "y": size["height"] / 3}
        chrome.send("Input.dispatchDragEvent", {"type": step, **where, "data": data})
    chrome.detach()


def test_a_reply_that_is_being_written_goes_only_with_a_press_beside_its_window(
    carevia: Program, browser: Browser
) -> None:
    known(carevia)
    with person(browser, staff()) as context:
        page = context.new_page()
        open_conversation(page, carevia)
        box(page).fill("/")
        page.get_by_role("button", name="Edit saved replies").click()
        window, text = page.get_by_role("dialog"), page.get_by_label("Text", exact=True)
        text.fill("We come at any hour.")
        edge, field = window.bounding_box(), text.bounding_box()
        assert edge and field
        beside, within = (edge["x"] - 40, field["y"] + 20), (field["x"] + 100, field["y"] + 20)
        page.mouse.click(edge["x"] + 6, within[1])
        expect(text).to_have_value("We come at any hour.")
        page.mouse.move(*within)  # what is selected with the mouse may end beside it
        page.mouse.down()
        page.mouse.move(*beside)
        page.mouse.up()
        expect(text).to_have_value("We come at any hour.")
        page.mouse.click(*beside)
        expect(window).to_have_count(0)
        # One goes on where one was, with the replies as they are now.
        expect(box(page)).to_be_focused()
        expect(page.get_by_role("listbox", name="Saved replies")).to_be_attached()


def test_notes_stay_with_staff_replies_come_by_slash_and_colleagues_are_seen(
    carevia: Program, browser: Browser
) -> None:
    known(carevia)
    with (
        person(browser, staff()) as rafiqs,
        person(browser, staff("s2", name="Mitu Begum")) as mitus,
        person(browser, token("family-1", name="Nusrat Jahan")) as phones,
    ):
        rafiq, mitu, phone = rafiqs.new_page(), mitus.new_page(), phones.new_page()
        phone.goto(f"{carevia.url}/chat")
        expect(box(phone)).to_be_visible()
        expect(phone.get_by_role("button", name="Note")).to_have_count(0)
        open_conversation(rafiq, carevia)
        open_conversation(mitu, carevia)
        expect(rafiq.get_by_text("Mitu Begum is viewing")).to_be_visible()
        rafiq.get_by_role("button", name="Note", exact=True).click()
        box(rafiq).press_sequentially("She has called before.")
        rafiq.get_by_role("button", name="Save note").click()
        expect(mitu.get_by_text("She has called before.")).to_be_visible()
        expect(mitu.get_by_text("Note by Rafiq Hasan, only staff see it")).to_be_visible()
        # A saved reply, by keyboard alone.
        rafiq.get_by_role("button", name="Reply", exact=True).click()
        box(rafiq).fill("/")
        rafiq.get_by_role("button", name="Edit saved replies").click()
        rafiq.get_by_label("Word after the slash").fill("hours")
        rafiq.get_by_label("Text", exact=True).fill("We come at any hour: https://care.example/hours.")
        rafiq.get_by_role("button", name="Save reply").click()
        expect(rafiq.get_by_role("dialog").get_by_text("/hours", exact=True)).to_be_visible()
        rafiq.keyboard.press("Escape")
        box(rafiq).fill("/ho")
        expect(rafiq.get_by_role("listbox").get_by_role("option")).to_have_count(1)
        box(rafiq).press("Enter")
        expect(box(rafiq)).to_have_value("We come at any hour: https://care.example/hours.")
        box(rafiq).press("Enter")
        link = phone.get_by_role("link", name="https://care.example/hours")
        expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
        expect(link).to_have_attribute("href", "https://care.example/hours")
        # The customer was told of nothing else: no note, no name, and not that one was written.
        assert "called before" not in phone.content()
        expect(phone.locator("[data-message]")).to_have_count(1)
        assert "Rafiq" not in phone.content()
        expect(phone.get_by_text("is typing")).to_have_count(0)
        mitu.close()
        expect(rafiq.get_by_text("is viewing")).to_have_count(0)
