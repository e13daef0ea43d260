"""The Socket.IO server: namespaces over one engine. See docs/realtime.md for its use alone."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Collection, Coroutine
from threading import get_ident
from typing import Any, cast
from weakref import ref

from carevia.deadlines import Deadlines
from carevia.protocol import socketio, websocket
from carevia.realtime.adapter import Adapter, Broker, BrokerUnavailable
from carevia.realtime.asgi import ASGIApp
from carevia.realtime.client import Client
from carevia.realtime.config import ServerConfig
from carevia.realtime.engine import Admit, Engine
from carevia.realtime.fanout import Fanout
from carevia.realtime.namespace import Namespace
from carevia.realtime.nodes import Links
from carevia.realtime.nodes.tunnel import Side
from carevia.realtime.session import Session, Watch
from carevia.realtime.socket import Socket
from carevia.tasks import end

ErrorHook = Callable[[Exception, Socket], None]
_log = logging.getLogger("carevia.realtime")
_WAVE_SECONDS = 0.1  # from one wave of a drain to the next, give or take a half
_RANDOM = random.SystemRandom()


class Server:
    """One Socket.IO server on one event loop.

    Give `asgi(app)` and `serve_protocol(server.engine)` (realtime.uvicorn) to uvicorn. `admit(handshake)` may turn a
    client away before it has a session; `on_error(error, socket)` gets what handlers raise (default: the log); `watch`
    is told of every session.
    """

    def __init__(
        self,
        config: ServerConfig | None = None,
        admit: Admit | None = None,
        on_error: ErrorHook | None = None,
        links: Links | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.config = config or ServerConfig()
        self.engine = Engine(self.config, self._accept, admit, links, watch)
        self.fanout = Fanout(self.engine.fd_changes)
        self.namespaces: dict[str, Namespace] = {}
        self.reads: dict[bytes, socketio.Read] = {}  # of the main namespace's events that have types, by name
        self.clients: set[Client] = set()
        self.tasks: set[asyncio.Task[Any]] = set()  # handlers under way
        self.moved = 0  # clients that a drain has let go
        self._on_error = on_error
        self._started = False

    def namespace(self, name: str = "/") -> Namespace:
        """The namespace of this name, made at the first call; clients may join only those that exist. A name begins
        with a slash, which is put before one that has none."""
        name = name if name.startswith("/") else f"/{name}"
        found = self.namespaces.get(name)
        if found is None:
            found = self.namespaces[name] = Namespace(name, self.fanout, self.config.max_rooms)
            if name == "/":
                self.reads = found.reads
        return found

    def join_cluster(self, broker: Broker, **options: Any) -> None:
        """Give each namespace that there is its part in the cluster, before the first client and before
        `broker.start()`. `options` are those of Adapter."""
        for namespace in self.namespaces.values():
            namespace.adapter = Adapter(namespace, broker, **options)

    def asgi(self, app: ASGIApp) -> ASGIApp:
        """Polling in front of an ASGI application."""
        polling = self.engine.asgi(app)

        async def served(scope: Any, receive: Any, send: Any) -> None:
            self._start()
            await polling(scope, receive, send)

        return served

    @property
    def client_count(self) -> int:
        """Sockets connected to this server, over all namespaces."""
        return sum(len(namespace.sockets) for namespace in self.namespaces.values())

    async def cluster_count(self) -> int:
        """Sockets connected to all servers; without those of servers that do not say so within a second."""
        count = self.client_count
        for namespace in self.namespaces.values():
            if namespace.adapter is not None:
                with contextlib.suppress(BrokerUnavailable, TimeoutError):
                    count += await namespace.adapter.count()
        return count

    def begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """`spawn` for a work that calls `ended` itself, at its end: that spares a turn of the loop for each event."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        return task

    def ended(self) -> None:
        """Called by a task that `begin` has made."""
        self.tasks.discard(cast("asyncio.Task[Any]", asyncio.current_task()))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a handler's coroutine; `stop` ends it."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def report(self, error: BaseException, socket: Socket) -> None:
        """A handler raised: told to `on_error`; the connection goes on. A CancelledError is an error like others where
        it came out of the handler; raised again where somebody ends the task that runs it."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise error
            told = RuntimeError("a handler awaited what was cancelled")
            told.__cause__, error = error, told
        try:
            if self._on_error is None:
                _log.error("a handler failed on socket %s", socket.id, exc_info=error)
            else:
                self._on_error(cast("Exception", error), socket)
        except Exception:
            _log.exception("on_error failed on socket %s", socket.id)

    def close(self) -> None:
        """Close every transport without DISCONNECT: clients come back by themselves, to another server or after the
        restart."""
        self.fanout.flush()
        self.engine.close()

    async def drain(self, rate: float, seconds: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """No new sessions; those that are here are closed in paced waves, in no order: `rate` a second, faster where
        `seconds` would not be enough. Returns when none is left, or at once when `hurry` says so.

        Each comes back by itself, to another process: as quickly as these can take them, not all in one moment.
        """
        self.engine.draining = True
        waiting: list[Session | Side] = [*self.engine.sessions.values(), *self.tunnels]
        _RANDOM.shuffle(waiting)
        rate = max(rate, len(waiting) / max(seconds, 0.001))
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while waiting and not hurry():
            self.fanout.flush()
            due = (loop.time() - begun) * rate + 1
            while waiting and self.moved < due:
                self.moved += _move(waiting.pop())
            if waiting:
                await asyncio.sleep(_RANDOM.uniform(0.5, 1.5) * _WAVE_SECONDS)

    @property
    def tunnels(self) -> Collection[Side]:
        """Clients of this process whose session is on another host."""
        return () if self.engine.links is None else list(self.engine.links.tunnels)

    async def stop(self) -> None:
        """`close`, then end the handlers under way and the timers; but not the one that calls this."""
        self.close()
        caller = asyncio.current_task()
        while tasks := [task for task in self.tasks if task is not caller and not task.done()]:
            await end(*tasks)
        for namespace in self.namespaces.values():
            if namespace.adapter is not None:
                await namespace.adapter.stop()
        self.engine.stop()
        if self._started:
            self.connects.close()
            self.attachments.close()
            self.leaving.close()
            self.overdue.close()
            self.fanout.thread = None
            self._started = False

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        self.fanout.thread = get_ident()
        self.engine.start()
        loop = asyncio.get_running_loop()
        self.connects: Deadlines[Client] = Deadlines(self.config.connect_timeout, Client.expire, loop)
        self.attachments: Deadlines[Client] = Deadlines(self.config.attachment_timeout, Client.expire, loop)
        self.leaving: Deadlines[ref[Socket]] = Deadlines(self.config.leave_timeout, _hurry, loop)
        self.overdue: Deadlines[asyncio.Task[None]] = Deadlines(self.config.leave_timeout, _end, loop)

    def _accept(self, session: Session) -> Client:
        self._start()
        client = Client(self, session)
        self.clients.add(client)
        return client


def _hurry(left: "ref[Socket]") -> None:
    socket = left()
    if socket is not None:
        socket.hurry()


def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()


def _move(one: "Session | Side") -> int:
    """Close it without a word that would keep the client away; how many that were (some have gone by themselves)."""
    if isinstance(one, Side):
        there = one.transport is not None
        one.close()
        return int(there)
    there = not one.closed
    one.close("server shutting down", code=websocket.GOING_AWAY, farewell=True)
    return int(there)
