"""Pictures of every view: both themes, both languages, desk and phone, for docs/pictures.

`KEEP_PICTURES=1` makes them all, and their page; otherwise each view is taken once, to see that it can be.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.everyone import SOCKETS, network, say_as, visit
from tests.acceptance.people import staff, token
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.pictures import with_palette
from tests.harness.preloaded import Preloaded
from tests.harness.program import ROOT
from tests.harness.proxy import Proxy

pytestmark = pytest.mark.browser
__all__ = ["network"]  # fixtures
KEEP = bool(os.environ.get("KEEP_PICTURES"))
FOLDER = ROOT / "docs" / "pictures"
MOST = 100_000
PEOPLE = {
    "nusrat": ("Nusrat Jahan", "Newborn Care", 300_000),
    "tahmid": ("Tahmid Rahman", "Post Surgery Care", 960_000),
    "farhana": ("Farhana Akter", "Elder Companionship", 104_000),
    "kamrul": ("Kamrul Hasan", "Night Patient Watch", 680_000),
    "shirin": ("Shirin Sultana", "Baby Sitting", 175_000),
    "abdul": ("Abdul Mannan", "Medication Reminder", 700_000),
    "mitu": ("মিতু বড়ুয়া", "Toddler Care", 192_000),
    "jahangir": ("Jahangir Alam Chowdhury", "Daily Elder Support", 550_000),
}
DESK = "Authorization", f"Bearer {staff('sumaiya', name='Sumaiya Islam')}"
FAMILY = "Authorization", f"Bearer {token('nusrat', name='Nusrat Jahan')}"
NOBODY = "X-Nobody", "here"


class Look(NamedTuple):
    language: str
    theme: str
    phone: bool

    @property
    def name(self) -> str:
        return f"{'phone' if self.phone else 'wide'}-{self.language}-{self.theme}"


LOOKS = [Look("en", "light", False), Look("bn", "dark", False), Look("bn", "light", True), Look("en", "dark", True)]


def nothing(_: Page, __: Proxy) -> None:
    pass


def read(page: Page, _: Proxy) -> None:
    expect(page.locator("[data-money]")).to_be_visible()


def open_payment(page: Page, _: Proxy) -> None:
    page.locator("[data-payment-of]").first.click()
    expect(page.locator("[data-payment]")).to_be_visible()


def open_booking(page: Page, _: Proxy) -> None:
    page.locator("[data-booking] [data-row]").first.click()
    expect(page.get_by_role("complementary").locator("[data-receipt]")).to_be_visible()


def lose(page: Page, network: Proxy) -> None:
    expect(page.locator("[data-money]")).to_be_visible()
    page.context.route(SOCKETS, lambda route: route.abort())
    network.reset()
    expect(page.locator("[data-freshness=reconnecting]")).to_have_count(1)


def with_key(key: str) -> Callable[[Page, Proxy], None]:
    def shown(page: Page, _: Proxy) -> None:
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()

    return shown


def measured(page: Page, _: Proxy) -> None:
    expect(page.locator("[data-latency]")).to_be_visible()


class View(NamedTuple):
    name: str
    title: str
    who: tuple[str, str]
    path: str
    do: Callable[[Page, Proxy], None] = nothing


VIEWS = [
    View("conversation", "A conversation, with the customer beside it", DESK, "/dashboard?view=chat&with=nusrat", read),
    View("stale", "The same while the connection is lost", DESK, "/dashboard?view=chat&with=nusrat", lose),
    View("chat", "The conversations", DESK, "/dashboard?view=chat"),
    View("bookings", "Bookings", DESK, "/dashboard/bookings"),
    View("booking", "A booking, opened from the list", DESK, "/dashboard/bookings", open_booking),
    View("payments", "Payments, one of them open", DESK, "/dashboard/payments", open_payment),
    View("palette", "Search and commands (Ctrl K)", DESK, "/dashboard/bookings", with_key("Control+k")),
    View("keyboard", "The list of keys (?)", DESK, "/dashboard/bookings", with_key("?")),
    View("customer", "What the customer sees", FAMILY, "/chat"),
    View("login", "Signing in", NOBODY, "/login"),
    View("home", "The start page", DESK, "/"),
    View("connection", "The connection test", DESK, "/test-socket", measured),
    View("paid", "After a checkout", NOBODY, "/booking/done"),
    View("api", "The description of the API", DESK, "/docs"),
]


@pytest.fixture(scope="module")
def house(network: Proxy) -> Iterator[str]:
    settings: dict[str, Any] = SETTINGS | {"CAREVIA_ALLOWED_ORIGINS": network.url}
    with Preloaded(port=network._target_port, **settings) as program:
        for user, (name, service, amount) in reversed(PEOPLE.items()):
            more = metadata(user, userName=name, serviceName=service)
            assert deliver(program.url, event(session(user, amount, metadata=more))).status_code == 200
        talk(program.url)
        yield network.url


def talk(url: str) -> None:
    desk = staff("sumaiya", name="Sumaiya Islam")
    family = token("nusrat", name="Nusrat Jahan")
    say_as(url, family, "nusrat", "পেমেন্ট করেছি। আপনারা পেয়েছেন কি?")
    say_as(url, desk, "nusrat", "পেয়েছি, ধন্যবাদ। ৳৩,০০০ জমা হয়েছে। বাকি ৳৩,০০০ সেবা শেষে দিলেই হবে।")
    say_as(url, family, "nusrat", "Wonderful. Who will come?")
    say_as(url, desk, "nusrat", "Ayesha Siddika, a certified newborn nurse. She arrives at 7:50.")
    say_as(url, token("farhana", name="Farhana Akter"), "farhana", "আপা কি আজ ৫টায় আসবেন?")
    say_as(url, token("shirin", name="Shirin Sultana"), "shirin", "Can I move it from Friday to Sunday?")


def take(browser: Browser, network: Proxy, house: str, view: View, look: Look) -> bytes:
    size = {"width": 390, "height": 844} if look.phone else {"width": 1440, "height": 900}
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        color_scheme=look.theme,  # type: ignore[arg-type]
        locale={"en": "en-GB", "bn": "bn-BD"}[look.language],
        timezone_id="Asia/Dhaka",
        has_touch=look.phone,
        reduced_motion="reduce",
        extra_http_headers=dict([view.who]),
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    visit(page, house + view.path)
    expect(page.locator("html")).to_have_attribute("lang", look.language)
    view.do(page, network)
    page.evaluate("document.fonts.ready")
    if view.path.startswith("/dashboard") and not look.phone:
        for badge in page.locator("[data-freshness=live]").all():  # which event it is comes with the first second
            expect(badge).to_contain_text(re.compile("[0-9০-৯]"))
    expect(page.locator(".arrival-new, .lit")).to_have_count(0)
    picture = page.screenshot(scale="css")
    context.close()
    return picture


def test_every_view_has_its_pictures(house: str, chromium: Browser, network: Proxy, tmp_path: Path) -> None:
    folder = FOLDER if KEEP else tmp_path
    folder.mkdir(exist_ok=True)
    painter = chromium.new_page()
    for number, view in enumerate(VIEWS):
        for look in LOOKS if KEEP else LOOKS[number % 4 :][:1]:
            picture = with_palette(painter, take(chromium, network, house, view, look))
            network.heal()
            assert 2_000 < len(picture) < MOST, (view.name, look.name, len(picture))
            (folder / f"{view.name}-{look.name}.png").write_bytes(picture)
    painter.close()
    if KEEP:
        (folder / "README.md").write_text(page_of_pictures())


def page_of_pictures() -> str:
    lines = [
        "# Pictures of every view",
        "",
        "Made by `KEEP_PICTURES=1 python3 run.py test tests/acceptance/test_pictures.py`, with a real server and a",
        "real browser: light in English and dark in Bengali on a wide screen, the other way round on a phone.",
    ]
    for view in VIEWS:
        lines += ["", f"## {view.title}", ""]
        lines += [f"![{view.title}, {look.name}]({view.name}-{look.name}.png)" for look in LOOKS]
    return "\n".join(lines) + "\n"


def test_the_page_of_pictures_shows_every_picture() -> None:
    shown = set(re.findall(r"\((\S+\.png)\)", (FOLDER / "README.md").read_text()))
    assert shown == {f"{view.name}-{look.name}.png" for view in VIEWS for look in LOOKS}
    assert shown <= {one.name for one in FOLDER.iterdir()}
