"""python-socketio on uvicorn, uvloop and httptools: `python -m bench.peers.python_socketio PORT`. Prints `ready`."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
import uvicorn
import uvloop

INTERVAL = float(os.environ.get("BENCH_PING_INTERVAL") or 25)


def publish(server: socketio.AsyncServer, times: int) -> Callable[[str, Any], Awaitable[None]]:
    """What `pub` (1), `pub2`, `pub5` and `pub10` do."""

    async def pub(sid: str, payload: Any) -> None:
        for _ in range(times):
            await server.emit("booking", payload)

    return pub


def build() -> Any:
    """The ASGI application."""
    server = socketio.AsyncServer(async_mode="asgi", ping_interval=INTERVAL, ping_timeout=20, cors_allowed_origins="*")
    for event, times in (("pub", 1), ("pub2", 2), ("pub5", 5), ("pub10", 10)):
        server.on(event, publish(server, times))

    @server.on("echo")  # type: ignore[untyped-decorator]
    async def echo(sid: str, payload: Any) -> Any:
        return payload

    @server.on("join")  # type: ignore[untyped-decorator]
    async def join(sid: str, room: str) -> None:
        await server.enter_room(sid, room)

    @server.on("pubroom")  # type: ignore[untyped-decorator]
    async def pubroom(sid: str, room: str, payload: Any) -> None:
        await server.emit("booking", payload, to=room)

    return socketio.ASGIApp(server)


class Program(uvicorn.Server):
    """uvicorn that says when it listens."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        print("ready", flush=True)


def main() -> None:
    """Serve until a signal."""
    config = uvicorn.Config(
        build(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="error",
        access_log=False,
        lifespan="off",
        backlog=4096,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # Engine.IO has a heartbeat of its own
        timeout_keep_alive=65,  # as ours: the load's connections may rest for longer than uvicorn's own 5 s
        timeout_graceful_shutdown=1,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Program(config).serve())


if __name__ == "__main__":
    main()
