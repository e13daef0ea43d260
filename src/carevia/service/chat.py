"""Chat: messages stored once however often they are sent, histories. A conversation is a customer's.

Sender, name and time are the server's word. Nothing here tells a socket anything: the journal does, after the commit.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, select

from carevia.domain.chat import (
    LARGEST_PAGE,
    PAGE,
    Message,
    check_message,
    check_own_room,
    page_size,
    shown_sender,
)
from carevia.domain.events import ReceiveMessage
from carevia.domain.people import SUPPORT_NAME, Person
from carevia.domain.times import iso
from carevia.errors import NotFound
from carevia.service.conversations import note_message
from carevia.service.recording import ensure_customer
from carevia.store.store import Store
from carevia.store.tables import messages, users
from carevia.store.transaction import Row, Transaction

_USER = select(users.c.name, users.c.email).where(users.c.id == bindparam("user"))
_SENT_BEFORE = select(messages.c.seq, messages.c.time).where(
    messages.c.sender_id == bindparam("sender"), messages.c.id == bindparam("message")
)


class Sent(msgspec.Struct, frozen=True):
    """What the sender is told; `time` is ISO 8601. `duplicate`: the same id had been sent before."""

    id: str
    seq: int
    time: str
    duplicate: bool = False


class Chat:
    """`now` gives ms since 1970 UTC."""

    def __init__(self, store: Store, *, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now

    async def send(self, sender: Person, room_id: str, id: str, text: str, socket_id: str | None = None) -> Sent:
        """Store a message; the same id of the same sender again gives the first answer and no second message.

        Raises BadInput for what cannot be sent and NotFound for a conversation that is not there or not theirs.
        """
        check_message(room_id, id, text)
        check_own_room(sender, room_id)
        message = _Outgoing(sender, room_id, id, text, socket_id, self._now())
        return await self._store.write(partial(_send, message=message))

    async def history(
        self, viewer: Person, room_id: str, before: int | None = None, limit: int | None = None
    ) -> tuple[list[Message], bool]:
        """The newest page, or the one that ends before a seq; oldest first. And whether there is more before it."""
        check_own_room(viewer, room_id)
        size = page_size(limit, PAGE, LARGEST_PAGE)
        return await self._store.read(partial(_history, viewer=viewer, room_id=room_id, before=before, size=size))

    async def may_open(self, person: Person, room_id: str) -> None:
        """Returns if so. Raises NotFound: a customer has only their own conversation, staff any existing user's."""
        check_own_room(person, room_id)
        if person.is_staff:
            await self._store.read(partial(_check_exists, room_id=room_id))


class _Outgoing(msgspec.Struct, frozen=True):
    sender: Person
    room_id: str
    id: str
    text: str
    socket_id: str | None
    now: int


def _send(tx: Transaction, *, message: _Outgoing) -> Sent:
    sender = message.sender
    known = tx.first(_SENT_BEFORE, sender=sender.id, message=message.id)
    if known is not None:
        return Sent(message.id, known.seq, iso(known.time), duplicate=True)
    if sender.is_staff:
        _check_exists(tx, room_id=message.room_id)
    else:  # a customer of another site, signed in by its token, may be new to us
        ensure_customer(tx, sender.id, sender.name, sender.email, message.now)
    name = _name_of(tx, sender)
    event = ReceiveMessage(message.id, message.room_id, sender.id, name, message.text, iso(message.now))
    row = tx.append(message.room_id, "receive_message", event, now=message.now, sender=message.socket_id)
    tx.insert(
        messages,
        seq=row.seq,
        room_id=message.room_id,
        id=message.id,
        sender_id=sender.id,
        sender_name=name,
        sender_role=sender.role,
        text=message.text,
        time=message.now,
        status="sent",
    )
    by_customer = sender.id == message.room_id
    note_message(tx, room_id=message.room_id, by_customer=by_customer, seq=row.seq, text=message.text, now=message.now)
    return Sent(message.id, row.seq, iso(message.now))


def _check_exists(tx: Transaction, *, room_id: str) -> None:
    if tx.first(_USER, user=room_id) is None:
        raise NotFound("There is no such conversation.")


def _name_of(tx: Transaction, sender: Person) -> str:
    """The stored account's, else the credential's; never empty."""
    stored = tx.first(_USER, user=sender.id)
    name = (stored.name if stored is not None else None) or sender.name
    return name or (SUPPORT_NAME if sender.is_staff else "Customer")


@cache
def _page(bounded: bool) -> Select[Any]:
    rows = select(messages).where(messages.c.room_id == bindparam("room"))
    if bounded:
        rows = rows.where(messages.c.seq < bindparam("before"))
    return rows.order_by(messages.c.seq.desc()).limit(bindparam("most"))


def _history(
    tx: Transaction, *, viewer: Person, room_id: str, before: int | None, size: int
) -> tuple[list[Message], bool]:
    if viewer.is_staff:
        _check_exists(tx, room_id=room_id)
    bound = {} if before is None else {"before": before}
    rows = tx.all(_page(before is not None), room=room_id, most=size + 1, **bound)
    newest_first = [_shown(viewer, row) for row in rows[:size]]
    return newest_first[::-1], len(rows) > size


def _shown(viewer: Person, row: Row) -> Message:
    name = shown_sender(viewer, row.room_id, row.sender_id, row.sender_name)
    return Message(row.id, row.room_id, row.sender_id, name, row.text, iso(row.time), row.status, row.seq)
