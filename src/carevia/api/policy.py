"""Who may do what, declared beside every door, and the check at start that no door was forgotten.

A policy says who may come through: `public` anyone, `guest` anyone (told who they are where they signed in),
`customer` whoever signed in, `staff` the desk, `signed` a service or provider that proves itself over the raw body.
What a customer may see inside is the service's rule (their own), never the route's.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeVar, get_args

import msgspec

from carevia.api.auth import Identity
from carevia.api.http import BODY_LIMIT, Answer, Request
from carevia.domain.people import Person
from carevia.errors import ConfigError, Forbidden, SignInFirst

Policy = Literal["public", "guest", "customer", "staff", "signed"]
POLICIES: Final = frozenset(get_args(Policy))
Q = TypeVar("Q")
B = TypeVar("B")


class Call(msgspec.Struct, Generic[Q, B]):
    """What a handler gets: the request, who asks, and its payloads, checked. Bodies of `signed` routes are bytes."""

    request: Request
    identity: Identity | None
    query: Q
    body: B

    @property
    def person(self) -> Person | None:
        return None if self.identity is None else self.identity.person

    @property
    def proven(self) -> Identity:
        """How whoever signed in proved it; only for routes whose policy lets no one else through."""
        if self.identity is None:
            raise SignInFirst
        return self.identity

    @property
    def viewer(self) -> Person:
        """Whoever signed in; only for routes whose policy lets no one else through."""
        return self.proven.person


class Route(msgspec.Struct, Generic[Q, B], kw_only=True, frozen=True, eq=False):
    """One method of one path. What is not declared (policy, query, body) stops the server from starting."""

    method: Literal["GET", "POST"]
    path: str
    summary: str
    handler: Callable[[Call[Q, B]], Awaitable[Answer]]
    policy: Policy | None = None
    query: type[Any] | None = None
    body: type[Any] | None = None
    reads_query: Callable[[Mapping[str, str]], Q] | None = None  # where the domain reads it; `query` describes it
    answer: Any = None  # JSON schema or type of the answer's `data`; of the whole answer where `bare`
    bare: bool = False
    beside: Mapping[str, Any] = MappingProxyType({})  # types of what stands beside `data`, for lists paged by cursor
    media: tuple[str, ...] = ()  # what the answer may be where it is no JSON
    errors: tuple[int, ...] = ()  # what it answers but 200, beyond those its policy and payloads bring
    limit: int = BODY_LIMIT
    described: bool = True  # in /openapi.json


class SocketEvent(msgspec.Struct, frozen=True, eq=False):
    """One event that clients may send; its payload is the table's in domain/events.py."""

    name: str
    handler: Callable[..., Awaitable[Any]]
    policy: Policy | None = None
    payload: tuple[Any, ...] | None = None


def permit(policy: Policy, person: Person | None) -> None:
    """SignInFirst (401) or Forbidden (403) for who may not come through; `signed` routes judge by themselves."""
    if policy in ("public", "guest", "signed"):
        return
    if person is None:
        raise SignInFirst
    if policy == "staff" and not person.is_staff:
        raise Forbidden("This is for staff only.")


def check_routes(routes: Iterable[Route[Any, Any]]) -> None:
    """Refuse to start with a route that does not say who may use it and what it takes, or that exists twice."""
    seen: set[tuple[str, str]] = set()
    for route in routes:
        _check(f"route {route.method} {route.path}", route.policy in POLICIES, None not in (route.query, route.body))
        if (route.method, route.path) in seen:
            raise ConfigError(f"The route {route.method} {route.path} is declared twice.")
        seen.add((route.method, route.path))


def check_events(events: Iterable[SocketEvent], known: Iterable[str]) -> None:
    """Refuse to start with a handler that lacks policy or schema, or with a client event that nobody handles."""
    names = set()
    for event in events:
        _check(f"event {event.name}", event.policy in POLICIES - {"signed"}, event.payload is not None)
        names.add(event.name)
    unmatched = sorted(set(known) ^ names)
    if unmatched:
        raise ConfigError(f"These events stand either in domain/events.py or in the handlers only: {unmatched}.")


def _check(door: str, has_policy: bool, has_schema: bool) -> None:
    if not has_policy:
        raise ConfigError(f"The {door} declares no policy: the server does not start with an open door.")
    if not has_schema:
        raise ConfigError(f"The {door} declares no payload schema: the server does not start without one.")
