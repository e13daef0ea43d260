"""Bytes and strings into typed payloads, and what is wrong with them in words that name the field.

Schemas are msgspec Structs: unknown fields are ignored, wrong types are not turned into right ones (query strings
excepted, which have no types).
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from carevia.domain.fields import field_error
from carevia.errors import BadInput

T = TypeVar("T")


class Nothing(msgspec.Struct):
    """The declared absence of a payload."""


class Raw(msgspec.Struct):
    """The body is plain bytes. The handler reads it itself, once it knows who sends it."""


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


def _bad(problem: msgspec.ValidationError) -> BadInput:
    error = field_error(problem, "body")
    return BadInput(f"{error['field']}: {error['message']}", errors=[error])


def described(**schema: Any) -> msgspec.Meta:
    """For `Annotated`: told in /openapi.json, and judged by the domain alone, which says every fault at once."""
    return msgspec.Meta(extra_json_schema=schema)


BINARY: Final = {"type": "string", "format": "binary"}
CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
"""The characters that no text may hold (`domain.text.is_clean`), for a pattern."""


def schema_of(kind: type[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON schema of a payload and the components it refers to, for /openapi.json."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return schema, components
