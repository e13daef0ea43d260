"""Credentials on live sockets of two hosts: what ends one ends every socket of its person on both, with Redis and
without; a newer token keeps a socket without a new connection."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from carevia.service.credentials import Credentials
from carevia.service.passwords import Passwords
from carevia.service.people import People
from carevia.store.store import open_store
from tests.acceptance.faults import metrics
from tests.acceptance.people import staff, token
from tests.acceptance.site import wait_until
from tests.harness.node import SocketIOClient
from tests.nodes.hosts import Hosts, Login, connect

PASSWORD = "a long password of somebody"
Change = Callable[[Credentials, str], Awaitable[None]]
CHANGES: dict[str, Change] = {
    "password": lambda credentials, user: credentials.new_password(user, "another long password"),
    "role": lambda credentials, user: credentials.new_role(user, "user"),
    "disabled": lambda credentials, user: credentials.disable(user),
}


def now() -> int:
    return time.time_ns() // 1_000_000


class Office:
    """Whoever changes accounts, from a process of their own."""

    def __init__(self, two: Hosts, folder: Path) -> None:
        self._url = two.east.settings["CAREVIA_DATABASE_URL"]
        self._folder = folder

    def account(self, email: str) -> str:
        """Of a new member of staff: its id."""

        async def add(store: Any, passwords: Passwords) -> str:
            return (await People(store, passwords, now).add(email, "admin", "Rafiq Hasan", PASSWORD)).id

        return str(self._do(add))

    def change(self, how: str, user: str) -> None:
        self._do(lambda store, passwords: CHANGES[how](Credentials(store, passwords, now), user))

    def _do(self, work: Callable[[Any, Passwords], Awaitable[Any]]) -> Any:
        async def visit() -> Any:
            store, passwords = open_store(self._url, self._folder), Passwords()
            await store.open()
            try:
                return await work(store, passwords)
            finally:
                await store.close()
                passwords.close()

        return asyncio.run(visit())


@pytest.fixture
def office(two: Hosts, tmp_path: Path) -> Iterator[Office]:
    yield Office(two, tmp_path)


def on_both(two: Hosts, client: SocketIOClient, login: Login) -> None:
    for name, node in (("near", two.east), ("far", two.west)):
        connect(client, node, name, login.token)


def are_told(client: SocketIOClient) -> None:
    for name in ("near", "far"):
        assert client.expect_kind("disconnect", name)["reason"] == "io server disconnect"


def test_signing_out_on_one_host_ends_the_sockets_of_that_login_on_both(
    two: Hosts, client: SocketIOClient, office: Office
) -> None:
    office.account("signs-out@carevia.example")
    login, other = (Login(node, "signs-out@carevia.example", PASSWORD) for node in (two.east, two.west))
    on_both(two, client, login)
    connect(client, two.west, "stays", other.token)
    login.end()
    are_told(client)
    assert client.call("test_event", socket="stays")["ok"]


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("redis", ["there", "away"])
def test_a_change_ends_every_socket_of_the_person_on_both_hosts_with_redis_and_without(
    two: Hosts, client: SocketIOClient, office: Office, how: str, redis: str
) -> None:
    email = f"{how}-{redis}@carevia.example"
    user = office.account(email)
    on_both(two, client, Login(two.west, email, PASSWORD))
    connect(client, two.west, "stays", staff("boss"))
    if redis == "away":
        two.network.reset()
        two.network.refuse()
        wait_until(lambda: metrics(two.west)["carevia_bus_connected"] == 0, "west is cut off")
    office.change(how, user)
    are_told(client)
    assert client.call("test_event", socket="stays")["ok"]


def test_a_newer_token_keeps_the_socket_where_it_is(two: Hosts, client: SocketIOClient) -> None:
    connect(client, two.west, "rima", token("rima", seconds=60))
    id = client.state("rima")["id"]
    assert client.call("renew", {"token": token("rima", seconds=3600)}, socket="rima") == {"ok": True}
    assert client.call("renew", {"token": token("nusrat")}, socket="rima")["code"] == "forbidden"
    assert client.state("rima") | {"id": id, "connected": True} == client.state("rima")
