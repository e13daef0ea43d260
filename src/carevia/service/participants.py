"""The customers who have a booking, as a list for staff, who look there for somebody to write to."""

from functools import cache, partial
from typing import Any

from sqlalchemy import Select, bindparam, select

from carevia.domain.people import Participant, split_name
from carevia.domain.times import iso
from carevia.errors import BadInput
from carevia.store.store import Store
from carevia.store.tables import users
from carevia.store.transaction import Row, Transaction

PAGE = 200

_u = users.c


class Participants:
    """For staff only, which the edge sees to."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, limit: int = PAGE, before: str | None = None) -> tuple[list[Participant], bool, str | None]:
        """One row per customer who has a booking, last activity first; (rows, has more, cursor for the next page)."""
        return await self._store.read(partial(_page, size=limit, before=_cursor(before)))


@cache
def _booked(bounded: bool) -> Select[Any]:
    rows = select(_u.id, _u.name, _u.email, _u.image, _u.last_login, _u.activity).where(_u.booked == 1)
    if bounded:
        rows = rows.where(_u.activity < bindparam("before"))
    return rows.order_by(_u.activity.desc()).limit(bindparam("most"))


def _page(tx: Transaction, *, size: int, before: int | None) -> tuple[list[Participant], bool, str | None]:
    bound = {} if before is None else {"before": before}
    rows = tx.all(_booked(before is not None), most=size + 1, **bound)
    more = len(rows) > size
    shown = rows[:size]
    return [_participant(row) for row in shown], more, str(shown[-1].activity) if more else None


def _participant(row: Row) -> Participant:
    first, last = split_name(row.name)
    seen = None if row.last_login is None else iso(row.last_login)
    return Participant(row.id, first, last, row.email or "", row.image, seen)


def _cursor(before: str | None) -> int | None:
    if before is None or before == "":
        return None
    if not before.isascii() or not before.isdigit() or len(before) > 18:
        raise BadInput(
            "before must be a cursor that this list gave.", errors=[{"field": "before", "message": "unknown cursor"}]
        )
    return int(before)
