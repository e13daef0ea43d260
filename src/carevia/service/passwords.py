"""argon2id, in a pool of few threads with a bounded queue: ten people who sign in at once must not stall the desk.

The parameters are OWASP's floor (19 MiB, two passes), and an unknown account takes the time of a known one.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from carevia.errors import Unavailable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
_CORES: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
THREADS: Final = 2 if _CORES > 2 else 1
"""Of one process. A core is left to the event loop: on two cores, 50 sign-ins a second made the p99 of others' events
5 to 8 times as long with two threads, and about twice with one (`python -m bench.sign_ins`)."""
WAITING: Final = 16

_log = logging.getLogger("carevia.passwords")


class Passwords:
    """`close` it when done. Both methods raise Unavailable while the queue is full or memory is short."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB) -> None:
        self._memory_kib = memory_kib
        self._pending = 0
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._hasher: PasswordHasher | None = None
        self._nobody = ""

    async def hash(self, password: str) -> str:
        return await self._run(self._hash, password)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether the password is that of `stored`; takes the same time, and says no, where nothing is stored."""
        return await self._run(self._matches, password, stored)

    async def warm(self) -> None:
        """Load the library and make the hash that unknown accounts are compared with."""
        await self._run(self._matches, "", None)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        if self._pending >= THREADS + WAITING:
            raise Unavailable("Too many people are signing in at this moment. Try again in a few seconds.")
        future = asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        self._pending += 1
        future.add_done_callback(self._done)
        return await future

    def _done(self, _: object) -> None:
        self._pending -= 1

    def _ready(self) -> "PasswordHasher":
        if self._hasher is None:
            from argon2 import PasswordHasher

            hasher = PasswordHasher(time_cost=PASSES, memory_cost=self._memory_kib, parallelism=1)
            self._nobody = hasher.hash("nobody has this password")
            self._hasher = hasher
        return self._hasher

    def _hash(self, password: str) -> str:
        with _failures_told():
            return self._ready().hash(password)

    def _matches(self, password: str, stored: str | None) -> bool:
        from argon2.exceptions import InvalidHashError, VerifyMismatchError

        with _failures_told():
            hasher = self._ready()
            try:
                return hasher.verify(stored or self._nobody, password) and stored is not None
            except (VerifyMismatchError, InvalidHashError):
                return False


@contextlib.contextmanager
def _failures_told() -> Iterator[None]:
    """Argon2 that got no memory says nothing about the password: nobody guessed wrong."""
    from argon2.exceptions import Argon2Error

    try:
        yield
    except Argon2Error as problem:
        _log.error("a password could not be checked: %s", problem)
        raise Unavailable("Passwords cannot be checked at the moment. Try again in a few seconds.") from None
