"""A real Chromium for tests, driven by Playwright: the one on PATH, else the headless shell of a npm package.

The package is pinned by chromium/package-lock.json and unpacked by its own code into .tools/chromium. Its list of
arguments is not used: it switches web security off. Libraries and fonts that a bare machine lacks come with it.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, Request, WebSocket, expect, sync_playwright

import webbuild

PACKAGE = Path(__file__).with_name("chromium")
UNPACKED = (webbuild.ROOT / ".tools").resolve() / "chromium"  # several working trees may share one .tools
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
UNPACK = """
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
"""
# How long a test waits for what a page will show. No promise of the product: where one is, the test says so itself.
expect.set_options(timeout=15_000)
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>{folder}/cache</cachedir>
</fontconfig>
"""


def changes_over(page: Page) -> Callable[[], bool]:
    """Ask before a page is opened; says whether it has changed over to its WebSocket since.

    One that is cut off before comes back at once and by WebSocket, past routes that refuse its polling.
    """
    said: list[str | bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: said.append(frame))  # Playwright cannot keep a method of a list

    page.on("websocket", listen)
    return lambda: page.evaluate("1") == 1 and "5" in said


def drawn(page: Page) -> None:
    """Once what has just happened is on the screen."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")


def resize(page: Page, width: int, height: int) -> None:
    """A window of another size: the page hears of it in its next frame, and only then is it laid out for it."""
    page.set_viewport_size({"width": width, "height": height})
    drawn(page)


def what_it_shows(browser: Browser) -> str:
    """Every open page of a browser, what it said and what it asked for: for a test that is red."""
    return "\n\n".join(what_a_page_shows(page) for context in browser.contexts for page in context.pages)


def what_a_page_shows(page: Page) -> str:
    try:
        shown = page.aria_snapshot(timeout=2_000)
    except Error as error:  # closed, or too busy to answer
        shown = str(error)
    said = [str(error) for error in page.page_errors()]
    said += [f"{message.type}: {message.text}" for message in page.console_messages()]
    return "\n".join([page.url, *said, *map(what_was_answered, page.requests()), shown])


def what_was_answered(request: Request) -> str:
    answer = request.existing_response
    return f"{request.method} {request.url}: {answer.status if answer else request.failure or 'no answer yet'}"


@dataclass
class Chromium:
    """Where it is, and what its environment must hold beside the usual."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium:
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return Chromium(Path(on_path)) if on_path else packaged_chromium()


def packaged_chromium() -> Chromium:
    current = webbuild.digest([PACKAGE / "package-lock.json"], platform.machine(), str(UNPACKED))
    stamp = UNPACKED / "stamp"
    with webbuild.turn(UNPACKED.parent):
        if not (stamp.is_file() and stamp.read_text() == current):
            webbuild.install_packages(PACKAGE)
            shutil.rmtree(UNPACKED, ignore_errors=True)
            UNPACKED.mkdir(parents=True)
            unpack()
            stamp.write_text(current)
    libraries = [str(UNPACKED / "al2023" / "lib"), str(UNPACKED), os.environ.get("LD_LIBRARY_PATH", "")]
    return Chromium(
        UNPACKED / "chromium",
        {"LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries)), "FONTCONFIG_PATH": str(UNPACKED / "fonts")},
    )


def unpack() -> None:
    """The package looks at these two variables: where to unpack to, and whether its libraries are wanted too."""
    told = {"TMPDIR": str(UNPACKED), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}
    command = [str(webbuild.node_folder() / "node"), "--input-type=module", "--eval", UNPACK]
    subprocess.run(command, cwd=PACKAGE, env=webbuild.node_environment() | told, check=True)
    (UNPACKED / "fonts" / "fonts.conf").write_text(FONTS.format(folder=UNPACKED / "fonts"))


@contextmanager
def open_browser(*arguments: str) -> Iterator[Browser]:
    """A fresh browser. Not inside a running event loop: Playwright's synchronous interface holds one of its own."""
    found = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.path,
            args=[*ARGUMENTS, *arguments],
            env={**os.environ, **found.environment},
        )
        yield browser
        browser.close()
