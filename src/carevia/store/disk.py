"""What a folder or its disk refuses, as a sentence that says what to do.

A disk without room is Unavailable, not a wrong setting: who starts us again will find room one day (exit status 1).
"""

import errno
import os
import tempfile
from pathlib import Path
from typing import Final

from carevia.errors import ConfigError, Unavailable

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_SOME: Final = 65_536  # bytes: more than SQLite's shared memory begins with


def cannot_write(folder: Path, error: OSError) -> ConfigError | Unavailable:
    if error.errno in NO_ROOM:
        return disk_full(folder)
    return ConfigError(
        f"The data folder {folder} cannot be written ({error.strerror or error}): "
        "make it writable for this user, or set CAREVIA_DATA_DIR to another folder."
    )


def disk_full(path: Path) -> Unavailable:
    return Unavailable(f"The disk of {path} is full: make room and start again.")


def is_full(folder: Path) -> bool:
    """Found out by writing: quotas and what is kept for root show nowhere else."""
    try:
        write_something(folder)
    except OSError as error:
        return error.errno in NO_ROOM
    return False


def free(folder: Path) -> int:
    """Bytes that this user may still write there; 0 where that cannot be told."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def write_something(folder: Path) -> None:
    """Into a file without a name, which is gone afterwards. Raises OSError."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_SOME))
