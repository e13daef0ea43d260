"""Two hosts that share PostgreSQL and Valkey only: people, limits, receipts and sessions are those of one server."""

import json
from itertools import permutations

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as websocket

from tests.acceptance.faults import metrics
from tests.acceptance.people import staff, token
from tests.acceptance.site import pay, wait_until
from tests.harness.node import SocketIOClient
from tests.harness.program import Program
from tests.nodes.hosts import GONE, GUESTS, TABS, Hosts, becomes, connect, present

EVERYTHING = {"since": 0, "seq": 10**9}
POLLING = "/socket.io/?EIO=4&transport=polling"


def test_staff_see_everybody_and_customers_whether_support_is_there_on_whichever_host(
    two: Hosts, client: SocketIOClient
) -> None:
    connect(client, two.west, "rima", token("rima"))
    assert client.expect_event("support", "rima")["args"] == [{"state": "offline"}]
    connect(client, two.east, "boss", staff("boss"))
    assert client.expect_event("support", "rima")["args"] == [{"state": "here"}]
    becomes(client, "boss", "rima", "here")
    connect(client, two.east, "rima-2", token("rima"))
    assert client.call("presence", {"state": "away"}, socket="rima")["ok"]
    client.disconnect("rima")
    assert client.call("presence", {"state": "away"}, socket="rima-2")["ok"]
    becomes(client, "boss", "rima", "away")
    connect(client, two.west, "mitu", staff("mitu", name="Mitu Begum"))
    wait_until(lambda: present(client, "mitu") == {"boss": "here", "mitu": "here", "rima": "away"}, "mitu knows all")
    client.disconnect("rima-2")
    for desk in ("boss", "mitu"):
        becomes(client, desk, "rima", None)
    said = [one for (whole,) in client.events("presence", "boss") for one in whole["staff"] if one["userId"] == "mitu"]
    assert said[0]["name"] == "Mitu Begum"


def test_viewers_and_typing_pass_between_hosts(two: Hosts, client: SocketIOClient) -> None:
    connect(client, two.west, "rima", token("rima"))
    for desk, node, name in (("boss", two.east, "Rafiq Hasan"), ("mitu", two.west, "Mitu Begum")):
        connect(client, node, desk, staff(desk, name=name))
        assert client.call("join_room", "rima", socket=desk)["ok"]
    for desk in ("boss", "mitu"):
        names = {one["name"] for one in client.expect_event("viewers", desk)["args"][0]["viewers"]}
        assert names == {"Rafiq Hasan", "Mitu Begum"}
    client.emit("typing", {"room": "rima", "userName": "?"}, socket="boss")
    assert client.expect_event("user_typing", "mitu")["args"][0] == "Rafiq Hasan"
    assert client.expect_event("user_typing", "rima")["args"][0] == "Carevia Support"
    client.disconnect("mitu")
    assert [one["name"] for one in client.expect_event("viewers", "boss")["args"][0]["viewers"]] == ["Rafiq Hasan"]


def test_the_people_of_a_host_that_is_killed_are_gone_and_a_host_that_comes_gets_the_whole_picture(
    two: Hosts, client: SocketIOClient
) -> None:
    connect(client, two.east, "boss", staff("boss"))
    client.connect(two.west.url, "rima", auth={"token": token("rima")}, reconnection=False)
    becomes(client, "boss", "rima", "here")
    two.west.kill()
    becomes(client, "boss", "rima", None, GONE)
    assert metrics(two.east)["carevia_nodes"] == 1
    two.west.start()
    wait_until(lambda: metrics(two.west)["carevia_nodes"] == 2, "it knows the other one")
    connect(client, two.west, "mitu", staff("mitu"))
    becomes(client, "mitu", "boss", "here")
    assert present(client, "mitu").keys() == {"boss", "mitu"}
    client.disconnect("mitu")
    two.west.stop()
    wait_until(lambda: metrics(two.east)["carevia_nodes"] == 1, "whoever ends says so")
    assert metrics(two.east)["carevia_nodes_lost_total"] == 1


def test_past_the_limit_the_oldest_tab_of_all_hosts_ends(two: Hosts, client: SocketIOClient) -> None:
    for number, node in enumerate((two.east, two.west, two.east, two.west)):
        connect(client, node, f"tab-{number}", token("rima"))
    assert client.expect_kind("disconnect", "tab-0")["reason"] == "io server disconnect"
    connect(client, two.east, "tab-4", token("rima"))
    assert client.expect_kind("disconnect", "tab-1")["reason"] == "io server disconnect"
    for number in (2, 3, 4):
        assert client.call("test_event", socket=f"tab-{number}")["ok"]


def test_a_tab_that_comes_back_on_another_host_ends_where_it_was_though_its_connection_lives(two: Hosts) -> None:
    """As a telephone that has changed its network: what it had before hangs in the air."""
    with reached(two.east) as old, reached(two.west) as new:
        first = connected(old, {"token": token("rima")})
        again = connected(new, {"token": token("rima"), "pid": first["pid"]})
        assert again["sid"] == first["sid"]
        with pytest.raises(ConnectionClosed):
            while True:
                old.recv(timeout=10)
        new.send('4217["test_event"]')
        while not str(new.recv(timeout=10)).startswith("4317["):
            pass


def reached(node: Program) -> ClientConnection:
    return websocket(f"ws://{node.host}:{node.port}/socket.io/?EIO=4&transport=websocket", proxy=None)


def connected(wire: ClientConnection, auth: dict[str, str]) -> dict[str, str]:
    """CONNECT; what the server says to it."""
    wire.recv(timeout=10)
    wire.send(f"40{json.dumps(auth)}")
    said: dict[str, str] = json.loads(wire.recv(timeout=10)[2:])
    return said


def test_guests_of_one_address_are_counted_over_all_hosts(two: Hosts, client: SocketIOClient) -> None:
    for number in range(GUESTS):
        client.connect((two.east, two.west)[number % 2].url, f"guest-{number}")
    for node in (two.east, two.west):
        wait_until(lambda node=node: handshake(node) == 429, "they are too many")  # type: ignore[misc]
    client.disconnect("guest-0")
    wait_until(lambda: handshake(two.west) == 200, "there is room for one")


def handshake(node: Program) -> int:
    """Its status; a session that it opens is closed."""
    answer = httpx2.get(node.url + POLLING, trust_env=False)
    if answer.status_code == 200:
        assert end_session(session_of(answer), node) == "ok"
    return answer.status_code


def session_of(answer: httpx2.Response) -> str:
    return str(json.loads(answer.text[1:])["sid"])


def end_session(sid: str, at: Program) -> str:
    """What is answered there."""
    return httpx2.post(f"{at.url}{POLLING}&sid={sid}", content="1", trust_env=False).text


def test_attempts_to_sign_in_are_counted_over_all_hosts(two: Hosts) -> None:
    def attempt(node: Program) -> int:
        wrong = {"email": "nobody@example.com", "password": "a wrong password"}
        headers = {"origin": node.url, "sec-fetch-site": "same-origin"}
        return httpx2.post(f"{node.url}/api/login", json=wrong, headers=headers, trust_env=False).status_code

    nodes = (two.east, two.west) * 3
    assert [attempt(node) for node in nodes] == [401] * 5 + [429]


def test_a_booking_that_a_desk_of_any_host_has_shown_rings_nowhere_and_an_alarm_rings_once(
    two: Hosts, client: SocketIOClient
) -> None:
    before = alarms(two)
    for desk, node in (("boss", two.east), ("mitu", two.west)):
        connect(client, node, desk, staff(desk))
    pay(two.east, "rima")
    client.expect_event("customer_added", "mitu")
    assert client.call("shown", EVERYTHING, socket="mitu")["ok"]
    wait_until(lambda: metrics(two.east)["carevia_bookings_unseen"] == 0, "it is seen, on both hosts")
    assert alarms(two) == before
    pay(two.west, "rima")
    for desk in ("boss", "mitu"):
        client.expect_event("receipt_alarm", desk, timeout=20)
    wait_until(lambda: alarms(two) == before + 1, "one of them has logged it")
    assert client.call("shown", EVERYTHING, socket="boss")["ok"]
    for desk in ("boss", "mitu"):
        wait_until(lambda desk=desk: client.events("receipt_alarm", desk)[-1][0]["unseen"] == 0, "it is over")  # type: ignore[misc]
    assert alarms(two) == before + 1


def alarms(two: Hosts) -> int:
    """How often an alarm was logged, by either."""
    lines = [line for node in (two.east, two.west) for line in node.output().splitlines()]
    return sum('"receipt alarm"' in line for line in lines)


def test_polls_and_upgrades_that_reach_the_other_host_are_brought_to_their_session(
    two: Hosts, client: SocketIOClient
) -> None:
    ways = {"polling": ["polling"], "upgrade": ["polling", "websocket"]}
    names = [f"{way}-{number}" for way in ways for number in range(4)]
    for name in names:
        client.connect(two.url, name, transports=ways[name.partition("-")[0]], auth={"token": staff(name)})
    for name in names:
        if name.startswith("upgrade") and client.state(name)["transport"] == "polling":
            client.expect_kind("upgrade", name)
        for number in range(3):
            assert client.call("test_event", number, socket=name)["ok"], name
    pay(two.east, "rima")
    for name in names:
        assert client.expect_event("customer_added", name)["args"][0]["userId"] == "rima"
    assert [seen for seen in client.seen() if seen["kind"] in ("disconnect", "connect_error")] == [], "no error"
    moved = 'carevia_connections_moved_total{way="%s"}'
    brought = [metrics(node)[moved % "tunnelled"] for node in (two.east, two.west)]
    assert sum(brought) > 0
    for own, other in permutations((two.east, two.west)):  # which ways the balancer took is its choice
        assert end_session(session_of(httpx2.get(own.url + POLLING, trust_env=False)), other) == "ok"
    assert all(metrics(node)[moved % "tunnelled"] > 0 for node in (two.east, two.west))
    assert all(metrics(node)[moved % "handed"] == 0 for node in (two.east, two.west)), "nothing is shared"


def test_what_is_not_sealed_by_a_node_is_counted_and_does_nothing(two: Hosts, client: SocketIOClient) -> None:
    connect(client, two.east, "boss", staff("boss"))
    before = metrics(two.east).get('carevia_bus_refused_total{reason="node: seal"}', 0)
    for text in ("", "nonsense", json.dumps(["Bye", "x"]), "x" * 5_000):
        two.valkey.command("PUBLISH", "carevia-nodes#", text)
    refused = 'carevia_bus_refused_total{reason="node: seal"}'
    wait_until(lambda: metrics(two.east).get(refused, 0) == before + 4, "all are counted")
    assert metrics(two.east)["carevia_nodes"] == 2
    assert client.call("test_event", socket="boss")["ok"]


def test_a_host_without_redis_keeps_its_last_picture_and_is_right_when_redis_is_back(
    two: Hosts, client: SocketIOClient
) -> None:
    connect(client, two.west, "mitu", staff("mitu"))
    connect(client, two.east, "rima", token("rima"))
    becomes(client, "mitu", "rima", "here")
    two.network.reset()
    two.network.refuse()
    wait_until(lambda: metrics(two.west)["carevia_bus_connected"] == 0, "it is cut off")
    client.disconnect("rima")
    connect(client, two.east, "nusrat", token("nusrat"))
    for number in range(TABS + 1):  # meanwhile each host counts for itself
        connect(client, two.west, f"tab-{number}", token("rima"))
    assert client.expect_kind("disconnect", "tab-0")["reason"] == "io server disconnect"
    for number in range(1, TABS + 1):
        client.disconnect(f"tab-{number}")
    assert present(client, "mitu")["rima"] == "here", "as it was last heard"
    two.network.heal()
    becomes(client, "mitu", "rima", None)
    becomes(client, "mitu", "nusrat", "here")
