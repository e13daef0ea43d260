"""Hears that another node has committed: LISTEN on a connection of its own, watched by the loop, without a thread.

A hint and never the truth: what is missed while the connection is away is found by the relay's poll.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg

from carevia.store.in_thread import in_thread
from carevia.store.postgres_connection import CHANNEL, connect, first_line
from carevia.tasks import end

_AGAIN = 1.0  # s, between two attempts to connect

log = logging.getLogger("carevia.store")


class Hints:
    """`heard` is called on the loop; commits of the server process `own()` are no news."""

    def __init__(self, url: str, own: Callable[[], int], heard: Callable[[], None]) -> None:
        self._url = url
        self._own = own
        self._heard = heard
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        task, self._task = self._task, None
        await end(task)

    async def _listen(self) -> None:
        while True:
            opened: list[psycopg.Connection[Any]] = []  # filled by the thread, also when nobody waits for it any more
            try:
                await in_thread(partial(_open, self._url, opened))
                await self._until_lost(opened[0])
            except psycopg.Error as error:
                log.debug("store: cannot listen for other nodes: %s", first_line(error))
            except Exception:  # whatever it was: the next attempt may hear again
                log.exception("store: listening for other nodes failed")
            finally:
                for connection in opened:
                    connection.close()
            await asyncio.sleep(_AGAIN)

    async def _until_lost(self, connection: psycopg.Connection[Any]) -> None:
        loop = asyncio.get_running_loop()
        lost = asyncio.Event()
        # Of our own: libpq closes its socket as soon as that is lost, and the next connection that comes bears its
        # number. The loop goes by numbers: it would call us for that one, again and again, and never read it.
        descriptor = os.dup(connection.fileno())
        loop.add_reader(descriptor, self._read, connection, lost)
        try:
            self._heard()  # whatever came before we listened
            await lost.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)

    def _read(self, connection: psycopg.Connection[Any], lost: asyncio.Event) -> None:
        try:
            connection.pgconn.consume_input()
            news = False
            while (told := connection.pgconn.notifies()) is not None:
                news = news or told.be_pid != self._own()
        except psycopg.OperationalError:
            lost.set()
            return
        if news:
            self._heard()


def _open(url: str, opened: list[psycopg.Connection[Any]]) -> None:
    opened.append(connect(url))
    opened[0].execute(b"LISTEN " + CHANNEL)
