"""What the journal and the store know of rooms: the newest event of one, and what a member of staff had open.

The latter by socket id, so that a socket that is recovered finds its conversations again, in another process too.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import bindparam, delete, func, select

from carevia.store.store import Store
from carevia.store.tables import joined_rooms, journal
from carevia.store.transaction import Transaction

_OF_SOCKET: Final = (
    select(joined_rooms.c.room).where(joined_rooms.c.socket_id == bindparam("socket")).order_by(joined_rooms.c.time)
)
_LEFT: Final = delete(joined_rooms).where(
    joined_rooms.c.socket_id == bindparam("socket"), joined_rooms.c.room == bindparam("left")
)
_NEWEST: Final = select(func.max(journal.c.seq)).where(journal.c.room == bindparam("addressed"))
_OLD: Final = delete(joined_rooms).where(joined_rooms.c.time < bindparam("before"))


class Rooms:
    """`now` is ms since 1970 UTC."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now

    async def join(self, socket_id: str, room: str, seq: int) -> None:
        """Kept before the join is acknowledged; `seq` is the journal's position at that moment."""

        def work(tx: Transaction) -> None:
            tx.run(_LEFT, socket=socket_id, left=room)
            tx.insert(joined_rooms, socket_id=socket_id, room=room, seq=seq, time=self._now())

        await self._store.write(work)

    async def leave(self, socket_id: str, room: str) -> None:
        await self._store.write(lambda tx: tx.run(_LEFT, socket=socket_id, left=room))

    async def of(self, socket_id: str) -> list[str]:
        """Least recently joined first."""
        rows = await self._store.read(lambda tx: tx.all(_OF_SOCKET, socket=socket_id))
        return [row.room for row in rows]

    async def newest(self, room: str) -> int:
        """The newest journal number addressed to a room, 0 where there is none."""
        row = await self._store.read(lambda tx: tx.first(_NEWEST, addressed=room))
        return int(row[0] or 0) if row is not None else 0

    async def forget_before(self, time: int) -> None:
        await self._store.write(lambda tx: tx.run(_OLD, before=time))
