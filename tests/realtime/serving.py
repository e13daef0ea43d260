"""Serves an engine on a real uvicorn in the test's own loop, and sees that nothing is left when the test is over."""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import uvicorn
import uvloop

from carevia.realtime import Handshake, Refusal, Server, ServerConfig, Socket
from carevia.realtime.asgi import ASGIApp, Receive, Scope, Send
from carevia.realtime.engine import Engine
from carevia.realtime.nodes import Links
from carevia.realtime.uvicorn import serve_protocol
from tests.realtime.rawclient import Polling, until

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], within: float = 20.0) -> T:
    """Run a test on uvloop. What reached the loop's exception handler, or a task left behind, fails it."""
    problems: list[str] = []

    async def guarded() -> T:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: problems.append(f"{context['message']}: {context}"))
        async with asyncio.timeout(within):
            result = await main
        left = asyncio.all_tasks() - {asyncio.current_task()}
        problems.extend(f"left behind: {task}" for task in left)
        return result

    gc.freeze()  # so that the collection below walks what this test made, and nothing else
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result = runner.run(guarded())
        gc.collect()  # what nobody awaited or closed says so now, in the test that forgot it
    finally:
        gc.unfreeze()
    assert not problems, problems
    return result


class Site:
    """A server that runs: its port, and what its handlers raised."""

    def __init__(self, server: Server, uvicorn_server: uvicorn.Server, port: int) -> None:
        self.server = server
        self.engine = server.engine
        self.uvicorn = uvicorn_server
        self.port = port

    async def quiet(self) -> None:
        """Wait until no session, client, task or connection is left."""
        await self.quiet_sessions()
        await until(lambda: not self.uvicorn.server_state.connections, "connections did not end")
        await until(lambda: not self.uvicorn.server_state.tasks, "requests did not end")

    async def quiet_sessions(self) -> None:
        """The same, but for connections, which a client may hold open."""
        server = self.server
        await until(lambda: not self.engine.sessions and not server.clients, "sessions did not end")
        await until(lambda: not server.tasks, "handlers did not end")
        assert not self.engine.polls
        assert all(not space.sockets and not space.rooms for space in server.namespaces.values())


async def nothing_else(scope: Scope, receive: Receive, send: Send) -> None:
    """The application behind the engine."""
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


Ways = dict[str, Any]  # how the engine gets its WebSockets from uvicorn: `http` and `ws` of its Config


def uvicorn_server(engine: Engine, app: ASGIApp, ways: Ways | None = None) -> uvicorn.Server:
    """As `carevia serve` makes it, for 127.0.0.1."""
    config = uvicorn.Config(
        app,
        **(ways or {"http": serve_protocol(engine), "ws": "none"}),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _protocol(program: uvicorn.Server) -> Any:
    """As uvicorn makes one for a connection that it accepts itself."""
    config: Any = program.config
    return config.http_protocol_class(
        config=config, server_state=program.server_state, app_state={}, _loop=asyncio.get_running_loop()
    )


@asynccontextmanager
async def serving(server: Server, app: ASGIApp = nothing_else, ways: Ways | None = None) -> AsyncIterator[Site]:
    """Serve until the block ends; then everything must end by itself, and soon."""
    program = uvicorn_server(server.engine, server.asgi(app), ways)
    program.config.load()
    program.lifespan = program.config.lifespan_class(program.config)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    await program.startup([listener])
    await program.on_tick(0)
    if server.engine.links is not None:
        server.engine.links.start(partial(_protocol, program))
    try:
        yield Site(server, program, listener.getsockname()[1])
    finally:
        # As uvicorn's own shutdown, without its sleeps of a tenth of a second.
        for open_server in program.servers:
            open_server.close()
        server.close()
        state = program.server_state
        for connection in list(state.connections):
            connection.shutdown()
        await until(lambda: not state.connections and not state.tasks, "connections and requests did not end")
        if server.engine.links is not None:
            server.engine.links.stop()
        await server.stop()
        listener.close()


def make(
    admit: Callable[[Handshake], Refusal | None] | None = None,
    errors: list[Exception] | None = None,
    links: Links | None = None,
    **settings: Any,
) -> Server:
    """A server with these settings and `/`. What its handlers raise goes to `errors`; without it, it fails the test."""

    def report(error: Exception, socket: Socket) -> None:
        if errors is None:
            asyncio.get_running_loop().call_exception_handler({"message": "a handler raised", "exception": error})
        else:
            errors.append(error)

    server = Server(ServerConfig(**settings), admit, report, links)
    server.namespace("/")
    return server


def echoing(*others: str, **settings: Any) -> Server:
    """`make`, with an `echo` that acknowledges in `/` and in the `others`."""
    server = make(**settings)
    for name in ("/", *others):
        server.namespace(name).on("echo")(lambda socket, *args: args)
    return server


async def waiting(site: Site, polling: Polling) -> None:
    """Wait until a client's GET has arrived."""
    await until(lambda: polling.sid not in site.engine.polls or site.engine.polls[polling.sid].waiting, "no poll")


async def poll_waits(site: Site, polling: Polling) -> None:
    """A GET that waits at the server."""
    polling.ask()
    await waiting(site, polling)


def descriptors() -> int:
    """Open file descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))
