"""Files in a conversation, in a real Chromium: progress, cuts, what a phone's camera makes, what is dropped."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.acceptance.browsers import person
from tests.acceptance.conversations import box, known, open_conversation
from tests.acceptance.people import staff, token
from tests.harness.program import Program

pytestmark = pytest.mark.browser
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
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
