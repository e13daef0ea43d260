"""A request whose head is byte for byte the one before it, but for its query and the length of its body.

A polling client sends the same headers with every request of a connection. The HTTP parser has read and judged them
once; to compare bytes is a fifth of reading them again. What differs in anything else, or is not whole in one read, is
for the parser.
"""

import re
from collections.abc import Sequence

Headers = tuple[tuple[bytes, bytes], ...]

_VERSION = b" HTTP/1.1"
_LINE_END = b"\r\n"
_LENGTH = b"content-length"
_LENGTH_LINE = re.compile(rb"(?:^|\r\n)content-length:[ \t]*(\d+)\r\n", re.IGNORECASE)
_MOST_DIGITS = 15
_USUAL = 1_000  # bytes of a request's line: a longer one is for who knows how large a head may be
# What may stand in a query without a second thought: letters, digits, and what URLs are made of.
_SIGNS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%=&+/:"


class Repeated:
    """What the requests of one method on one connection have in common; `learn` makes it."""

    __slots__ = ("_after", "_before", "_headers", "_length", "_start")

    def __init__(self, start: bytes, headers: Headers, before: bytes, length: int = -1, after: bytes = b"") -> None:
        self._start = start  # method, path and question mark
        self._headers = headers
        self._before = before  # the lines of the headers, to the digits of the body's length where there is one
        self._length = length  # which header says it; -1 where there is no body
        self._after = after  # from behind those digits to the head's end

    def read(self, data: bytes) -> tuple[bytes, Headers, bytes] | None:
        """Query, headers and body (none: a GET), where the data is one whole request like those before."""
        line = data.find(_LINE_END)
        stop = line - len(_VERSION)
        at = line + len(_LINE_END)
        if not data.startswith(self._start) or data[stop:line] != _VERSION or not data.startswith(self._before, at):
            return None
        if line > _USUAL:
            return None
        query = data[len(self._start) : stop]
        if query.translate(None, _SIGNS):
            return None
        at += len(self._before)
        if self._length < 0:
            return (query, self._headers, b"") if at == len(data) else None
        return self._with_body(query, data, at)

    def _with_body(self, query: bytes, data: bytes, at: int) -> tuple[bytes, Headers, bytes] | None:
        stop = data.find(_LINE_END, at, at + _MOST_DIGITS + len(_LINE_END))
        digits = data[at:stop]
        if stop < 0 or not digits.isdigit() or not data.startswith(self._after, stop):
            return None
        body = data[stop + len(self._after) :]
        if not body or len(body) != int(digits):
            return None
        headers = self._headers
        return query, (*headers[: self._length], (_LENGTH, digits), *headers[self._length + 1 :]), body


def learn(method: bytes, url: bytes, headers: Sequence[tuple[bytes, bytes]], data: bytes) -> Repeated | None:
    """From a request that the parser has found good, and the read that begins with it; None where it is not simple."""
    line = method + b" " + url + _VERSION + _LINE_END
    path, mark, _ = url.partition(b"?")
    end = data.find(_LINE_END * 2, len(line) - len(_LINE_END))
    if not mark or not data.startswith(line) or end < 0:
        return None
    lines = data[len(line) : end + 2 * len(_LINE_END)]
    # One header in each line, and no other end of a line than the whole one: the head ends where we think it does.
    if not lines.count(_LINE_END) == lines.count(b"\n") == len(headers) + 1:
        return None
    names = [name for name, _ in headers]
    start = method + b" " + path + mark
    if b"transfer-encoding" in names:
        return None
    if _LENGTH not in names:
        return Repeated(start, tuple(headers), lines) if method == b"GET" else None
    found = _LENGTH_LINE.search(lines)
    if method == b"GET" or names.count(_LENGTH) != 1 or found is None:
        return None
    return Repeated(start, tuple(headers), lines[: found.start(1)], names.index(_LENGTH), lines[found.end(1) :])
