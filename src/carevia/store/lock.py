"""Who has a database open: every open store holds its lock together with the others, a restore holds it alone.

The lock is a file of its own beside the database, because SQLite has locks of its own on the database's. The kernel
gives it back when its process ends, however it ends; what it says is for reached.py, so it may lie there for ever.
"""

import fcntl
import os
from pathlib import Path

from carevia.store.disk import cannot_write


def hold(path: Path, *, alone: bool = False) -> int | None:
    """The descriptor that holds the lock of the database `path` until it is closed; None where somebody else's
    stands against it. Raises ConfigError where the folder cannot be written, Unavailable where its disk is full."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = path.with_name(f"{path.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        give_to_owner_of_folder(lock)
    except OSError as error:
        raise cannot_write(path.parent, error) from None
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def give_to_owner_of_folder(path: Path) -> None:
    """What root makes in the folder of the server's user must be that user's, or the server could not open it."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)
