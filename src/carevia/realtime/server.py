"""The Socket.IO server: namespaces over one engine. See docs/realtime.md for its use alone."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from carevia.realtime.adapter import Adapter, Broker, BrokerUnavailable
from carevia.realtime.client import Client
from carevia.realtime.config import ServerConfig
from carevia.realtime.deadlines import Deadlines
from carevia.realtime.engine import Admit, Engine
from carevia.realtime.fanout import Fanout
from carevia.realtime.namespace import Namespace
from carevia.realtime.operations import AckTimeout
from carevia.realtime.polling import ASGIApp
from carevia.realtime.session import Session
from carevia.realtime.socket import Socket

ErrorHook = Callable[[Exception, Socket], None]
_log = logging.getLogger("carevia.realtime")


class Server:
    """One Socket.IO server on one event loop.

    Give `asgi(app)` and `serve_protocol(server.engine)` (realtime.uvicorn) to uvicorn. `admit(handshake)` may turn a
    client away before
    it has a session; `on_error(error, socket)` gets what handlers raise (default: the log).
    """

    def __init__(
        self, config: ServerConfig | None = None, admit: Admit | None = None, on_error: ErrorHook | None = None
    ) -> None:
        self.config = config or ServerConfig()
        self.engine = Engine(self.config, self._accept, admit)
        self.fanout = Fanout()
        self.namespaces: dict[str, Namespace] = {}
        self.clients: set[Client] = set()
        self.tasks: set[asyncio.Task[Any]] = set()  # handlers under way
        self._on_error = on_error
        self._started = False

    def namespace(self, name: str = "/") -> Namespace:
        """The namespace of this name, made at the first call; clients may join only those that exist."""
        found = self.namespaces.get(name)
        if found is None:
            found = self.namespaces[name] = Namespace(name, self.fanout, self.config.max_rooms)
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
        """Sockets connected to all servers; without those that cannot be asked now."""
        count = self.client_count
        for namespace in self.namespaces.values():
            if namespace.adapter is not None:
                with contextlib.suppress(BrokerUnavailable, AckTimeout):
                    count += await namespace.adapter.count()
        return count

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a handler's coroutine; `stop` ends it."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def report(self, error: Exception, socket: Socket) -> None:
        """A handler raised: told to `on_error`; the connection goes on."""
        if self._on_error is not None:
            self._on_error(error, socket)
        else:
            _log.error("a handler failed on socket %s", socket.id, exc_info=error)

    def close(self) -> None:
        """Close every transport without DISCONNECT: clients come back by themselves, to another server or after the
        restart."""
        self.fanout.flush()
        self.engine.close()

    async def stop(self) -> None:
        """`close`, then end the handlers under way and the timers."""
        self.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for namespace in self.namespaces.values():
            if namespace.adapter is not None:
                await namespace.adapter.stop()
        self.engine.stop()
        if self._started:
            self.connects.close()
            self.attachments.close()
            self._started = False

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        self.engine.start()
        loop = asyncio.get_running_loop()
        self.connects: Deadlines[Client] = Deadlines(self.config.connect_timeout, Client.expire, loop)
        self.attachments: Deadlines[Client] = Deadlines(self.config.attachment_timeout, Client.expire, loop)

    def _accept(self, session: Session) -> Client:
        self._start()
        client = Client(self, session)
        self.clients.add(client)
        return client
