"""What the tests of the test kit share."""

from typing import Any

from carevia.realtime import Server
from tests.realtime.serving import make

TRANSPORTS = ["websocket", "polling"]


def lively(**settings: Any) -> Server:
    """Echoes, rooms, and a handler that says what it heard."""
    server = make(**settings)
    space = server.namespace("/")
    space.on("echo")(lambda socket, *args: args)
    space.on("say")(lambda socket, *args: socket.emit("said", *args))
    space.on("join")(lambda socket, room: socket.join(room))
    return server


async def quiet(server: Server) -> None:
    """Nothing is left of anybody, and the server stops."""
    assert not server.engine.sessions and not server.clients and not server.engine.polls
    await server.stop()
