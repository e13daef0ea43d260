"""Attachments: bytes in the data folder, a row for each, and a message that names it.

The order cannot lose one: the file is whole and on the disk before its row is committed, and the row is there before a
message can name it. Nor can one stay behind unnoticed: a file without a row, and a row that no message came to name,
are removed by `sweep`. The same upload id of the same sender again is the same attachment, so a retry is safe.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from carevia.domain.attachments import LARGEST, LONGEST_UPLOAD_ID, Attachment, file_name, media_type
from carevia.domain.chat import NO_CONVERSATION, check_own_room
from carevia.domain.ids import Random
from carevia.domain.people import Person
from carevia.domain.pictures import TOO_MANY_PIXELS, has_too_many_pixels
from carevia.errors import BadInput, NotFound, RateLimited, TooLarge, Unavailable
from carevia.store.disk import sync, write_whole
from carevia.store.store import Store
from carevia.store.tables import attachments, users
from carevia.store.transaction import Row, Transaction

UNSENT_KEPT: Final = 7 * 24 * 3_600_000
"""ms an upload waits for its message: a page that was offline may come back."""

FILE_KEPT: Final = 3_600_000
"""ms a file may be without a row: it is being written."""

DAY: Final = 24 * 3_600_000
MOST_A_DAY: Final = 300_000_000
"""Bytes one customer may upload within a day."""

LOOKED_UP_AT_ONCE: Final = 500
"""Files in one read: of years there are more than can be looked up, one by one, before a read is given up."""

_a = attachments.c
_ONE = select(attachments).where(_a.id == bindparam("attachment"))
_UPLOADED = select(attachments).where(_a.sender_id == bindparam("sender"), _a.upload_id == bindparam("upload"))
_USER = select(users.c.id).where(users.c.id == bindparam("user"))
_TODAY = select(func.coalesce(func.sum(_a.size), 0).label("size")).where(
    _a.sender_id == bindparam("sender"), _a.created > bindparam("since")
)
_BETWEEN = (
    select(attachments)
    .where(_a.room_id == bindparam("room"), _a.message_seq >= bindparam("low"), _a.message_seq <= bindparam("high"))
    .order_by(_a.message_seq, _a.place)
)
_ATTACH = (
    update(attachments)
    .where(_a.id == bindparam("attachment"))
    .values(message_seq=bindparam("seq"), place=bindparam("at_place"))
)
_UNSENT = select(_a.id).where(_a.message_seq.is_(None), _a.created < bindparam("before"))
_REMOVE = delete(attachments).where(_a.id == bindparam("attachment"))
_log = logging.getLogger("carevia.attachments")


class Attachments:
    """`now` gives ms since 1970 UTC; `random(n)` bytes nobody can guess."""

    def __init__(self, store: Store, folder: Path, *, now: Callable[[], int], random: Random) -> None:
        self._store = store
        self._folder = folder
        self._now = now
        self._random = random

    async def may_upload(self, person: Person, room_id: str, upload_id: str) -> None:
        """Before the bytes are read. Raises NotFound, BadInput, or RateLimited for more than a day's measure."""
        check_own_room(person, room_id)
        if not 1 <= len(upload_id) <= LONGEST_UPLOAD_ID or not upload_id.isprintable():
            rule = f"must be 1 to {LONGEST_UPLOAD_ID} visible characters"
            raise BadInput(f"This cannot be attached: id {rule}.", errors=[{"field": "id", "message": rule}])
        await self._store.read(partial(_may_upload, person=person, room_id=room_id, since=self._now() - DAY))

    async def keep(self, person: Person, room_id: str, upload_id: str, name: str, content: bytes) -> Attachment:
        """Store it. Raises BadInput or TooLarge for what may not be attached, Unavailable where it is not stored."""
        if len(content) > LARGEST:
            raise TooLarge(f"An attachment may have at most {LARGEST // 1_000_000} MB.")
        type = media_type(content)
        if type is None:
            rule = "must be a JPEG, PNG, WebP or GIF picture or a PDF"
            raise BadInput(f"This cannot be attached: it {rule}.", errors=[{"field": "file", "message": rule}])
        if has_too_many_pixels(content, type):
            raise TooLarge(TOO_MANY_PIXELS)
        known = await self._store.read(lambda tx: tx.first(_UPLOADED, sender=person.id, upload=upload_id))
        if known is not None:
            return _same(known, room_id)
        made = Attachment(self._random(16).hex(), file_name(name, type), type, len(content))
        path = self._folder / made.id
        try:
            await asyncio.to_thread(_write, path, content)
        except OSError as error:
            _log.error("an attachment could not be written: %s", error.strerror)
            raise Unavailable("The file could not be stored at the moment. Try again.") from None
        row = await self._store.write(
            partial(_record, person=person, room_id=room_id, upload_id=upload_id, made=made, now=self._now())
        )
        if row is not None:  # the same upload twice at once: the first one counts
            await asyncio.to_thread(path.unlink, missing_ok=True)
            return _same(row, room_id)
        return made

    async def of(self, viewer: Person, id: str) -> tuple[Attachment, Path]:
        """For whoever may open its conversation; until it is sent, for its sender only. Raises NotFound."""
        row = await self._store.read(lambda tx: tx.first(_ONE, attachment=id))
        if row is None or (row.message_seq is None and row.sender_id != viewer.id):
            raise NotFound("There is no such attachment.")
        check_own_room(viewer, row.room_id)
        return _shown(row), self._folder / row.id

    async def sweep(self) -> int:
        """Remove what no message names: uploads that were never sent, and files without a row. How many went."""
        before = self._now() - UNSENT_KEPT
        unsent = await self._store.write(partial(_forget_unsent, before=before))
        files = await asyncio.to_thread(_old_files, self._folder, self._now() - FILE_KEPT)
        gone = set(unsent)
        for first in range(0, len(files), LOOKED_UP_AT_ONCE):
            some = files[first : first + LOOKED_UP_AT_ONCE]
            gone |= await self._store.read(partial(_without_row, ids=some))
        await asyncio.to_thread(_unlink, self._folder, gone)
        if gone:
            _log.info("%d attachments that no message names were removed", len(gone))
        return len(gone)


# --- steps of a transaction -------------------------------------------------------------------------------------


def attached_to(tx: Transaction, sender_id: str, room_id: str, ids: Sequence[str]) -> list[Attachment]:
    """What a message is about to name. Raises BadInput for what is not the sender's, of this conversation and free."""
    found = []
    for id_ in ids:
        row = tx.first(_ONE, attachment=id_)
        if row is None or row.sender_id != sender_id or row.room_id != room_id or row.message_seq is not None:
            rule = "must be uploaded to this conversation first, and sent once"
            raise BadInput("An attachment is not there any more. Attach it again.", errors=[
                {"field": "attachments", "message": rule}
            ])  # fmt: skip
        found.append(_shown(row))
    return found


def attach(tx: Transaction, ids: Sequence[str], seq: int) -> None:
    for place, id_ in enumerate(ids):
        tx.run(_ATTACH, attachment=id_, seq=seq, at_place=place)


def attached_between(tx: Transaction, room_id: str, low: int, high: int) -> dict[int, list[Attachment]]:
    """By the number of their message."""
    found: dict[int, list[Attachment]] = {}
    for row in tx.all(_BETWEEN, room=room_id, low=low, high=high):
        found.setdefault(row.message_seq, []).append(_shown(row))
    return found


def count_attached(tx: Transaction, room_id: str, seq: int) -> int:
    return len(tx.all(_BETWEEN, room=room_id, low=seq, high=seq))


def _may_upload(tx: Transaction, *, person: Person, room_id: str, since: int) -> None:
    if person.is_staff:
        if tx.first(_USER, user=room_id) is None:
            raise NotFound(NO_CONVERSATION)
    elif tx.all(_TODAY, sender=person.id, since=since)[0].size > MOST_A_DAY:
        raise RateLimited("That is all that can be attached within a day. Try again tomorrow.", retry_after=3_600)


def _record(tx: Transaction, *, person: Person, room_id: str, upload_id: str, made: Attachment, now: int) -> Row | None:
    """None where it was recorded, else what was recorded before under the same upload id."""
    told = msgspec.structs.asdict(made)
    if tx.insert_new(
        attachments, room_id=room_id, sender_id=person.id, upload_id=upload_id, created=now, place=0, **told
    ):
        return None
    return tx.first(_UPLOADED, sender=person.id, upload=upload_id)


def _same(row: Row, room_id: str) -> Attachment:
    if row.room_id != room_id:
        raise BadInput("This upload was made to another conversation.", errors=[
            {"field": "id", "message": "was used for another conversation"}
        ])  # fmt: skip
    return _shown(row)


def _shown(row: Row) -> Attachment:
    return Attachment(row.id, row.name, row.type, row.size)


def _forget_unsent(tx: Transaction, *, before: int) -> list[str]:
    ids = [str(row.id) for row in tx.all(_UNSENT, before=before)]
    for id_ in ids:
        tx.run(_REMOVE, attachment=id_)
    return ids


def _without_row(tx: Transaction, *, ids: Sequence[str]) -> set[str]:
    return {id_ for id_ in ids if tx.first(_ONE, attachment=id_) is None}


# --- files ------------------------------------------------------------------------------------------------------


def _write(path: Path, content: bytes) -> None:
    # not its parents: a data folder that is not there has been moved away
    path.parent.mkdir(exist_ok=True, mode=0o700)
    write_whole(path, content)
    sync(path.parent)


def _old_files(folder: Path, before: int) -> list[str]:
    """Names of files last written before that time, ms."""
    if not folder.is_dir():
        return []
    old = []
    with os.scandir(folder) as found:
        for entry in found:
            with contextlib.suppress(FileNotFoundError):  # another process sweeps too
                if entry.is_file() and entry.stat().st_mtime * 1000 < before:
                    old.append(entry.name)
    return old


def _unlink(folder: Path, names: set[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
