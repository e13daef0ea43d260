"""`carevia serve --workers 3` and a node beside it, behind nginx without stickiness (F19)."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.people import staff
from tests.acceptance.site import wait_until
from tests.acceptance.stripe import deliver, event, session
from tests.harness.node import SocketIOClient
from tests.harness.program import Program
from tests.nodes.cluster import NO_REDIS, Cluster, cluster

WAYS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
UPGRADED = {"polling": "polling", "websocket": "websocket", "upgrade": "websocket"}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("workers")
    with cluster(folder, ["--workers", "3"], [], CAREVIA_LIMIT_EVENTS_PER_SECOND="0") as site:
        wait_until(lambda: len(workers(site.nodes[0])) == 3, "three workers")
        yield site


def workers(program: Program) -> list[int]:
    text = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text()
    return [int(word) for word in text.split() if b"--worker\0" in Path(f"/proc/{word}/cmdline").read_bytes()]


def paid(site: Cluster, user: str) -> None:
    """A provider delivers again where a worker dies while it is asked."""
    body = event(session(user))
    wait_until(lambda: deliver(site.url, body).status_code == 200, f"the payment of {user} is taken")


def join(client: SocketIOClient, site: Cluster, each: int = 3) -> list[str]:
    names = []
    for number in range(each):
        for way, transports in WAYS.items():
            name = f"{way}-{number}"
            names.append(name)
            client.connect(site.url, name, transports=transports, auth={"token": staff(name)})
    return names


def test_every_transport_works_without_sticky_sessions(site: Cluster, javascript_client: SocketIOClient) -> None:
    client = javascript_client
    names = join(client, site)
    for name in names:
        if name.startswith("upgrade") and client.state(name)["transport"] == "polling":
            client.expect_kind("upgrade", name)
    for name in names:
        for number in range(5):
            assert client.call("test_event", number, socket=name), name
    paid(site, "family-1")
    for name in names:
        assert client.expect_event("customer_added", name)["args"][0]["userId"] == "family-1"
        assert client.state(name)["transport"] == UPGRADED[name.partition("-")[0]]
    wrong = [seen for seen in client.seen() if seen["kind"] in ("disconnect", "connect_error")]
    assert wrong == [], "F19: no error"
    metrics = httpx2.get(f"{site.nodes[1].url}/metrics", trust_env=False).text
    assert any(
        float(line.rpartition(" ")[2]) > 0 for line in metrics.splitlines()
        if line.startswith('carevia_connections_moved_total{way="')
    ), metrics  # fmt: skip


def test_a_worker_that_is_killed_is_started_again_and_its_sockets_miss_nothing(
    site: Cluster, javascript_client: SocketIOClient
) -> None:
    client, node = javascript_client, site.nodes[0]
    names = join(client, site)
    before = workers(node)
    paid(site, "family-2")
    for name in names:
        client.expect_event("customer_added", name)
    os.kill(before[0], signal.SIGKILL)
    os.kill(before[1], signal.SIGKILL)
    paid(site, "family-3")
    for name in names:
        assert client.expect_event("customer_added", name, timeout=20)["args"][0]["userId"] == "family-3"
        shown = [args[0]["userId"] for args in client.events("customer_added", name)]
        assert shown.count("family-3") == 1
    came_back = [seen for seen in client.seen() if seen["kind"] == "connect" and seen.get("recovered")]
    assert came_back, "whoever was on the killed workers was recovered"
    wait_until(lambda: len(workers(node)) == 3, "there are three again")
    assert set(before) & set(workers(node)) == {before[2]}
    assert list((node.data / "nodes").glob("*.sock")), "the living ones"


def test_it_stops_within_ten_seconds_with_status_0_and_without_its_parent_too() -> None:
    program = Program("--workers", "2", CAREVIA_REDIS_URL=NO_REDIS)
    with program:
        wait_until(lambda: len(workers(program)) == 2, "two workers")
        began = time.monotonic()
        assert program.stop() == 0
        assert time.monotonic() - began < 10
        program.start()
        wait_until(lambda: len(workers(program)) == 2, "two workers")
        children = workers(program)
        program.kill()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "nobody is left", 12)


def test_wrong_settings_end_the_parent_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, said = Program("--workers", "2", data=tmp_path / "file", CAREVIA_REDIS_URL=NO_REDIS).refuse()
    assert status == 2, said
