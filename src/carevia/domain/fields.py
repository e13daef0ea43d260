"""The fields of payloads: what the documentation says of one, and what is wrong with one that msgspec does not take."""

import re
from typing import Final

import msgspec

from carevia.errors import BadInput, FieldError

_WORDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "nothing",
}


def about(text: str) -> msgspec.Meta:
    """For `Annotated`: its meaning, for /openapi.json and docs/events.md."""
    return msgspec.Meta(description=text)


def field_error(problem: msgspec.ValidationError, whole: str) -> FieldError:
    """msgspec's "Expected `int`, got `str` - at `$.page`" as {field: "page", message: "Expected a whole number..."}.

    `whole` is the field where none is to blame.
    """
    text, _, place = str(problem).partition(" - at ")
    field = place.strip("`").removeprefix("$").removeprefix(".")
    missing = re.fullmatch(r"Object missing required field `(.+)`", text)
    if missing:
        field = f"{field}.{missing[1]}" if field else missing[1]
        text = "This field is needed."
    words = re.sub(r"`([a-z |]+)`", lambda found: _in_words(found[1]), text)
    return {"field": field or whole, "message": words}


def refusal(what: str, errors: list[FieldError]) -> BadInput:
    """`what`, as "This list cannot be shown", and its first fault in one sentence, with all of them."""
    return BadInput(f"{what}: {errors[0]['field']} {errors[0]['message']}.", errors=errors)


def _in_words(types: str) -> str:
    """`int | null` as "a whole number or nothing"."""
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))
