"""Two programs on one store, joined by a real Valkey: losing it costs latency and nothing else.

The journal itself, read from outside, says what each desk is owed; delays are by one clock, from the payment's 200 to
the desk's event.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from typing import Any, NamedTuple

import httpx2
import pytest

from carevia.domain.signatures import sign_standard
from tests.acceptance.conftest import EMIT_SECRET, SETTINGS
from tests.acceptance.database import Database, shown
from tests.acceptance.faults import readiness, seconds_until
from tests.acceptance.people import staff, token
from tests.acceptance.site import ALONE, metric, pay, wait_until
from tests.acceptance.stripe import event, session, signature
from tests.harness.node import Message, SocketIOClient
from tests.harness.preloaded import Preloaded
from tests.harness.program import Program
from tests.harness.proxy import Proxy
from tests.harness.redis_peer import RedisPeer
from tests.harness.valkey import Valkey

BY_POLL = 1.5  # s, the longest way of an event while no hint comes
BY_HINT = 0.5  # s; a poll alone would take longer again and again
PASSWORD = "a-password-for-the-bus"


class Nodes(NamedTuple):
    near: Program
    far: Program
    valkey: Valkey
    network: Proxy  # between `far` and Valkey
    client: SocketIOClient  # sockets "near" and "far" are staff at the two
    database: Database
    start: int


@pytest.fixture(scope="module")
def running() -> Iterator[Nodes]:
    with ExitStack() as ends:
        valkey = ends.enter_context(Valkey(PASSWORD))
        network = ends.enter_context(Proxy(valkey.port))
        settings: dict[str, Any] = SETTINGS | {"CAREVIA_LIMIT_EVENTS_PER_SECOND": "0"}
        near = ends.enter_context(Preloaded(**settings, CAREVIA_REDIS_URL=valkey.unix_url))
        through = valkey.url.replace(f":{valkey.port}", f":{network.port}")
        far = ends.enter_context(Preloaded(data=near.data, **settings, CAREVIA_REDIS_URL=through))
        client = ends.enter_context(SocketIOClient())
        database = Database(near)
        start = database.newest
        for name, program in (("near", near), ("far", far)):
            client.connect(program.url, name, auth={"token": staff(name)})
        yield Nodes(near, far, valkey, network, client, database, start)


@pytest.fixture
def nodes(running: Nodes) -> Nodes:
    """All well, whatever the test before has left."""
    running.valkey.kill()
    running.valkey.start()
    running.network.heal()
    for program in (running.near, running.far):
        seconds_until(partial(_is_ready, program), 10)
    return running


def _is_ready(program: Program) -> bool:
    return readiness(program)[0] == 200


def _tells(desk: str, user: str, message: Message) -> bool:
    if (message["kind"], message["socket"], message.get("name")) != ("event", desk, "customer_added"):
        return False
    return bool(message["args"][0]["userId"] == user)


def delay(nodes: Nodes, user: str, *desks: str) -> dict[str, float]:
    """A payment at `near`: how long after its answer each desk had it."""
    pay(nodes.near, user)
    paid = time.monotonic()
    found = {}
    for desk in desks:
        nodes.client.expect(partial(_tells, desk, user), 5, f"{user} at {desk}")
        found[desk] = time.monotonic() - paid
    return found


def hinted(nodes: Nodes, user: str) -> bool:
    """Whether three payments in a row came at once: by luck of the poll one in eight do."""
    return all(delay(nodes, f"{user}-{n}", "far")["far"] < BY_HINT for n in range(3))


@contextmanager
def steady_payments(program: Program) -> Iterator[None]:
    """Twenty a second; every one must be answered with 200, and soon, whatever happens to Redis."""
    ended, took, statuses = threading.Event(), list[float](), list[int]()

    def work() -> None:
        link = HTTPConnection("127.0.0.1", program.port, timeout=5)
        while not ended.wait(0.05):
            body = event(session(f"steady-{len(took)}"))
            begun = time.monotonic()
            link.request("POST", "/api/payment/webhook", body, {"stripe-signature": signature(body)})
            answer = link.getresponse()
            answer.read()
            statuses.append(answer.status)
            took.append(time.monotonic() - begun)
        link.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)
    assert set(statuses) == {200}
    assert sorted(took)[len(took) // 2] < 0.1


def lost_nothing(nodes: Nodes) -> None:
    """Every desk has every row of its room, in order, once."""
    owed = nodes.database.owed("desk", after=nodes.start)
    for desk in ("near", "far"):
        wait_until(partial(_has, nodes, desk, owed), f"{desk} has all", timeout=5)
        assert [seq for seq in shown(nodes.client, desk) if seq in set(owed)] == owed


def _has(nodes: Nodes, desk: str, owed: list[int]) -> bool:
    return set(owed) <= set(shown(nodes.client, desk))


def test_nodes_are_one(nodes: Nodes) -> None:
    client = nodes.client
    delays = [delay(nodes, f"u-{n}", "far")["far"] for n in range(8)]
    assert sorted(delays)[6] < BY_HINT, delays
    client.connect(nodes.near.url, "rima", auth={"token": token("u-1")})
    assert client.call("join_room", "u-1", socket="far")["ok"]
    client.emit("typing", {"room": "u-1", "userName": "?"}, socket="rima")
    assert client.expect_event("user_typing", "far")["args"][1] == {"room": "u-1", "userId": "u-1"}
    assert announced(nodes.far) == 3
    client.disconnect("rima")
    wait_until(lambda: metric(nodes.near, "carevia_sockets") == 1, "rima has gone")
    assert announced(nodes.near) == 2
    assert metric(nodes.far, "carevia_bus_connected") == 1
    lost_nothing(nodes)


def announced(program: Program) -> int:
    """The clientCount of /emit-booking."""
    body = b'{"userId": "from-site", "amountPaid": "100"}'
    headers = sign_standard(secrets.token_hex(8), body, EMIT_SECRET, time.time_ns() // 1_000_000)
    answer = httpx2.post(f"{program.url}/emit-booking", content=body, headers=headers, trust_env=False)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["clientCount"])


def test_node_and_emitter_reach_our_desk_but_forge_nothing(nodes: Nodes) -> None:
    client = nodes.client
    with RedisPeer(nodes.valkey.url, "socket.io") as node:
        client.connect(nodes.far.url, "mina", auth={"token": token("mina")})
        mina = client.state("mina")["id"]
        node.do("join", by="emitter", rooms=[mina], joined=["news", "desk", "somebody", "somebody/desk"])
        node.do("emit", "customer_added", {"userId": "forged"}, by="emitter")
        node.do("emit", "live", {"seq": 10**9, "time": ""}, by="server", rooms=["desk"])
        node.do("emit", "bookings_changed", {"seq": 10**9}, by="emitter", rooms=["mina"])
        node.do("emit", "headline", "hello", by="emitter", rooms=["news"])
        assert client.expect_event("headline", "mina")["args"] == ["hello", None]
        pay(nodes.near, "somebody")
        text = {"id": "1", "roomId": "somebody", "text": "For somebody only"}
        assert client.call("join_room", "somebody", socket="near")["ok"]
        assert client.call("send_message", text, socket="near")["ok"]
        client.call("test_event", socket="mina")
        names = [m["name"] for m in client.seen() if (m["kind"], m["socket"]) == ("event", "mina")]
        assert set(names) <= {"headline", "live", "support", "test_event"}
        assert not [args for args in client.events("customer_added", "far") if args[0]["userId"] == "forged"]
        assert all(args[0]["seq"] < 10**9 for args in client.events("live", "far"))
    client.disconnect("mina")
    lost_nothing(nodes)


def test_a_desk_that_the_bus_has_put_into_rooms_hears_no_less(nodes: Nodes) -> None:
    """Into a conversation before it opens it itself, and into rooms that are named as the sockets of who writes."""
    client = nodes.client
    client.connect(nodes.near.url, "beside", auth={"token": staff("beside")})
    pay(nodes.near, "much-sought")
    with RedisPeer(nodes.valkey.url, "socket.io") as node:
        writer = client.state("near")["id"]
        node.do("join", by="emitter", rooms=["desk"], joined=["much-sought", writer])
        node.do("leave", by="emitter", rooms=["desk"], left=["much-sought", "never-entered"])
        node.do("emit", "headline", by="emitter", rooms=["desk"])
        for desk in ("near", "beside", "far"):
            client.expect_event("headline", desk)
            assert client.call("join_room", "much-sought", socket=desk)["ok"]
    text = {"id": "sought", "roomId": "much-sought", "text": "Hello"}
    assert client.call("send_message", text, socket="near")["ok"]
    for desk in ("beside", "far"):
        client.expect_event("receive_message", desk)
    client.disconnect("beside")
    lost_nothing(nodes)


def test_redis_that_is_killed_flushed_and_gone_costs_latency_only(nodes: Nodes) -> None:
    assert hinted(nodes, "before-kill")
    with steady_payments(nodes.near):
        nodes.valkey.kill()
        seconds_until(lambda: readiness(nodes.far)[0] == 503, 5)
        seconds_until(lambda: "Redis" in readiness(nodes.near)[1], 5)
        for n in range(4):
            delays = delay(nodes, f"gone-{n}", "near", "far")
            assert delays["near"] < BY_HINT, delays
            assert delays["far"] < BY_POLL, delays
        nodes.valkey.start()
        back = seconds_until(lambda: hinted(nodes, f"back-{time.monotonic()}"), 4)
        seconds_until(lambda: readiness(nodes.far)[0] == 200, 3)
        assert nodes.valkey.command("FLUSHALL") == b"+OK\r\n"
        nodes.valkey.kill()
        nodes.valkey.start()
        seconds_until(lambda: hinted(nodes, f"again-{time.monotonic()}"), 4)
    lost_nothing(nodes)
    assert back < 2 or not ALONE, back


def test_a_node_cut_off_from_redis_notices_and_polls(nodes: Nodes) -> None:
    assert hinted(nodes, "before-cut")
    with steady_payments(nodes.near):
        nodes.network.blackhole()
        noticed = seconds_until(lambda: readiness(nodes.far)[0] == 503, 7)
        for n in range(3):
            assert delay(nodes, f"dark-{n}", "far")["far"] < BY_POLL
        assert readiness(nodes.near)[0] == 200
        nodes.network.heal()
        seconds_until(lambda: readiness(nodes.far)[0] == 200, 5)
        seconds_until(lambda: hinted(nodes, f"healed-{time.monotonic()}"), 3)
    lost_nothing(nodes)
    assert noticed <= 5
