"""Attachments over HTTP: bytes in, and out to whoever may open the conversation, as nothing a browser would run."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote
from weakref import WeakValueDictionary

import msgspec
from msgspec import Meta

from carevia.api.http import Answer, HeaderList, ok
from carevia.api.payload import BINARY, Nothing, Raw
from carevia.api.policy import Call, Route
from carevia.domain.attachments import LARGEST, LONGEST_UPLOAD_ID, TYPES, Attachment, is_picture
from carevia.errors import NotFound
from carevia.service.attachments import Attachments

_SECONDS: Final = 300.0  # for the whole of it: 5 MB over a phone that sends 133 kbit a second
_SILENCE: Final = 15.0  # without a byte: the wire has died, and the page sends it anew behind this one
_UNSAFE_ASCII: Final = re.compile(r"[^A-Za-z0-9._ -]")
_PIECE: Final = 65_536  # bytes of a file in memory at once
_AT_ONCE: Final = 16  # uploads that this process holds in memory


class UploadQuery(msgspec.Struct):
    roomId: Annotated[str, Meta(min_length=1, max_length=128)]
    id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_UPLOAD_ID,
            description="chosen by the client; the same one again is the same attachment",
            extra_json_schema={"pattern": "^[!-~]+$"},
        ),
    ]
    name: Annotated[str, Meta(max_length=1_000, description="shown to people; the type is told by the bytes")] = ""


class AttachmentQuery(msgspec.Struct):
    id: Annotated[str, Meta(min_length=1, max_length=64)]


class AttachmentRoutes:
    def __init__(self, attachments: Attachments) -> None:
        self._attachments = attachments
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # of persons who upload just now

    def routes(self) -> list[Route[Any, Any]]:
        return [
            Route(
                method="POST",
                path="/api/chat/attachment",
                summary="Upload a picture (JPEG, PNG, WebP, GIF) or a PDF, at most 10 MB, to be named by a message.",
                handler=self.upload,
                policy="customer",
                query=UploadQuery,
                body=Raw,
                answer=Attachment,
                errors=(404, 429),
                limit=LARGEST,
            ),
            Route(
                method="GET",
                path="/api/chat/attachment",
                summary="The bytes of an attachment, for whoever may open its conversation.",
                handler=self.download,
                policy="customer",
                query=AttachmentQuery,
                body=Nothing,
                answer=BINARY,
                media=TYPES,
                errors=(304, 404),
            ),
        ]

    async def upload(self, call: Call[UploadQuery, Nothing]) -> Answer:
        """One of a person after the other: somebody whose files come slowly must not take every place, and what many
        at once come to is known to none of them."""
        query = call.query
        async with self._turns.setdefault(call.viewer.id, asyncio.Lock()):
            await self._attachments.may_upload(call.viewer, query.roomId, query.id)
            async with self._places:
                content = await call.request.body(LARGEST, _SECONDS, _SILENCE)
                return ok(await self._attachments.keep(call.viewer, query.roomId, query.id, query.name, content))

    async def download(self, call: Call[AttachmentQuery, Nothing]) -> Answer:
        """Rights are asked every time; what a browser has kept is only confirmed."""
        found, path = await self._attachments.of(call.viewer, call.query.id)
        etag = f'"{found.id}"'
        headers = _headers(found, etag)
        if etag in (call.request.header("if-none-match") or ""):
            return Answer(304, b"", headers)
        pieces = _pieces(path)
        try:
            first = await anext(pieces, b"")
        except FileNotFoundError:
            raise NotFound("This attachment is no longer in the data folder.") from None
        return Answer(200, first, [*headers, (b"content-length", str(found.size).encode())], pieces)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    """Read as it is taken: a client that reads slowly, on however many connections, holds a piece for each of them."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def _headers(found: Attachment, etag: str) -> HeaderList:
    """Whatever it is, it runs nowhere, and no other site embeds it."""
    return [
        (b"content-type", found.type.encode()),
        (b"content-disposition", disposition(found.name, found.type).encode()),
        (b"content-security-policy", b"default-src 'none'; sandbox"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"private, no-cache"),
        (b"etag", etag.encode()),
    ]


def disposition(name: str, type: str) -> str:
    """RFC 6266: pictures may be looked at, everything else is saved."""
    kind = "inline" if is_picture(type) else "attachment"
    plain = _UNSAFE_ASCII.sub("_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
