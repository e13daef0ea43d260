"""Rows as CSV (RFC 4180) that a spreadsheet opens without running anything in it. Pure.

A cell that begins like a formula is written as text, by an apostrophe before it (OWASP, CSV injection); so is one that
begins with a tab or a carriage return, which some programs skip. Every cell is quoted: then nothing in it ends it.
"""

from collections.abc import Iterable

BOM = "\ufeff"
_DANGEROUS = frozenset(
    ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
)  # the wide ones: spreadsheets narrow them


def line(cells: Iterable[object]) -> str:
    """One row with its end; None is an empty cell."""
    return ",".join(map(_cell, cells)) + "\r\n"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if text.lstrip(" ")[:1] in _DANGEROUS:
        text = "'" + text
    return '"' + text.replace('"', '""') + '"'
