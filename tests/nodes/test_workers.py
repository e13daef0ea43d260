"""`carevia serve --workers 3` and a node beside it, behind nginx without stickiness."""

import errno
import json
import os
import re
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from carevia.cli.workers import Child
from tests.acceptance.people import staff
from tests.acceptance.site import wait_until
from tests.acceptance.stripe import deliver, event, session
from tests.harness.node import SocketIOClient
from tests.harness.program import Program
from tests.harness.valkey import Valkey
from tests.nodes.cluster import NO_REDIS, Cluster, cluster

WAYS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
UPGRADED = {"polling": "polling", "websocket": "websocket", "upgrade": "websocket"}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("workers")
    with (
        Valkey() as valkey,
        cluster(
            folder, ["--workers", "3"], [], CAREVIA_LIMIT_EVENTS_PER_SECOND="0", CAREVIA_REDIS_URL=valkey.url
        ) as site,
    ):
        wait_until(lambda: len(workers(site.nodes[0])) == 3, "three workers")
        yield site


def workers(program: Program) -> list[int]:
    text = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text()
    return [int(word) for word in text.split() if b"--worker\0" in Path(f"/proc/{word}/cmdline").read_bytes()]


def name_of(pid: int) -> str:
    """A worker's, as its session ids begin: of the socket on which it takes connections over."""
    open_files = {os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()}
    listed = (line.split() for line in Path("/proc/net/unix").read_text().splitlines())
    known = {f"socket:[{line[6]}]": Path(line[7]) for line in listed if len(line) > 7}
    return next(path.stem for link, path in known.items() if link in open_files and path.suffix == ".sock")


def sessions_of(client: SocketIOClient, names: list[str]) -> Counter[str]:
    """How many of these sockets each worker holds, by its name."""
    return Counter(client.state(name)["session"].partition(".")[0] for name in names)


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
    assert wrong == [], "no error"
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
    for name in ("direct-0", "direct-1"):  # nginx may have brought all of the others to the other node
        client.connect(node.url, name, transports=["websocket"], auth={"token": staff(name)})
        names.append(name)
    held = sessions_of(client, names)
    before = sorted(workers(node), key=lambda pid: held[name_of(pid)], reverse=True)  # who holds the most goes first
    paid(site, "family-2")
    for name in names:
        client.expect_event("customer_added", name)
    killed = {name_of(pid): held[name_of(pid)] for pid in before[:2]}
    os.kill(before[0], signal.SIGKILL)
    os.kill(before[1], signal.SIGKILL)
    paid(site, "family-3")
    for name in names:
        assert client.expect_event("customer_added", name, timeout=20)["args"][0]["userId"] == "family-3"
        shown = [args[0]["userId"] for args in client.events("customer_added", name)]
        assert shown.count("family-3") == 1
    connects = [seen for seen in client.seen() if seen["kind"] == "connect"]
    came_back = [seen for seen in connects if seen.get("recovered")]
    assert came_back, f"whoever was on the killed workers, {killed} of {held}, was recovered: {connects}"
    wait_until(lambda: len(workers(node)) == 3, "there are three again")
    assert set(before) & set(workers(node)) == {before[2]}
    assert list((node.data / "nodes").glob("*.sock")), "the living ones"


def test_the_same_notice_to_all_workers_at_once_is_one_booking(
    site: Cluster, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    client.connect(site.url, "desk", auth={"token": staff()})
    body = event(session("family-4"))
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: deliver(site.nodes[0].url, body).status_code, range(24)))
    assert answers == [200] * 24
    paid(site, "family-5")
    shown = [client.expect_event("customer_added", "desk")["args"][0]["userId"] for _ in range(2)]
    assert shown == ["family-4", "family-5"]


def test_whichever_worker_is_asked_metrics_and_readiness_are_those_of_all(
    site: Cluster, javascript_client: SocketIOClient
) -> None:
    node = site.nodes[0]
    for number in range(6):
        javascript_client.connect(node.url, f"tab-{number}", auth={"token": staff(f"staff-{number}")})
    # More where a client of a test before has gone between two polls: its session lives for a heartbeat still.
    wait_until(
        lambda: sum(samples(node, "carevia_sockets").values()) >= 6,
        "six sockets are there",
        seen=lambda: (samples(node, "carevia_sockets"), workers(node), node.output()[-3_000:]),
    )
    seen = []
    for _ in range(4):
        assert httpx2.get(f"{node.url}/readyz", trust_env=False).status_code == 200
        assert httpx2.get(f"{node.url}/readyz?without=bus", trust_env=False).status_code == 200
        sockets = samples(node, "carevia_sockets")
        assert len(sockets) == 3 and sum(sockets.values()) >= 6
        seen.append(sum(samples(node, "carevia_engine_received_total").values()))
    assert seen == sorted(seen), "counters do not go back"
    page = httpx2.get(f"{node.url}/metrics", trust_env=False).text
    assert page.count("# TYPE carevia_sockets gauge") == 1, "each family once"
    assert page.count('carevia_ready{worker="') == 3 * len({*re.findall(r'carevia_ready\{.*?part="(\w+)"', page)})
    own = httpx2.get(f"{node.url}/metrics?own=1", trust_env=False).text
    assert "worker=" not in own and len(re.findall(r"^carevia_sockets ", own, re.MULTILINE)) == 1


def samples(node: Program, name: str) -> dict[str, float]:
    """By worker."""
    text = httpx2.get(f"{node.url}/metrics", trust_env=False).text
    found = re.findall(rf'^{name}\{{worker="([^"]+)"\}} (\S+)$', text, re.MULTILINE)
    return {worker: float(value) for worker, value in found}


def test_a_worker_that_hangs_turns_readiness_red_whichever_is_asked(site: Cluster) -> None:
    node = site.nodes[0]
    hanging = workers(node)[-1]
    os.kill(hanging, signal.SIGSTOP)
    try:
        # Every third probe is given to the very worker that hangs, and takes its five seconds.
        wait_until(lambda: readiness(node) == (503, "A worker does not answer."), "it is red", timeout=60)
    finally:
        os.kill(hanging, signal.SIGCONT)
    wait_until(lambda: readiness(node)[0] == 200, "it is green again", timeout=60)


def readiness(node: Program) -> tuple[int, str]:
    try:
        answer = httpx2.get(f"{node.url}/readyz", trust_env=False, timeout=5)
    except httpx2.TimeoutException:  # the system has given the probe to the very worker that hangs
        return 0, ""
    return answer.status_code, answer.json().get("message", "")


def test_it_stops_within_ten_seconds_with_status_0_and_without_its_parent_too(
    javascript_client: SocketIOClient,
) -> None:
    program = Program("--workers", "2", CAREVIA_REDIS_URL=NO_REDIS)
    with program:
        wait_until(lambda: len(workers(program)) == 2, "two workers")
        for number in range(6):
            way = ["polling"] if number % 2 else ["websocket"]
            javascript_client.connect(program.url, f"guest-{number}", transports=way)
        began = time.monotonic()
        assert program.stop() == 0
        assert time.monotonic() - began < 10
        for number in range(6):
            gone = javascript_client.expect_kind("disconnect", f"guest-{number}")
            assert gone["active"] is True, "let go, to come back by itself"
        program.start()
        wait_until(lambda: len(workers(program)) == 2, "two workers")
        children = workers(program)
        program.kill()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "nobody is left", 12)


def test_a_worker_that_has_died_is_a_line_of_the_log_as_every_other() -> None:
    with Program("--workers", "2", CAREVIA_REDIS_URL=NO_REDIS, CAREVIA_LOG="json") as program:
        wait_until(lambda: len(workers(program)) == 2, "two workers")
        os.kill(workers(program)[0], signal.SIGKILL)
        said = json.loads(program.wait_for_line("a worker has ended").string)
        assert (said["level"], said["status"], said["worker"] in (0, 1)) == ("warning", -signal.SIGKILL, True)


def test_a_worker_is_started_again_once_the_system_has_room_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parent that ended for want of it would take those that are well with it."""
    tried = []

    def no_room(*words: object, **_: object) -> None:
        tried.append(words)
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("carevia.cli.workers._FIRST_PAUSE", 0.02)
    with socket.socket() as listener:
        child = Child(0, listener, "group", [sys.executable, "-c", "pass"])
        child.start()
        wait_until(lambda: child.look() == 0, "it has ended")
        with monkeypatch.context() as full:
            full.setattr("subprocess.Popen", no_room)
            wait_until(lambda: child.look() is None and tried, "it was tried again")
        wait_until(lambda: child.look() == 0, "it has lived once more")


def test_wrong_settings_end_the_parent_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, said = Program("--workers", "2", data=tmp_path / "file", CAREVIA_REDIS_URL=NO_REDIS).refuse()
    assert status == 2, said
