"""Two hosts that share PostgreSQL and Valkey and nothing else: each has a folder and an address of its own (127.0.0.2
and 127.0.0.3), so that no connection can be handed over between them. nginx hands requests round in front."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.faults import readiness
from tests.acceptance.site import wait_until
from tests.harness.nginx import Nginx
from tests.harness.node import SocketIOClient
from tests.harness.program import Program, free_port
from tests.harness.proxy import Proxy
from tests.harness.valkey import Valkey
from tests.nodes.cluster import configured

KEY = "a secret key that both of the two hosts share"
TABS = 3
GUESTS = 12  # and others of whom it is not known yet who they are
SMALL_LIMITS = {
    "CAREVIA_LIMIT_TABS_PER_USER": str(TABS),
    "CAREVIA_LIMIT_CONNECTIONS_PER_ADDRESS": str(GUESTS),
    "CAREVIA_LIMIT_EVENTS_PER_SECOND": "0",
    "CAREVIA_RECEIPT_ALARM": "5s",
    "CAREVIA_LOG": "json",
}
GONE = 8.0  # s, in which the people of a node that was killed are gone: 5 of silence, a beat, and what a test needs


class Hosts(NamedTuple):
    east: Program
    west: Program
    valkey: Valkey
    network: Proxy  # between `west` and Valkey
    url: str  # of nginx

    def ready(self) -> None:
        """All well, whatever the test before has left."""
        self.network.heal()
        for node in (self.east, self.west):
            if node.process is None:
                node.start()
            _wait_until_ready(node)


def _wait_until_ready(node: Program) -> None:
    deadline = time.monotonic() + 30
    while (said := readiness(node))[0] != 200:
        assert time.monotonic() < deadline, f"{node.url} is not ready: {said[1]}\n{node.output()[-3_000:]}"
        time.sleep(0.05)


@contextmanager
def hosts(folder: Path, database_url: str, **settings: str) -> Iterator[Hosts]:
    given: dict[str, Any] = SETTINGS | {
        "CAREVIA_DATABASE_URL": database_url,
        "CAREVIA_SECRET_KEY": KEY,
        "CAREVIA_TRUSTED_PROXIES": "127.0.0.1",
        **settings,
    }
    port = free_port()
    with ExitStack() as stack:
        valkey = stack.enter_context(Valkey())
        network = stack.enter_context(Proxy(valkey.port))
        nodes = []
        for host, redis in (("127.0.0.2", valkey.port), ("127.0.0.3", network.port)):
            own: dict[str, Any] = {"CAREVIA_REDIS_URL": f"redis://127.0.0.1:{redis}", "CAREVIA_NODE_ADDRESS": host}
            nodes.append(stack.enter_context(Program(host=host, **given, **own)))
        (folder / "nginx").mkdir()
        text = configured(folder / "nginx", [f"{node.host}:{node.port}" for node in nodes], port)
        nginx = stack.enter_context(Nginx(folder / "nginx", text))
        nginx.start(port)
        yield Hosts(nodes[0], nodes[1], valkey, network, f"http://127.0.0.1:{port}")


class Login:
    """A session of somebody with a password, begun on a node and ended there."""

    def __init__(self, node: Program, email: str, password: str) -> None:
        self._node = node
        answer = self._post("login", {"email": email, "password": password})
        self.token = str(answer.json()["data"]["token"])
        self._cookie = answer.headers["set-cookie"].partition(";")[0]

    def end(self) -> None:
        self._post("logout", {}, cookie=self._cookie)

    def _post(self, what: str, said: dict[str, str], **headers: str) -> httpx2.Response:
        headers["origin"] = self._node.url
        answer = httpx2.post(f"{self._node.url}/api/{what}", json=said, headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer


def connect(client: SocketIOClient, node: Program, name: str, credential: str) -> None:
    client.connect(node.url, name, auth={"token": credential})


def present(client: SocketIOClient, desk: str) -> dict[str, str]:
    """Who is here or away, as this desk was told: the last picture, and what came after it."""
    states: dict[str, str] = {}
    for (said,) in client.events("presence", desk):
        states = {} if said["whole"] else states
        states |= {one["userId"]: one["state"] for one in said["staff"]}
        for state in ("here", "away", "offline"):
            states |= dict.fromkeys(said[state], state)
    return {person: state for person, state in states.items() if state != "offline"}


def becomes(client: SocketIOClient, desk: str, person: str, state: str | None, timeout: float = 10) -> None:
    wait_until(lambda: present(client, desk).get(person) == state, f"{person} is {state} for {desk}", timeout)
