"""Who a client is behind proxies: which forwarding headers are believed, and as whom its address is counted."""

from typing import Any

import pytest

from carevia.realtime import Handshake
from carevia.realtime.handshake import TrustedProxies
from tests.realtime.rawclient import request
from tests.realtime.serving import make, run, serving

QUERY = "/socket.io/?EIO=4&transport=polling"


def test_forwarding_headers_count_only_from_a_trusted_proxy() -> None:
    forwarded = {
        "x_forwarded_for": "6.6.6.6, 9.9.9.9",
        "x_forwarded_proto": "https",
        "x_forwarded_host": "desk.example",
    }

    async def seen(**settings: Any) -> tuple[str, bool, int]:
        found: list[Handshake] = []
        server = make(admit=lambda handshake: found.append(handshake), **settings)
        async with serving(server) as site:
            answer = await request(site.port, "GET", QUERY, **forwarded)
            assert answer.status == 200
            by_name = await request(site.port, "GET", QUERY, origin="https://desk.example", **forwarded)
            return found[0].address, found[0].secure, by_name.status

    assert run(seen()) == ("127.0.0.1", False, 403)
    assert run(seen(trusted_proxies=("10.0.0.0/8",))) == ("127.0.0.1", False, 403)
    assert run(seen(trusted_proxies=("127.0.0.1",))) == ("9.9.9.9", True, 200)
    assert run(seen(trusted_proxies=("127.0.0.0/8", "9.9.9.9"))) == ("6.6.6.6", True, 200)


@pytest.mark.parametrize(
    "head",
    [
        [(b"x-forwarded-for", b"127.0.0.1"), (b"host", b"a"), (b"x-forwarded-for", b"9.9.9.9 ")],
        b"\r\nX-Forwarded-For: 127.0.0.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\n",
    ],
    ids=["read", "as it came"],
)
def test_a_proxy_may_say_the_address_in_a_line_of_its_own_below_the_clients(head: Any) -> None:
    """As HAProxy does: the first line, which is the client's own word, was believed."""
    assert Handshake(head, b"", "10.0.0.1", "http", TrustedProxies(("10.0.0.1",))).address == "9.9.9.9"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "5.5.5.5, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", " , ,1.2.3.4 ", "1.2.3.4"),
        ("10.0.0.1", "evil, 10.0.0.2", "evil"),
        ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
        ("8.8.8.8", "1.2.3.4", "8.8.8.8"),
        ("", "1.2.3.4", ""),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "1.2.3.4:5678, 10.0.0.2:99", "1.2.3.4:5678"),
    ],
)
def test_the_address_is_the_rightmost_that_no_proxy_of_ours_wrote(peer: str, forwarded: str, address: str) -> None:
    assert TrustedProxies(("10.0.0.0/8", "fd00::/8")).client_address(peer, forwarded) == address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("1.2.3.4:5678", "1.2.3.4"),
        ("[2001:db8:1:2::1]:5678", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_address_is_counted_without_its_port_and_one_of_ipv6_by_its_network(address: str, counted: str) -> None:
    assert Handshake((), b"", address, "http", TrustedProxies(())).counted == counted


def test_a_proxy_that_is_no_address_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError):
        TrustedProxies(("proxy.example",))
