"""The built front end: index.html for every page's address, assets that never change, and nothing else from the disk.
A browser gets it for an address that is none too, with 404: it says so in words, where programs get JSON.

Only files that were there at start are served, from memory once asked for: no address can leave the folder.
"""

import gzip
import hashlib
import re
from pathlib import Path
from typing import Final

import msgspec

from carevia.api.http import Answer, HeaderList, Request

PAGES: Final = (
    *("/", "/test-socket", "/dashboard", "/dashboard/bookings", "/dashboard/payments"),
    *("/chat", "/login", "/docs", "/booking/done"),
)
_TYPES: Final = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".json": b"application/json",
    ".webmanifest": b"application/manifest+json",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".ico": b"image/x-icon",
    ".txt": b"text/plain; charset=utf-8",
    ".woff2": b"font/woff2",
}
_PACKED: Final = frozenset({".html", ".js", ".css", ".json", ".svg", ".txt", ".webmanifest"})
# A weight of 0 says "not that one" (RFC 9110, 12.4.2).
_TAKES_GZIP: Final = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
_FOR_EVER: Final = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_EACH_TIME: Final = (b"cache-control", b"no-cache")
_NOT_BUILT: Final = (
    "Carevia runs, but its pages are not built.\n"
    "Start it with `python3 run.py`, which builds them, or run `npm ci && npm run build` in web/.\n"
    "The API answers all the same: /openapi.json describes it.\n"
)


class _File(msgspec.Struct):
    etag: str
    headers: HeaderList
    plain: bytes
    packed: bytes | None


class Pages:
    """`find(request)` is the answer for a page or an asset, None for any other address that no person has typed."""

    def __init__(self, folder: Path) -> None:
        self._paths: dict[str, Path] = {}
        self._read: dict[str, _File] = {}
        if (folder / "index.html").is_file():
            found = (path for path in sorted(folder.rglob("*")) if path.suffix in _TYPES and path.is_file())
            self._paths = {"/" + path.relative_to(folder).as_posix(): path for path in found}

    def find(self, request: Request) -> Answer | None:
        name = request.path.rstrip("/") or "/"
        if name in PAGES:
            if not self._paths:
                return Answer(503, _NOT_BUILT.encode(), [(b"content-type", _TYPES[".txt"]), _ASK_EACH_TIME])
            name = "/index.html"
        file = self._file(name)
        if file is not None:
            return _answer(file, request)
        index = self._file("/index.html")
        return _answer(index, request, status=404) if index is not None and _is_typed(request) else None

    def _file(self, name: str) -> _File | None:
        found = self._read.get(name)
        if found is None and name in self._paths:
            found = self._read[name] = _load(self._paths[name], for_ever=name.startswith("/assets/"))
        return found


def _load(path: Path, *, for_ever: bool) -> _File:
    plain = path.read_bytes()
    hashed = for_ever and "-" in path.stem  # the build puts a digest into the names of what may be kept
    etag = f'"{hashlib.sha256(plain).hexdigest()[:24]}"'  # told as weak: packed and plain are other bytes
    headers = [
        (b"content-type", _TYPES[path.suffix]),
        _FOR_EVER if hashed else _ASK_EACH_TIME,
        (b"etag", b"W/" + etag.encode()),
        (b"vary", b"Accept-Encoding"),
    ]
    packed = gzip.compress(plain, 6, mtime=0) if path.suffix in _PACKED and len(plain) > 1_000 else None
    return _File(etag, headers, plain, packed)


def _is_typed(request: Request) -> bool:
    """A person has opened this address in a browser."""
    opens = request.method in ("GET", "HEAD") and "text/html" in (request.header("accept") or "")
    return opens and not request.path.startswith("/api/")


def _answer(file: _File, request: Request, *, status: int = 200) -> Answer:
    if status == 200 and file.etag in (request.header("if-none-match") or ""):
        return Answer(304, b"", file.headers)
    if file.packed is not None and _TAKES_GZIP.search(request.header("accept-encoding") or ""):
        return Answer(status, file.packed, [*file.headers, (b"content-encoding", b"gzip")])
    return Answer(status, file.plain, file.headers)
