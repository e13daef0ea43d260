"""Search for staff: people by name, e-mail and tracking id, and every message ever written, newest first."""

from sqlalchemy import bindparam, or_, select, union

from carevia.domain.conversations import Found, FoundMessage, FoundPerson
from carevia.domain.people import split_name
from carevia.domain.search import excerpt, words
from carevia.domain.text import like_pattern, tidy
from carevia.domain.times import iso
from carevia.service.booking_rows import tracking_id_like
from carevia.store.tables import bookings, messages, users
from carevia.store.transaction import Row, Transaction

PEOPLE = 10

_NAMED = select(users.c.id).where(
    or_(users.c.name.ilike(bindparam("like"), escape="\\"), users.c.email.ilike(bindparam("like"), escape="\\"))
)
_WITH_TRACKING_ID = select(bookings.c.user_id).where(tracking_id_like(bindparam("like")))
# Put together, for with an `or` PostgreSQL may read all bookings again for each customer.
_PEOPLE = (
    select(users.c.id, users.c.name, users.c.email)
    .where(users.c.activity.is_not(None), users.c.id.in_(union(_NAMED, _WITH_TRACKING_ID)))
    .order_by(users.c.activity.desc())
    .limit(PEOPLE)
)
_MESSAGE = (
    select(messages, users.c.name.label("user_name"))
    .join_from(messages, users, users.c.id == messages.c.room_id, isouter=True)
    .where(messages.c.seq == bindparam("at"))
)


def find(tx: Transaction, *, query: str, before: int | None, size: int) -> tuple[Found, bool]:
    wanted, name = words(query), tidy(query, 200)
    people = tx.all(_PEOPLE, like=like_pattern(name)) if name and before is None else []
    seqs = tx.find_texts(wanted, before, size + 1) if wanted else []
    rows = [row for seq in seqs[:size] if (row := tx.first(_MESSAGE, at=seq)) is not None]
    return Found([_person(row) for row in people], [_message(row, wanted) for row in rows]), len(seqs) > size


def _person(row: Row) -> FoundPerson:
    first, last = split_name(row.name)
    return FoundPerson(row.id, first, last, row.email or "")


def _message(row: Row, wanted: list[str]) -> FoundMessage:
    text = excerpt(row.text, wanted)
    name = row.user_name or ""
    return FoundMessage(row.id, row.seq, row.room_id, name, row.sender_id, row.sender_name, text, iso(row.time))
