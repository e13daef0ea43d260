"""What passes between an ASGI server and whoever answers a request (asgi.readthedocs.io, the HTTP part)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from carevia.realtime.exchange import DRAIN_SECONDS
from carevia.realtime.handshake import Handshake, TrustedProxies

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def handshake_of(scope: Scope, proxies: TrustedProxies) -> Handshake:
    """An HTTP request's, by ASGI's rules for what a scope may leave out."""
    peer = (scope.get("client") or ("",))[0]
    return Handshake(scope["headers"], scope.get("query_string", b""), peer, scope.get("scheme", "http"), proxies)


async def disconnected(receive: Receive) -> None:
    """Returns when the client has gone, or has its answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def drain(receive: Receive) -> None:
    """Read on for a moment what a client still sends that has been refused. Whoever closes the connection over unread
    bytes resets the answer away; so it is sent whole, then this, then its end."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while (message := await receive())["type"] != "http.disconnect" and message.get("more_body"):
                pass
