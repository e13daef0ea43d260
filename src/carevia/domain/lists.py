"""Lists with numbered pages: how long a page is, and how the words of an address are read that ask for one."""

from collections.abc import Mapping

from carevia.domain.fields import refusal
from carevia.errors import FieldError

PAGE = 20
LARGEST_PAGE = 100
LAST_PAGE = 1_000_000
LAST_SEQ = 10**14


def pages(items: int, limit: int) -> int:
    return -(-items // limit)


def rows_on(page: int, limit: int, items: int) -> int:
    """How many rows a page of a list of so many has. Who asks for more reads on through the whole table for rows that
    are not there."""
    return max(0, min(limit, items - (page - 1) * limit))


def word(given: Mapping[str, str], field: str, words: tuple[str, ...], errors: list[FieldError]) -> str | None:
    """One of `words`; None where it is not asked for. What is wrong goes to `errors`."""
    value = given.get(field)
    if value in (None, "", "all"):
        return None
    if value not in words:
        errors.append({"field": field, "message": f"must be one of {', '.join(words)}"})
    return value


def number(
    given: Mapping[str, str], field: str, usual: int | None, most: int, errors: list[FieldError], least: int = 1
) -> int | None:
    """From `least` to `most`; `usual` where it is not asked for. What is wrong goes to `errors`."""
    value = given.get(field)
    if value is None or value == "":
        return usual
    if not value.isascii() or not value.isdigit() or len(value) > 15 or not least <= int(value) <= most:
        errors.append({"field": field, "message": f"must be a number from {least} to {most}"})
        return usual
    return int(value)


def complain(errors: list[FieldError]) -> None:
    """Raises BadInput with all of them, if there are any."""
    if errors:
        raise refusal("This list cannot be shown", errors)
