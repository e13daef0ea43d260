"""The rows of the list of conversations, page by page.

Two lists in one: who waits, by the number of their first unanswered message, then the others by the number of their
last booking or message. A cursor says in which of the two it is, and at which number: `w12`, `a7`.
"""

import re
from functools import cache
from typing import Any

from msgspec import UNSET
from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from carevia.domain.chat import NO_CONVERSATION
from carevia.domain.conversations import (
    Conversation,
    ConversationPage,
    ConversationQuery,
    Counts,
    ListedMessage,
    Staff,
)
from carevia.domain.people import Person, split_name, staff_name
from carevia.domain.times import iso
from carevia.errors import BadInput, NotFound
from carevia.store.tables import attachments, conversations, journal, messages, users
from carevia.store.transaction import Row, Transaction

_u = users.c
_c = conversations.c
_staff = users.alias("staff")
_last = messages.alias("last")
_first = messages.alias("first")
_attached = (
    select(func.count())
    .select_from(attachments)
    .where(attachments.c.room_id == _last.c.room_id, attachments.c.message_seq == _last.c.seq)
    .correlate(_last)
    .scalar_subquery()
)
_COLUMNS: tuple[Any, ...] = (
    *(_u.id, _u.name, _u.email, _u.image, _u.last_login, _u.activity),
    *(_c.unread, _c.waiting, _c.status, _c.assignee, _c.version),
    _staff.c.name.label("staff_name"),
    _staff.c.email.label("staff_email"),
    *(_last.c[name].label(f"last_{name}") for name in ("seq", "id", "sender_id", "sender_name", "text", "time")),
    _first.c.time.label("waiting_since"),
    _attached.label("attached"),
)


def _rows(known: bool) -> Select[Any]:
    """With `known` only customers who have a row of their own in `conversations`, which lets its index lead."""
    table = (
        conversations.join(users, _u.id == _c.room_id) if known else users.outerjoin(conversations, _c.room_id == _u.id)
    )
    table = table.outerjoin(_staff, _staff.c.id == _c.assignee).outerjoin(_last, _last.c.seq == _c.last_seq)
    return select(*_COLUMNS).select_from(table.outerjoin(_first, _first.c.seq == _c.waiting))


_IS_OPEN = or_(_c.status.is_(None), _c.status == "open")
_FILTERS: dict[str, tuple[ColumnElement[bool], ...]] = {
    "open": (_IS_OPEN,),
    "mine": (_c.assignee == bindparam("me"), _c.status == "open"),
    "unassigned": (_c.assignee.is_(None), _IS_OPEN),
    "closed": (_c.status == "closed",),
}
_ONE = _rows(known=False).where(_u.id == bindparam("room"))


@cache
def _waiting(filter_: str, unread: bool) -> Select[Any]:
    rows = _rows(known=True).where(_c.waiting > bindparam("after"), *_FILTERS[filter_])
    if unread:
        rows = rows.where(_c.unread > 0)
    return rows.order_by(_c.waiting).limit(bindparam("most"))


@cache
def _others(filter_: str) -> Select[Any]:
    """Without an `activity` somebody has neither booked nor written."""
    known = filter_ in ("mine", "closed")
    rows = _rows(known).where(_u.activity < bindparam("after"), _c.waiting.is_(None), *_FILTERS[filter_])
    return rows.order_by(_u.activity.desc()).limit(bindparam("most"))


_OF_ALL = select(func.count().label("all")).select_from(users).where(_u.activity.is_not(None))
_open = _c.status == "open"
_OF_KNOWN = select(
    func.count().filter(_c.status == "closed").label("closed"),
    func.count().filter(_open, _c.assignee.is_not(None)).label("assigned"),
    func.count().filter(_open, _c.assignee == bindparam("me")).label("mine"),
    func.count().filter(_c.unread > 0).label("unread"),
).select_from(conversations)
_NEWEST_EVENT = select(func.max(journal.c.seq).label("newest"))
_NEWEST = 2**62


def page(tx: Transaction, *, viewer: Person, query: ConversationQuery) -> ConversationPage:
    if query.room_id is not None:
        return _page(tx, viewer, [one(tx, query.room_id)], None)
    me = {"me": viewer.id} if query.filter == "mine" else {}
    part, after = _cursor(query.after)
    most = query.limit + 1
    rows: list[Row] = []
    if part == "w":
        rows = tx.all(_waiting(query.filter, query.unread), after=after, most=most, **me)
        after = _NEWEST
    if len(rows) < most and not query.unread:  # what is unread waits
        rows += tx.all(_others(query.filter), after=after, most=most - len(rows), **me)
    more, rows = len(rows) == most, rows[: most - 1]
    return _page(tx, viewer, [shown(row) for row in rows], _cursor_at(rows[-1]) if more else None)


def _page(tx: Transaction, viewer: Person, rows: list[Conversation], cursor: str | None) -> ConversationPage:
    newest = tx.all(_NEWEST_EVENT)[0].newest or 0
    return ConversationPage(rows, cursor is not None, cursor, _counts(tx, viewer), newest)


def one(tx: Transaction, room_id: str) -> Conversation:
    row = tx.first(_ONE, room=room_id)
    if row is None:
        raise NotFound(NO_CONVERSATION)
    return shown(row)


def _counts(tx: Transaction, viewer: Person) -> Counts:
    everybody = tx.all(_OF_ALL)[0].all
    known = tx.all(_OF_KNOWN, me=viewer.id)[0]
    opened = everybody - known.closed
    return Counts(opened, known.mine, opened - known.assigned, known.closed, known.unread)


def shown(row: Row) -> Conversation:
    first, last = split_name(row.name)
    assignee = None
    if row.assignee is not None:
        assignee = Staff(row.assignee, staff_name(row.assignee, row.staff_name, row.staff_email))
    message = None
    if row.last_seq is not None:
        message = ListedMessage(
            row.last_id,
            row.last_seq,
            row.last_sender_id,
            row.last_sender_name,
            row.last_text,
            iso(row.last_time),
            row.attached or UNSET,
        )
    return Conversation(
        id=row.id,
        firstName=first,
        lastName=last,
        email=row.email or "",
        image=row.image,
        lastLoginAt=None if row.last_login is None else iso(row.last_login),
        status=row.status or "open",
        assignee=assignee,
        unread=row.unread or 0,
        waiting=row.waiting,
        waitingSince=None if row.waiting_since is None else iso(row.waiting_since),
        activity=row.activity or 0,
        lastMessage=message,
        seq=max(row.version or 0, row.activity or 0),
    )


def _cursor_at(row: Row) -> str:
    return f"a{row.activity}" if row.waiting is None else f"w{row.waiting}"


def _cursor(text: str | None) -> tuple[str, int]:
    if text is None or text == "":
        return "w", 0
    if not re.fullmatch(r"[aw][0-9]{1,18}", text, re.ASCII):
        raise BadInput(
            "after must be a cursor that this list gave.", errors=[{"field": "after", "message": "unknown cursor"}]
        )
    return text[0], int(text[1:])
