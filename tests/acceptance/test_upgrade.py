"""An upgrade from the first release's schema, on both databases: what was there is there, and goes on.

And the schema changes while payments come in, with the old version and the new one side by side.
"""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff
from tests.acceptance.site import wait_until
from tests.conftest import StartProgram
from tests.harness.newer import NewerProgram
from tests.harness.node import SocketIOClient
from tests.harness.program import Program
from tests.store.first_release import NAMES, lay_down_file, lay_down_tables

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(params=NAMES)
def url(request: pytest.FixtureRequest) -> str:
    """The address of PostgreSQL's database, or nothing for SQLite's."""
    return str(request.getfixturevalue("postgres").database()) if request.param == "postgresql" else ""


def settings_of(url: str) -> dict[str, Any]:
    return SETTINGS | ({"CAREVIA_DATABASE_URL": url} if url else {})


def asking(url: str, data: Path) -> Ask:
    def ask(query: str) -> list[tuple[Any, ...]]:
        if url:
            with psycopg.connect(url) as connection:
                return connection.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(data / "carevia.db")) as file:
            return file.execute(query).fetchall()

    return ask


def test_what_the_first_release_left_is_there_and_goes_on(url: str, tmp_path: Path) -> None:
    data, desk = tmp_path / "data", {"authorization": f"Bearer {staff()}"}
    lay_down_tables(url) if url else lay_down_file(data)
    ask = asking(url, data)
    [(event,)] = ask("SELECT body FROM provider_events WHERE body LIKE '%family-1@%'")
    epoch = ask("SELECT value FROM meta WHERE key = 'epoch'")
    with Program(data=data, **settings_of(url)) as program:

        def get(path: str) -> Any:
            answer = httpx2.get(program.url + path, headers=desk, trust_env=False)
            assert answer.status_code == 200, answer.text
            return answer.json()

        assert stripe.deliver(program.url, event.encode()).status_code == 200, "known already"
        assert stripe.deliver(program.url, stripe.event(stripe.session("family-3"))).status_code == 200
        people = [row["userId"] for row in get("/api/booking")["data"]["bookings"]]
        assert sorted(people) == ["family-1", "family-2", "family-3"]
        rooms = {row["_id"]: row for row in get("/api/chat/conversation")["data"]}
        assert (rooms["family-1"]["unread"], rooms["family-2"]["unread"]) == (0, 1)
        found = get("/api/chat/search?q=বুক")["data"]["messages"]
        assert [message["roomId"] for message in found] == ["family-2", "family-1", "family-1", "family-1"]
    assert ask("SELECT value FROM meta WHERE key = 'epoch'") == epoch, "nobody's page has to load afresh"


# --- while payments come in --------------------------------------------------------------------------------------


class Payments:
    """One after the other to `to`, as it is at that moment, until the end of the block."""

    def __init__(self, *to: Program) -> None:
        self.to = list(to)
        self.paid: list[str] = []
        self.answers: Counter[int] = Counter()
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._pay)

    def start(self) -> None:
        self._thread.start()

    def __enter__(self) -> "Payments":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._enough.set()
        if self._thread.ident:
            self._thread.join()

    def more(self, many: int = 5) -> None:
        wanted = len(self.paid) + many
        wait_until(lambda: len(self.paid) >= wanted or self.answers.keys() > {200}, f"{many} more payments", 60)

    def _pay(self) -> None:
        for number in count():
            if self._enough.is_set():
                return
            to = self.to
            program, name = to[number % len(to)], f"family-{number}"
            status = stripe.deliver(program.url, stripe.event(stripe.session(name))).status_code
            self.answers[status] += 1
            if status == 200:
                self.paid.append(name)
            time.sleep(0.01)


def shown(client: SocketIOClient, desk: str) -> Counter[str]:
    return Counter(args[0]["userId"] for args in client.events("customer_added", desk))


def test_f20_a_migration_during_traffic_costs_nothing(
    url: str, start_program: StartProgram, javascript_client: SocketIOClient, tmp_path: Path
) -> None:
    client, data = javascript_client, tmp_path / "data"
    old = Program(data=data, **settings_of(url))
    with old, Payments(old) as payments:
        client.connect(old.url, "first", auth={"token": staff("first")})
        payments.start()
        payments.more()
        with NewerProgram(data=data, **settings_of(url)) as newer:
            client.connect(newer.url, "second", auth={"token": staff("second")})
            payments.to = [old, newer]
            payments.more(10)
            payments.to = [newer]
            payments.more()
            old.stop()
            replaced = NewerProgram(data=data, port=old.port, **settings_of(url))
            with replaced:
                payments.to = [newer, replaced]
                payments.more()
                wait_until(lambda: client.state("first")["connected"], "the desk of the old one is back", 60)
                payments.stop()
                wait_until(lambda: shown(client, "first").keys() >= set(payments.paid), "it has what it missed", 60)
                assert shown(client, "first") == dict.fromkeys(payments.paid, 1)
                assert set(shown(client, "second").values()) == {1}
    assert payments.answers.keys() == {200}
    ask = asking(url, data)
    assert sorted(user for (user,) in ask("SELECT user_id FROM bookings")) == sorted(payments.paid)
    assert ask("SELECT count(*) FROM bookings WHERE newer = 7") == [(len(payments.paid),)]
