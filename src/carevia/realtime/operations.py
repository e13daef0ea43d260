"""What is asked of many sockets at once, done to those of this process; the adapter asks other servers to do the same.

Nothing here knows of a broker: it is the whole of these words where a server stands alone.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from carevia.protocol import engineio, socketio
from carevia.realtime.message import Message
from carevia.realtime.remote import RemoteSocket

if TYPE_CHECKING:
    from carevia.realtime.namespace import Namespace
    from carevia.realtime.socket import Socket

Answered = Callable[[Any], None]


class AckTimeout(TimeoutError):
    """Not everybody acknowledged in time. `responses` are those that did, where several were asked."""

    def __init__(self, message: str = "", responses: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.responses = responses


def join(sockets: "Iterable[Socket]", rooms: Collection[str]) -> None:
    for socket in tuple(sockets):
        for room in rooms:
            socket.join(room)


def leave(sockets: "Iterable[Socket]", rooms: Collection[str]) -> None:
    for socket in tuple(sockets):
        for room in rooms:
            socket.leave(room)


def disconnect(sockets: "Iterable[Socket]", close: bool) -> None:
    for socket in tuple(sockets):
        socket.disconnect(close)


def describe(sockets: "Iterable[Socket]", namespace: "Namespace") -> list[RemoteSocket]:
    """`data` goes along where it is a dict (to other servers: that JSON can carry); the handshake without what opens
    doors (cookies, tokens, the query)."""
    return [
        RemoteSocket(
            namespace, socket.id, (socket.id, *socket.rooms), socket.data if isinstance(socket.data, dict) else {},
            _handshake(socket),
        )
        for socket in sockets
    ]  # fmt: skip


def _handshake(socket: "Socket") -> dict[str, Any]:
    return {"headers": {}, "query": {}, "auth": {}, "address": socket.handshake.address, "url": "/socket.io/"}


def ask(
    namespace: "Namespace", sockets: "Iterable[Socket]", event: Sequence[Any], volatile: bool, timeout: float,
    answered: Answered,
) -> int:  # fmt: skip
    """Emit with an acknowledgement asked of each; `answered` gets the first argument of every one that comes in time.
    How many were asked."""
    receivers = tuple(sockets)
    if not receivers:
        return 0
    packet_id = next(namespace.ack_ids)
    text, attachments = socketio.encode(socketio.EVENT, namespace.name, event, packet_id)
    message = Message(engineio.MESSAGE + text, attachments, volatile)

    def came(future: "asyncio.Future[list[Any]]") -> None:
        if not future.cancelled() and future.exception() is None:
            args = future.result()
            answered(args[0] if args else None)

    waiting = [socket.expect(packet_id, message) for socket in receivers]
    for future in waiting:
        future.add_done_callback(came)
    namespace.fanout.push(receivers, message)
    asyncio.get_running_loop().call_later(timeout, _give_up, waiting)
    return len(receivers)


async def emit_with_ack(
    namespace: "Namespace", sockets: "Iterable[Socket]", event: Sequence[Any], volatile: bool, timeout: float
) -> list[Any]:
    """The first argument of every acknowledgement. Raises AckTimeout with those that came."""
    answers: list[Any] = []
    everybody: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def answered(said: Any) -> None:
        answers.append(said)
        if len(answers) == asked and not everybody.done():
            everybody.set_result(None)

    asked = ask(namespace, sockets, event, volatile, timeout, answered)
    if asked:
        try:
            async with asyncio.timeout(timeout):
                await everybody
        except TimeoutError:
            text = f"{len(answers)} of {asked} clients acknowledged within {timeout:g} s"
            raise AckTimeout(text, answers) from None
    return answers


def _give_up(waiting: "list[asyncio.Future[list[Any]]]") -> None:
    for future in waiting:
        future.cancel()
