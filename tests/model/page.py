"""One open page of the model: what socket.io-client keeps (pid, offset), what our reducers show, and what it was sent.

It judges every event as it comes: of a room it may see, never again, never out of order. `check` asks, once all is
quiet, that nothing is missing either.
"""

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import msgspec

from carevia.domain.bookings import BookingQuery
from carevia.domain.conversations import ConversationQuery
from carevia.domain.events import EVENTS
from carevia.domain.people import DESK, Person
from carevia.realtime import ConnectRefused
from carevia.realtime.testing import Refused, TestClient
from carevia.service.replay import Token
from tests import reducers
from tests.model.node import Node
from tests.reducers import EMPTY_CONVERSATION, EMPTY_DESK, Json, State

if TYPE_CHECKING:
    from tests.model.world import World

KEPT = {event.name for event in EVENTS if event.durable} | {"reset"}  # the others may be lost, and change no list
LOST = (ConnectionError, TimeoutError, ConnectRefused, Refused)


class Page:
    """`room`: the conversation on it; a customer's own, or the one that a member of staff has opened, or none."""

    def __init__(self, world: "World", person: Person) -> None:
        self.world = world
        self.person = person
        self.room = None if person.is_staff else person.id
        self.node: Node | None = None
        self.client: TestClient | None = None
        self.frozen = False
        self.pid: str | None = None
        self.offset: str | None = None
        self.desk: State = EMPTY_DESK
        self.conversation: State = EMPTY_CONVERSATION
        self.outbox: list[Json] = []
        self._start = 0  # of this life: nothing at or below it is owed on the wire
        self._sent: list[int] = []  # journal numbers that came on the wire in this life
        self._joined: dict[str, int] = {}  # rooms beside the person's own -> what was committed when they were open
        self._left: set[str] = set()  # rooms that were open in this life and are not any more
        self._resets: list[str] = []
        self._since_reset: list[Json] | None = None  # what has come since one, until the conversation is read anew
        self._unheard: str | None = None  # why a reset is under way that has not come yet
        self._loaded = False

    @property
    def online(self) -> bool:
        return self.client is not None and self.client.connected and self.client.closed is None

    # --- coming and going ---------------------------------------------------------------------------------------

    async def come(self, node: Node) -> None:
        """CONNECT with what is kept; then load what recovery cannot bring. Offline again where the process dies."""
        await self.go()
        auth = {"token": node.carevia.tokens.for_login(self.person)}
        client = TestClient(node.carevia.server, auth=auth)
        client.pid, client.offset = self.pid, self.offset
        self.node, self.client, self.frozen = node, client, False
        reason = self._unfillable()
        shown, self._resets = self.pid, []
        try:
            await node.do(client.connect())
            if reason == "retention" and client.recovered:
                reason = None  # this process remembers what the journal forgot: `_check_wire` wants every row of it
            self._greeted(client, shown, reason)
            await node.do(client.call("leave_room", "nobody"))  # behind everything that CONNECT brings
            self.hear()
            assert self._resets == ([reason] if reason else []), f"resets {self._resets}, and the gap: {reason}"
            self._unheard = None
            await self._settle_in()
        except LOST:
            self.hear()
            self.cut()

    def _greeted(self, client: TestClient, shown: str | None, reason: str | None) -> None:
        if not client.recovered:
            self._unheard = reason
            assert client.pid is not None and client.pid != shown
            self._start_life(_read(client.pid).start)
            self._loaded = False
        self.pid = client.pid

    def _start_life(self, start: int) -> None:
        self._start, self._sent, self._joined, self._left = start, [], {}, set()

    async def _settle_in(self) -> None:
        """What the page does after `connect`: open its conversation again, load where it has to, send what waits."""
        if self.room is not None and self.person.is_staff and self.room not in self._joined:
            await self.ask("join_room", self.room)
            self._joined[self.room] = self.world.newest()
            self._loaded = False
        if not self._loaded:
            await self.load()
        for message in list(self.outbox):
            await self.say(message)

    async def go(self) -> None:
        self.hear()
        client, self.client = self.client, None
        if client is not None:
            if client.closed is None and client._link is not None:
                client.cut()
            await client.close()

    def cut(self) -> None:
        """The network drops the connection, with what is in flight."""
        if self.client is not None and self.client.closed is None and self.client._link is not None:
            self.client.cut()

    def freeze(self) -> None:
        if self.online and self.client is not None:
            self.frozen = True
            self.client.freeze()

    def _unfillable(self) -> str | None:
        """Why the server cannot bring everything since what this page has: judged by the tables, not by the server."""
        if self.pid is None:
            return None
        if self._unheard is not None:
            return self._unheard
        if _read(self.pid).epoch != self.world.epoch():
            return "restored"
        known = max([self._start, *self._sent])
        return "retention" if self.world.oldest() > known + 1 else None

    # --- asking -------------------------------------------------------------------------------------------------

    async def ask(self, *words: Any) -> Json:
        assert self.client is not None and self.node is not None
        answer: Json = (await self.node.do(self.client.call(*words)))[0]
        assert answer["ok"], answer
        return answer

    async def say(self, message: Json) -> None:
        """Send or send again; shown when acknowledged."""
        answer = await self.ask("send_message", message)
        self.hear()
        if message in self.outbox:
            self.outbox.remove(message)
        if message["roomId"] == self.room:
            row = message | {"senderId": self.person.id, "senderName": "", "seq": answer["seq"], "time": answer["time"]}
            self._say_to_reducer({"type": "message_arrived", "row": row})

    async def open(self, room: str) -> None:
        if self.room is not None:
            await self.leave()
        self.room, self.conversation, self._loaded = room, EMPTY_CONVERSATION, False
        if self.online and not self.frozen:
            try:
                await self._settle_in()
            except LOST:
                self.cut()

    async def leave(self) -> None:
        room, self.room = self.room, None
        if room is None:
            return
        self._joined.pop(room, None)
        self._left.add(room)
        if self.online and not self.frozen:
            try:
                await self.ask("leave_room", room)
            except LOST:
                self.cut()

    async def load(self) -> None:
        """The snapshots, as the API answers them."""
        assert self.node is not None
        carevia, room = self.node.carevia, self.room
        await asyncio.sleep(0.001)  # what came before the request came at an earlier time
        self.hear()
        requested = self.world.time()
        if self.person.is_staff:
            bookings = await self.node.do(carevia.bookings.list(self.person, BookingQuery(limit=50)))
            people = await self.node.do(carevia.talk.conversations.page(self.person, ConversationQuery()))
            self.hear()
            rows = msgspec.to_builtins(bookings)["bookings"]
            self._reduce("bookings_loaded", bookings=rows, requestedAt=requested)
            self._reduce("conversations_loaded", rows=msgspec.to_builtins(people.rows), asOf=people.seq)
        if room is not None:
            rows, more = await self.node.do(carevia.talk.chat.history(self.person, room))
            self.hear()
            since, self._since_reset = self._since_reset, None
            page = {"type": "page_loaded" if since is None else "page_loaded_afresh"}
            for event in (page | {"rows": msgspec.to_builtins(rows), "hasMore": more}, *(since or ())):
                self._say_to_reducer(event)
        self._loaded = True

    # --- hearing ------------------------------------------------------------------------------------------------

    def hear(self) -> None:
        """Take in what came, in order."""
        client = self.client
        if client is None:
            return
        events, client.events = client.events, []
        self.offset = client.offset
        for event in events:
            if event.name in KEPT:
                self._take(event.name, event.args[0], event.args[-1])

    def _take(self, name: str, payload: Json, offset: str) -> None:
        epoch, _, digits = offset.rpartition(".")
        assert epoch == self.world.epoch(), "an event of a history that was replaced"
        if name == "reset":
            self._resets.append(payload["reason"])
            self._since_reset = []
            self._unheard = None
            self._start_life(int(digits))
            self._reduce("reset")
            self._loaded = False
            return
        self._judge(int(digits), name)
        match name:
            case "customer_added":
                self._reduce("customer_added", booking=payload, seq=int(digits), at=self.world.time())
            case "booking_updated":
                self._reduce("booking_updated", booking=payload, at=self.world.time())
            case "conversation_updated" | "conversation_changed":
                self._reduce(name, update=payload, seq=int(digits), at=self.world.time())
            case "receive_message" if payload["roomId"] == self.room:
                self._say_to_reducer({"type": "message_arrived", "row": payload | {"seq": int(digits)}})

    def _judge(self, seq: int, name: str) -> None:
        row = self.world.row(seq)
        assert row.name == name and row.room in self._rooms(), f"{row.name} of {row.room} came to {self.person.id}"
        last = max([self._start, *self._sent])
        assert seq > last, f"{seq} came after {last} on the wire of {self.person.id}"
        self._sent.append(seq)

    def _rooms(self) -> set[str]:
        own = {DESK} if self.person.is_staff else {self.person.id}
        return own | set(self._joined) | self._left | ({self.room} if self.room else set())

    def _reduce(self, type: str, **event: Any) -> None:
        if self.person.is_staff:
            self.desk = reducers.apply_desk(self.desk, {"type": type, **event})

    def _say_to_reducer(self, event: Json) -> None:
        if self._since_reset is not None:
            self._since_reset.append(event)
        self.conversation = reducers.apply_conversation(self.conversation, event)

    # --- judging ------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Everything is quiet and this page is online: it shows what is stored, once, in order."""
        self.hear()
        self._check_wire()
        if self.person.is_staff:
            shown = [row["trackingId"] for row in self.desk["bookings"]]
            assert shown == self.world.bookings(), f"the desk shows {shown}, stored are {self.world.bookings()}"
            people = [
                (row["_id"], row["unread"], row["status"]) for row in reducers.ordered(self.desk["conversations"])
            ]
            stored = self.world.conversations()
            assert people == stored, f"the desk lists {people}, stored are {stored}"
        if self.room is not None:
            messages = [(row["senderId"], row["id"]) for row in self.conversation["messages"]]
            assert messages == self.world.messages(self.room), f"{self.person.id} reads {messages} in {self.room}"

    def _check_wire(self) -> None:
        """Of the rooms that are the person's own, everything since the start of this life but what it said itself."""
        assert self.client is not None
        own = DESK if self.person.is_staff else self.person.id
        since = {own: self._start} | self._joined
        owed = [
            seq
            for seq, row in sorted(self.world.rows.items())
            if row.room in since and seq > max(since[row.room], self._start) and row.sender != self.client.sid
        ]
        missed = set(owed) - set(self._sent)
        assert not missed, f"{self.person.id} was never sent {sorted(missed)}"


def _read(pid: str) -> Token:
    """What the server wrote into it; no business of a client's."""
    body = pid.partition(".")[0]
    return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Token)
