"""Carevia with faults to order, for what no test can do to a healthy process from outside on every machine.

    program = FaultyProgram(**SETTINGS)
    program.fault("clock", "600")     # every clock of the wall is ten minutes ahead; the monotonic one is not
    program.fault("fsync")            # COMMIT and checkpoints fail as they do after EIO from fsync
    program.fault("hints")            # nothing in the process wakes the relay any more
    program.fault("threads")          # the system gives no new thread
    program.well("fsync")

The program itself knows none of it: run as a module, this file lays the faults under it and then is `carevia serve`.
A fault is a file in the folder of faults, so that it comes and goes while the process lives.
"""

import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.harness.program import ROOT, Program

FOLDER = "FAULTS_FOLDER"


class FaultyProgram(Program):
    def __init__(self, *words: str, **settings: Any) -> None:
        super().__init__(*words, **settings)
        self._faults = Path(tempfile.mkdtemp(dir=self._folder.name))

    def serve_command(self) -> list[str]:
        return [sys.executable, "-m", "tests.harness.faulty", "serve", *self.words]

    def environment(self) -> dict[str, str]:
        return super().environment() | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", FOLDER: str(self._faults)}

    def fault(self, name: str, value: str = "") -> None:
        partly = self._faults / f".{name}"
        partly.write_text(value)
        partly.rename(self._faults / name)

    def well(self, name: str) -> None:
        (self._faults / name).unlink()


# --- in the process ---


def _has(fault: str) -> bool:
    return (Path(os.environ[FOLDER]) / fault).exists()


def _ahead() -> float:
    """Seconds by which the clocks of the wall are wrong."""
    try:
        return float((Path(os.environ[FOLDER]) / "clock").read_text())
    except FileNotFoundError:
        return 0.0


class _Connection(sqlite3.Connection):
    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if (sql == "COMMIT" or "wal_checkpoint" in sql) and _has("fsync"):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return super().execute(sql, *parameters)


def _deaf(subscribe: Callable[..., Any]) -> Callable[..., Any]:
    """A store whose listeners hear nothing while there are no hints."""

    def subscribed(store: Any, listener: Callable[[Sequence[Any]], None]) -> Any:
        return subscribe(store, lambda rows: None if _has("hints") else listener(rows))

    return subscribed


def _refused(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """As where the system gives no more threads."""

    def begun(thread: threading.Thread) -> None:
        if _has("threads"):
            raise RuntimeError("can't start new thread")
        start(thread)

    return begun


def _serve() -> None:
    real_time, real_time_ns = time.time, time.time_ns
    replaced: dict[str, Any] = {
        "time": lambda: real_time() + _ahead(),
        "time_ns": lambda: real_time_ns() + int(_ahead() * 1e9),
    }
    for name, clock in replaced.items():
        setattr(time, name, clock)
    connect: Any = sqlite3.connect
    setattr(sqlite3, "connect", partial(connect, factory=_Connection))  # noqa: B010 (mypy minds an assignment)
    setattr(threading.Thread, "start", _refused(threading.Thread.start))  # noqa: B010
    from carevia.cli import main
    from carevia.store.sqlite import SqliteStore

    setattr(SqliteStore, "subscribe", _deaf(SqliteStore.subscribe))  # noqa: B010
    main()


if __name__ == "__main__":
    _serve()
