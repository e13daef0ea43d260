"""Moving SQLite's log into the database (a checkpoint) beside the commits instead of within one.

SQLite's own way is to move the whole log in the COMMIT that reaches a number of pages: 35 ms for 64 MB, in which every
work waits. Here a thread moves it while the writer goes on, and the writer then moves what came meanwhile, so that the
log can begin anew: it does so only where nothing of it is left. Measured by `bench job`, see docs/decisions/0008. Where
the thread cannot, SQLite still does it by itself (connection.LOG_PAGES).
"""

import logging
import os
import sqlite3
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread

PAGES = 4_000
"""Of the log (16 MB) after which it is moved. The longer it is, the more is moved together, and the longer it grows
after a start: a commit that makes the file grow takes half as long again as one that writes over what is there. SQLite
does not say how many pages it has before it moves them, so they are reckoned from how many the rows written before had
needed: one by one some five each, in groups two or one."""
_PAGES_PER_ROW = 5.0
_PAGE = 4_096  # bytes
_SHARE = 4
"""Part of what is free on the disk that a log takes at most: on a small one the database needs the room."""
_FEWEST = 64

_PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)"  # waits for nobody, and nobody waits for it
_RESTART = "PRAGMA wal_checkpoint(RESTART)"  # waits, as long as for a lock, until nobody reads what is in the log
log = logging.getLogger("carevia.store")


class Checkpointer:
    """Belongs to the connection that writes; `connect` opens another one, for the thread. `room` tells how many bytes
    are free on the disk."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], room: Callable[[], int], pages: int = PAGES) -> None:
        self._connect = connect
        self._room = room
        self._most = pages
        self._pages = self._length()
        self._per_row = _PAGES_PER_ROW
        self._rows = 0  # since the log began
        self._no_room = False  # for a longer log
        self._wanted: SimpleQueue[bool] = SimpleQueue()
        self._under_way = False
        self._moved = Event()  # all but what was written meanwhile
        self._thread: Thread | None = None  # most that write end before they have filled a log

    def committed(self, rows: int, connection: sqlite3.Connection) -> None:
        """After each COMMIT, by the thread that writes; `rows` were written in it."""
        self._rows += rows
        if self._moved.is_set():
            self._moved.clear()
            self._begin_anew(connection, _PASSIVE)
        elif not self._under_way and (self._no_room or self._fills_the_disk(connection)):
            self._no_room = False
            self._begin_anew(connection, _RESTART)  # here and now: what is committed next would take the room first
        elif not self._under_way and self._rows * self._per_row >= self._pages:
            self._under_way = self._want()

    def _fills_the_disk(self, connection: sqlite3.Connection) -> bool:
        """Where there is little room the thread may come too late, and the log is never longer than was reckoned. Nor
        may it take the room without which it could not be moved any more: one row may be as long as a hundred."""
        if self._pages >= self._most:
            return False
        return self._rows * _PAGES_PER_ROW >= self._pages or 2 * _growth(connection) >= self._room()

    def disk_full(self, connection: sqlite3.Connection) -> None:
        """After a COMMIT that found no room, which may lie in the log: one that is moved whole begins anew, over what
        it has. And it is moved behind the first COMMIT that goes well again, so that it leaves the room that was made
        to the database."""
        self._no_room = True
        if self._moved.is_set() or not self._under_way:
            self._moved.clear()
            self._begin_anew(connection, _RESTART)

    def close(self) -> None:
        if self._thread is not None:
            self._wanted.put(False)
            self._thread.join()

    def _want(self) -> bool:
        """Whether the log will be moved: not where the system gives no thread just now."""
        if self._thread is None:
            thread = Thread(target=self._main, name="carevia-checkpoints", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        self._wanted.put(True)
        return True

    def _begin_anew(self, connection: sqlite3.Connection, how: str) -> None:
        pages = checkpoint(connection, how)
        if pages and self._rows:
            self._per_row = max(1.0, pages / self._rows)
        self._rows = 0
        self._pages = self._length()
        self._under_way = False

    def _length(self) -> int:
        """Of the log that begins now, in pages."""
        return min(self._most, max(_FEWEST, self._room() // (_SHARE * _PAGE)))

    def _main(self) -> None:
        connection: sqlite3.Connection | None = None
        while self._wanted.get():
            try:
                connection = connection or self._connect()
                checkpoint(connection)
            except sqlite3.Error as error:
                log.error("store: the log could not be moved: %s", error)
            self._moved.set()
        if connection is not None:
            connection.close()


def _growth(connection: sqlite3.Connection) -> int:
    """By how many bytes the database's file will be longer once the log is moved; 0 where that cannot be told."""
    try:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        _, _, path = connection.execute("PRAGMA database_list").fetchone()
        return int(pages) * _PAGE - os.path.getsize(path)
    except (sqlite3.Error, OSError):  # what was committed stays so
        return 0


def checkpoint(connection: sqlite3.Connection, how: str = _PASSIVE) -> int:
    """Move the log; gives how many pages it had. What fails stays in it, on the disk, and is moved another time."""
    try:
        _, pages, _ = connection.execute(how).fetchone()
    except sqlite3.Error as error:
        log.error("store: the log could not be moved: %s", error)
        return 0
    return int(pages)
