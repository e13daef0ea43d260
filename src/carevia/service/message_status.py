"""How far messages got: sent is committed, delivered is on a device of the other side, seen was painted in a visible
tab.

Devices confirm cumulatively. What is kept and told is the number of a real message of the other side, so that a device
which confirms again, or more than there is, changes nothing and writes nothing.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import bindparam, select, update

from carevia.domain.chat import Reached, Side, check_own_room, side_of
from carevia.domain.payloads import MessageStatus
from carevia.domain.people import Person
from carevia.store.store import Store
from carevia.store.tables import message_marks, messages
from carevia.store.transaction import Transaction

_m = messages.c
_REACHED = select(message_marks.c.delivered, message_marks.c.seen).where(
    message_marks.c.room_id == bindparam("room"), message_marks.c.side == bindparam("by")
)
_SET = (
    update(message_marks)
    .where(message_marks.c.room_id == bindparam("room"), message_marks.c.side == bindparam("by"))
    .values(delivered=bindparam("new_delivered"), seen=bindparam("new_seen"))
)
_UP_TO = select(_m.seq).where(
    _m.room_id == bindparam("room"), _m.seq <= bindparam("up_to"), _m.seq > bindparam("above")
)
_NEWEST = {
    "customer": _UP_TO.where(_m.sender_id != bindparam("customer")).order_by(_m.seq.desc()).limit(1),
    "staff": _UP_TO.where(_m.sender_id == bindparam("customer")).order_by(_m.seq.desc()).limit(1),
}


class MessageStatuses:
    """`now` gives ms since 1970 UTC."""

    def __init__(self, store: Store, *, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now

    async def confirm(self, person: Person, room_id: str, delivered: int, seen: int) -> None:
        """A device of `person` has every message up to `delivered`, and has shown those up to `seen`.

        Journaled where it says more than was known. Raises NotFound for a conversation that is not theirs.
        """
        check_own_room(person, room_id)
        by = side_of(room_id, person.id)
        told = Reached(max(delivered, seen), seen)
        if await self._store.read(partial(_grown, room_id=room_id, by=by, told=told)) is not None:
            await self._store.write(partial(_confirm, room_id=room_id, by=by, told=told, now=self._now()))


def reached(tx: Transaction, room_id: str, side: Side) -> Reached:
    row = tx.first(_REACHED, room=room_id, by=side)
    return Reached() if row is None else Reached(row.delivered, row.seen)


def _grown(tx: Transaction, *, room_id: str, by: Side, told: Reached) -> Reached | None:
    """What is known from now on, or None where nothing is new."""
    known = reached(tx, room_id, by)
    delivered = _newest(tx, room_id, by, told.delivered, known.delivered)
    seen = _newest(tx, room_id, by, told.seen, known.seen)
    now = Reached(max(delivered, seen), seen)
    return None if now == known else now


def _newest(tx: Transaction, room_id: str, by: Side, up_to: int, above: int) -> int:
    """The number of the other side's newest message that is not above what was told; what was known where none is."""
    if up_to <= above:
        return above
    row = tx.first(_NEWEST[by], room=room_id, customer=room_id, up_to=up_to, above=above)
    return above if row is None else int(row.seq)


def _confirm(tx: Transaction, *, room_id: str, by: Side, told: Reached, now: int) -> None:
    grown = _grown(tx, room_id=room_id, by=by, told=told)
    if grown is None:  # another device was faster
        return
    new = {"delivered": grown.delivered, "seen": grown.seen}
    if not tx.insert_new(message_marks, room_id=room_id, side=by, **new):
        tx.run(_SET, room=room_id, by=by, new_delivered=grown.delivered, new_seen=grown.seen)
    tx.append(room_id, "message_status", MessageStatus(room_id, by, grown.delivered, grown.seen), now=now)
