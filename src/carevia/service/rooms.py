"""What a member of staff had open, by socket id, so that a socket that is recovered finds its conversations again,
in this process or in another (docs: recovery does not depend on a dead process's memory)."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import bindparam, delete, select

from carevia.store.store import Store
from carevia.store.tables import joined_rooms
from carevia.store.transaction import Transaction

_OF_SOCKET: Final = (
    select(joined_rooms.c.room).where(joined_rooms.c.socket_id == bindparam("socket")).order_by(joined_rooms.c.time)
)
_LEFT: Final = delete(joined_rooms).where(
    joined_rooms.c.socket_id == bindparam("socket"), joined_rooms.c.room == bindparam("left")
)
_OLD: Final = delete(joined_rooms).where(joined_rooms.c.time < bindparam("before"))


class JoinedRooms:
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

    async def forget_before(self, time: int) -> None:
        await self._store.write(lambda tx: tx.run(_OLD, before=time))
