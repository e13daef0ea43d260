"""The HTTP request by which a client comes in: its headers, query, address and origin."""

import ipaddress
import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl

RawHeaders = Iterable[tuple[bytes, bytes]]  # names in lower case, as ASGI has them
_USUAL = 32  # bytes of a query that names no session: nearly all of those are one and the same
_LINE_END = b"\r\n"
_BLANKS = b" \t"
_FIELDS = re.compile(rb"\r\n([^:\r]+):[ \t]*([^\r]*)").findall
_WITH_PORT = re.compile(r"\[(.+)\](?::\d+)?|([\d.]+):\d+")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST_BITS = 64  # of an IPv6 address, which every customer of a provider chooses as they like


class TrustedProxies:
    """The peers whose forwarding headers are believed. Raises ValueError for what is no address or network."""

    def __init__(self, addresses: Collection[str]) -> None:
        self._networks: tuple[_Network, ...] = tuple(ipaddress.ip_network(a.strip(), strict=False) for a in addresses)
        self.any = bool(self._networks)

    def __contains__(self, address: str) -> bool:
        found = read_address(address)
        return found is not None and any(found in network for network in self._networks)

    def client_address(self, peer: str, forwarded_for: str) -> str:
        """The rightmost address that no trusted proxy wrote: what stands left of it is the client's own word."""
        if not forwarded_for:
            return peer
        address = peer
        for hop in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
            if address not in self:
                break
            address = hop
        return address


class Handshake:
    """One request, read lazily: most sockets are never asked for more than their cookie.

    `head` is its headers, or the very lines of them (see `find_header`), of which nothing is taken apart that nobody
    asks for.
    """

    __slots__ = ("_first", "_head", "_proxies", "_scheme", "peer", "raw_query")

    def __init__(self, head: RawHeaders | bytes, query: bytes, peer: str, scheme: str, proxies: TrustedProxies) -> None:
        self._head = head if isinstance(head, bytes) else tuple(head)
        self._first: dict[bytes, bytes] | None = None  # of each name the first value, once one was asked for
        self.raw_query = query
        self._scheme = scheme
        self._proxies = proxies
        self.peer = peer

    @property
    def raw(self) -> Sequence[tuple[bytes, bytes]]:
        """All headers as they came, names in lower case. A parser may have left blanks behind a value, which are none
        of it (RFC 9110 5.5): the other words leave them out."""
        head = self._head
        return tuple([(name.lower(), value) for name, value in _FIELDS(head)]) if isinstance(head, bytes) else head

    @property
    def headers(self) -> dict[str, str]:
        """Names in lower case; repeated ones joined by a comma (RFC 9110 5.3), cookies by `; ` (RFC 9113 8.2.3)."""
        found: dict[str, str] = {}
        for name, value in self.raw:
            key, text = name.decode("latin-1").lower(), value.strip(_BLANKS).decode("latin-1")
            if key in found:
                text = f"{found[key]}{'; ' if key == 'cookie' else ', '}{text}"
            found[key] = text
        return found

    def field(self, name: bytes) -> bytes:
        """One header's value, b"" where it is missing; of a name that comes twice, the first."""
        head = self._head
        if isinstance(head, bytes):
            return find_header(head, name)
        return self._firsts(head).get(name, b"").strip(_BLANKS)

    def joined(self, name: bytes) -> str | None:
        """One of `headers`, None where it is missing."""
        head = self._head
        # Where one comes twice it may be this one.
        if isinstance(head, bytes) or len(first := self._firsts(head)) < len(head):
            return self.headers.get(name.decode())
        value = first.get(name)
        return None if value is None else value.strip(_BLANKS).decode("latin-1")

    def _firsts(self, head: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
        if self._first is None:
            self._first = dict(reversed(head))
        return self._first

    def only(self, *names: bytes) -> list[bytes | None]:
        """The values of headers that should come once: b"" for one that is missing, None for one that comes twice."""
        head = self._head
        if isinstance(head, bytes):
            lower = head.lower()
            return [_only(head, lower, _LINE_END + name + b":") for name in names]
        found = [key for key, _ in head]
        return [None if found.count(name) > 1 else self.field(name) for name in names]

    def header(self, name: bytes) -> str:
        """`field` as text."""
        return self.field(name).decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        """The last value of each name."""
        raw = self.raw_query
        return dict(_usual_query(raw)) if len(raw) <= _USUAL else _query(raw)

    @property
    def address(self) -> str:
        """The client's address; forwarding headers count only where a trusted proxy wrote them."""
        if not self._proxies.any:
            return self.peer
        # A list (RFC 9110 5.3) to which some proxies add a line of their own, below the client's: HAProxy for one.
        hops = [value.decode("latin-1") for name, value in self.raw if name == b"x-forwarded-for"]
        return self._proxies.client_address(self.peer, ",".join(hops))

    @property
    def counted(self) -> str:
        """As whom every limit per address counts the client: see `counted_address`."""
        return counted_address(self.address)

    @property
    def by_proxy(self) -> bool:
        """Whether a trusted proxy speaks to us."""
        return self.peer in self._proxies

    @property
    def secure(self) -> bool:
        """Whether the client came by https."""
        proto = self.header(b"x-forwarded-proto") if self.by_proxy else ""
        return (proto or self._scheme) in ("https", "wss")

    @property
    def origin(self) -> str:
        """The Origin header, "" where there is none."""
        return self.header(b"origin")

    @property
    def same_origin(self) -> bool:
        """Whether the Origin is this very server, as the client addressed it."""
        host = self.header(b"x-forwarded-host") if self.by_proxy else ""
        return self.origin == f"{'https' if self.secure else 'http'}://{host or self.header(b'host')}"

    def origin_allowed(self, allowed: Collection[str]) -> bool:
        """Whether a page of this origin may speak to us.

        No Origin comes from plain clients and from a browser's same-origin GET; there `Sec-Fetch-Site` tells the truth.
        """
        if "*" in allowed:
            return True
        if not self.origin:
            return self.header(b"sec-fetch-site") not in ("cross-site", "same-site")
        return self.same_origin or self.origin in allowed


def read_address(text: str) -> _Address | None:
    """None for what is no address. One of IPv4 that came over a socket of IPv6 (`::ffff:`) is one of IPv4, and a port
    behind it, as some proxies write, is none of it."""
    bare = _WITH_PORT.fullmatch(text)
    try:
        found = ipaddress.ip_address(text if bare is None else bare[1] or bare[2])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


@lru_cache(1024)
def counted_address(address: str) -> str:
    """An address of IPv4 is counted by itself, one of IPv6 by its network of 64 bits: a single customer has as many
    addresses as that has, and would never meet a limit. What is no address is counted as it came."""
    found = read_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return f"{ipaddress.IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS)}/{128 - _HOST_BITS}"
    return address if found is None else str(found)


def find_header(lines: bytes, name: bytes) -> bytes:
    """The first value of that name (in lower case), b"" where it is missing. `lines`: whole lines of headers, with the
    end of a line before the first of them, and no blank before a colon."""
    mark = _LINE_END + name + b":"
    return _value(lines, lines.lower().find(mark), mark)


def _only(lines: bytes, lower: bytes, mark: bytes) -> bytes | None:
    at = lower.find(mark)
    return None if lower.find(mark, at + 1) > at else _value(lines, at, mark)


def _value(lines: bytes, at: int, mark: bytes) -> bytes:
    if at < 0:
        return b""
    at += len(mark)
    return lines[at : lines.find(_LINE_END, at)].strip(_BLANKS)


def _query(raw: bytes) -> dict[str, str]:
    text = raw.decode("latin-1")
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    found = {}
    for pair in text.split("&"):  # a tenth of parse_qsl's time
        if pair:
            name, _, found[name] = pair.partition("=")
    return found


@lru_cache(64)
def _usual_query(raw: bytes) -> tuple[tuple[str, str], ...]:
    return tuple(_query(raw).items())
