"""`carevia serve`: one process, from the listening socket to exit status 0.

It listens before anything else is made, so that a taken port is said at once, and it drains before it ends.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, Final, NamedTuple

import uvicorn

from carevia.app import Carevia
from carevia.config import SECRETS_FILE, Settings, has_kept_emit_secret
from carevia.errors import ConfigError
from carevia.failpoint import arm
from carevia.logs import Log
from carevia.realtime.process import keep_small, tune_allocator, tune_collector
from carevia.realtime.uvicorn import serve_protocol
from carevia.store.connection import without_locks
from carevia.store.disk import cannot_write

_GRACE_SECONDS: Final = 5.0
_BACKLOG: Final = 2_048  # connections that may wait, also before the process is ready
_WAVES: Final = 0.875  # of the time to drain; the rest is for requests that came last
_LAST_WORDS: Final = 0.25  # s, in which whoever is connected by then asks
_LEAST_SECONDS: Final = 9.0
_BEYOND_SECONDS: Final = 1.0


def last_seconds(settings: Settings) -> float:
    """From SIGTERM until the process ends, whatever hangs: within ten, unless it was told to take longer."""
    return max(_LEAST_SECONDS, settings.drain_seconds + _BEYOND_SECONDS)


class _Uvicorn(uvicorn.Server):
    """uvicorn with our own beginning and end: it says when it listens, drains, and leaves with status 0."""

    def __init__(self, config: uvicorn.Config, carevia: Carevia) -> None:
        super().__init__(config)
        self._carevia = carevia

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn raises the signal again after a graceful stop, which would end in status 143."""
        known = (signal.SIGINT, signal.SIGTERM)
        before = {sign: signal.signal(sign, self.handle_exit) for sign in known}
        try:
            yield
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            last = threading.Timer(last_seconds(self._carevia.settings), os._exit, (0,))
            last.daemon = True
            with contextlib.suppress(RuntimeError):  # no thread to be had: it drains all the same
                last.start()
        super().handle_exit(sig, frame)

    def orphaned(self) -> None:
        """The parent has gone, however it went: a worker that nobody watches ends as on SIGTERM."""
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        self.handle_exit(signal.SIGTERM, None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        carevia = self._carevia
        try:
            carevia.links.start(self._protocol)
        except OSError as problem:
            raise cannot_write(carevia.settings.data_dir, problem) from None
        self._welcoming = asyncio.create_task(_welcome(carevia))
        self._tidying = asyncio.create_task(keep_small())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Clients are let go in waves, without DISCONNECT, so that they come back to whoever is there; meanwhile this
        process still listens: what reaches it is served, new sessions are told to go elsewhere. Then requests end."""
        carevia, begun = self._carevia, time.monotonic()
        settings = carevia.settings
        carevia.health.draining = True
        self._welcoming.cancel()
        self._tidying.cancel()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await carevia.server.drain(settings.drain_rate, settings.drain_seconds * _WAVES, lambda: self.force_exit)
        carevia.server.close()
        await self._stop_listening(sockets or ())
        left = settings.drain_seconds - (time.monotonic() - begun)
        self.config.timeout_graceful_shutdown = max(1, int(min(left, _GRACE_SECONDS)))
        await super().shutdown(sockets)

    async def _stop_listening(self, sockets: Sequence[socket.socket]) -> None:
        """Whoever comes later is refused and asks another node. Whoever has come is answered: a proxy gives a payment
        that it has sent to nobody else."""
        came = [one for listener in sockets for one in _waiting(listener)]
        for server in self.servers:
            server.close()
        for one in came:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, one)
        await asyncio.sleep(0)  # who was taken by the loop just now is known
        if self.server_state.connections:
            await asyncio.sleep(_LAST_WORDS)

    def _protocol(self) -> Any:
        """As uvicorn makes one for a connection that it accepts itself."""
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state={}, _loop=asyncio.get_running_loop()
        )


def _waiting(listener: socket.socket) -> Iterator[socket.socket]:
    """The connections that the system has made there and nobody has taken yet."""
    with contextlib.suppress(OSError):  # no more of them
        while True:
            yield listener.accept()[0]


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound socket; `shared` with others of the same port, among which the system spreads connections. ConfigError,
    in one sentence, where that port or address cannot be had."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, number)
    except (OSError, UnicodeError):  # the latter for a label that is empty or too long
        raise ConfigError(f"The host {host} is not known. Set CAREVIA_HOST to an address of this machine.") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)  # bound only, two programs with SO_REUSEADDR would both succeed
    except PermissionError:
        bound.close()
        raise ConfigError(f"Port {port} needs special rights. Choose one above 1023 with serve --port N.") from None
    except OSError as problem:
        bound.close()
        raise ConfigError(_why_not(host, port, problem)) from None
    bound.setblocking(False)
    return bound


def _why_not(host: str, port: int, problem: OSError) -> str:
    import errno

    if problem.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken. Stop the program that uses it, or choose another with serve --port N."
    return f"{host} port {port} cannot be listened on ({problem.strerror}). Check CAREVIA_HOST and CAREVIA_PORT."


class Worker(NamedTuple):
    """What a worker is told by its parent (cli/workers.py): which one it is, the descriptor of its listening socket,
    and what the ids of all its workers begin with. Its standard input ends when the parent does."""

    number: int
    listener: int
    group: str


def serve(settings: Settings, log: Log, worker: Worker | None = None) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigError for what must be set right first."""
    import uvloop

    tune_allocator()
    without_locks()
    arm(None if settings.production else settings.failpoint)
    bound = listen(settings.host, settings.port) if worker is None else socket.socket(fileno=worker.listener)
    bound.setblocking(False)
    settings = settings.on_port(bound.getsockname()[1])
    log.take_over()
    try:
        with contextlib.closing(bound), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, log, bound, worker))
    finally:
        log.flush()


async def _serve(settings: Settings, log: Log, bound: socket.socket, worker: Worker | None) -> None:
    first, group = (True, "") if worker is None else (worker.number == 0, worker.group)
    carevia = Carevia(settings, log, first=first, group=group)
    config = uvicorn.Config(
        carevia.asgi,
        http=serve_protocol(carevia.server.engine, carevia.doors),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=65,
    )
    server = _Uvicorn(config, carevia)
    with server.capture_signals():
        if worker is not None:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), server.orphaned)
        try:
            await carevia.start()
            tune_collector()
            await server.serve([bound])
        finally:
            await carevia.stop()


async def _welcome(carevia: Carevia) -> None:
    """Once it listens: a word to the terminal, and what the first request need not wait for. It serves without them."""
    try:
        if carevia.first:
            await _greet(carevia)
        await carevia.passwords.warm()
        await asyncio.to_thread(__import__, "jwt")
    except Exception as problem:
        carevia.log.error("not all of the start has succeeded", problem)


async def _greet(carevia: Carevia) -> None:
    """In the terminal: where it answers, and in development how to come in."""
    settings, log = carevia.settings, carevia.log
    log.say(f"> Ready on {settings.public_url}")
    log.say("> Socket.io server initialized")
    for name, link in await carevia.sign_in_links():
        log.say(f"> Sign in {name} (once, within 15 minutes): {link}")
    if not settings.production:
        kept = has_kept_emit_secret(settings)
        secret = f"emit_secret of {settings.data_dir / SECRETS_FILE}" if kept else "CAREVIA_EMIT_SECRET"
        log.say(f"> POST /emit-booking takes what is signed with {secret}")
