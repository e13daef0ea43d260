"""What a process that serves thousands of connections for weeks asks of the system and of Python."""

import asyncio
import contextlib
import ctypes
import gc
import resource
from pathlib import Path

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h
LOOK_SECONDS = 10.0
_WORTH_IT = 2_000_000  # bytes: what is less may stay


def open_files() -> int:
    """How many files it may have open, raised to the most that the system allows; -1 where there is no limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # a limit beyond what the system can do stays as it is
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def tune_allocator() -> None:
    """For a process that lives for weeks: memory that a burst needed goes back to the system.

    glibc gives each thread an arena and learns to keep large blocks: after four bursts of 400 messages of 10 KB to 60
    clients that do not read, 147 MB stayed, with this 90 MB. Elsewhere than on glibc it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((_ARENA_MAX, 1), (_TRIM_THRESHOLD, 128 * 1024), (_MMAP_THRESHOLD, 128 * 1024)):
            mallopt(option, value)


class _Mallinfo(ctypes.Structure):
    """malloc.h's mallinfo2."""

    _NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = tuple((name, ctypes.c_size_t) for name in _NAMES.split())


class Memory:
    """What the process holds, and gives back to the system.

    glibc gives back only what is free at the heap's end, and there nearly always lies something that stays. `look` also
    gives back the free pages between, once they are many. Elsewhere than on glibc 2.33 and later it does nothing.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        self._trim = getattr(library, "malloc_trim", None)
        self._account = getattr(library, "mallinfo2", None)
        if self._account is not None:
            self._account.restype = _Mallinfo
        self._least = self._unused()

    def look(self) -> bool:
        """Whether memory was given back. A look takes microseconds, giving back some milliseconds, in which nobody
        gets any: it is done again only when another `_WORTH_IT` has become free."""
        unused = self._unused()
        self._least = min(self._least, unused)
        if self._trim is None or unused < self._least + _WORTH_IT:
            return False
        self._trim(0)
        self._least = self._unused()
        return True

    def _unused(self) -> int:
        """Bytes that are resident though nobody's, and some that always are (code, Python's own arenas)."""
        if self._account is None:
            return 0
        account = self._account()
        return resident() - int(account.uordblks + account.hblkhd)


def resident() -> int:
    """Bytes of memory that this process holds; Linux only."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def keep_small() -> None:
    """Look after the process's memory until cancelled."""
    memory = Memory()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        memory.look()


def tune_collector() -> None:
    """For a process that serves thousands of connections: what was made at start is never looked at again, and the
    collector comes a hundred times less often (a fifteenth of the cost of a new connection)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
