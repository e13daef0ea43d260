"""A page of a conversation: its messages with what is attached and how far each got, and for staff the private notes.

Steps of a read. A page costs the same whether the conversation has ten messages or ten thousand: each table is read
backwards along its index, from the page's end, for no more rows than the page has.
"""

from functools import cache
from typing import Any

from msgspec import UNSET
from sqlalchemy import Select, Table, bindparam, select

from carevia.domain.chat import Message, Reached, Side, shown_sender, side_of
from carevia.domain.people import Person
from carevia.domain.times import iso
from carevia.service.attachments import attached_between
from carevia.service.message_status import reached
from carevia.store.tables import messages, notes
from carevia.store.transaction import Row, Transaction


def page_of(tx: Transaction, viewer: Person, room_id: str, before: int | None, size: int) -> tuple[list[Message], bool]:
    """Oldest first, and whether there is more before it."""
    shown = _messages(tx, viewer, room_id, before, size)
    if viewer.is_staff:
        shown = sorted([*shown, *_notes(tx, room_id, before, size)], key=lambda message: -message.seq)
    return shown[:size][::-1], len(shown) > size


def _messages(tx: Transaction, viewer: Person, room_id: str, before: int | None, size: int) -> list[Message]:
    """One more than the page has, if there are as many; newest first."""
    rows = _rows(tx, messages, room_id, before, size)
    if not rows:
        return []
    attached = attached_between(tx, room_id, rows[-1].seq, rows[0].seq)
    got: dict[Side, Reached] = {side: reached(tx, room_id, side) for side in ("customer", "staff")}
    return [_message(viewer, row, got, attached) for row in rows]


def _message(viewer: Person, row: Row, got: dict[Side, Reached], attached: dict[int, Any]) -> Message:
    name = shown_sender(viewer, row.room_id, row.sender_id, row.sender_name)
    other: Side = "staff" if side_of(row.room_id, row.sender_id) == "customer" else "customer"
    status = got[other].status_of(row.seq)
    found = attached.get(row.seq, UNSET)
    return Message(row.id, row.room_id, row.sender_id, name, row.text, iso(row.time), status, row.seq, found)


def _notes(tx: Transaction, room_id: str, before: int | None, size: int) -> list[Message]:
    return [
        Message(row.id, room_id, row.sender_id, row.sender_name, row.text, iso(row.time), "sent", row.seq, note=True)
        for row in _rows(tx, notes, room_id, before, size)
    ]


def _rows(tx: Transaction, table: Table, room_id: str, before: int | None, size: int) -> list[Row]:
    bound = {} if before is None else {"before": before}
    return tx.all(_page(table, before is not None), room=room_id, most=size + 1, **bound)


@cache
def _page(table: Table, bounded: bool) -> Select[Any]:
    rows = select(table).where(table.c.room_id == bindparam("room"))
    if bounded:
        rows = rows.where(table.c.seq < bindparam("before"))
    return rows.order_by(table.c.seq.desc()).limit(bindparam("most"))
