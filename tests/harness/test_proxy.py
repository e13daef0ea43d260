"""The bad network is tried on an echo, so that a failing fault test speaks about the program."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.harness.proxy import Proxy


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        try:
            while data := self.request.recv(65_536):
                self.request.sendall(data)
        except ConnectionResetError:
            self.server.resets += 1  # type: ignore[attr-defined]
        finally:
            self.server.left.release()  # type: ignore[attr-defined]


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.resets = 0
        self.left = threading.Semaphore(0)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.server_address[1]) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with call(proxy) as client:
        yield client


def call(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), 5)


def echoed(client: socket.socket, text: bytes = b"hello") -> bytes:
    client.sendall(text)
    return hear(client, len(text))


def hear(client: socket.socket, length: int) -> bytes:
    got = b""
    while len(got) < length and (data := client.recv(65_536)):
        got += data
    return got


def silent(client: socket.socket) -> bool:
    client.settimeout(0.2)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(5)
    return False


def test_bytes_pass_unchanged_and_ends_too(client: socket.socket, server: Server) -> None:
    text = bytes(range(256)) * 2_000
    sending = threading.Thread(target=client.sendall, args=(text,))
    sending.start()
    assert hear(client, len(text)) == text
    sending.join()
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
    assert server.left.acquire(timeout=5) and server.resets == 0


def test_latency_delays_each_way_and_does_not_add_up(proxy: Proxy, client: socket.socket) -> None:
    proxy.latency = 0.1
    began = time.monotonic()
    for _ in range(20):
        client.sendall(b"x" * 10)
    assert hear(client, 200) == b"x" * 200
    assert 0.2 <= time.monotonic() - began < 1.5


def test_a_blackhole_swallows_old_and_new_and_after_healing_what_was_held_flows_on(
    proxy: Proxy, client: socket.socket
) -> None:
    assert echoed(client) == b"hello"
    proxy.blackhole()
    with call(proxy) as other:
        client.sendall(b"old")
        other.sendall(b"new")
        assert silent(client) and silent(other)
        proxy.heal()
        assert (hear(client, 3), hear(other, 3)) == (b"old", b"new")


def test_only_the_oldest_are_not_read_from(proxy: Proxy, client: socket.socket) -> None:
    assert echoed(client) == b"hello"
    assert proxy.blackhole(most=1) == 1
    client.sendall(b"old")
    with call(proxy) as other:
        assert echoed(other) == b"hello"
    assert silent(client)
    proxy.heal()
    assert hear(client, 3) == b"old"


def test_half_open_connections_are_silent_for_ever_and_new_ones_work(
    proxy: Proxy, client: socket.socket, server: Server
) -> None:
    assert echoed(client) == b"hello"
    assert proxy.half_open() == 1
    client.sendall(b"lost")
    proxy.heal()
    assert silent(client)
    assert not server.left.acquire(timeout=0.1), "the server was told"
    with call(proxy) as other:
        assert echoed(other) == b"hello"
        assert proxy.connections == 1


def test_one_side_gone_only_the_other_still_believes(proxy: Proxy, client: socket.socket, server: Server) -> None:
    assert echoed(client) == b"hello"
    assert proxy.half_open(gone="client") == 1
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert not server.left.acquire(timeout=0.1), "the server was told"


def test_a_reset_reaches_both_sides_of_the_oldest(proxy: Proxy, client: socket.socket, server: Server) -> None:
    assert echoed(client) == b"hello"
    with call(proxy) as younger:
        assert echoed(younger) == b"hello"
        assert proxy.reset(most=1) == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        assert server.left.acquire(timeout=5) and server.resets == 1
        assert echoed(younger) == b"hello"


def test_refused_until_healed_and_a_server_that_is_away_is_a_reset(proxy: Proxy, client: socket.socket) -> None:
    assert echoed(client) == b"hello"
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        call(proxy)
    assert echoed(client) == b"hello"
    proxy.heal()
    with call(proxy) as other:
        assert echoed(other) == b"hello"
    with Proxy(1) as nowhere, pytest.raises(ConnectionResetError), call(nowhere) as other:
        other.recv(1)
