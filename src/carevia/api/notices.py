"""Signed notices answered inside the HTTP server's protocol (realtime/direct.py): the hot path without ASGI.

A notice is a POST to a route whose policy is `signed`. ASGI's messages, its task and uvicorn's checks of every header
cost more than judging, storing and announcing a payment does. What is not plain HTTP/1.1 (a query, `Expect`,
pipelining) comes by the edge all the same, and is answered alike.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from carevia.api.edge import Edge
from carevia.api.http import Request, SlowBody, too_large
from carevia.api.policy import Route
from carevia.errors import CareviaError
from carevia.realtime import exchange
from carevia.realtime.direct import Door
from carevia.realtime.handshake import Handshake

Respond = Callable[[exchange.Answer], None]


def doors(edge: Edge, routes: Iterable[Route[Any, Any]]) -> dict[bytes, Door]:
    """By method and target, for `serve_protocol`."""
    signed = [route for route in routes if route.policy == "signed" and route.method == "POST"]
    return {f"POST {route.path}".encode(): partial(Notice, edge, route) for route in signed}


class Notice:
    """One of them; see realtime/direct.py."""

    __slots__ = ("_edge", "_request", "_respond", "_route", "_task")

    def __init__(self, edge: Edge, route: Route[Any, Any], handshake: Handshake, method: str, respond: Respond) -> None:
        self._edge = edge
        self._route = route
        self._request = Request(handshake, method, route.path)
        self._respond: Respond | None = respond
        self._task: asyncio.Task[None] | None = None

    @property
    def limit(self) -> int:
        return self._route.limit

    def begin(self) -> bool:
        try:
            self._request.check_length(self.limit)
        except CareviaError as error:
            self._refuse(error)
            return False
        return True

    def body(self, data: bytes) -> None:
        self._task = asyncio.get_running_loop().create_task(self._handle(data))

    def too_large(self) -> None:
        self._refuse(too_large(self.limit))

    def too_slow(self) -> None:
        self._refuse(SlowBody())

    def gone(self) -> None:
        """What has begun goes on: its sender will ask again, and is told that it is done."""
        self._respond = None

    async def _handle(self, data: bytes) -> None:
        self._send(await self._edge.notice(self._route, self._request, data))

    def _refuse(self, error: CareviaError) -> None:
        self._send(self._edge.refused(self._route, self._request, error))

    def _send(self, answer: exchange.Answer) -> None:
        respond, self._respond, self._task = self._respond, None, None
        if respond is not None:
            respond(answer)
