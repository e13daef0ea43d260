"""Fixtures for every test, and how Hypothesis runs: new examples every time, a failing one printed to be run again."""

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from ssl import SSLContext

    from playwright.sync_api import Browser, Page

    from tests.harness.node import SocketIOClient
    from tests.harness.postgres import Postgres
    from tests.harness.program import Program

settings.register_profile("carevia", deadline=None, print_blob=True)
settings.register_profile("soak", settings.get_profile("carevia"), max_examples=3_000)
settings.load_profile("carevia")


@pytest.fixture(autouse=True)
def _no_foreign_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own CAREVIA_* settings decide nothing here."""
    for name in [name for name in os.environ if name.startswith("CAREVIA_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _authorities_are_read_once() -> Iterator[None]:
    """A request of a test makes a client of its own, and each client reads all certificate authorities of the machine:
    50 ms of CPU, where hardly a request speaks TLS."""
    import httpcore2

    read = httpcore2.default_ssl_context

    @cache
    def known(trust_env: bool, *named: str | None) -> "SSLContext":
        return read(_trust_env=trust_env)

    def authorities(*, _trust_env: bool = True) -> "SSLContext":
        return known(_trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore2, "default_ssl_context", authorities)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A red test with a browser tells what its pages showed: on a machine of the night nobody looks at them."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("chromium")
    if report.when == "call" and report.failed and browser is not None:
        from tests.harness.browser import what_it_shows

        report.sections.append(("What the pages showed", what_it_shows(browser)))
    return report


class StartProgram(Protocol):
    def __call__(self, *words: str, **settings: Any) -> "Program": ...


@pytest.fixture
def start_program() -> Iterator[StartProgram]:
    """Starts the real program, with CAREVIA_* settings as keywords; everything started is ended after the test."""
    from tests.harness.preloaded import Preloaded

    with ExitStack() as ends:
        yield lambda *words, **settings: ends.enter_context(Preloaded(*words, **settings))


@pytest.fixture
def program(start_program: StartProgram) -> "Program":
    return start_program()


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Postgres]":
    """A real PostgreSQL for all tests of the run: each takes a database of its own. For those that do not end it."""
    from tests.harness.postgres import Postgres

    with Postgres(durable=False) as server:
        yield server


@pytest.fixture
def javascript_client() -> Iterator["SocketIOClient"]:
    """The real socket.io-client in a Node process."""
    from tests.harness.node import SocketIOClient

    with SocketIOClient() as client:
        yield client


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """One for all tests of a file. Such a file tests nothing with asyncio: Playwright holds the thread's event loop."""
    from tests.harness.browser import open_browser

    with open_browser() as browser:
        yield browser


@pytest.fixture
def browser(chromium: "Browser") -> Iterator["Browser"]:
    """With nobody's cookies, storage or pages in it, before and after."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def page(browser: "Browser") -> "Page":
    return browser.new_page()
