"""Saved replies, shared by all staff: kept in the order of their shortcuts."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import bindparam, delete, func, select, update

from carevia.domain.ids import Random, row_id
from carevia.domain.people import Person
from carevia.domain.saved_replies import MOST, SavedReply, check_reply
from carevia.errors import BadInput, Conflict, NotFound
from carevia.store.store import Store
from carevia.store.tables import saved_replies
from carevia.store.transaction import Transaction

_r = saved_replies.c
_ALL = select(_r.id, _r.shortcut, _r.text).order_by(_r.shortcut)
_COUNT = select(func.count().label("count")).select_from(saved_replies)
_NAMED = select(_r.id).where(_r.shortcut == bindparam("word"))
_CHANGE = (
    update(saved_replies)
    .where(_r.id == bindparam("reply"))
    .values(
        shortcut=bindparam("word"),
        text=bindparam("new_text"),
        author_id=bindparam("author"),
        updated=bindparam("now"),
    )
)
_REMOVE = delete(saved_replies).where(_r.id == bindparam("reply"))


class SavedReplies:
    """For staff only, which the edge sees to."""

    def __init__(self, store: Store, *, now: Callable[[], int], random: Random) -> None:
        self._store = store
        self._now = now
        self._random = random

    async def all(self) -> list[SavedReply]:
        return await self._store.read(lambda tx: [SavedReply(*row) for row in tx.all(_ALL)])

    async def save(self, author: Person, id: str | None, shortcut: str, text: str) -> SavedReply:
        """A new one, or another text for one that is there. Raises BadInput, NotFound, or Conflict where the shortcut
        is another's."""
        check_reply(shortcut, text)
        now = self._now()
        reply = SavedReply(id or row_id("re", self._random, now), shortcut, text)
        await self._store.write(partial(_save, reply=reply, new=id is None, author=author.id, now=now))
        return reply

    async def remove(self, id: str) -> None:
        """Raises NotFound."""
        if not await self._store.write(lambda tx: tx.run(_REMOVE, reply=id)):
            raise NotFound("There is no such reply.")


def _save(tx: Transaction, *, reply: SavedReply, new: bool, author: str, now: int) -> None:
    named = tx.first(_NAMED, word=reply.shortcut)
    if named is not None and named.id != reply.id:
        raise Conflict(f"There is a reply under /{reply.shortcut} already. Choose another word.")
    if not new:
        if not tx.run(_CHANGE, reply=reply.id, word=reply.shortcut, new_text=reply.text, author=author, now=now):
            raise NotFound("There is no such reply.")
        return
    if tx.all(_COUNT)[0][0] >= MOST:
        raise BadInput(f"There are {MOST} replies already. Remove one first.")
    tx.insert(saved_replies, id=reply.id, shortcut=reply.shortcut, text=reply.text, author_id=author, updated=now)
