"""docs/events.md, made from the table of events so that it cannot say anything else than the program does."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from carevia.domain.events import EVENTS, Event

_HEAD = """\
# Socket events

Made by `python -m carevia.domain.events > docs/events.md` from `src/carevia/domain/events.py`; do not edit.

Path `/socket.io/`, namespace `/`. A durable event is stored before anybody sees it and is replayed to whoever missed
it; it ends in its offset, an opaque string, as the last argument. Any other event may be lost and never ends in a
string (`null` is appended where it would), but for `reset`, which ends in an offset too. Every event that a client may
send answers an acknowledgement when one is asked for: `{ok: true, ...}` or `{ok: false, error, code}`, where `code` is
`bad_input`, `unauthorized`, `forbidden`, `not_yours`, `not_found`; or, where the same may be sent again later,
`unavailable`, `internal` or `rate_limited` (with `retryAfter`, seconds). Events that are not listed here do not exist.
"""


def page() -> str:
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for direction, title in (("client", "Client to server"), ("server", "Server to client")):
        yield f"## {title}\n"
        for event in EVENTS:
            if event.direction == direction:
                yield from _event(event)


def _event(event: Event) -> Iterator[str]:
    yield f"### `{event.name}`\n"
    yield f"{event.meaning}\n"
    if event.direction == "server":
        yield f"- Room: {event.room}"
    yield f"- Durable: {'yes' if event.durable else 'no'}"
    yield f"- Payload: {_arguments(event)}\n"
    for kind in event.payload:
        if _is_struct(kind):
            yield from _table(kind)


def _arguments(event: Event) -> str:
    if not event.payload:
        return "none"
    return ", then ".join(_argument(kind) for kind in event.payload)


def _argument(kind: Any) -> str:
    if _is_struct(kind):
        return "{" + ", ".join(field.encode_name for field in msgspec.structs.fields(kind)) + "}"
    base, about = _parts(kind)
    return f"{_word(base)} ({about})"


def _table(kind: type[msgspec.Struct]) -> Iterator[str]:
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    yield from _rows(kind, "")
    yield ""


def _rows(kind: type[msgspec.Struct], prefix: str) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        base, about = _parts(field.type)
        base = _without_unset(base)
        optional = "" if field.required else ", may be missing"
        yield f"| `{prefix}{field.encode_name}` | {_word(base)}{optional} | {about} |"
        if _is_struct(base):
            yield from _rows(base, f"{prefix}{field.encode_name}.")
        elif get_origin(base) is list and _is_struct(get_args(base)[0]):
            yield from _rows(get_args(base)[0], f"{prefix}{field.encode_name}[].")


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _parts(kind: Any) -> tuple[Any, str]:
    """The bare type and what is written about it."""
    if get_origin(kind) is not Annotated:
        return kind, ""
    base, *marks = get_args(kind)
    return base, " ".join(mark.description or "" for mark in marks if isinstance(mark, Meta))


def _without_unset(kind: Any) -> Any:
    """A field that may be missing on the wire is of its type and `UnsetType`."""
    if get_origin(kind) is UnionType and msgspec.UnsetType in get_args(kind):
        (kind,) = (part for part in get_args(kind) if part is not msgspec.UnsetType)
    return kind


def _word(kind: Any) -> str:
    if _is_struct(kind):
        return "object"
    if get_origin(kind) is list:
        return f"list of {_word(*get_args(kind))}s"
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) is UnionType:
        return " or ".join(_word(part) for part in get_args(kind))
    return {str: "string", int: "integer", bool: "true or false", NoneType: "null"}[kind]
