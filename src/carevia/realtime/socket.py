"""One client in one namespace: its rooms, its events in order, its acknowledgements both ways."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from carevia.protocol import engineio, socketio
from carevia.realtime.message import Message
from carevia.realtime.namespace import Handler, encode_event, event_args

if TYPE_CHECKING:
    from carevia.realtime.client import Client
    from carevia.realtime.handshake import Handshake
    from carevia.realtime.namespace import Namespace
    from carevia.realtime.session import Session

_Job = tuple[Handler, tuple[Any, ...], int | None]
_RESUME_AT, _PAUSE_AT = 16, 64  # events that wait for a handler: from here on the client is not read


class AckTimeout(TimeoutError):
    """The client did not acknowledge in time."""


class Disconnected(ConnectionError):
    """The socket went before it acknowledged."""


class Socket:
    """`data` is the application's. `recovered` says that the client's state was recovered (see realtime.recovery)."""

    __slots__ = (
        "__weakref__",
        "_acks",
        "_jobs",
        "_next_id",
        "_paused",
        "client",
        "connected",
        "data",
        "id",
        "namespace",
        "recovered",
        "recovery",
        "rooms",
    )

    def __init__(self, namespace: "Namespace", client: "Client", sid: str) -> None:
        self.namespace = namespace
        self.client = client
        self.id = sid
        self.data: Any = None
        self.rooms: tuple[str, ...] = ()
        self.connected = False
        self.recovered = False
        self.recovery: Any = None  # what the namespace's Recovery noted at CONNECT
        self._acks: dict[int, asyncio.Future[list[Any]]] | None = None
        self._next_id = 0
        self._jobs: deque[_Job] | None = None  # not None while a handler is awaited
        self._paused = False

    @property
    def session(self) -> "Session":
        """The Engine.IO session it stands on."""
        return self.client.session

    @property
    def handshake(self) -> "Handshake":
        """The request that opened the session."""
        return self.client.session.handshake

    # Rooms.

    def join(self, room: str) -> None:
        """Enter a room."""
        if self.connected:
            self.namespace.enter(self, room)

    def leave(self, room: str) -> None:
        """Leave a room."""
        self.namespace.exit(self, room)

    # Out.

    def emit(self, name: str, *args: Any, offset: str | None = None, volatile: bool = False) -> None:
        """Send an event to this client only; see `Target.emit`."""
        if name in socketio.RESERVED:
            raise ValueError(f"{name} is the protocol's own word, no event may have it as its name")
        event = event_args(name, args, offset, self.namespace.recovery is not None)
        self._push(encode_event(self.namespace.name, event, volatile=volatile))

    async def call(self, name: str, *args: Any, timeout: float = 10.0) -> list[Any]:
        """Emit and wait for the acknowledgement: its arguments. Raises AckTimeout or Disconnected."""
        if name in socketio.RESERVED:
            raise ValueError(f"{name} is the protocol's own word, no event may have it as its name")
        if not self.connected:
            raise Disconnected("the client has gone")
        packet_id, self._next_id = self._next_id, self._next_id + 1
        if self._acks is None:
            self._acks = {}
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._acks[packet_id] = future
        self._push(encode_event(self.namespace.name, (name, *args), packet_id))
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise AckTimeout(f"{name} was not acknowledged within {timeout} s") from None
        finally:
            if self._acks is not None:
                self._acks.pop(packet_id, None)

    def _push(self, message: Message) -> None:
        if self.connected:
            self.namespace.fanout.push((self,), message)

    def disconnect(self, close: bool = False) -> None:
        """Send DISCONNECT, a final answer: the client does not come back by itself. `close` ends the whole
        connection."""
        if self.connected:
            self._push(Message(engineio.MESSAGE + socketio.control(socketio.DISCONNECT, self.namespace.name)))
            self.namespace.fanout.flush()
            self.client.drop(self, "server namespace disconnect")
            if close:
                self.session.close("forced server close")

    # In: the client calls these.

    def acknowledged(self, packet_id: int, args: list[Any]) -> None:
        """The client has answered; an answer nobody waits for is let go."""
        future = self._acks.get(packet_id) if self._acks else None
        if future is not None and not future.done():
            future.set_result(args)

    def handle(self, handler: Handler, args: tuple[Any, ...], packet_id: int | None = None) -> None:
        """Run a handler after those before it."""
        jobs = self._jobs
        if jobs is None:
            self._start(handler, args, packet_id)
            return
        jobs.append((handler, args, packet_id))
        limit = self.client.server.config.max_queued
        if limit and len(jobs) > limit:
            self.session.close("too many events at once")
        elif len(jobs) > _PAUSE_AT and not self._paused:
            self._paused = True
            self.session.transport.pause_reading()

    def _start(self, handler: Handler, args: tuple[Any, ...], packet_id: int | None) -> None:
        try:
            result = handler(self, *args)
        except Exception as error:
            self.client.server.report(error, self)
            return
        if asyncio.iscoroutine(result):
            self._jobs = deque()
            task = asyncio.get_running_loop().create_task(self._work(result, packet_id))
            self.client.server.tasks.add(task)
            task.add_done_callback(self.client.server.tasks.discard)
        else:
            self._acknowledge(packet_id, result)

    async def _work(self, first: Any, packet_id: int | None) -> None:
        """Await handlers one after the other until none is left."""
        awaitable = first
        while True:
            try:
                self._acknowledge(packet_id, await awaitable)
            except Exception as error:
                self.client.server.report(error, self)
            while True:
                if not self._jobs:
                    self._jobs = None
                    return
                handler, args, packet_id = self._jobs.popleft()
                self._unpause()
                try:
                    result = handler(self, *args)
                except Exception as error:
                    self.client.server.report(error, self)
                    continue
                if asyncio.iscoroutine(result):
                    awaitable = result
                    break
                self._acknowledge(packet_id, result)

    def _unpause(self) -> None:
        if self._paused and self._jobs is not None and len(self._jobs) < _RESUME_AT:
            self._paused = False
            self.session.transport.resume_reading()

    def _acknowledge(self, packet_id: int | None, result: Any) -> None:
        if packet_id is None or not self.connected:
            return
        args = result if isinstance(result, tuple) else () if result is None else (result,)
        try:
            self._push(encode_event(self.namespace.name, args, packet_id, kind=socketio.ACK))
        except Exception as error:
            self.client.server.report(error, self)

    def ended(self) -> None:
        """It is gone: whoever waits for an acknowledgement is told."""
        acks, self._acks = self._acks, None
        for future in (acks or {}).values():
            if not future.done():
                future.set_exception(Disconnected("the client has gone"))
