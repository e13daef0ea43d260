"""`python -m tests.conformance SUITE --port PORT`: serves one suite on 127.0.0.1 and prints `ready` when it listens."""

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
import uvloop

from carevia.realtime.asgi import ASGIApp
from carevia.realtime.engine import Engine
from carevia.realtime.process import tune_allocator, tune_collector
from carevia.realtime.uvicorn import serve_protocol
from tests.conformance import bench, engineio, engineio_client, socketio, socketio_client, websocket_echo

SUITES: dict[str, Callable[[], tuple[Engine | websocket_echo.Echo, ASGIApp]]] = {
    "engineio": engineio.build,
    "socketio": socketio.build,
    "socketio-client": socketio_client.build,
    "websocket-echo": websocket_echo.build,
    "engineio-client": engineio_client.build,
    "bench": bench.build,
}


class Program(uvicorn.Server):
    """uvicorn that says when it listens and ends with status 0 on a signal."""

    def __init__(self, config: uvicorn.Config, engine: Engine | websocket_echo.Echo) -> None:
        super().__init__(config)
        self._engine = engine

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._engine.close()  # before uvicorn waits for requests: a waiting poll is one
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print("ready", flush=True)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        await self._serve(sockets)


async def serve(suite: str, port: int) -> None:
    """Serve until a signal."""
    engine, app = SUITES[suite]()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=serve_protocol(engine),
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        backlog=4096,
        timeout_keep_alive=65,  # as `carevia serve`
        timeout_graceful_shutdown=2,
    )
    program = Program(config, engine)
    tune_collector()
    await program.serve()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", epilog="example: ... engineio --port 4001")
    parser.add_argument("suite", choices=sorted(SUITES))
    parser.add_argument("--port", type=int, required=True)
    words = parser.parse_args()
    tune_allocator()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(words.suite, words.port))
    sys.exit(0)


if __name__ == "__main__":
    main()
