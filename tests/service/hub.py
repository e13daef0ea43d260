"""A real hub in the test's own process, for relay and replay: clients that hear what the services send."""

from typing import Any, NamedTuple

from carevia.realtime import Server, Socket
from carevia.realtime.testing import TestClient


class Sent(NamedTuple):
    """A durable event as a client saw it."""

    name: str
    payload: Any
    offset: str


def a_hub(errors: list[Exception]) -> Server:
    """A server whose clients have a fence to wait behind; `errors` gets what handlers raise."""

    def report(error: Exception, socket: Socket) -> None:
        errors.append(error)

    server = Server(on_error=report)
    server.namespace("/").on("fence")(lambda socket: None)
    return server


def seated(hub: Server, client: TestClient, room: str) -> None:
    """Put a client into a room."""
    hub.namespace("/").sockets[client.sid].join(room)


async def heard(client: TestClient) -> list[Sent]:
    """Everything that it was sent until now, in order; also what its connect handler sends."""
    await client.call("fence")
    events, client.events = client.events, []
    return [Sent(event.name, *event.args) for event in events]
