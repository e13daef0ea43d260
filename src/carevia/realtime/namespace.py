"""A namespace: its middlewares, handlers, sockets and rooms, and what may be emitted to them."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, Any, Self, TypeVar

from carevia.protocol import engineio, socketio
from carevia.realtime import operations
from carevia.realtime.fanout import OFF_LOOP, Fanout
from carevia.realtime.joined import added, removed
from carevia.realtime.message import Message
from carevia.realtime.recovery import EventLog, Recovery

if TYPE_CHECKING:
    from carevia.realtime.adapter.adapter import Adapter
    from carevia.realtime.remote import RemoteSocket
    from carevia.realtime.socket import Acks, Socket

Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)
U = TypeVar("U", bound="Callable[[Socket, str], object]")


class ConnectRefused(Exception):
    """Raised by a middleware: the client gets a CONNECT_ERROR with this message (a final answer, it does not come
    back by itself)."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


def encode_event(
    namespace: str,
    args: Sequence[Any],
    packet_id: int | None = None,
    volatile: bool = False,
    kind: int = socketio.EVENT,
) -> Message:
    """An event or acknowledgement, ready to send."""
    text, attachments = socketio.encode(kind, namespace, args, packet_id)
    return Message(engineio.MESSAGE + text, attachments, volatile)


def check_emit(name: str, fanout: Fanout) -> None:
    """Raises RuntimeError in a thread, and TypeError or ValueError for what cannot be an event's name."""
    if fanout.thread not in (None, get_ident()):
        raise RuntimeError(OFF_LOOP)
    if not isinstance(name, str):
        raise TypeError(f"the name of an event is a str, not {type(name).__name__}")
    if name in socketio.RESERVED:
        raise ValueError(f"{name} is the protocol's own word, no event may have it as its name")


def event_args(name: str, args: tuple[Any, ...], offset: str | None, guarded: bool) -> tuple[Any, ...]:
    """The arguments as they go out: a durable event ends in its offset; where clients look for one, nothing else ends
    in a string."""
    if offset is not None:
        return (name, *args, offset)
    if guarded and (not args or isinstance(args[-1], str)):  # without arguments, clients take the name for an offset
        return (name, *args, None)
    return (name, *args)


class Target:
    """Whom an emit reaches, on every server of the cluster. Immutable: each word gives a new one."""

    __slots__ = ("_except", "_local", "_namespace", "_rooms", "_volatile")

    def __init__(
        self,
        namespace: "Namespace",
        rooms: tuple[str, ...] | None = None,
        but: tuple[str, ...] = (),
        volatile: bool = False,
        local: bool = False,
    ) -> None:
        self._namespace = namespace
        self._rooms = rooms
        self._except = but
        self._volatile = volatile
        self._local = local

    def to(self, *rooms: str) -> Self:
        """Only these rooms (a socket in several gets one copy). A socket's id is a room of its own."""
        return type(self)(self._namespace, (self._rooms or ()) + rooms, self._except, self._volatile, self._local)

    def except_(self, *rooms: str) -> Self:
        """Not these rooms or socket ids."""
        return type(self)(self._namespace, self._rooms, self._except + rooms, self._volatile, self._local)

    @property
    def volatile(self) -> Self:
        """May be dropped for clients that cannot take it at once."""
        return type(self)(self._namespace, self._rooms, self._except, True, self._local)

    @property
    def local(self) -> Self:
        """Only the sockets of this process."""
        return type(self)(self._namespace, self._rooms, self._except, self._volatile, True)

    @property
    def sockets(self) -> "tuple[Socket, ...]":
        """Those of this process that it reaches now."""
        return tuple(self._reached())

    def _reached(self) -> "Collection[Socket]":
        """The same, as they stand there: who comes and goes changes it."""
        namespace = self._namespace
        if self._rooms is None:
            found: Collection[Socket] = namespace.everyone
        elif len(self._rooms) == 1:
            found = namespace.members(self._rooms[0])
        else:
            members: set[Socket] = set()
            found = members.union(*map(namespace.members, self._rooms))
        if self._except:
            found = set(found).difference(*map(namespace.members, self._except))
        return found

    def emit(self, name: str, *args: Any, offset: str | None = None) -> None:
        """Send an event, at most once, in the order of the calls. `offset` ends a durable event, which stays in this
        process: every server reads the same journal.

        Raises ValueError for a reserved name; TypeError, ValueError, UnicodeEncodeError or OverflowError for what JSON
        cannot carry; RuntimeError in a thread that is not the event loop's.
        """
        namespace = self._namespace
        fanout = namespace.fanout
        if fanout.thread != get_ident() or type(name) is not str or name in socketio.RESERVED:
            check_emit(name, fanout)
        if namespace.adapter is not None and offset is None and not self._local:
            namespace.adapter.broadcast((name, *args), self._rooms, self._except, self._volatile)
        rooms = self._rooms
        sockets = namespace.members(rooms[0]) if rooms and len(rooms) == 1 and not self._except else self._reached()
        log = None if offset is not None or self._volatile else namespace.log
        if log is not None:
            offset = log.next_offset()
        elif not sockets:
            return
        event = event_args(name, args, offset, namespace.guarded)
        text, attachments = socketio.encode(socketio.EVENT, namespace.name, event)  # `encode_event`, without its call
        message = Message(engineio.MESSAGE + text, attachments, self._volatile)
        if log is not None:
            log.record(message, self._rooms, self._except)
        if sockets:
            fanout.push(sockets, message)

    # Of many sockets at once.

    def sockets_join(self, *rooms: str) -> None:
        """They enter these rooms."""
        operations.join(self.sockets, rooms)
        if (adapter := self._beyond) is not None:
            adapter.sockets_join(self._rooms, self._except, rooms)

    def sockets_leave(self, *rooms: str) -> None:
        """They leave these rooms."""
        if (adapter := self._beyond) is not None:
            adapter.sockets_leave(self._rooms, self._except, rooms)
        operations.leave(self.sockets, rooms)

    def disconnect_sockets(self, close: bool = False) -> None:
        """See `Socket.disconnect`."""
        if (adapter := self._beyond) is not None:
            adapter.disconnect_sockets(self._rooms, self._except, close)
        operations.disconnect(self.sockets, close)

    async def fetch_sockets(self) -> "list[RemoteSocket]":
        """Their ids, rooms and data. Raises BrokerUnavailable and AckTimeout where other servers do not answer."""
        found = operations.describe(self.sockets, self._namespace)
        if (adapter := self._beyond) is not None and self._rooms != ():
            found += await adapter.fetch_sockets(self._rooms, self._except)
        return found

    async def emit_with_ack(self, name: str, *args: Any, timeout: float = 10.0) -> list[Any]:
        """The first argument of every client's acknowledgement. Raises AckTimeout with those that came (`responses`),
        BrokerUnavailable, and as `emit`."""
        check_emit(name, self._namespace.fanout)
        event = (name, *args)
        adapter = self._beyond
        if adapter is not None and self._rooms != ():
            return await adapter.emit_with_ack(self, event, self._rooms, self._except, self._volatile, timeout)
        return await operations.emit_with_ack(self._namespace, self.sockets, event, self._volatile, timeout)

    @property
    def _beyond(self) -> "Adapter | None":
        """The way to other servers, where they are meant."""
        return None if self._local else self._namespace.adapter


class Namespace:
    """Made by `Server.namespace`."""

    def __init__(self, name: str, fanout: "Fanout", max_rooms: int) -> None:
        self.name = name
        self.fanout = fanout
        self.max_rooms = max_rooms
        self.log: EventLog | None = None
        self.adapter: Adapter | None = None  # the way to other servers; set it before the first client
        self.parked: dict[str, Acks] = {}  # of sockets that may come back: what waits for an acknowledgement, by id
        self.ack_ids = count()
        self._recovery: Recovery | None = None
        self.guarded = False  # clients look for an offset at the end of what they get
        self.sockets: dict[str, Socket] = {}
        self.everyone = self.sockets.values()  # one view, so that the fan-out sees the same receivers twice
        self.handlers: dict[str, Handler] = {}
        self.reads: dict[bytes, socketio.Read] = {}
        self.unknown: Callable[[Socket, str], object] | None = None
        self.server_handlers: dict[str, Handler] = {}
        self.middlewares: list[Handler] = []
        self._rooms: dict[str, set[Socket]] = {}

    # Declaring.

    def use(self, middleware: H) -> H:
        """Decorator: `middleware(socket, auth)`, plain or async, is asked at CONNECT; it lets pass or raises
        ConnectRefused."""
        self.middlewares.append(middleware)
        return middleware

    def on(self, event: str, *types: Any) -> Callable[[H], H]:
        """Decorator: `handler(socket, *args)`, plain or async. What it returns is the acknowledgement (a tuple:
        several arguments).

        "connect" gets `(socket, auth)` right after the CONNECT reply, "disconnect" `(socket, reason)`. The handlers
        of one socket run one after the other, in the order of its events.

        `types`: what msgspec is to make of the arguments, of the very bytes that came, which spares a detour
        (`msgspec.Raw` leaves JSON as it is, to be emitted again). That is an offer and no check: arguments that do not
        fit, that bring attachments or that came in another namespace than the main one are plain values, as ever.
        """

        def declare(handler: H) -> H:
            self.handlers[event] = handler
            if types:
                self.reads[event.encode()] = socketio.typed(event, *types)
            return handler

        return declare

    def on_unknown(self, hook: U) -> U:
        """Decorator: `hook(socket, event)`, plain, is told of every event that has no handler. Nothing acknowledges it,
        and it waits for no handler before it."""
        self.unknown = hook
        return hook

    def on_server_side_emit(self, event: str) -> Callable[[H], H]:
        """Decorator: `handler(*args)`, plain or async, of what other servers say by `server_side_emit`; what it
        returns is the acknowledgement."""

        def declare(handler: H) -> H:
            self.server_handlers[event] = handler
            return handler

        return declare

    @property
    def recovery(self) -> Recovery | None:
        """How sockets that were cut off come back; set it before the first client."""
        return self._recovery

    @recovery.setter
    def recovery(self, recovery: Recovery | None) -> None:
        self._recovery = recovery
        self.log = recovery if isinstance(recovery, EventLog) else None
        self.guarded = recovery is not None

    # Reaching.

    @property
    def rooms(self) -> Mapping[str, Collection["Socket"]]:
        """Who is in which room."""
        return self._rooms

    def members(self, room: str) -> Collection["Socket"]:
        """The sockets of one room, and the one with this id."""
        found = self._rooms.get(room)
        socket = self.sockets.get(room)
        if socket is None:
            return found or ()
        return (socket,) if found is None else {socket, *found}

    def to(self, *rooms: str) -> Target:
        """See `Target.to`."""
        return Target(self, rooms)

    def except_(self, *rooms: str) -> Target:
        """See `Target.except_`."""
        return Target(self, None, rooms)

    @property
    def volatile(self) -> Target:
        """See `Target.volatile`."""
        return Target(self, volatile=True)

    def emit(self, name: str, *args: Any, offset: str | None = None) -> None:
        """To every socket of the namespace; see `Target.emit`."""
        Target(self).emit(name, *args, offset=offset)

    @property
    def local(self) -> Target:
        """See `Target.local`."""
        return Target(self, local=True)

    def sockets_join(self, *rooms: str) -> None:
        """See `Target.sockets_join`."""
        Target(self).sockets_join(*rooms)

    def sockets_leave(self, *rooms: str) -> None:
        """See `Target.sockets_leave`."""
        Target(self).sockets_leave(*rooms)

    def disconnect_sockets(self, close: bool = False) -> None:
        """See `Target.disconnect_sockets`."""
        Target(self).disconnect_sockets(close)

    async def fetch_sockets(self) -> "list[RemoteSocket]":
        """See `Target.fetch_sockets`."""
        return await Target(self).fetch_sockets()

    async def emit_with_ack(self, name: str, *args: Any, timeout: float = 10.0) -> list[Any]:
        """See `Target.emit_with_ack`."""
        return await Target(self).emit_with_ack(name, *args, timeout=timeout)

    def server_side_emit(self, name: str, *args: Any) -> None:
        """Tell the other servers; nobody where this one stands alone."""
        if self.adapter is not None:
            self.adapter.server_side_emit((name, *args))

    async def server_side_emit_with_ack(self, name: str, *args: Any, timeout: float | None = None) -> list[Any]:
        """What the other servers answer. Raises as `Target.emit_with_ack`."""
        return [] if self.adapter is None else await self.adapter.server_side_emit_with_ack((name, *args), timeout)

    # Membership: sockets call these.

    def add(self, socket: "Socket") -> None:
        """A socket is connected."""
        self.fanout.settle()
        self.sockets[socket.id] = socket

    def remove(self, socket: "Socket") -> None:
        """A socket is gone, from every room too."""
        self.fanout.settle()
        if self.sockets.get(socket.id) is socket:
            del self.sockets[socket.id]
        for room in socket.joined:
            self._leave(socket, room)
        socket.joined = ()

    def enter(self, socket: "Socket", room: str) -> None:
        """A socket joins a room; past `max_rooms` it leaves the one it joined least recently. Raises TypeError for what
        is no str."""
        if not isinstance(room, str):
            raise TypeError(f"a room is a str, not {type(room).__name__}")
        self.fanout.settle()
        new = room not in socket.joined
        if new and self.max_rooms and len(socket.joined) >= self.max_rooms:
            socket.session.engine.stats.met("rooms")
            self.exit(socket, next(iter(socket.joined)))
        socket.joined = added(socket.joined, room)
        if not new:
            return
        self._rooms.setdefault(room, set()).add(socket)
        if self.log is not None:
            self.log.entered(socket, room)

    def exit(self, socket: "Socket", room: str) -> None:
        """A socket leaves a room; nothing happens where it is not in it."""
        self.fanout.settle()
        if room in socket.joined:
            socket.joined = removed(socket.joined, room)
            self._leave(socket, room)

    def _leave(self, socket: "Socket", room: str) -> None:
        members = self._rooms.get(room)
        if members is not None:
            members.discard(socket)
            if not members:
                del self._rooms[room]


async def settle(result: Any) -> Any:
    """Await what wants awaiting."""
    return await result if inspect.isawaitable(result) else result
