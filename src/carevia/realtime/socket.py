"""One client in one namespace: its rooms, its events in order, its acknowledgements both ways."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from carevia.protocol import engineio, socketio
from carevia.realtime.joined import Joined
from carevia.realtime.message import Message
from carevia.realtime.namespace import Handler, check_emit, encode_event, event_args, settle
from carevia.realtime.operations import AckTimeout

if TYPE_CHECKING:
    from carevia.realtime.client import Client
    from carevia.realtime.handshake import Handshake
    from carevia.realtime.namespace import Namespace
    from carevia.realtime.session import Session

Acks = dict[int, tuple["asyncio.Future[list[Any]]", Message]]  # calls that wait, by the packet's id
_Job = tuple[Handler, Sequence[Any], int | None]
_PLAIN = frozenset((type(None), tuple, dict, list, str, int, float, bool))  # nobody awaits these: known at a look
_RESUME_AT, _PAUSE_AT = 16, 64  # events that wait for a handler: from here on the client is not read


NO_ACK: Final = object()
"""What a handler returns to leave its event without an acknowledgement."""


class Disconnected(ConnectionError):
    """The socket went before it acknowledged."""


class Socket:
    """`data` is the application's. `recovered` says that the client's state was recovered (see realtime.recovery)."""

    __slots__ = (
        "__weakref__",
        "_acks",
        "_jobs",
        "_paused",
        "client",
        "connected",
        "data",
        "id",
        "joined",
        "namespace",
        "recovered",
        "recovery",
        "session",
    )

    def __init__(self, namespace: "Namespace", client: "Client", sid: str) -> None:
        self.namespace = namespace
        self.client = client
        self.session: Session = client.session  # the Engine.IO session it stands on
        self.id = sid
        self.data: Any = None
        self.joined: Joined = ()  # the namespace changes it
        self.connected = False
        self.recovered = False
        self.recovery: Any = None  # what the namespace's Recovery noted at CONNECT
        self._acks: Acks | None = None
        self._jobs: deque[_Job] | None = None  # not None while a handler is awaited
        self._paused = False

    @property
    def handshake(self) -> "Handshake":
        """The request that opened the session."""
        return self.session.handshake

    # Rooms.

    @property
    def rooms(self) -> tuple[str, ...]:
        """Those that it is in, the one that it joined last at the end."""
        return tuple(self.joined)

    def join(self, room: str) -> None:
        """Enter a room; in a middleware: as soon as it is let in. Raises TypeError for what is no str."""
        if self.connected:
            self.namespace.enter(self, room)
        elif not self.id:  # it was not let in yet
            self.joined = (*self.joined, room)

    def leave(self, room: str) -> None:
        """Leave a room."""
        self.namespace.exit(self, room)

    # Out.

    def emit(self, name: str, *args: Any, offset: str | None = None, volatile: bool = False) -> None:
        """Send an event to this client only; see `Target.emit`."""
        namespace = self.namespace
        check_emit(name, namespace.fanout)
        log = None if offset is not None or volatile else namespace.log
        if log is not None:
            offset = log.next_offset()
        event = event_args(name, args, offset, namespace.guarded)
        message = encode_event(namespace.name, event, volatile=volatile)
        if log is not None:
            log.record(message, (self.id,), ())
        self._push(message)

    async def call(self, name: str, *args: Any, timeout: float = 10.0) -> list[Any]:
        """Emit and wait for the acknowledgement: its arguments. Raises AckTimeout or Disconnected.

        Where the client is cut off and recovered meanwhile, the event is sent again: it may come twice, and after
        newer ones.
        """
        namespace = self.namespace
        check_emit(name, namespace.fanout)
        if not self.connected:
            raise Disconnected("the client has gone")
        packet_id = next(namespace.ack_ids)  # never used twice: an answer may come late, even after a recovery
        message = encode_event(namespace.name, (name, *args), packet_id)
        acks = self._acks
        if acks is None:
            acks = self._acks = {}
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        acks[packet_id] = (future, message)
        self._push(message)
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise AckTimeout(f"{name} was not acknowledged within {timeout} s") from None
        finally:
            acks.pop(packet_id, None)
            if not acks and namespace.parked.get(self.id) is acks:
                del namespace.parked[self.id]

    def expect(self, packet_id: int, message: Message) -> "asyncio.Future[list[Any]]":
        """A message with this id goes out, to this client among others: what it answers. Cancel it to wait no more."""
        acks = self._acks
        if acks is None:
            acks = self._acks = {}
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        acks[packet_id] = (future, message)
        future.add_done_callback(partial(self._no_longer_expects, acks, packet_id))
        return future

    def _no_longer_expects(self, acks: Acks, packet_id: int, _: Any) -> None:
        acks.pop(packet_id, None)
        if not acks and self.namespace.parked.get(self.id) is acks:
            del self.namespace.parked[self.id]

    def ask(self, name: str, *args: Any, then: Callable[..., Any], timeout: float = 10.0) -> None:
        """`call` for who does not wait: `then(*answer)` runs when the client acknowledges, and never if it does not."""

        async def asked() -> None:
            try:
                await settle(then(*await self.call(name, *args, timeout=timeout)))
            except (AckTimeout, Disconnected):
                pass
            except Exception as error:
                self.client.server.report(error, self)

        self.client.server.spawn(asked())

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
        call = self._acks.get(packet_id) if self._acks else None
        if call is not None and not call[0].done():
            call[0].set_result(args)

    def handle(self, handler: Handler, args: Sequence[Any], packet_id: int | None = None) -> None:
        """Run a handler after those before it."""
        if self._jobs is not None:
            self._wait(self._jobs, (handler, args, packet_id))
            return
        try:
            result = handler(self, *args)
        except Exception as error:
            self.client.server.report(error, self)
            return
        if type(result) not in _PLAIN and asyncio.iscoroutine(result):
            self._jobs = deque()
            self.client.server.begin(self._work(result, packet_id))
        elif packet_id is not None:
            self._acknowledge(packet_id, result)

    def _wait(self, jobs: deque[_Job], job: _Job) -> None:
        jobs.append(job)
        limit = self.client.server.config.max_queued
        if limit and len(jobs) > limit:
            self.client.server.engine.stats.met("queue")
            self.session.close("too many events at once")
        elif len(jobs) > _PAUSE_AT and not self._paused:
            self._paused = True
            self.session.transport.pause_reading()

    async def _work(self, first: Any, packet_id: int | None) -> None:
        """Await handlers one after the other until none is left."""
        try:
            awaitable = first
            while awaitable is not None:
                try:
                    self._acknowledge(packet_id, await awaitable)
                except Exception as error:
                    self.client.server.report(error, self)
                awaitable, packet_id = self._next()
        finally:
            self.client.server.ended()

    def _next(self) -> tuple[Any, int | None]:
        """What is to be awaited next, and the packet that wants its answer; those that are not async run here."""
        while self._jobs:
            handler, args, packet_id = self._jobs.popleft()
            self._unpause()
            try:
                result = handler(self, *args)
            except Exception as error:
                self.client.server.report(error, self)
                continue
            if asyncio.iscoroutine(result):
                return result, packet_id
            self._acknowledge(packet_id, result)
        self._jobs = None
        return None, None

    def _unpause(self) -> None:
        if self._paused and self._jobs is not None and len(self._jobs) < _RESUME_AT:
            self._paused = False
            self.session.transport.resume_reading()

    def _acknowledge(self, packet_id: int | None, result: Any) -> None:
        if packet_id is None or result is NO_ACK or not self.connected:
            return
        args = result if isinstance(result, tuple) else () if result is None else (result,)
        try:
            message = encode_event(self.namespace.name, args, packet_id, kind=socketio.ACK)
        except Exception as error:
            self.client.server.report(error, self)
        else:
            self.namespace.fanout.push((self,), message)

    def ask_again(self, acks: Acks | None) -> None:
        """It is the socket that left: what it did not acknowledge goes out again."""
        self._acks = acks
        for _, message in (acks or {}).values():
            self._push(message)

    def ended(self, comes_back: bool) -> None:
        """It is gone: whoever waits for an acknowledgement goes on waiting where it may come back, else is told."""
        acks, self._acks = self._acks, None
        if acks and comes_back:
            self.namespace.parked[self.id] = acks
            return
        for future, _ in (acks or {}).values():
            if not future.done():
                future.set_exception(Disconnected("the client has gone"))
