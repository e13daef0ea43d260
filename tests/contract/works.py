"""Pieces of work for the contract's tests, and a store that is open for them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import bindparam, select

from carevia.store.journal import JournalRow
from carevia.store.store import Store
from carevia.store.tables import meta
from carevia.store.transaction import Transaction

VALUE = select(meta.c.value).where(meta.c.key == bindparam("wanted"))


@asynccontextmanager
async def opened(make: Callable[[], Store]) -> AsyncIterator[Store]:
    store = make()
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def put(key: str, value: str) -> Callable[[Transaction], None]:
    return lambda tx: tx.insert(meta, key=key, value=value)


def get(key: str) -> Callable[[Transaction], str | None]:
    def work(tx: Transaction) -> str | None:
        row = tx.first(VALUE, wanted=key)
        return None if row is None else row.value

    return work


def claim(n: int) -> Callable[[Transaction], bool]:
    return lambda tx: tx.insert_new(meta, key="id", value=str(n))


def say(n: int, room: str = "desk") -> Callable[[Transaction], JournalRow]:
    return lambda tx: tx.append(room, "said", {"n": n}, now=1000 + n, sender=f"socket{n}")
