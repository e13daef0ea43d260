"""A journal row that no client could read is set aside with an alarm; the others go on, also at recovery."""

import sqlite3
import time
from typing import Any

import httpx2

from tests.acceptance import stripe
from tests.acceptance.faults import metrics
from tests.acceptance.people import staff
from tests.harness.node import SocketIOClient
from tests.harness.program import Program
from tests.store.opened import file_of

POISON: list[tuple[str, Any]] = [
    ("customer_added", "{"),
    ("customer_added", '{"userId":"\\ud800"}'),  # half of a surrogate pair
    ("customer_added", '{"amount":NaN}'),
    ("customer_added", b'{"userId":"\xff"}'),  # text that is not UTF-8
    ("customer_added", '"no object"'),
    ("connect", "{}"),  # the protocol's own word
]
SOUND = ("customer_added", '{"userId":"sound"}')


def insert(program: Program, *rows: tuple[str, Any]) -> None:
    """By a hand in the database, past everything that could refuse it. They are of now: the sweep that follows a start
    forgets old ones."""
    now = int(time.time() * 1000)
    with sqlite3.connect(file_of(program.data)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        (newest,) = connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
        for seq, (name, payload) in enumerate(rows, newest + 1):
            connection.execute(
                "INSERT INTO journal (seq, id, room, name, payload, time) VALUES (?, ?, 'desk', ?, CAST(? AS TEXT), ?)",
                (seq, f"by-hand-{seq}", name, payload if isinstance(payload, bytes) else payload.encode(), now),
            )
    connection.close()


def shown(client: SocketIOClient) -> list[str]:
    return [args[0]["userId"] for args in client.events("customer_added")]


def pays(program: Program, client: SocketIOClient, name: str) -> float:
    """Seconds from the 200 until the desk shows it."""
    assert stripe.deliver(program.url, stripe.event(stripe.session(name))).status_code == 200
    begun = time.monotonic()
    while client.expect_event("customer_added")["args"][0]["userId"] != name:
        pass
    return time.monotonic() - begun


def test_f15_poison_rows_are_set_aside_with_an_alarm_and_the_others_go_on(
    carevia: Program, javascript_client: SocketIOClient
) -> None:
    client, poison = javascript_client, len(POISON)
    client.connect(carevia.url, auth={"token": staff()})
    insert(carevia, *POISON, SOUND)
    assert pays(carevia, client, "live") <= 1.0
    client.expect(
        lambda m: f"{poison} events could not be shown live" in str(m.get("args")), 5, "the alarm on the desk"
    )
    assert metrics(carevia)["carevia_rows_set_aside_total"] == poison
    told = httpx2.get(carevia.url + "/api/ops", headers={"Authorization": f"Bearer {staff()}"}, trust_env=False).json()[
        "data"
    ]
    assert [row["name"] for row in told["setAside"]] == [name for name, _ in POISON]
    assert carevia.output().count("was set aside") == poison

    carevia.kill()
    insert(carevia, *POISON, SOUND)
    carevia.start()
    assert client.expect_kind("connect", timeout=15)["recovered"] is True  # it gets past them
    assert pays(carevia, client, "recovered") <= 1.0
    assert shown(client) == ["sound", "live", "sound", "recovered"]
    assert len([message for message in client.seen() if message["kind"] == "disconnect"]) == 1  # the kill's
    assert metrics(carevia)["carevia_rows_set_aside_total"] == poison
