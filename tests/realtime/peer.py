"""A session over a real connection, for tests of what is written past its transport."""

import os
import socket
from contextlib import ExitStack

import pytest

from carevia.realtime.descriptor import Outlet
from carevia.realtime.message import Message


class Peer:
    """A socket's session over a real connection: `sent` past its descriptor, and `left` of what that did not take."""

    def __init__(self, stack: ExitStack, direct: bool = True) -> None:
        here, self._there = (stack.enter_context(end) for end in socket.socketpair())
        here.setblocking(False)
        self.fd = here.fileno() if direct else None
        self.sent: list[bytes] = []
        self.left: list[tuple[bytes, int]] = []
        self.session = self.transport = self
        self._here = here

    def send(self, message: Message, taken: int | None = None) -> None:
        if taken is None:
            self.sent.append(message.frames)
        else:
            self.left.append((message.frames, taken))
            self.fd = None  # until the transport holds nothing back

    def outlet(self, fd: int) -> Outlet:
        return Outlet(fd)

    def close(self) -> None:
        self._here.close()

    def fill(self) -> None:
        with pytest.raises(BlockingIOError):
            while True:
                self._here.send(bytes(4096))

    @property
    def other_end(self) -> int:
        return self._there.fileno()

    def heard(self) -> bytes:
        return os.read(self._there.fileno(), 1 << 20)
