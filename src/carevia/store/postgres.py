"""The store on PostgreSQL: the same threads as on SQLite, over as many nodes as there are.

Connections of one process: one that writes, a few that read, one that listens for the other nodes.
"""

from carevia.errors import Unavailable
from carevia.store import works
from carevia.store.postgres_database import REPLACED, PostgresDatabase
from carevia.store.postgres_hints import Hints
from carevia.store.threaded import ThreadedStore


class PostgresStore(ThreadedStore):
    def __init__(self, url: str) -> None:
        database = PostgresDatabase(url)
        super().__init__(database)
        self._hints = Hints(url, lambda: database.writer_pid, self._hinted)

    async def open(self) -> None:
        await super().open()
        self._hints.start()

    async def check(self) -> None:
        """Besides: another node may have found that the database was replaced, where what this one saw is all there."""
        await super().check()
        if await self.read(works.epoch) != self.epoch:
            raise Unavailable(REPLACED)

    async def close(self) -> None:
        await self._hints.stop()
        await super().close()
