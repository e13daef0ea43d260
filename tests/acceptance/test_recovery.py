"""A plain socket.io-client that was away: `recovered`, and every durable event it is entitled to, in order, once.

Or, where that cannot be, `reset` with a reason before anything else. The journal itself, read from outside, says what
is owed. No code of ours runs in the client.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.database import Database, shown
from tests.acceptance.people import staff, token
from tests.acceptance.site import LATE, booking, chat, pay, wait_until, wait_until_emitted
from tests.harness.node import SocketIOClient
from tests.harness.preloaded import Preloaded
from tests.harness.program import Program
from tests.harness.proxy import Proxy


@pytest.fixture(scope="module")
def site() -> Iterator[Program]:
    """One program for the whole file; a test leaves it running."""
    settings: dict[str, Any] = SETTINGS | {"CAREVIA_PING_INTERVAL": "5", "CAREVIA_PING_TIMEOUT": "5"}
    with Preloaded(**settings, CAREVIA_LIMIT_EVENTS_PER_SECOND="0") as program:
        yield program


@pytest.fixture
def network(site: Program) -> Iterator[Proxy]:
    """Between the clients of one test and the program."""
    with Proxy(site.port) as proxy:
        yield proxy


def came_back(client: SocketIOClient, *sockets: str, timeout: float = 10) -> None:
    """Each has connected again and was recovered."""
    for socket in sockets:
        assert client.expect_kind("connect", socket, timeout)["recovered"] is True, socket


def has_all(client: SocketIOClient, socket: str, owed: list[int]) -> None:
    """Everything, in order, once; and a round trip later nothing more."""
    deadline = time.monotonic() + 5
    while len(shown(client, socket)) < len(owed) and time.monotonic() < deadline:
        client.call("test_event", socket=socket)
    client.call("test_event", socket=socket)
    assert shown(client, socket) == owed


def test_after_a_cut_and_after_a_kill_everything_comes_in_order_once(
    site: Program, network: Proxy, javascript_client: SocketIOClient
) -> None:
    client, database = javascript_client, Database(site)
    pay(site, "rima", "karim")
    for name, credential in (("desk", staff()), ("rima", token("rima")), ("karim", token("karim"))):
        client.connect(network.url, name, auth={"token": credential})
    client.connect(network.url, "polling", auth={"token": staff("staff-2")}, transports=["polling"])
    assert client.call("join_room", "rima", socket="desk")["ok"]
    client.connect(site.url, "phone", auth={"token": token("rima")})
    start = database.newest
    first = {"id": "1", "roomId": "rima", "text": "Before the cut"}  # karim has had no event at all when he is cut
    assert client.call("send_message", first, socket="phone")["ok"]
    client.expect_event("receive_message", "rima")

    network.refuse()
    network.reset()
    client.call("send_message", first | {"id": "2", "text": "While away"}, socket="phone")
    pay(site, "a", "b", "c")
    database.append([("karim", "receive_message", chat("karim", 1)), ("karim", "receive_message", chat("karim", 2))])
    network.heal()
    came_back(client, "desk", "rima", "karim", "polling")

    client.call("send_message", first | {"id": "3", "text": "Right before the kill"}, socket="phone")
    pay(site, "d")
    site.kill()
    rows = [("rima", "receive_message", chat("rima", 3)), ("desk", "customer_added", booking(1))]
    database.append([*rows, ("karim", "receive_message", chat("karim", 3)), *rows])  # by another process meanwhile
    site.start()
    came_back(client, "desk", "rima", "karim", "polling", "phone", timeout=15)
    client.call("send_message", first | {"id": "4", "text": "After it"}, socket="phone")
    pay(site, "e")

    has_all(client, "desk", database.owed("desk", "rima", after=start))
    has_all(client, "polling", database.owed("desk", after=start))
    has_all(client, "rima", database.owed("rima", after=start))
    has_all(client, "karim", database.owed("karim", after=start))
    assert client.events("reset", "desk") == client.events("reset", "karim") == []


def test_a_room_opened_late_is_recovered_from_there_and_opened_twice_it_loses_nothing(
    site: Program, network: Proxy, javascript_client: SocketIOClient
) -> None:
    """The desk's offset lies before the join where the bytes between were lost: what was written in the room before it
    was opened is not owed. And what was lost after it is, though the page has asked to join once more meanwhile."""
    client, database = javascript_client, Database(site)
    pay(site, "late")
    client.connect(network.url, "desk", auth={"token": staff()})
    start = database.newest
    database.append([("late", "receive_message", chat("late", n)) for n in range(3)])
    wait_until_emitted(site, database.newest)
    assert client.call("join_room", "late", socket="desk")["ok"]
    joined = database.newest
    network.blackhole()  # what is sent from here on does not arrive, and neither end knows
    database.append([("late", "receive_message", chat("late", n)) for n in range(3, 5)])
    wait_until_emitted(site, database.newest)
    with_pid = database.all("SELECT socket_id, seq FROM joined_rooms WHERE room = 'late'")
    assert [seq for _, seq in with_pid] == [joined]
    network.reset()
    network.heal()
    came_back(client, "desk")
    assert client.call("join_room", "late", socket="desk")["ok"]
    assert database.all("SELECT socket_id, seq FROM joined_rooms WHERE room = 'late'") == with_pid
    has_all(client, "desk", sorted([*database.owed("late", after=joined), *database.owed("desk", after=start)]))


def test_rights_are_asked_again_of_everyone_who_comes_back(
    site: Program, network: Proxy, javascript_client: SocketIOClient
) -> None:
    client, database = javascript_client, Database(site)
    pay(site, "open-1")
    boss = sign_in(site)
    comers: dict[str, Any] = {
        "demoted": {"extraHeaders": {"Cookie": boss}},
        "disabled": {"auth": {"token": staff("s-disabled")}},
        "mitu": {"auth": {"token": staff("s-mitu")}},
        "erased": {"auth": {"token": token("erased")}},
        "karim": {"auth": {"token": token("karim-2")}},
    }
    for name, options in comers.items():
        sid = client.connect(network.url, name, **options)["id"]
        if name in ("demoted", "disabled", "mitu"):
            assert client.call("join_room", "open-1", socket=name)["ok"]
    database.run("INSERT INTO joined_rooms (socket_id, room, seq, time) VALUES (?, 'open-1', 0, 0)", sid)
    assert client.call("join_room", "erased", socket="mitu")["ok"]
    client.disconnect("erased")
    start = database.newest

    network.refuse()
    network.reset()
    database.run("UPDATE users SET role = 'user' WHERE login = ?", SETTINGS["CAREVIA_ADMIN_EMAIL"])
    database.run("UPDATE users SET disabled = 1 WHERE id = 's-disabled'")
    database.run("DELETE FROM users WHERE id = 'erased'")
    pay(site, "somebody")
    database.append([(room, "receive_message", chat(room, 1)) for room in ("open-1", "erased", "karim-2")])
    network.heal()

    came_back(client, "mitu", "karim")
    refused = client.expect(lambda m: m["kind"] == "connect_error" and not m["active"], 5, "a final answer")
    assert (refused["socket"], refused["message"]) == ("disabled", "Token not valid")
    assert client.expect_kind("connect", "demoted")["recovered"] is False
    assert client.expect_event("reset", "demoted")["args"][0] == {"reason": "rights"}
    pay(site, "somebody-else")
    has_all(client, "mitu", database.owed("desk", "open-1", after=start))
    has_all(client, "karim", database.owed("karim-2", after=start))
    has_all(client, "demoted", [])
    assert shown(client, "disabled") == []
    database.run("UPDATE users SET role = 'admin' WHERE login = ?", SETTINGS["CAREVIA_ADMIN_EMAIL"])


def test_beyond_the_retention_and_after_a_restored_backup_comes_a_reset_once(
    site: Program, network: Proxy, javascript_client: SocketIOClient, tmp_path: Path
) -> None:
    """Three losses, after each: `reset` with its reason and before everything else, a snapshot equal to
    the database within a second, and at the next cut no further reset but a recovery."""
    client, database = javascript_client, Database(site)
    pay(site, "family-1")
    database.copy_to(tmp_path / "backup.db")
    client.connect(network.url, "desk", auth={"token": staff()})
    pay(site, "family-2", "family-3")
    for _ in range(2):
        client.expect_event("customer_added", "desk")

    def lose(reason: str, **restored: Any) -> None:
        network.refuse()
        network.reset()
        pay(site, "missed")
        site.kill()
        if restored:
            database.restore(tmp_path / "backup.db", **restored)
        else:  # two days pass
            database.run("UPDATE journal SET time = time - 172800000 - 700000000")
        site.start()
        if not restored:
            pay(site, "today")
            wait_until(lambda: len(database.owed("desk")) == 1, "the old rows are forgotten")
        comes_back_to_a_reset(client, site, network, database, reason)

    lose("retention")
    lose("restored", epoch="0123456789abcdef")
    lose("restored", epoch=None)


def comes_back_to_a_reset(
    client: SocketIOClient, site: Program, network: Proxy, database: Database, reason: str
) -> None:
    before = len(client.seen())
    network.heal()
    again = client.expect_kind("connect", "desk")
    healed = time.monotonic()
    assert again["recovered"] is False
    payload, offset = client.expect_event("reset", "desk")["args"]
    assert (payload, offset) == ({"reason": reason}, database.end)
    page = bookings(site)
    assert time.monotonic() - healed <= LATE
    assert page == database.all("SELECT count(*) FROM bookings")[0][0]

    network.reset()
    pay(site, "after")
    came_back(client, "desk")
    client.call("test_event", socket="desk")
    events = [m["name"] for m in client.seen()[before:] if m["kind"] == "event"]
    events = [name for name in events if name not in ("live", "presence")]
    assert events == ["reset", "customer_added", "test_event"]
    network.reset()
    came_back(client, "desk")


def bookings(site: Program) -> int:
    """How many a fresh load shows."""
    answer = httpx2.get(f"{site.url}/api/booking", headers={"Authorization": f"Bearer {staff()}"}, trust_env=False)
    return int(answer.json()["data"]["totalItems"])


def sign_in(site: Program) -> str:
    """The session cookie of the account that SETTINGS names."""
    body = {"email": SETTINGS["CAREVIA_ADMIN_EMAIL"], "password": SETTINGS["CAREVIA_ADMIN_PASSWORD"]}
    answer = httpx2.post(f"{site.url}/api/login", json=body, trust_env=False)
    return str(answer.headers["set-cookie"]).partition(";")[0]
