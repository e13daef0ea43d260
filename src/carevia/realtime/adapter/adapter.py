"""One namespace's part in a cluster: its words go out to the other servers, theirs are done to its own sockets.

Rule: whatever arrives is judged before anything is done, and what is refused is counted by its reason; no message can
raise out of here. `broadcast` and its like return at once and may be lost; what needs answers waits for them, `timeout`
seconds at most.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from carevia.realtime import operations
from carevia.realtime.adapter import wire
from carevia.realtime.adapter.broker import Broker
from carevia.realtime.adapter.requests import Requests
from carevia.realtime.adapter.wire import Options, Refused
from carevia.realtime.ids import Ids
from carevia.realtime.namespace import Target, settle
from carevia.realtime.remote import RemoteSocket
from carevia.tasks import end

if TYPE_CHECKING:
    from carevia.realtime.namespace import Namespace
    from carevia.realtime.socket import Socket

_ACK_SECONDS: Final = 10.0  # for others' broadcasts that do not say how long they wait
_LONGEST_ACK: Final = 60.0
_COUNT_SECONDS: Final = 1.0  # a figure is not worth more: a server that hangs would hold up whoever asks
_MOST_ASKING: Final = 1_000  # others' broadcasts with acknowledgements, under way at once
_MOST_ROOMS: Final = 1_000  # of one socket; past it others put it into no more
Request = Mapping[str, Any]
Rooms = tuple[str, ...] | None


class Adapter:
    """`refuses(event)` names events that never come from other servers; `protects(socket, room)` memberships that they
    may neither give nor take."""

    def __init__(
        self, namespace: "Namespace", broker: Broker, *, key: str = "socket.io", timeout: float = 5.0,
        refuses: Callable[[str], bool] = lambda _: False,
        protects: "Callable[[Socket, str], bool]" = lambda _, __: False,
    ) -> None:  # fmt: skip
        self.namespace = namespace
        self.uid = Ids().new()
        self.refused: Counter[str] = Counter()  # messages that were not acted upon, by reason
        self._broker = broker
        self._refuses = refuses
        self._protects = protects
        self._asking = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._channels = channels = wire.Channels(key, namespace.name, self.uid)
        self._requests = Requests(broker, channels, self.uid, timeout)
        broker.subscribe_pattern(channels.pattern, self._guarded(self._hear_broadcast))
        broker.subscribe(channels.request, self._guarded(self._hear_request))
        broker.subscribe(channels.count, self._guarded(self._hear_count))
        for channel in (channels.response, channels.own_response):
            broker.subscribe(channel, self._guarded(self._hear_response))
        self._does: dict[int, Callable[[Request], None]] = {
            wire.SOCKETS: self._tell_ids,
            wire.ALL_ROOMS: self._tell_rooms,
            wire.REMOTE_JOIN: self._remote_join,
            wire.REMOTE_LEAVE: self._remote_leave,
            wire.REMOTE_DISCONNECT: self._remote_disconnect,
            wire.REMOTE_FETCH: self._tell_sockets,
            wire.SERVER_SIDE_EMIT: self._server_side,
            wire.BROADCAST: self._broadcast_with_ack,
        }

    async def stop(self) -> None:
        """End the handlers under way."""
        await end(*self._tasks)

    # Out. `namespace` calls these after it has done the same to its own sockets.

    def broadcast(self, event: Sequence[Any], rooms: Rooms, but: tuple[str, ...], volatile: bool) -> None:
        """An event for the sockets of other servers. Raises TypeError or OverflowError for what cannot be carried."""
        if rooms == ():
            return
        opts = wire.options(rooms, but, {"volatile": True} if volatile else {})
        message = wire.encode([self.uid, wire.packet(self.namespace.name, event), opts])
        self._broker.publish(self._channels.of_broadcast(rooms), message)

    def sockets_join(self, rooms: Rooms, but: tuple[str, ...], joined: Iterable[str]) -> None:
        self._order(wire.REMOTE_JOIN, rooms, but, rooms=list(joined))

    def sockets_leave(self, rooms: Rooms, but: tuple[str, ...], left: Iterable[str]) -> None:
        self._order(wire.REMOTE_LEAVE, rooms, but, rooms=list(left))

    def disconnect_sockets(self, rooms: Rooms, but: tuple[str, ...], close: bool) -> None:
        self._order(wire.REMOTE_DISCONNECT, rooms, but, close=close)

    def server_side_emit(self, event: Sequence[Any]) -> None:
        self._requests.tell(wire.SERVER_SIDE_EMIT, data=wire.plain(tuple(event)))

    def _order(self, kind: int, to: Rooms, but: tuple[str, ...], **more: Any) -> None:
        if to != ():
            self._requests.tell(kind, opts=wire.options(to, but), **more)

    # Out, with answers. All raise BrokerUnavailable, and AckTimeout with what has come.

    async def fetch_sockets(self, rooms: Rooms, but: tuple[str, ...]) -> list[RemoteSocket]:
        """Those of other servers."""
        answers = await self._requests.ask(wire.REMOTE_FETCH, opts=wire.options(rooms, but))
        return [self._picture(found) for answer in answers for found in _list(answer, "sockets") if _is_picture(found)]

    async def all_rooms(self) -> set[str]:
        """Of other servers."""
        answers = await self._requests.ask(wire.ALL_ROOMS)
        return {str(room) for answer in answers for room in _list(answer, "rooms")}

    async def ids(self, rooms: Collection[str] = ()) -> set[str]:
        """Ids of the sockets of other servers; in these rooms, or all."""
        answers = await self._requests.ask(wire.SOCKETS, rooms=list(rooms))
        return {str(sid) for answer in answers for sid in _list(answer, "sockets")}

    async def server_side_emit_with_ack(self, event: Sequence[Any], timeout: float | None) -> list[Any]:
        data = wire.plain(tuple(event))
        answers = await self._requests.ask(wire.SERVER_SIDE_EMIT, within=timeout, data=data)
        return [answer.get("data") for answer in answers]

    async def emit_with_ack(
        self, target: "Target", event: Sequence[Any], rooms: Rooms, but: tuple[str, ...],
        volatile: bool, timeout: float,
    ) -> list[Any]:  # fmt: skip
        """Here too: one answer for each client."""
        flags = {"timeout": int(timeout * 1000)} | ({"volatile": True} if volatile else {})
        packet = wire.packet(self.namespace.name, event)
        return await self._requests.gather(
            packet, wire.options(rooms, but, flags), timeout,
            lambda answered: operations.ask(self.namespace, target.sockets, event, volatile, timeout, answered),
        )  # fmt: skip

    async def count(self) -> int:
        """How many sockets the other servers have, as far as they answer within a second. Our own kind is asked for the
        number; where others take part, all are asked for the ids, which those know too. Raises BrokerUnavailable, and
        TimeoutError where the broker does not answer in time."""
        async with asyncio.timeout(_COUNT_SECONDS):
            everybody, ours = await self._broker.subscribers(self._channels.request, self._channels.count)
        try:
            if everybody > ours:
                answers = await self._requests.ask(wire.SOCKETS, within=_COUNT_SECONDS, rooms=[])
            else:
                answers = await self._requests.count(ours - 1, _COUNT_SECONDS)
        except operations.AckTimeout as late:
            answers = [*late.responses]
        return sum(map(_counted, answers))

    # In.

    def _guarded(self, hear: Callable[[str, bytes], None]) -> Callable[[str, bytes], None]:
        def heard(channel: str, data: bytes) -> None:
            try:
                hear(channel, data)
            except Refused as refused:
                self.refused[str(refused)] += 1
            except (ValueError, TypeError, OverflowError, RecursionError):
                self.refused["content"] += 1  # what no client could be sent

        return heard

    def _hear_broadcast(self, channel: str, data: bytes) -> None:
        room = self._channels.room_of(channel)
        if room is not None and not self.namespace.members(room):
            return
        uid, packet, found = wire.read_broadcast(data)
        if uid == self.uid:
            return
        event = self._event_in(packet)
        options = wire.read_options(found)
        self._local(options).emit(*event)

    def _hear_request(self, _: str, data: bytes) -> None:
        request = wire.decode_message(data)
        if request.get("uid") == self.uid:
            return
        kind = request.get("type")
        do = self._does.get(kind) if type(kind) is int else None
        if do is None:
            raise Refused("type")
        do(request)

    def _hear_count(self, _: str, data: bytes) -> None:
        request = wire.decode_message(data)
        if request.get("uid") != self.uid:
            self._answer(request, count=len(self.namespace.sockets))

    def _hear_response(self, _: str, data: bytes) -> None:
        self._requests.hear(wire.decode_message(data, self._requests.longest))

    def _event_in(self, packet: Any) -> list[Any]:
        event = wire.read_packet(packet, self.namespace.name)
        if self._refuses(event[0]):
            raise Refused("event")
        return event

    def _local(self, options: Options) -> Target:
        return Target(self.namespace, options.rooms, options.but, options.volatile, True)

    def _meant(self, request: Request) -> "Collection[Socket]":
        """The sockets of a request: by its opts, or, of older servers, by one id."""
        if request.get("opts") is None and isinstance(sid := request.get("sid"), str):
            found = self.namespace.sockets.get(sid)
            return () if found is None else (found,)
        return tuple(self._local(wire.read_options(request.get("opts"))).sockets)

    # What others ask of this server.

    def _tell_ids(self, request: Request) -> None:
        target = self._local(Options(wire.read_names(request.get("rooms")) or None, (), False, None))
        self._answer(request, sockets=[socket.id for socket in target.sockets])

    def _tell_rooms(self, request: Request) -> None:
        self._answer(request, rooms=[*self.namespace.rooms, *self.namespace.sockets])

    def _tell_sockets(self, request: Request) -> None:
        pictures = operations.describe(self._meant(request), self.namespace)
        found = [
            {"id": each.id, "handshake": each.handshake, "rooms": each.rooms, "data": wire.carried(each.data)}
            for each in pictures
        ]
        self._answer(request, sockets=found)

    def _remote_join(self, request: Request) -> None:
        self._move(request, operations.join)

    def _remote_leave(self, request: Request) -> None:
        self._move(request, operations.leave)

    def _move(self, request: Request, move: "Callable[[Iterable[Socket], Collection[str]], None]") -> None:
        sockets = self._meant(request)
        rooms = wire.read_names([request["room"]] if "room" in request else request.get("rooms"))
        joins = move is operations.join
        for socket in sockets:
            asked = rooms if joins else [room for room in rooms if room in socket.joined]
            if joins and len(socket.joined) + len(asked) > _MOST_ROOMS:
                self.refused["rooms"] += 1
                continue
            open_to_all = [room for room in asked if not self._protects(socket, room)]
            if len(open_to_all) < len(asked):
                self.refused["protected"] += 1
            move((socket,), open_to_all)
        self._confirm(request, sockets)

    def _remote_disconnect(self, request: Request) -> None:
        sockets = self._meant(request)
        operations.disconnect(sockets, request.get("close") is True)
        self._confirm(request, sockets)

    def _confirm(self, request: Request, sockets: "Collection[Socket]") -> None:
        """Older servers ask for one socket and wait for the one server that has it."""
        if sockets and "requestId" in request:
            self._answer(request)

    def _server_side(self, request: Request) -> None:
        name, *args = wire.read_event(request.get("data"))
        handler = self.namespace.server_handlers.get(name)
        if handler is None:
            raise Refused("unheard")

        async def work() -> None:
            try:
                said = await settle(handler(*args))
                if "requestId" in request:
                    self._answer(request, type=wire.SERVER_SIDE_EMIT, data=wire.plain(said))
            except Exception:
                self.refused["handler"] += 1

        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _broadcast_with_ack(self, request: Request) -> None:
        if self._asking >= _MOST_ASKING:
            raise Refused("too many")
        event = self._event_in(request.get("packet"))
        options = wire.read_options(request.get("opts"))
        timeout = min(options.timeout or _ACK_SECONDS, _LONGEST_ACK)
        self._asking += 1
        asyncio.get_running_loop().call_later(timeout, self._asked)

        def answered(said: Any) -> None:
            message = {"type": wire.BROADCAST_ACK, "requestId": request.get("requestId"), "packet": wire.plain(said)}
            self._requests.respond(request, wire.encode(message))

        sockets = self._local(options).sockets
        count = operations.ask(self.namespace, sockets, event, options.volatile, timeout, answered)
        self._answer(request, type=wire.BROADCAST_CLIENT_COUNT, clientCount=count)

    def _asked(self) -> None:
        self._asking -= 1

    def _answer(self, request: Request, **said: Any) -> None:
        self._requests.respond(request, wire.encode_json({"requestId": request.get("requestId"), **said}))

    def _picture(self, found: Mapping[str, Any]) -> RemoteSocket:
        rooms = tuple(str(room) for room in found["rooms"])
        return RemoteSocket(self.namespace, found["id"], rooms, found.get("data"), found.get("handshake") or {})


def _list(answer: Mapping[str, Any], name: str) -> list[Any]:
    found = answer.get(name)
    return found if isinstance(found, list) else []


def _counted(answer: Mapping[str, Any]) -> int:
    found = answer.get("count")
    return max(found, 0) if type(found) is int else len(_list(answer, "sockets"))


def _is_picture(found: Any) -> bool:
    return isinstance(found, dict) and isinstance(found.get("id"), str) and isinstance(found.get("rooms"), list)
