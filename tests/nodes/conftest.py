"""Two hosts for all tests that want them; each test finds them well, whatever the one before has left."""

from collections.abc import Iterator

import pytest

from tests.harness.node import SocketIOClient
from tests.harness.postgres import Postgres
from tests.nodes.hosts import SMALL_LIMITS, Hosts, hosts


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Hosts]:
    with hosts(tmp_path_factory.mktemp("hosts"), postgres.prepared(), **SMALL_LIMITS) as running:
        yield running


@pytest.fixture
def two(running: Hosts) -> Hosts:
    running.ready()
    return running


@pytest.fixture
def client(javascript_client: SocketIOClient) -> SocketIOClient:
    return javascript_client
