"""Chat: messages stored once however often they are sent, histories, unread counts. A conversation is a customer's.

Sender, name and time are the server's word. Nothing here tells a socket anything: the journal does, after the commit.
"""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from sqlalchemy import bindparam, literal, select

from carevia.domain.chat import (
    NO_CONVERSATION,
    PAGE,
    Message,
    check_message,
    check_own_room,
    desk_side,
)
from carevia.domain.payloads import LastMessage, NoteAdded, ReceiveMessage
from carevia.domain.people import Person
from carevia.domain.times import iso
from carevia.errors import BadInput, Forbidden, NotFound
from carevia.service.attachments import attach, attached_to
from carevia.service.conversations import STANDING, join_standing, note_message
from carevia.service.history import page_of
from carevia.service.recording import ensure_customer
from carevia.store.store import Store
from carevia.store.tables import messages, notes, users
from carevia.store.transaction import Row, Transaction

_USER = select(users.c.name, users.c.email).where(users.c.id == bindparam("user"))
_sender = users.alias("sender")
_m = messages.c
_KNOWN = select(_m.seq, _m.time, _m.room_id, _sender.c.name.label("sender_name"), *STANDING).select_from(
    join_standing(
        select(literal(1).label("one"))
        .subquery()
        .outerjoin(messages, (_m.sender_id == bindparam("sender")) & (_m.id == bindparam("message")))
        .outerjoin(_sender, _sender.c.id == bindparam("sender"))
    )
)
_NOTED_BEFORE = select(notes.c.seq, notes.c.time, notes.c.room_id).where(
    notes.c.sender_id == bindparam("sender"), notes.c.id == bindparam("note")
)


class SentMessage(msgspec.Struct, frozen=True):
    """What the sender is told; `time` is ISO 8601."""

    id: str
    seq: int
    time: str


class Chat:
    """`now` gives ms since 1970 UTC."""

    def __init__(self, store: Store, *, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now

    async def send(
        self, sender: Person, room_id: str, id: str, text: str, socket_id: str | None = None,
        attachments: Sequence[str] = (), *, note: bool = False,
    ) -> SentMessage:  # fmt: skip
        """Store a message; the same id of the same sender again gives the first answer and no second message.

        `attachments` are ids of what the sender uploaded to this conversation before; `note` makes it a private note.
        Raises BadInput for what cannot be sent and NotFound for a conversation that is not there or not theirs.
        """
        if note:
            if attachments:
                raise BadInput("Nothing can be attached to a private note.")
            return await self.note(sender, room_id, id, text, socket_id)
        check_message(room_id, id, text, len(attachments))
        check_own_room(sender, room_id)
        message = _Outgoing(sender, room_id, id, text, socket_id, self._now(), tuple(dict.fromkeys(attachments)))
        return await self._store.write(partial(_send, message=message))

    async def note(self, sender: Person, room_id: str, id: str, text: str, socket_id: str | None = None) -> SentMessage:
        """Store a private note: of staff, for staff. Raises as `send` does, and Forbidden for a customer."""
        check_message(room_id, id, text)
        if not sender.is_staff:
            raise Forbidden("Private notes are for staff only.")
        message = _Outgoing(sender, room_id, id, text, socket_id, self._now())
        return await self._store.write(partial(_note, message=message))

    async def history(
        self, viewer: Person, room_id: str, before: int | None = None, limit: int = PAGE
    ) -> tuple[list[Message], bool]:
        """The newest page, or the one that ends before a seq; oldest first. And whether there is more before it.

        Private notes stand among the messages, for staff only."""
        check_own_room(viewer, room_id)
        return await self._store.read(partial(_history, viewer=viewer, room_id=room_id, before=before, size=limit))

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
    attachments: tuple[str, ...] = ()


def _send(tx: Transaction, *, message: _Outgoing) -> SentMessage:
    sender = message.sender
    known = _known(tx, message)
    if known.seq is not None:
        return _same(known, message)
    if sender.is_staff and known.customer is None:
        raise NotFound(NO_CONVERSATION)
    if not sender.is_staff and _is_news(sender, known):
        ensure_customer(tx, sender.id, sender.name, sender.email, message.now)
        known = _known(tx, message)
    name = known.sender_name or (sender.staff_name if sender.is_staff else sender.name or "Customer")
    event = ReceiveMessage(message.id, message.room_id, sender.id, name, message.text, iso(message.now))
    if message.attachments:
        event.attachments = attached_to(tx, sender.id, message.room_id, message.attachments)
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
    attach(tx, message.attachments, row.seq)
    last = LastMessage(message.id, sender.id, name, message.text, event.time)
    if event.attachments:
        last.attachments = len(event.attachments)
    note_message(tx, known, room_id=message.room_id, seq=row.seq, message=last, now=message.now)
    return SentMessage(message.id, row.seq, event.time)


def _known(tx: Transaction, message: _Outgoing) -> Row:
    """What there is already: the message itself, its sender's name, and its conversation."""
    return tx.all(_KNOWN, sender=message.sender.id, message=message.id, room=message.room_id)[0]


def _same(known: Row, message: _Outgoing) -> SentMessage:
    """What was sent under this id before, as the answer to whoever sends it again."""
    if known.room_id != message.room_id:
        raise BadInput("This id was used in another conversation. Send it under a new one.", errors=[
            {"field": "id", "message": "was used in another conversation"}
        ])  # fmt: skip
    return SentMessage(message.id, known.seq, iso(known.time))


def _is_news(customer: Person, known: Row) -> bool:
    """Who comes from another site, signed in by its token, may be new to us, or better known to it."""
    return (
        known.customer is None
        or bool(customer.name and known.customer_name is None)
        or bool(customer.email and known.customer_email is None)
    )


def _note(tx: Transaction, *, message: _Outgoing) -> SentMessage:
    """Told in a room of the journal that no customer is ever in."""
    sender = message.sender
    known = tx.first(_NOTED_BEFORE, sender=sender.id, note=message.id)
    if known is not None:
        return _same(known, message)
    _check_exists(tx, room_id=message.room_id)
    stored = tx.first(_USER, user=sender.id)
    name = (stored.name if stored is not None else None) or sender.staff_name
    event = NoteAdded(message.id, message.room_id, sender.id, name, message.text, iso(message.now))
    row = tx.append(desk_side(message.room_id), "note_added", event, now=message.now, sender=message.socket_id)
    tx.insert(
        notes,
        seq=row.seq,
        room_id=message.room_id,
        id=message.id,
        sender_id=sender.id,
        sender_name=name,
        text=message.text,
        time=message.now,
    )
    return SentMessage(message.id, row.seq, iso(message.now))


def _check_exists(tx: Transaction, *, room_id: str) -> None:
    if tx.first(_USER, user=room_id) is None:
        raise NotFound(NO_CONVERSATION)


def _history(
    tx: Transaction, *, viewer: Person, room_id: str, before: int | None, size: int
) -> tuple[list[Message], bool]:
    if viewer.is_staff:
        _check_exists(tx, room_id=room_id)
    return page_of(tx, viewer, room_id, before, size)
