"""Bytes and strings into typed payloads, and what is wrong with them in words that name the field.

Schemas are msgspec Structs: unknown fields are ignored, wrong types are not turned into right ones (query strings
excepted, which have no types).
"""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from carevia.errors import BadInput, FieldError

T = TypeVar("T")


class Nothing(msgspec.Struct):
    """The declared absence of a payload."""


class Raw(msgspec.Struct):
    """The body, or the answer, is plain bytes. The handler reads a body itself, once it knows who sends it."""


def read_json(body: bytes, kind: type[T]) -> T:
    """The body as `kind`; BadInput says whether it is no JSON or which field is wrong."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as problem:
        raise _bad(problem) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadInput(
            "The body is not valid JSON.", errors=[{"field": "body", "message": "Send one JSON object in UTF-8."}]
        ) from None


def read_query(query: Mapping[str, str], kind: type[T]) -> T:
    try:
        return msgspec.convert(dict(query), kind, strict=False)
    except msgspec.ValidationError as problem:
        raise _bad(problem) from None


_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "nothing",
}


def field_error(problem: msgspec.ValidationError) -> FieldError:
    """msgspec's "Expected `int`, got `str` - at `$.page`" as {field: "page", message: "Expected a whole number..."}."""
    text, _, place = str(problem).partition(" - at ")
    field = place.strip("`").removeprefix("$").removeprefix(".")
    missing = re.fullmatch(r"Object missing required field `(.+)`", text)
    if missing:
        field = f"{field}.{missing[1]}" if field else missing[1]
        text = "This field is needed."
    words = re.sub(r"`([a-z |]+)`", lambda found: _in_words(found[1]), text)
    return {"field": field or "body", "message": words}


def _in_words(types: str) -> str:
    """`int | null` as "a whole number or nothing"."""
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))


def _bad(problem: msgspec.ValidationError) -> BadInput:
    error = field_error(problem)
    return BadInput(f"{error['field']}: {error['message']}", errors=[error])


def schema_of(kind: type[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON schema of a payload and the components it refers to, for /openapi.json."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return schema, components
