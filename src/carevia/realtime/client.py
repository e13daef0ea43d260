"""Socket.IO on one session: packets in, sockets by namespace. What breaks the protocol closes the connection at
once."""

import asyncio
import inspect
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, Any

from carevia.protocol import engineio, socketio
from carevia.protocol.engineio import ParseError
from carevia.realtime.message import Message
from carevia.realtime.namespace import ConnectRefused, Handler, settle
from carevia.realtime.recovery import Identity
from carevia.realtime.socket import CLOSED_BY_CLIENT, CLOSED_BY_SERVER, PAUSE_AT, RESUME_AT, Socket

if TYPE_CHECKING:
    from carevia.deadlines import Bucket
    from carevia.realtime.server import Server
    from carevia.realtime.session import Session

_WRONG_HERE = "Something went wrong here. Try again."
_NOWHERE: frozenset[str] = frozenset()  # one for all: Python makes an empty one anew each time, of 0.2 KB


class _Partial:
    """A packet whose attachments are on their way."""

    __slots__ = ("attachments", "packet", "size")

    def __init__(self, packet: socketio.Packet) -> None:
        self.packet = packet
        self.attachments: list[bytes] = []
        self.size = 0


class Client:
    """The listener of one session."""

    __slots__ = ("_partial", "_put_out", "_wait", "paused", "server", "session", "sockets")

    def __init__(self, server: "Server", session: "Session") -> None:
        self.server = server
        self.session = session
        self.sockets: dict[str, Socket] = {}
        self.paused = False  # it is not read
        self._put_out = _NOWHERE  # namespaces that the server has disconnected it from
        self._partial: _Partial | None = None
        self._wait: Bucket[Client] | None = server.connects.set(self)  # for CONNECT, later for attachments

    # In.

    def text(self, data: bytes) -> None:
        """One packet; an attachment was due where one is under way."""
        self.server.engine.stats.received += 1
        try:
            if self._partial is not None:
                raise ParseError("an attachment was due")
            packet = socketio.decode(data, self.server.reads)
            if packet.attachments:
                self._expect(packet)
            elif packet.type == socketio.CONNECT:
                self._connect(packet.namespace, packet.data or {})
            else:
                self._dispatch(packet)
        except (ParseError, RecursionError):
            self.session.close("parse error")

    def binary(self, data: bytes) -> None:
        """One attachment."""
        partial = self._partial
        if partial is None:
            self.session.close("parse error")
            return
        partial.attachments.append(data)
        partial.size += len(data)
        if partial.size > self.server.config.max_payload:
            self.server.engine.stats.met("attachments")
            self.session.close("parse error")
        elif len(partial.attachments) == partial.packet.attachments:
            self._partial = None
            self._call_off()
            try:
                self._dispatch(socketio.complete(partial.packet, partial.attachments))
            except (ParseError, RecursionError):
                self.session.close("parse error")

    def _expect(self, packet: socketio.Packet) -> None:
        limit = self.server.config.max_attachments
        socket = self.sockets.get(packet.namespace)
        if (socket is None or not socket.connected) and packet.namespace not in self._put_out:
            raise ParseError("attachments that nobody may send here")
        if limit and packet.attachments > limit:
            self.server.engine.stats.met("attachments")
            raise ParseError("too many attachments")
        self._partial = _Partial(packet)
        self._wait = self.server.attachments.set(self)

    def _dispatch(self, packet: socketio.Packet) -> None:
        kind = packet.type
        socket = self.sockets.get(packet.namespace)
        if socket is None or not socket.connected:
            if packet.namespace in self._put_out:  # it was on its way, or the client has yet to hear of it
                return
            raise ParseError("a packet for a namespace that was not joined")
        if kind == socketio.EVENT or kind == socketio.BINARY_EVENT:
            handler = socket.namespace.handlers.get(packet.data[0])
            if handler is None:
                self._unknown(socket, packet.data[0])
            else:
                socket.handle(handler, packet.data[1:], packet.id)
        elif kind == socketio.DISCONNECT:
            self.drop(socket, CLOSED_BY_CLIENT)
        else:
            socket.acknowledged(packet.id or 0, packet.data)

    def _unknown(self, socket: Socket, event: str) -> None:
        """Never acknowledged."""
        self.server.engine.stats.unknown += 1
        if (hook := socket.namespace.unknown) is not None:
            try:
                hook(socket, event)
            except Exception as error:
                self.server.report(error, socket)

    def regulate(self) -> None:
        """Read no further while too many events of a socket wait; but read on where somebody waits for the client's
        acknowledgement, which would stand unread behind them."""
        most = RESUME_AT - 1 if self.paused else PAUSE_AT
        sockets = self.sockets.values()
        paused = any(socket.waiting > most for socket in sockets) and not any(socket.asks for socket in sockets)
        if paused == self.paused or self.session.closed:
            return
        self.paused = paused
        if paused:
            self.session.transport.pause_reading()
        else:
            self.session.transport.resume_reading()
            self.session.heard()

    # CONNECT.

    def _connect(self, name: str, auth: dict[str, Any]) -> None:
        if name in self.sockets:
            raise ParseError("CONNECT came twice")
        namespace = self.server.namespaces.get(name)
        if namespace is None:
            self._send(_refusal(name, ConnectRefused("Invalid namespace")))
            return
        if name in self._put_out:
            self._put_out -= {name}
        socket = self.sockets[name] = Socket(namespace, self, "")
        middlewares = iter(namespace.middlewares)
        try:
            for middleware in middlewares:
                answer = middleware(socket, auth)
                if answer is not None and inspect.isawaitable(answer):
                    self.server.spawn(self._ask_waiting(socket, auth, answer, middlewares))
                    return
        except (Exception, asyncio.CancelledError) as error:
            self._not_let_in(socket, error)
        else:
            self._let_in(socket, auth)

    async def _ask_waiting(
        self, socket: Socket, auth: dict[str, Any], answer: Awaitable[Any], others: Iterator[Handler]
    ) -> None:
        try:
            await answer
            for middleware in others:
                await settle(middleware(socket, auth))
        except (Exception, asyncio.CancelledError) as error:
            self._not_let_in(socket, error)
        else:
            self._let_in(socket, auth)

    def _not_let_in(self, socket: Socket, error: BaseException) -> None:
        name = socket.namespace.name
        self.sockets.pop(name, None)
        try:
            if not isinstance(error, ConnectRefused):
                raise error
            packet = _refusal(name, error)
        except (Exception, asyncio.CancelledError) as wrong:
            self.server.report(wrong, socket)
            packet = _refusal(name, ConnectRefused(_WRONG_HERE))
        self._send(packet)

    def _let_in(self, socket: Socket, auth: dict[str, Any]) -> None:
        namespace = socket.namespace
        if self.session.closed or self.sockets.get(namespace.name) is not socket:
            return
        if self._partial is None:  # else it waits for attachments of another namespace
            self._call_off()
        recovery = namespace.recovery
        if recovery is None:
            identity = Identity(self.server.engine.ids.new(), None, False)
        else:
            identity = recovery.identify(socket, auth)
        ghost = namespace.sockets.get(identity.sid)
        if ghost is not None:  # it came back before its old connection was missed
            ghost.session.close("recovered elsewhere")
        socket.id, socket.recovered = identity.sid, identity.recovered
        reply = {"sid": identity.sid} if identity.pid is None else {"sid": identity.sid, "pid": identity.pid}
        self._send(socketio.control(socketio.CONNECT, namespace.name, reply))
        if self.session.closed:  # what waited for it, or this, was too much
            return
        socket.connected = True
        joined, socket.joined = socket.joined, ()
        namespace.add(socket)
        if identity.recovered:
            if namespace.log is not None:
                namespace.log.restore(socket)
            socket.ask_again(namespace.parked.pop(identity.sid, None))
        for room in joined:  # of a recovered socket its log has restored those that it was in, and when it had joined
            socket.join(room)
        if handler := namespace.handlers.get("connect"):
            socket.handle(handler, (auth,))

    def _send(self, packet: bytes) -> None:
        self.server.fanout.flush()
        self.session.send(Message(engineio.MESSAGE + packet))

    # Going.

    def drop(self, socket: Socket, reason: str) -> None:
        """A socket leaves its namespace; the session stays."""
        namespace = socket.namespace
        if self.sockets.get(namespace.name) is socket:
            del self.sockets[namespace.name]
        if not socket.connected:
            return
        if reason == CLOSED_BY_SERVER:
            self._put_out |= {namespace.name}
        comes_back = socket.recovery is not None and reason not in (CLOSED_BY_CLIENT, CLOSED_BY_SERVER)
        if comes_back and namespace.log is not None:
            namespace.log.left(socket)
        namespace.remove(socket)
        socket.connected = False
        socket.ended(comes_back)
        socket.part(reason)
        if self.paused:
            self.regulate()

    def closed(self, reason: str) -> None:
        """The session is over."""
        self._partial = None
        self._call_off()
        for socket in list(self.sockets.values()):
            self.drop(socket, reason)
        self.server.clients.discard(self)

    def expire(self) -> None:
        """No CONNECT, or not all attachments, in time."""
        if self._partial is None:
            self.session.close("connect timeout")
        else:
            self.server.engine.stats.met("attachments")
            self.session.close("attachments took too long")

    def _call_off(self) -> None:
        if self._wait is not None:
            self._wait.discard(self)
            self._wait = None


def _refusal(name: str, error: ConnectRefused) -> bytes:
    """Its CONNECT_ERROR. Raises TypeError and the like for data that is no JSON."""
    if socketio.has_binary((error.data,)):
        raise TypeError("the data of ConnectRefused is JSON: no bytes")
    data = {"message": error.message} | ({} if error.data is None else {"data": error.data})
    return socketio.control(socketio.CONNECT_ERROR, name, data)
