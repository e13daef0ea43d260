"""`carevia backup` and `carevia restore`: what the operator sees of store/backup.py."""

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

from carevia.config import Settings
from carevia.store.backup import back_up as copy_out
from carevia.store.backup import restore as copy_back
from carevia.store.store import database_file

_QUIET_SECONDS = 1.0
_MB = 1_000_000
AFTERWARDS = """Start the server now (systemctl start carevia). Every open page loads afresh by itself.
What was paid after the backup was made is not in it: compare with the payment provider's list of payments."""


class Progress:
    """A line a second on standard error, once the work takes longer than one."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._next = clock() + _QUIET_SECONDS

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._clock() >= self._next:
            self._next = self._clock() + _QUIET_SECONDS
            self._say(f"{stage} … {done / _MB:.0f} of {total / _MB:.0f} MB")


def back_up(settings: Settings, target: Path, *, force: bool, say: Callable[[str], None]) -> None:
    path = database_file(settings.database_url, settings.data_dir)
    found = copy_out(path, target, Progress(_on_the_side), force=force)
    say(f"The backup is made and checked: {target}, {_facts(found.size, found.bookings, found.newest)}.")


def restore(settings: Settings, backup: Path, *, say: Callable[[str], None]) -> None:
    path = database_file(settings.database_url, settings.data_dir)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    found, kept = copy_back(path, backup, Progress(_on_the_side), epoch=secrets.token_hex(8), stamp=stamp)
    say(f"Restored and checked: {path}, {_facts(found.size, found.bookings, found.newest)}.")
    if kept is not None:
        say(f"The database as it was is kept: {kept}. Delete it when you need it no more.")
    say(AFTERWARDS)


def _facts(size: int, bookings: int, newest: int) -> str:
    return f"{size / _MB:.1f} MB, {bookings} bookings, events up to number {newest}"


def _on_the_side(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
