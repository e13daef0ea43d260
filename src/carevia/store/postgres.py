"""The store on PostgreSQL: the same threads as on SQLite, over as many nodes as there are.

Connections of one process: one that writes, a few that read, one that listens for the other nodes.
"""

from carevia.store.postgres_database import PostgresDatabase
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

    async def close(self) -> None:
        await self._hints.stop()
        await super().close()
