"""One client in one namespace: its rooms, its events in order, its acknowledgements both ways."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

import msgspec

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
# Reasons to go that are final: the client does not come back.
CLOSED_BY_CLIENT, CLOSED_BY_SERVER = "client namespace disconnect", "server namespace disconnect"
RESUME_AT, PAUSE_AT = 16, 64  # events that wait for a handler: past the second the client is not read, until the first
_encode = msgspec.json.Encoder().encode


class _Jobs(deque[_Job]):
    """Events that wait while `task` awaits a handler. `held`: bytes of those that were read though they were many."""

    __slots__ = ("held", "task")
    held: int
    task: "asyncio.Task[None]"


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
        self._jobs: _Jobs | None = None  # not None while a handler is awaited

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
        return await self._answer(name, self._asked(name, args), timeout)

    def _asked(self, name: str, args: tuple[Any, ...]) -> "asyncio.Future[list[Any]]":
        """The question goes out now; the answer comes in the future."""
        namespace = self.namespace
        check_emit(name, namespace.fanout)
        if not self.connected:
            raise Disconnected("the client has gone")
        packet_id = next(namespace.ack_ids)  # never used twice: an answer may come late, even after a recovery
        message = encode_event(namespace.name, (name, *args), packet_id)
        future = self.expect(packet_id, message)
        self._push(message)
        return future

    async def _answer(self, name: str, future: "asyncio.Future[list[Any]]", timeout: float) -> list[Any]:
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise AckTimeout(f"{name} was not acknowledged within {timeout} s") from None

    def expect(self, packet_id: int, message: Message) -> "asyncio.Future[list[Any]]":
        """A message with this id goes out, to this client among others: what it answers. Cancel it to wait no more."""
        acks = self._acks
        if acks is None:
            acks = self._acks = {}
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        acks[packet_id] = (future, message)
        future.add_done_callback(partial(self._no_longer_expects, acks, packet_id))
        if self.client.paused:
            self.client.regulate()
        return future

    def _no_longer_expects(self, acks: Acks, packet_id: int, _: Any) -> None:
        acks.pop(packet_id, None)
        if not acks and self.namespace.parked.get(self.id) is acks:
            del self.namespace.parked[self.id]

    def ask(self, name: str, *args: Any, then: Callable[..., Any], timeout: float = 10.0) -> None:
        """`call` for who does not wait: `then(*answer)` runs when the client acknowledges, and never if it does not.
        It goes out, and raises, as `emit`."""
        try:
            future = self._asked(name, args)
        except Disconnected:
            return

        async def answered() -> None:
            try:
                await settle(then(*await self._answer(name, future, timeout)))
            except (AckTimeout, Disconnected):
                pass
            except (Exception, asyncio.CancelledError) as error:
                self.client.server.report(error, self)

        self.client.server.spawn(answered())

    def _push(self, message: Message) -> None:
        if self.connected:
            self.namespace.fanout.push((self,), message)

    def disconnect(self, close: bool = False) -> None:
        """Send DISCONNECT, a final answer: the client does not come back by itself. `close` ends the whole
        connection, and so says it in every namespace that it joined."""
        if close and self.connected:
            for socket in list(self.client.sockets.values()):
                socket.disconnect()
            self.session.close("forced server close", farewell=True)
        elif self.connected:
            self._push(Message(engineio.MESSAGE + socketio.control(socketio.DISCONNECT, self.namespace.name)))
            self.namespace.fanout.flush()
            self.client.drop(self, CLOSED_BY_SERVER)

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
        except (Exception, asyncio.CancelledError) as error:
            self.client.server.report(error, self)
            return
        if type(result) not in _PLAIN and isawaitable(result):
            jobs = self._jobs = _Jobs()
            jobs.held = 0
            jobs.task = self.client.server.begin(self._work(jobs, result, packet_id))
        elif packet_id is not None:
            self._acknowledge(packet_id, result)

    @property
    def waiting(self) -> int:
        """Events that wait for a handler before them."""
        return len(self._jobs or ())

    @property
    def asks(self) -> bool:
        """Somebody waits for an acknowledgement of the client."""
        return bool(self._acks)

    def _wait(self, jobs: _Jobs, job: _Job) -> None:
        jobs.append(job)
        config = self.client.server.config
        if len(jobs) > PAUSE_AT and self._acks:
            jobs.held += _size(job[1])
        if (config.max_queued and len(jobs) > config.max_queued) or jobs.held > config.max_payload:
            self.client.server.engine.stats.met("queue")
            self.session.close("too many events at once")
        elif len(jobs) > PAUSE_AT:
            self.client.regulate()

    async def _work(self, jobs: _Jobs, first: Any, packet_id: int | None) -> None:
        """Await handlers one after the other until none is left."""
        server = self.client.server
        try:
            awaitable = first
            while awaitable is not None:
                try:
                    self._acknowledge(packet_id, await awaitable)
                except (Exception, asyncio.CancelledError) as error:
                    server.report(error, self)
                awaitable, packet_id = self._next(jobs)
        except asyncio.CancelledError:  # the task itself is ended: by `stop`, as overdue, or by somebody who has it
            if self._jobs is jobs:
                self._pass_over(jobs)
                if self.connected:
                    self.session.close("handler cancelled")
            raise
        finally:
            server.ended()

    def _next(self, jobs: _Jobs) -> tuple[Any, int | None]:
        """What is to be awaited next, and the packet that wants its answer; those that are not async run here."""
        while jobs:
            handler, args, packet_id = jobs.popleft()
            if self.client.paused:
                self.client.regulate()
            if len(jobs) < RESUME_AT:
                jobs.held = 0
            try:
                result = handler(self, *args)
            except (Exception, asyncio.CancelledError) as error:
                self.client.server.report(error, self)
                continue
            if type(result) not in _PLAIN and isawaitable(result):
                return result, packet_id
            self._acknowledge(packet_id, result)
        if self._jobs is jobs:
            self._jobs = None
        return None, None

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

    # Going.

    def ended(self, comes_back: bool) -> None:
        """It is gone: whoever waits for an acknowledgement goes on waiting where it may come back, else is told."""
        acks, self._acks = self._acks, None
        if acks and comes_back:
            self.namespace.parked[self.id] = acks
            return
        for future, _ in (acks or {}).values():
            if not future.done():
                future.set_exception(Disconnected("the client has gone"))

    def part(self, reason: str) -> None:
        """It has gone: "disconnect" runs, after the handlers before it, which may not take for ever."""
        handler = self.namespace.handlers.get("disconnect")
        if handler is not None and self._jobs is not None:
            self._jobs.append((handler, (reason,), None))
        elif handler is not None:
            self.handle(handler, (reason,))
        if self._jobs is not None:  # weak: a handler that is awaited holds it, and nothing else should
            self.client.server.leaving.set(ref(self))

    def hurry(self) -> None:
        """It went a while ago, and a handler is still awaited: let it go on, but let nothing wait for it any more."""
        jobs = self._jobs
        if jobs is not None:
            self.client.server.overdue.set(jobs.task)
            self._pass_over(jobs)

    def _pass_over(self, jobs: _Jobs) -> None:
        """Of what waits only "disconnect" runs, now."""
        last = jobs[-1] if jobs else None
        jobs.clear()
        self._jobs = None
        if last is not None and last[0] is self.namespace.handlers.get("disconnect"):
            self.part(*last[1])


def _size(args: Sequence[Any]) -> int:
    """About how many bytes they came in."""
    try:
        return len(_encode(args))
    except OverflowError:  # an integer of more than 64 bits, which is read and not written
        return len(repr(args))
