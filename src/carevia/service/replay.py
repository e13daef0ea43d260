"""Recovery for any Socket.IO client: what a socket missed is replayed from the journal, in order, once.

The `pid` of the CONNECT reply is a signed token, so that any process can honour it, one started after kill -9 too. The
offset is `<epoch>.<seq>`. A pid that cannot be honoured gives a new one and `reset` as the first event: never a silent
gap.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from carevia.domain.payloads import Reset
from carevia.domain.people import Person
from carevia.realtime import Identity, Socket
from carevia.service.poison import check_row
from carevia.service.relay import PAGE, Relay, customer_payload, offset
from carevia.store.journal import JournalRow
from carevia.store.store import Store

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_MAX_TOKEN: Final = 1_000
_FIRST_PAGE: Final = 50  # rows; how large they are is known after the first page
_PAGE_BYTES: Final = 64_000  # what a page may hold of one client's past in memory
_SLICE_BYTES: Final = 16_000  # what is written before the others have their turn and the client has to keep up
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")  # as base64.urlsafe_b64encode, in one call for each connection


class Token(msgspec.Struct, array_like=True, frozen=True):
    """What a pid says: whose it is, as what they came, the socket's id, and from where its events are owed.

    `reset` is the reason of the reset that came with it, or nothing.
    """

    person: str
    staff: bool
    sid: str
    epoch: str
    start: int
    reset: str | None = None


class Plan(msgspec.Struct):
    """What to do for a socket once it is connected: replay above `since`, after a `reset` where there is a reason."""

    since: int
    reset: str | None = None


class Gap(Exception):
    """A pid is not honoured. The reason is a word for a log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Replay:
    """The namespace's Recovery. `oldest` is the lowest seq still kept; whoever forgets rows sets it."""

    def __init__(self, store: Store, relay: Relay, secret: bytes, person_of: Callable[[Socket], Person | None]) -> None:
        self.oldest = 0
        self.sockets = self.reads = 0  # caught up, and the queries that took: at most one, unless much was missed
        self._store = store
        self._relay = relay
        key = hashlib.sha256(b"carevia recovery\0" + secret).digest()
        self._keyed = hashlib.blake2b(key=key, digest_size=16)  # copied for each pid: the key is taken in once
        self._person_of = person_of

    async def start(self) -> None:
        """Learn what is kept."""
        self.oldest, _ = await self._store.bounds()

    def collect(self) -> "Iterator[Metric]":
        """For /metrics."""
        from prometheus_client.metrics_core import CounterMetricFamily

        yield CounterMetricFamily("carevia_replay_sockets", "Sockets that caught up with the journal", self.sockets)
        yield CounterMetricFamily("carevia_replay_reads", "Queries of the journal that took", self.reads)

    # CONNECT.

    async def look(self, auth: Mapping[str, Any]) -> None:
        """Before `identify`: where the client has seen more than this process, others may have committed it. The
        journal is read to its end, so that what is still ahead of it then is of no log of ours."""
        token = self._read(auth.get("pid"))
        if token is None or token.epoch != self._store.epoch:
            return
        if max(token.start, _number(auth.get("offset"), token.epoch)) > self._relay.position:
            await self._relay.look()

    def identify(self, socket: Socket, auth: Mapping[str, Any]) -> Identity:
        """See `realtime.Recovery`. Guests are owed nothing and get no pid."""
        person = self._person_of(socket)
        if person is None:
            return Identity(socket.session.engine.ids.new(), None, False)
        pid = auth.get("pid")
        if pid is None:
            return self._fresh(socket, person, None)
        try:
            token = self._honoured(pid, person)
            socket.recovery = Plan(self._since(token, auth.get("offset")))
        except Gap as gap:
            return self._fresh(socket, person, gap.reason)
        return Identity(token.sid, str(pid), True)

    def _fresh(self, socket: Socket, person: Person, reset: str | None) -> Identity:
        sid, start = socket.session.engine.ids.new(), self._relay.position
        socket.recovery = Plan(start, reset)
        token = Token(person.id, person.is_staff, sid, self._store.epoch, start, reset)
        return Identity(sid, self._write(token), False)

    def _honoured(self, pid: object, person: Person) -> Token:
        """Raises Gap. Who became staff, or is no longer, has to load another world than the one their page shows."""
        token = self._read(pid)
        if token is None or token.person != person.id:
            raise Gap("not yours")
        if token.epoch != self._store.epoch:
            raise Gap("restored")
        if token.staff != person.is_staff:
            raise Gap("rights")
        return token

    def _since(self, token: Token, given: object) -> int:
        """The offset's number; the token's start where the offset is another epoch's, older or unparsable. Raises
        Gap."""
        seen = _number(given, token.epoch)
        if max(token.start, seen) > self._relay.position:  # an older file was put back, and kept its epoch
            raise Gap("restored")
        if seen < token.start and token.reset is not None:  # cut before that reset arrived
            raise Gap(token.reset)
        since = max(token.start, seen)
        if since + 1 < max(self.oldest, self._relay.oldest):
            raise Gap("retention")
        return since

    def _write(self, token: Token) -> str:
        body = binascii.b2a_base64(msgspec.json.encode(token), newline=False).translate(_URL_SAFE).rstrip(b"=")
        return f"{body.decode()}.{self._sign(body)}"

    def _sign(self, body: bytes) -> str:
        signature = self._keyed.copy()
        signature.update(body)
        return signature.hexdigest()

    def _read(self, pid: object) -> Token | None:
        if not isinstance(pid, str) or len(pid) > _MAX_TOKEN or not pid.isascii():
            return None
        body, _, signature = pid.partition(".")
        if not hmac.compare_digest(self._sign(body.encode()), signature):
            return None
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Token)
        except (binascii.Error, msgspec.DecodeError, ValueError):
            return None

    # After CONNECT.

    async def catch_up(self, socket: Socket, rooms: Mapping[str, str], joined: Mapping[str, int] | None = None) -> None:
        """Replay what the socket missed, then let it into its rooms.

        `rooms` maps the journal's room to the hub's; `joined` says from which number on a room's rows are owed, where
        that is later than the client's offset. It enters them in the very turn in which everything up to the relay's
        position has been replayed: what comes later reaches it live, so nothing is missed and nothing comes twice.
        """
        plan: Plan | None = socket.recovery
        if plan is None:
            return
        if plan.reset is not None:
            socket.emit("reset", Reset(plan.reset), offset=offset(self._store.epoch, plan.since))
        self.sockets += 1
        seen, most = plan.since, min(_FIRST_PAGE, PAGE)
        while seen < self._relay.position:
            before = self._relay.position
            known = self._relay.after(seen, rooms)
            if known is not None:
                seen = before
                await self._send(socket, known, joined or {})
                continue
            self.reads += 1
            oldest, rows = await self._store.missed(seen, list(rooms), most)
            if not self._has_all_after(seen, oldest, socket):
                return
            position = self._relay.position
            due = [row for row in rows if row.seq <= position]
            if len(due) < len(rows):
                seen = position
            elif len(rows) == most:
                seen = due[-1].seq
            else:  # the snapshot held everything up to `before`, perhaps more
                seen = max(before, due[-1].seq if due else 0)
            most = _next_page(rows)
            await self._send(socket, due, joined or {})
        self._enter(socket, rooms.values())

    def _has_all_after(self, seen: int, oldest: int, socket: Socket) -> bool:
        """Whether the page just read had no hole: rows may be forgotten while a client catches up, by another process
        too. Such a client is let go; it comes back to a reset."""
        self.oldest = max(self.oldest, oldest)
        if seen + 1 < self.oldest:
            socket.session.close("retention")
        return socket.connected

    async def _send(self, socket: Socket, rows: Sequence[JournalRow], joined: Mapping[str, int]) -> None:
        """No faster than the client takes it, and in slices, so that the others do not wait for it."""
        person = self._person_of(socket)
        staff = person is not None and person.is_staff
        unsent = 0
        for row in rows:
            if row.sender == socket.id or row.seq <= joined.get(row.room, 0):
                continue
            self._emit_row(socket, row, staff)
            unsent += len(row.payload)
            if unsent > _SLICE_BYTES:
                unsent = 0
                await _keep_up(socket)
                if not socket.connected:
                    return
        await _keep_up(socket)

    def _emit_row(self, socket: Socket, row: JournalRow, staff: bool) -> None:
        try:
            check_row(row)
            payload = msgspec.Raw(row.payload) if staff else customer_payload(row)
            socket.emit(row.name, payload, offset=offset(self._store.epoch, row.seq))
            self._relay.sent(row)
        except Exception as problem:  # else the client would meet it again at every recovery, and never get past
            self._relay.poison.set_aside(row, problem)

    def _enter(self, socket: Socket, hub_rooms: Collection[str]) -> None:
        for room in hub_rooms:
            socket.join(room)


async def _keep_up(socket: Socket) -> None:
    """Write what was emitted, and wait until the client has taken most of it."""
    socket.namespace.fanout.flush()
    await asyncio.sleep(0)
    await socket.session.transport.drain()


def _next_page(rows: Sequence[JournalRow]) -> int:
    """As many rows as `_PAGE_BYTES` hold if they are like these, at most PAGE."""
    size = sum([len(row.payload) for row in rows])
    return max(1, min(PAGE, _PAGE_BYTES * len(rows) // size)) if size else PAGE


def _number(given: object, epoch: str) -> int:
    """The number of an offset; -1 where it is none, or another epoch's."""
    if isinstance(given, str):
        of, _, digits = given.rpartition(".")
        if of == epoch and digits.isascii() and digits.isdigit() and len(digits) < 16:
            return int(digits)
    return -1
