"""The HTTP request by which a client comes in: its headers, query, address and origin."""

import ipaddress
from collections.abc import Collection, Iterable
from urllib.parse import parse_qsl

RawHeaders = Iterable[tuple[bytes, bytes]]  # names in lower case, as ASGI has them
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """The peers whose forwarding headers are believed. Raises ValueError for what is no address or network."""

    def __init__(self, addresses: Collection[str]) -> None:
        self._networks: tuple[_Network, ...] = tuple(ipaddress.ip_network(a.strip(), strict=False) for a in addresses)

    def __contains__(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

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
    """One request, read lazily: most sockets are never asked for more than their cookie."""

    __slots__ = ("_proxies", "_scheme", "peer", "raw", "raw_query")

    def __init__(self, raw: RawHeaders, query: bytes, peer: str, scheme: str, proxies: TrustedProxies) -> None:
        self.raw = tuple(raw)
        self.raw_query = query
        self._scheme = scheme
        self._proxies = proxies
        self.peer = peer

    @property
    def headers(self) -> dict[str, str]:
        """Names in lower case; repeated ones joined by a comma."""
        found: dict[str, str] = {}
        for name, value in self.raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
        return found

    def header(self, name: bytes) -> str:
        """One header's value, "" where it is missing."""
        value = dict(reversed(self.raw)).get(name)  # of a name that comes twice, the first
        return "" if value is None else value.decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        """The last value of each name."""
        text = self.raw_query.decode("latin-1")
        if "%" in text or "+" in text:
            return dict(parse_qsl(text, keep_blank_values=True))
        found = {}
        for pair in text.split("&"):  # a tenth of parse_qsl's time
            if pair:
                name, _, found[name] = pair.partition("=")
        return found

    @property
    def address(self) -> str:
        """The client's address; forwarding headers count only where a trusted proxy wrote them."""
        return self._proxies.client_address(self.peer, self.header(b"x-forwarded-for"))

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
