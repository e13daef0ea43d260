"""A client that takes its time, on a connection that has begun a request."""

import contextlib
import socket
import threading
import time


class Trickle:
    """A client that sends a byte a second, or nothing more. `lasted` is the time until the other side ended it."""

    def __init__(self, connection: socket.socket, every: float | None = 1.0) -> None:
        self._socket = connection
        self._over = threading.Event()
        self.lasted: float | None = None
        self._thread = threading.Thread(target=self._run, args=(every,), daemon=True)
        self._thread.start()

    def _run(self, every: float | None) -> None:
        begun = time.monotonic()
        self._socket.settimeout(every or 30)
        while not self._over.is_set():
            try:
                if not self._socket.recv(4096):
                    break
            except TimeoutError:
                with contextlib.suppress(OSError):
                    self._socket.sendall(b"x")
            except OSError:
                break
        self.lasted = time.monotonic() - begun

    def wait(self) -> float:
        self._thread.join(30)
        assert self.lasted is not None, "nobody ended it"
        return self.lasted

    def close(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(30)
        self._socket.close()
