"""`carevia backup` and `carevia restore`: what the operator sees of store/backup.py."""

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

from carevia.config import Settings
from carevia.store.backup import back_up as copy_out
from carevia.store.backup import restore as copy_back
from carevia.store.backup_attachments import aside
from carevia.store.backup_file import Contents
from carevia.store.store import attachments_folder, database_file, is_postgres

_QUIET_SECONDS = 1.0
_MB = 1_000_000
AFTERWARDS = """Start the server now (systemctl start carevia). Every open page loads afresh by itself.
What was paid after the backup was made is not in it: compare with the payment provider's list of payments."""


class Progress:
    """A line a second on standard error, once the work takes longer than one."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _QUIET_SECONDS

    def __call__(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _QUIET_SECONDS
            _on_the_side(f"{stage} … {done / _MB:.0f} of {total / _MB:.0f} MB")


def back_up(settings: Settings, target: Path, *, force: bool, say: Callable[[str], None]) -> None:
    progress, url, files = Progress(), settings.database_url, attachments_folder(settings.data_dir)
    if is_postgres(url):
        from carevia.store.postgres_backup import back_up as copy_tables

        found = copy_tables(url, target, progress, files=files, force=force)
    else:
        found = copy_out(database_file(url, settings.data_dir), target, progress, files=files, force=force)
    say(f"The backup is made and checked: {target}, {_facts(found)}.")
    if found.attachments and (missing := found.attachments[1]):
        say(f"Not in it, for there is no file of it in {files}: {_counted(missing, 'attachment')} that messages name.")


def restore(settings: Settings, backup: Path, *, say: Callable[[str], None]) -> None:
    progress, url, files = Progress(), settings.database_url, attachments_folder(settings.data_dir)
    stamp, epoch = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), secrets.token_hex(8)
    if is_postgres(url):
        from carevia.store.postgres_backup import restore as load_tables

        found, schema = load_tables(url, backup, progress, files=files, epoch=epoch, stamp=stamp)
        what, kept = "the PostgreSQL database", f"the schema {schema}. Drop it" if schema else None
    else:
        path = database_file(url, settings.data_dir)
        found, file = copy_back(path, backup, progress, files=files, epoch=epoch, stamp=stamp)
        what, kept = str(path), f"{file}. Delete it" if file else None
    say(f"Restored and checked: {what}, {_facts(found)}.")
    if kept:
        say(f"The database as it was is kept: {kept} when you no longer need it.")
    if (others := aside(files, stamp)).exists():
        say(f"Attachments that only it names are kept too: {others}. Delete them together with it.")
    if found.attachments is None:
        say(f"The backup was made without attachments: copy their files to {files} from where you have them.")
    say(AFTERWARDS)


def _facts(found: Contents) -> str:
    files = "" if found.attachments is None else f", {_counted(found.attachments[0], 'attachment')}"
    bookings = _counted(found.bookings, "booking")
    return f"{found.size / _MB:.1f} MB, {bookings}, events up to number {found.newest}{files}"


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _on_the_side(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
