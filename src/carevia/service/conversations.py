"""Conversations as a list: ordered by what needs attention, filtered, assigned, opened and closed.

First whoever waits for an answer, longest first; then the others by their last booking or message. Every change of a
row is told to the desk in the transaction that makes it, and the row keeps the number of that event.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec import UNSET, structs
from sqlalchemy import FromClause, bindparam, func, literal, select, update

from carevia.domain import conversations as rules
from carevia.domain.chat import NO_CONVERSATION
from carevia.domain.conversations import (
    FOUND,
    Change,
    Conversation,
    ConversationPage,
    ConversationQuery,
    Found,
    Staff,
    State,
)
from carevia.domain.payloads import ConversationChanged, ConversationUpdated, LastMessage
from carevia.domain.people import DESK, Person, staff_name
from carevia.domain.times import iso
from carevia.errors import BadInput, Conflict, FieldError, NotFound
from carevia.service.attachments import count_attached
from carevia.service.conversation_list import one, page
from carevia.service.search import find
from carevia.store.store import Store
from carevia.store.tables import conversations, messages, users
from carevia.store.transaction import Row, Transaction

_c = conversations.c
_first_unanswered, _customer = messages.alias("first_unanswered"), users.alias("customer")
STANDING = (
    _customer.c.id.label("customer"),
    _customer.c.name.label("customer_name"),
    _customer.c.email.label("customer_email"),
    _customer.c.activity.label("customer_activity"),
    *(_c[name] for name in State.__struct_fields__),
    _first_unanswered.c.time.label("waiting_time"),
)
"""How a conversation stands: its customer, its state, and since when whoever waits has waited."""


def join_standing(source: FromClause) -> FromClause:
    """`source` with what STANDING names, of the conversation `room`; nulls for what is not there."""
    return (
        source.outerjoin(_customer, _customer.c.id == bindparam("room"))
        .outerjoin(conversations, _c.room_id == bindparam("room"))
        .outerjoin(_first_unanswered, _first_unanswered.c.seq == _c.waiting)
    )


_STANDING = select(*STANDING).select_from(join_standing(select(literal(1).label("one")).subquery()))
_SET_STATE = (
    update(conversations)
    .where(_c.room_id == bindparam("room"))
    .values({name: bindparam(f"new_{name}") for name in (*State.__struct_fields__, "version", "updated")})
)
_MESSAGE = select(messages).where(messages.c.seq == bindparam("at"))
_LATER = select(func.count().label("left")).where(
    messages.c.room_id == bindparam("room"), messages.c.sender_id == bindparam("room"), messages.c.seq > bindparam("at")
)
_ACTIVE = update(users).where(users.c.id == bindparam("user")).values(activity=bindparam("new_activity"))
_PEOPLE = select(users.c.id, users.c.name, users.c.email)
_STAFF = _PEOPLE.where(users.c.role == "admin", users.c.disabled == 0).order_by(users.c.created, users.c.id)
_ASSIGNABLE = _STAFF.where(users.c.id == bindparam("user"))
_PERSON = _PEOPLE.where(users.c.id == bindparam("user"))


class Conversations:
    """For staff only, which the edge sees to. `now` gives ms since 1970 UTC."""

    def __init__(self, store: Store, *, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now

    async def page(self, viewer: Person, query: ConversationQuery) -> ConversationPage:
        """Raises BadInput for a cursor that is none of ours."""
        return await self._store.read(partial(page, viewer=viewer, query=query))

    async def change(self, viewer: Person, room_id: str, change: Change) -> Conversation:
        """Assign, close or open; told to every desk unless it is so already. Answers the row as it is then.

        NotFound where nobody has booked or written. Conflict where it is to be closed and somebody has written after
        `change.seq`: nobody may close over a message that they have not seen.
        """
        return await self._store.write(partial(_change, viewer=viewer, room_id=room_id, change=change, now=self._now()))

    async def mark_read(self, room_id: str, seq: int) -> None:
        """A member of staff has seen the conversation up to this message; told to every desk if it was unread."""
        await self._store.write(partial(_mark_read, room_id=room_id, seq=seq, now=self._now()))

    async def find(self, query: str, before: int | None = None, limit: int = FOUND) -> tuple[Found, bool]:
        """People, and messages that hold each word of the query or one that begins with it, newest first; and whether
        there are more before them."""
        return await self._store.read(partial(find, query=query, before=before, size=limit), long=True)

    async def staff(self) -> list[Staff]:
        """Who a conversation can be assigned to."""
        return [_staff(row) for row in await self._store.read(lambda tx: tx.all(_STAFF))]


# --- steps of a work --------------------------------------------------------------------------------------------


def note_message(tx: Transaction, standing: Row, *, room_id: str, seq: int, message: LastMessage, now: int) -> None:
    """What a message that has just been stored does to its conversation; `standing` is how that stood before."""
    before = _state_of(standing)
    tx.index_text(seq, message.text)
    tx.run(_ACTIVE, user=room_id, new_activity=seq)
    by_customer = message.senderId == room_id
    after = rules.written(before, seq) if by_customer else rules.answered(before, seq)
    event = ConversationUpdated(seq=seq, lastMessage=message, **_shared(tx, room_id, after, standing))
    event.activity = seq
    if after.waiting == seq:
        event.waitingSince = message.time
    version = tx.append(DESK, "conversation_updated", event, now=now).seq
    _save(tx, room_id, after, version, now, new=standing.last_seq is None)


def _mark_read(tx: Transaction, *, room_id: str, seq: int, now: int) -> None:
    standing = _standing(tx, room_id)
    before = _state_of(standing)
    upto = min(seq, before.last_seq)
    if before.unread == 0 or upto <= before.read_seq:
        return
    left = tx.all(_LATER, room=room_id, at=upto)[0].left
    after = rules.read(before, upto, left)
    if left == before.unread:  # what came later than `seq` is all that is unread: nothing to tell
        return
    _save(tx, room_id, after, _tell_read(tx, room_id, after, standing, now), now)


def _change(tx: Transaction, *, viewer: Person, room_id: str, change: Change, now: int) -> Conversation:
    standing = _standing(tx, room_id)
    if standing.customer_activity is None:  # who has neither booked nor written is in no list, and in no count of one
        raise NotFound(NO_CONVERSATION)
    after = before = _state_of(standing)
    if change.assignee is not UNSET and change.assignee != before.assignee:
        if change.assignee is not None and tx.first(_ASSIGNABLE, user=change.assignee) is None:
            wrong: FieldError = {"field": "assignee", "message": "nobody of the staff"}
            raise BadInput("Only staff can be assigned.", errors=[wrong])
        after = rules.assigned(after, change.assignee)
    if change.status == "closed" and before.status != "closed":
        if change.seq is not None and change.seq < before.last_seq:
            raise Conflict("A new message has come in. Read it before you close the conversation.")
        after = rules.closed(after)
    if change.status == "open":
        after = rules.reopened(after)
    if after != before:
        version = _tell_changed(tx, viewer, room_id, after, standing, now)
        _save(tx, room_id, after, version, now, new=standing.last_seq is None)
    return one(tx, room_id)


def _standing(tx: Transaction, room_id: str) -> Row:
    return tx.all(_STANDING, room=room_id)[0]


def _state_of(standing: Row) -> State:
    if standing.last_seq is None:
        return State()
    return State(
        standing.last_seq, standing.read_seq, standing.unread, standing.waiting, standing.status, standing.assignee
    )


def _save(tx: Transaction, room_id: str, state: State, version: int, now: int, *, new: bool = False) -> None:
    """`version` is the number of the event that told of it."""
    if new:
        tx.insert(conversations, room_id=room_id, version=version, updated=now, **structs.asdict(state))
        return
    tx.run(
        _SET_STATE,
        room=room_id,
        new_last_seq=state.last_seq,
        new_read_seq=state.read_seq,
        new_unread=state.unread,
        new_waiting=state.waiting,
        new_status=state.status,
        new_assignee=state.assignee,
        new_version=version,
        new_updated=now,
    )


def _shared(tx: Transaction, room_id: str, state: State, standing: Row) -> dict[str, Any]:
    """What both events say of the row, whose state was that of `standing` until now."""
    waits = state.waiting is not None and state.waiting == standing.waiting
    # As the list names them, which keeps whoever has left the staff.
    assignee = None if state.assignee is None else tx.first(_PERSON, user=state.assignee)
    return {
        "roomId": room_id,
        "unread": state.unread,
        "userName": standing.customer_name or "",
        "userEmail": standing.customer_email or "",
        "status": state.status,
        "assignee": None if assignee is None else _staff(assignee),
        "waiting": state.waiting,
        "waitingSince": iso(standing.waiting_time) if waits and standing.waiting_time is not None else None,
        "activity": standing.customer_activity or 0,
    }


def _tell_read(tx: Transaction, room_id: str, state: State, standing: Row, now: int) -> int:
    last = tx.all(_MESSAGE, at=state.last_seq)[0]
    shown = LastMessage(last.id, last.sender_id, last.sender_name, last.text, iso(last.time))
    shown.attachments = count_attached(tx, room_id, last.seq) or UNSET
    event = ConversationUpdated(seq=last.seq, lastMessage=shown, read=True, **_shared(tx, room_id, state, standing))
    return tx.append(DESK, "conversation_updated", event, now=now).seq


def _tell_changed(tx: Transaction, viewer: Person, room_id: str, state: State, standing: Row, now: int) -> int:
    by = tx.first(_PERSON, user=viewer.id)
    who = Staff(viewer.id, viewer.staff_name) if by is None else _staff(by)
    event = ConversationChanged(by=who, **_shared(tx, room_id, state, standing))
    return tx.append(DESK, "conversation_changed", event, now=now).seq


def _staff(row: Row) -> Staff:
    return Staff(row.id, staff_name(row.id, row.name, row.email))
