"""Faults that others have been bitten by, as switches: patches that stand in place of our code for one run.

Each is the smallest change that brings the fault back. They live here and nowhere else.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from msgspec import structs

from carevia.domain.payments import StripeEvent
from carevia.service.payments import Payments
from carevia.service.relay import Relay
from carevia.store.connection import SqliteTransaction
from carevia.store.journal import JournalRow
from carevia.store.store import Store
from carevia.store.transaction import Transaction
from tests.model.machine import Patch

T = TypeVar("T")
_SLOW: Final = 0.3  # seconds of virtual time: between a number and its commit, between a mark and its emit


class Around:
    """A store for one service, with a fault in its `write`; the rest is the store's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


# --- cursor gap: numbers are handed out before the commit, so they become visible out of order -------------------


_given: dict[str, int] = {}  # file -> the number that was handed out last


def _take_from_sequence(tx: SqliteTransaction) -> int:
    """A database's sequence: the next number for whoever asks, whether or not they ever commit."""
    file = tx._connection.execute("PRAGMA database_list").fetchone()[2]
    newest = tx._connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]
    _given[file] = max(_given.get(file, 0), newest) + 1
    return _given[file]


def _next_of_sequence(tx: SqliteTransaction) -> int:
    """The same until a row was appended: rows name the number that the journal's row then has."""
    place = (tx.rows, len(tx.rows))
    early = vars(tx).pop("early", None)
    known = vars(tx).get("taken")
    if early is not None or known is None or known[0] is not place[0] or known[1] != place[1]:
        known = vars(tx)["taken"] = (*place, _take_from_sequence(tx) if early is None else int(early))
    return int(known[2])


class EarlyNumber(Around):
    async def write(self, work: Callable[[Transaction], T]) -> T:
        number = await self._store.write(lambda tx: _take_from_sequence(tx))  # type: ignore[arg-type]

        def numbered(tx: Any) -> T:
            tx.early = number
            return work(tx)

        await asyncio.sleep(_SLOW * (number % 2))  # the others are as quick as ever
        return await self._store.write(numbered)


CURSOR_GAP: Final[tuple[Patch, ...]] = (
    ("carevia.store.connection.SqliteTransaction.next_seq", _next_of_sequence),
    ("carevia.app.Payments", lambda store, **rest: Payments(EarlyNumber(store), **rest)),  # type: ignore[arg-type]
)


# --- two transactions: the booking is committed, then its journal row --------------------------------------------


class Unwritten(Around):
    """A transaction whose journal rows are only noted."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)  # type: ignore[arg-type]
        self.rows: list[tuple[tuple[Any, ...], Mapping[str, Any]]] = []

    def append(self, *words: Any, **more: Any) -> JournalRow:
        self.rows.append((words, more))
        newest = self._store._connection.execute("SELECT coalesce(max(seq), 0) FROM journal")  # type: ignore[attr-defined]
        return JournalRow(newest.fetchone()[0] + len(self.rows), "", words[0], words[1], b"", more["now"])


class TwoTransactions(Around):
    async def write(self, work: Callable[[Transaction], T]) -> T:
        noted: list[Unwritten] = []

        def first(tx: Transaction) -> T:
            noted.append(Unwritten(tx))
            return work(noted[0])  # type: ignore[arg-type]

        result = await self._store.write(first)
        for words, more in noted[0].rows:
            await self._store.write(lambda tx, words=words, more=more: tx.append(*words, **more))  # type: ignore[misc]
        return result


TWO_TRANSACTIONS: Final[tuple[Patch, ...]] = (
    ("carevia.app.Payments", lambda store, **rest: Payments(TwoTransactions(store), **rest)),  # type: ignore[arg-type]
)


# --- mark before emit: the position says that rows have gone out which have not ----------------------------------


class MarksFirst(Relay):
    def _emit(self, rows: Sequence[JournalRow], *, written_here: bool = False) -> None:
        if rows:
            self.position = rows[-1].seq
            asyncio.get_running_loop().call_later(_SLOW, partial(super()._emit, rows, written_here=written_here))


MARK_BEFORE_EMIT: Final[tuple[Patch, ...]] = (("carevia.app.Relay", MarksFirst),)


# --- dropped duplicate check, in the service and on the page ------------------------------------------------------


class NoClaim(Payments):
    """Nothing recognises a notice or its session: no id is claimed, no unique key refuses."""

    _count = 0

    async def receive_stripe(self, body: bytes, event: StripeEvent, cause: str | None = None) -> None:
        NoClaim._count += 1
        session = dict(event.object)
        new = {"id": f"{session['id']}{self._count}", "metadata": {**session["metadata"], "trackingId": ""}}
        renamed = structs.replace(event, id=f"{event.id}{self._count}", object=session | new)
        await super().receive_stripe(body, renamed, cause)


DUPLICATE_CHECK_DROPPED: Final[tuple[Patch, ...]] = (("carevia.app.Payments", NoClaim),)
PAGE_SHOWS_TWICE: Final[tuple[Patch, ...]] = (("tests.reducers._is_listed", lambda *_: False),)
