"""Files that are whole and on the disk; and what a folder or its disk refuses, as a sentence that says what to do.

A disk without room is Unavailable, not a wrong setting: who starts us again will find room one day (exit status 1).
"""

import contextlib
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


def write_whole(path: Path, content: bytes) -> None:
    """All of it on the disk under its name, for its owner alone, or nothing. `sync` of the folder keeps the name."""
    part = path.with_name(f"{path.name}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """A file's content, or a folder's names, are on the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_something(folder: Path) -> None:
    """Into a file without a name, which is gone afterwards. Raises OSError."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_SOME))
