"""What the journal and the store know of rooms: the newest event of one, and what a member of staff had open.

The latter by socket id, so that a socket that is recovered finds its conversations again, in another process too, and
each from where it was joined.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from sqlalchemy import bindparam, delete, func, select, update

from carevia.store.store import Store
from carevia.store.tables import joined_rooms, journal, users
from carevia.store.transaction import Transaction

TOUCHED_WITHIN: Final = 2 * 3_600_000
"""ms: while a socket lives, its rooms are touched at least this often."""

_STILL_OPEN: Final = (
    select(joined_rooms.c.room, joined_rooms.c.seq)
    .join(users, users.c.id == joined_rooms.c.room)
    .where(joined_rooms.c.socket_id == bindparam("socket"))
    .order_by(joined_rooms.c.time, joined_rooms.c.seq)
)
_LEFT: Final = delete(joined_rooms).where(
    joined_rooms.c.socket_id == bindparam("socket"), joined_rooms.c.room == bindparam("left")
)
_TOUCH_ONE: Final = (
    update(joined_rooms)
    .where(joined_rooms.c.socket_id == bindparam("socket"), joined_rooms.c.room == bindparam("again"))
    .values(time=bindparam("now"))
)
_TOUCH: Final = (
    update(joined_rooms).where(joined_rooms.c.socket_id == bindparam("socket")).values(time=bindparam("now"))
)
_NEWEST: Final = select(func.max(journal.c.seq)).where(journal.c.room == bindparam("addressed"))
_OLDEST: Final = select(journal.c.time).order_by(journal.c.seq).limit(1)
_OLD: Final = delete(joined_rooms).where(joined_rooms.c.time < bindparam("before"))


class Joined(NamedTuple):
    """A room that a socket had joined: of its events it is owed those above `seq`."""

    room: str
    seq: int


class Rooms:
    """`now` is ms since 1970 UTC."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now

    async def join(self, socket_id: str, room: str, seq: int) -> None:
        """Kept before the join is acknowledged; `seq` is the journal's position above which its rows reach the
        socket live. Where it was joined before and never left, that number stays: the socket may have gone by now, and
        rows above it may have reached nobody."""

        def work(tx: Transaction) -> None:
            if not tx.run(_TOUCH_ONE, socket=socket_id, again=room, now=self._now()):
                tx.insert(joined_rooms, socket_id=socket_id, room=room, seq=seq, time=self._now())

        await self._store.write(work)

    async def join_again(self, socket_id: str, room: str) -> None:
        """It is in the room: it keeps the number of its first join, since rows above it may be on their way."""
        await self._store.write(lambda tx: tx.run(_TOUCH_ONE, socket=socket_id, again=room, now=self._now()))

    async def leave(self, socket_id: str, room: str) -> None:
        await self._store.write(lambda tx: tx.run(_LEFT, socket=socket_id, left=room))

    async def still_open(self, socket_id: str) -> list[Joined]:
        """What the socket had joined, least recently joined first, without those whose customer is no longer there."""
        rows = await self._store.read(lambda tx: tx.all(_STILL_OPEN, socket=socket_id))
        return [Joined(*row) for row in rows]

    async def newest(self, room: str) -> int:
        """The newest journal number addressed to a room, 0 where there is none."""
        row = await self._store.read(lambda tx: tx.first(_NEWEST, addressed=room))
        return int(row[0] or 0) if row is not None else 0

    async def touch(self, socket_ids: Iterable[str]) -> None:
        """These sockets live: a tab may be older than any retention, and still finds its rooms again."""
        ids, now = tuple(socket_ids), self._now()

        def work(tx: Transaction) -> None:
            for socket_id in ids:
                tx.run(_TOUCH, socket=socket_id, now=now)

        if ids:
            await self._store.write(work)

    async def oldest_time(self) -> int | None:
        """When the oldest row that is kept was written."""
        row = await self._store.read(lambda tx: tx.first(_OLDEST))
        return None if row is None else int(row.time)

    async def forget_of_rows_before(self, time: int) -> None:
        """A row of this time has been forgotten: no socket that went before it is recovered any more."""
        await self._store.write(lambda tx: tx.run(_OLD, before=time - TOUCHED_WITHIN))
