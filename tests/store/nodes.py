"""Nodes on one PostgreSQL, and what they say."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import bindparam, select

from carevia.store.postgres import PostgresStore
from carevia.store.tables import meta
from carevia.store.transaction import Transaction

SOON = 5.0
VALUE = select(meta.c.value).where(meta.c.key == bindparam("wanted"))


@asynccontextmanager
async def opened(*urls: str) -> AsyncIterator[list[PostgresStore]]:
    stores = [PostgresStore(url) for url in urls]
    for store in stores:
        listens = asyncio.Event()
        way_out = store.on_hint(listens.set)
        await store.open()
        await asyncio.wait_for(listens.wait(), SOON)  # the first hint, for what came before it listened
        way_out()
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


def say(room: str = "desk") -> Callable[[Transaction], int]:
    return lambda tx: tx.append(room, "said", {"text": "x"}, now=1).seq


def sleep(seconds: float) -> None:
    time.sleep(seconds)
