"""A bad network: a TCP proxy in front of a server that delays, holds, breaks, half-opens or refuses connections.

    with Proxy(program.port) as proxy:
        client.connect(proxy.url)
        proxy.blackhole()       # silence in both directions, as of a partition; nobody is told
        proxy.heal()            # what was held flows on, new connections work

A loop in a thread of its own does the work; every method is synchronous and has taken effect when it returns.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

T = TypeVar("T")
Side = Literal["client", "server"]
CHUNK = 65_536
KEPT = 65_536  # bytes that the kernel may hold of what a server sends
IN_FLIGHT = 64  # chunks of one direction that wait for their time; then the sender feels it
LINGER_RESET = struct.pack("ii", 1, 0)  # close() sends RST


class Link:
    """One connection through the proxy: the client's socket, the server's, and a copying task each way."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.server: socket.socket | None = None
        self.open = asyncio.Event()
        self.ended = False
        self.forgotten = False  # silent for ever: healing does not reach it
        self.tasks: list[asyncio.Task[None]] = []

    def sides(self) -> list[socket.socket]:
        return [side for side in (self.client, self.server) if side is not None]

    def stop(self) -> Iterable[asyncio.Task[None]]:
        for task in self.tasks:
            task.cancel()
        return self.tasks


class Proxy:
    """Listens on a free port of 127.0.0.1 and connects each client to `target_port` there."""

    def __init__(self, target_port: int) -> None:
        self.latency = 0.0
        """Seconds that every byte takes, in each direction; may be changed at any time."""
        self._target_port = target_port
        self._holding = False
        self._links: list[Link] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._listener: socket.socket | None = listening(0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._do(self._listen)

    # What may be done to the network.

    def blackhole(self, most: int | None = None) -> int:
        """From now on no byte passes, of connections there are and of new ones (which are accepted), until `heal`.

        With `most` it is only the oldest connections that nobody reads from, and new ones work. Returns how many.
        """
        return self._do(lambda: self._hold(most))

    def heal(self) -> None:
        """Undo `blackhole` and `refuse`: what was held flows on, and connections are accepted."""
        self._do(self._heal)

    def half_open(self, most: int | None = None, gone: Side | None = None) -> int:
        """The oldest connections (all, without `most`) are silent for ever and nobody is told; new ones work.

        With `gone` that side is closed, so that only the other still believes in the connection. Returns how many.
        """
        return self._do(lambda: self._half_open(most, gone))

    def reset(self, most: int | None = None) -> int:
        """RST to both sides of the oldest connections, of all without `most`. Returns how many."""
        return self._do(lambda: self._reset(most))

    def refuse(self) -> None:
        """New connections are refused until `heal`; those there are live on."""
        self._do(self._deafen)

    @property
    def connections(self) -> int:
        """That are open and not forgotten."""
        return self._do(lambda: len(self._usable()))

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._do(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # On the loop.

    def _do(self, work: Callable[[], T]) -> T:
        async def done() -> T:
            result = work()
            while self._closing:
                await asyncio.gather(*self._closing)
            return result

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(5)

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._loop.create_task(work)

    def _listen(self) -> None:
        if self._listener is None:
            self._listener = listening(self.port)
        self._loop.add_reader(self._listener, self._accept, self._listener)

    def _deafen(self) -> None:
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def _hold(self, most: int | None) -> int:
        self._holding = self._holding or most is None
        chosen = self._usable()[:most]
        for link in chosen:
            link.open.clear()
        return len(chosen)

    def _heal(self) -> None:
        self._holding = False
        if self._listener is None:
            self._listen()
        for link in self._usable():
            link.open.set()

    def _usable(self) -> list[Link]:
        self._links = [link for link in self._links if not link.ended]
        return [link for link in self._links if not link.forgotten]

    def _half_open(self, most: int | None, gone: Side | None) -> int:
        chosen = self._usable()[:most]
        for link in chosen:
            link.forgotten = True
            side = link.client if gone == "client" else link.server if gone == "server" else None
            self._hang_up(link.stop(), [] if side is None else [side], reset=True)
        return len(chosen)

    def _reset(self, most: int | None) -> int:
        chosen = self._usable()[:most]
        for link in chosen:
            self._close(link, reset=True)
        return len(chosen)

    def _close(self, link: Link, *, reset: bool) -> None:
        link.ended = True
        self._hang_up(link.stop(), link.sides(), reset=reset)

    def _hang_up(self, tasks: Iterable[asyncio.Task[None]], sides: Iterable[socket.socket], *, reset: bool) -> None:
        """Only when nobody waits for them any more: the loop knows sockets by numbers, which are used again."""
        closing = self._task(hang_up(tuple(tasks), tuple(sides), reset=reset))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def _end(self) -> None:
        self._deafen()
        for link in self._links:
            self._close(link, reset=True)

    def _accept(self, listener: socket.socket) -> None:
        """No task waits for connections: one that is cancelled just as somebody came would lose the socket."""
        try:
            client, _ = listener.accept()
        except OSError:  # they have gone again
            return
        client.setblocking(False)
        link = Link(client)
        self._links.append(link)
        if not self._holding:
            link.open.set()
        link.tasks = [self._task(self._join(link))]

    async def _join(self, link: Link) -> None:
        """Connect to the server, then copy both ways until both have ended."""
        await link.open.wait()
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KEPT)  # the server feels soon that nobody reads
        server.setblocking(False)
        link.server = server
        try:
            await self._loop.sock_connect(server, ("127.0.0.1", self._target_port))
        except OSError:  # nobody is there: the client learns it as it would without us
            self._close(link, reset=True)
            return
        for side in (link.client, server):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ways = [self._task(self._copy(link, link.client, server)), self._task(self._copy(link, server, link.client))]
        link.tasks += ways
        await asyncio.gather(*ways, return_exceptions=True)
        if not link.forgotten:
            self._close(link, reset=False)

    async def _copy(self, link: Link, source: socket.socket, target: socket.socket) -> None:
        """One direction: bytes in their order, each `latency` after it came; its end is the target's end."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)
        delivering = self._task(self._deliver(link, waiting, target))
        link.tasks.append(delivering)
        try:
            while True:
                await link.open.wait()
                data = await self._loop.sock_recv(source, CHUNK)
                await waiting.put((self._loop.time() + self.latency, data))
                if not data:
                    break
            await delivering
        except OSError:  # reset by one side: the other hears of it in the same way
            if not link.forgotten:
                self._close(link, reset=True)

    async def _deliver(self, link: Link, waiting: "asyncio.Queue[tuple[float, bytes]]", target: socket.socket) -> None:
        try:
            while True:
                due, data = await waiting.get()
                if (early := due - self._loop.time()) > 0:
                    await asyncio.sleep(early)
                await link.open.wait()
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                await self._loop.sock_sendall(target, data)
        except OSError:
            if not link.forgotten:
                self._close(link, reset=True)


def listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    listener.setblocking(False)
    return listener


async def hang_up(tasks: Iterable[asyncio.Task[None]], sides: Iterable[socket.socket], *, reset: bool) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
    for side in sides:
        with contextlib.suppress(OSError):
            if reset:
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
            side.close()
