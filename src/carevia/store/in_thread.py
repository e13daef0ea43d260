"""One thread for one piece of work that blocks, gone when it is answered (asyncio's own pool would stay)."""

import asyncio
import contextlib
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

from carevia.store.job import Job

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` gives, or raises. Whoever is cancelled meanwhile ends only with it, and the loop stands still until
    then: so whatever it opened is known to them. For the start and the end of a process."""
    loop = asyncio.get_running_loop()
    job = Job(work, loop.create_future())

    def main() -> None:
        try:
            job.result = work()
        except BaseException as error:
            job.error = error
        with contextlib.suppress(RuntimeError):  # a loop that is closed has nobody left to tell
            loop.call_soon_threadsafe(job.settle)

    thread = Thread(target=main, name="carevia-once", daemon=True)
    thread.start()
    try:
        result: T = await job.future
        return result
    finally:
        thread.join()
