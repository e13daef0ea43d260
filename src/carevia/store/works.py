"""What the store itself asks of its database: the journal's rows, its ends, a probe, and forgetting."""

import secrets
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import LargeBinary, Select, bindparam, cast, delete, func, select, true, update

from carevia.store.journal import JournalRow
from carevia.store.tables import journal, meta
from carevia.store.transaction import Row, Transaction

FORGOTTEN_AT_ONCE = 500
"""Rows. Every work that comes meanwhile waits for them: while half a million went, webhooks took 40 ms where with 5,000
at once it was 500, and all of them were gone no later."""


@lru_cache(maxsize=256)
def _rows_of(rooms: int, raw: bool) -> Select[Any]:
    """One statement per number of rooms; -1 stands for all rooms.

    `raw`: text comes as bytes. SQLite may hold what is not UTF-8, and such a row must not take the others of its page
    with it.
    """
    c = journal.c
    text: list[Any] = [c.id, c.room, c.name, c.payload, c.sender]
    if raw:
        text = [cast(column, LargeBinary).label(column.name) for column in text]
    rows = select(c.seq, c.time, *text).where(c.seq > bindparam("after"))
    if rooms >= 0:
        rows = rows.where(c.room.in_([bindparam(f"room{number}") for number in range(rooms)]))
    return rows.order_by(c.seq).limit(bindparam("most"))


def events_after(
    tx: Transaction, *, seq: int, rooms: Collection[str] | None, limit: int, raw: bool
) -> list[JournalRow]:
    if rooms is None:
        rows = tx.all(_rows_of(-1, raw), after=seq, most=limit)
    else:
        names = {f"room{number}": room for number, room in enumerate(rooms)}
        rows = tx.all(_rows_of(len(names), raw), after=seq, most=limit, **names)
    return [_decoded(row) if raw else _journal_row(row) for row in rows]


@lru_cache(maxsize=256)
def _missed_of(rooms: int, raw: bool) -> Select[Any]:
    """`_rows_of` behind the oldest number, which stands in the only row where there are none."""
    oldest = select(func.min(journal.c.seq).label("oldest")).subquery("kept")
    page = _rows_of(rooms, raw).subquery("page")
    return select(oldest, page).select_from(oldest.outerjoin(page, true())).order_by(page.c.seq)


def missed(tx: Transaction, *, seq: int, rooms: Collection[str], limit: int, raw: bool) -> tuple[int, list[JournalRow]]:
    names = {f"room{number}": room for number, room in enumerate(rooms)}
    rows = tx.all(_missed_of(len(names), raw), after=seq, most=limit, **names)
    decoded = _decoded if raw else _journal_row
    return rows[0].oldest or 0, [decoded(row) for row in rows if row.seq is not None]


def _decoded(row: Row) -> JournalRow:
    id_, room, name = (value.decode(errors="replace") for value in (row.id, row.room, row.name))
    sender = None if row.sender is None else row.sender.decode(errors="replace")
    return JournalRow(row.seq, id_, room, name, row.payload, row.time, sender)


def _journal_row(row: Row) -> JournalRow:
    return JournalRow(row.seq, row.id, row.room, row.name, row.payload.encode(), row.time, row.sender)


_BOUNDS = select(
    select(func.min(journal.c.seq)).scalar_subquery().label("oldest"),
    select(func.max(journal.c.seq)).scalar_subquery().label("newest"),
)


def bounds(tx: Transaction) -> tuple[int, int]:
    row = tx.all(_BOUNDS)[0]
    return row.oldest or 0, row.newest or 0


_EPOCH = select(meta.c.value).where(meta.c.key == "epoch")


def epoch(tx: Transaction) -> str:
    return str(tx.all(_EPOCH)[0].value)


PROBE = 8
LARGE_PROBE = 400_000
"""Bytes; more than the largest notice that is taken, with all that follows from it."""
_SET_PROBE = update(meta).where(meta.c.key == "probe").values(value=bindparam("new_value"))


def probe(tx: Transaction, *, size: int = PROBE) -> None:
    """Write so many bytes that were never there."""
    value = secrets.token_hex(size // 2)
    if not tx.run(_SET_PROBE, new_value=value):
        tx.insert(meta, key="probe", value=value)


_FIRST_KEPT = (
    select(journal.c.seq, journal.c.time)
    .where(journal.c.time >= bindparam("since"), journal.c.seq > bindparam("after"), journal.c.seq < bindparam("below"))
    .order_by(journal.c.seq)
    .limit(1)
)
_NEXT_OF_THE_PAST = (
    select(journal.c.seq, journal.c.time)
    .where(journal.c.seq > bindparam("after"), journal.c.time <= bindparam("now"))
    .order_by(journal.c.seq)
    .limit(1)
)
_FORGET = delete(journal).where(journal.c.seq < bindparam("below"))


def forget_before(tx: Transaction, *, time: int, now: int) -> int:
    """How many went; the next call goes on where it is FORGOTTEN_AT_ONCE."""
    oldest, newest = bounds(tx)
    below = min(newest, oldest + FORGOTTEN_AT_ONCE)
    return tx.run(_FORGET, below=_first_kept(tx, time, now, below))


def _first_kept(tx: Transaction, since: int, now: int, below: int) -> int:
    """A row of a time to come was written by a clock that was wrong: it is at least as old as the next one of the past,
    or it and everything after it would stay for as long as the clock was ahead."""
    after = 0
    while (kept := tx.first(_FIRST_KEPT, since=since, after=after, below=below)) is not None and kept.time > now:
        next_ = tx.first(_NEXT_OF_THE_PAST, after=kept.seq, now=now)
        if next_ is None or next_.time >= since:
            break
        after = next_.seq
    return below if kept is None else int(kept.seq)
