"""Drafts, by person and conversation: whoever goes on at another device finds what they had begun."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import bindparam, delete, select, update

from carevia.domain.drafts import MOST, Draft, check_draft
from carevia.domain.people import Person
from carevia.store.store import Store
from carevia.store.tables import drafts
from carevia.store.transaction import Transaction

_d = drafts.c
_ONE = (
    _d.person_id == bindparam("person"),
    _d.room_id == bindparam("room"),
    _d.note == bindparam("of_note"),
)
_THEIRS = select(_d.room_id, _d.note, _d.text).where(_d.person_id == bindparam("person")).order_by(_d.updated.desc())
_CHANGE = update(drafts).where(*_ONE).values(text=bindparam("new_text"), updated=bindparam("now"))
_END = delete(drafts).where(*_ONE)
_ONE_TOO_MANY = (
    select(_d.room_id, _d.note)
    .where(_d.person_id == bindparam("person"))
    .order_by(_d.updated.desc(), _d.room_id, _d.note)
    .offset(MOST)
    .limit(1)
)


class Drafts:
    """`now` gives ms since 1970 UTC."""

    def __init__(self, store: Store, *, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now

    async def of(self, person: Person) -> list[Draft]:
        """Everything that they have begun and may go on with, newest first: who was staff may not with all of it."""
        rows = await self._store.read(lambda tx: tx.all(_THEIRS, person=person.id))
        found = [Draft(row.room_id, bool(row.note), row.text) for row in rows]
        return found if person.is_staff else [one for one in found if one.roomId == person.id and not one.note]

    async def keep(self, person: Person, draft: Draft) -> None:
        """In place of what was kept for this conversation; nothing is kept of an empty one. Raises as `check_draft`."""
        check_draft(person, draft)
        await self._store.write(partial(_keep, person=person.id, draft=draft, now=self._now()))


def _keep(tx: Transaction, *, person: str, draft: Draft, now: int) -> None:
    key = {"person": person, "room": draft.roomId, "of_note": int(draft.note)}
    if not draft.text:
        tx.run(_END, **key)
    elif not tx.run(_CHANGE, **key, new_text=draft.text, now=now):
        row = {"person_id": person, "room_id": draft.roomId, "note": int(draft.note)}
        tx.insert(drafts, **row, text=draft.text, updated=now)
        _drop_oldest(tx, person)


def _drop_oldest(tx: Transaction, person: str) -> None:
    oldest = tx.first(_ONE_TOO_MANY, person=person)
    if oldest is not None:
        tx.run(_END, person=person, room=oldest.room_id, of_note=oldest.note)
