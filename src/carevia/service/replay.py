"""Recovery for any Socket.IO client: what a socket missed is replayed from the journal, in order, once.

The `pid` of the CONNECT reply is a signed token (person, socket id, epoch, start seq), so that any process can honour
it, one started
after kill -9 too. The offset is `<epoch>.<seq>`. A pid that cannot be honoured gives a new one and `reset` as the
first event.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from carevia.domain.events import Reset
from carevia.domain.people import Person
from carevia.realtime import Identity, Socket
from carevia.service.relay import PAGE, Relay, customer_payload, offset
from carevia.store.journal import JournalRow
from carevia.store.store import Store

_MAX_TOKEN = 1_000


class Token(msgspec.Struct, array_like=True, frozen=True):
    """What a pid says."""

    person: str
    sid: str
    epoch: str
    start: int


class Plan(msgspec.Struct):
    """What to do for a socket once it is connected: replay above `since`, after a `reset` where there is a reason."""

    since: int
    reset: str | None = None


class Replay:
    """The namespace's Recovery. `oldest` is the lowest seq still kept; whoever forgets rows sets it."""

    def __init__(self, store: Store, relay: Relay, secret: bytes, person_of: Callable[[Socket], Person | None]) -> None:
        self.oldest = 0
        self._store = store
        self._relay = relay
        self._key = hashlib.sha256(b"carevia recovery\0" + secret).digest()
        self._person_of = person_of

    async def start(self) -> None:
        """Learn what is kept."""
        self.oldest, _ = await self._store.bounds()

    # CONNECT.

    def identify(self, socket: Socket, auth: Mapping[str, Any]) -> Identity:
        """See `realtime.Recovery`. Guests are owed nothing and get no pid."""
        person = self._person_of(socket)
        if person is None:
            return Identity(secrets.token_urlsafe(15), None, False)
        pid = auth.get("pid")
        if pid is None:
            return self._fresh(socket, person, None)
        token = self._read(pid)
        if token is None or token.person != person.id:
            return self._fresh(socket, person, "not yours")
        if token.epoch != self._store.epoch:
            return self._fresh(socket, person, "restored")
        since = self._since(token, auth.get("offset"))
        if since + 1 < self.oldest:
            return self._fresh(socket, person, "retention")
        socket.recovery = Plan(since)
        return Identity(token.sid, str(pid), True)

    def _fresh(self, socket: Socket, person: Person, reset: str | None) -> Identity:
        sid, start = secrets.token_urlsafe(15), self._relay.position
        socket.recovery = Plan(start, reset)
        return Identity(sid, self._write(Token(person.id, sid, self._store.epoch, start)), False)

    def _since(self, token: Token, given: object) -> int:
        """The offset's number; the token's start where the offset is another epoch's, older, unparsable or of the
        future."""
        if isinstance(given, str):
            epoch, _, digits = given.rpartition(".")
            if epoch == token.epoch and digits.isascii() and digits.isdigit() and len(digits) < 16:
                seq = int(digits)
                if token.start <= seq <= self._relay.position:
                    return seq
        return min(token.start, self._relay.position)

    def _write(self, token: Token) -> str:
        body = base64.urlsafe_b64encode(msgspec.json.encode(token)).rstrip(b"=")
        return f"{body.decode()}.{self._sign(body)}"

    def _sign(self, body: bytes) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._key, body, "sha256")).rstrip(b"=").decode()

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

    async def catch_up(self, socket: Socket, rooms: Mapping[str, str]) -> None:
        """Replay what the socket missed, then let it into its rooms.

        `rooms` maps the journal's room to the hub's. It enters them in the very turn in which everything up to the
        relay's position
        has been replayed: what comes later reaches it live, so nothing is missed and nothing comes twice.
        """
        plan: Plan | None = socket.recovery
        if plan is None:
            return
        if plan.reset is not None:
            socket.emit("reset", Reset(plan.reset), offset=offset(self._store.epoch, plan.since))
        seen = plan.since
        while seen < self._relay.position:
            before = self._relay.position
            rows = await self._store.events_after(seen, list(rooms), PAGE)
            if not socket.connected:
                return
            position = self._relay.position
            due = [row for row in rows if row.seq <= position]
            self._send(socket, due)
            if len(due) < len(rows):
                seen = position
            elif len(rows) == PAGE:
                seen = due[-1].seq
                await socket.session.transport.drain()
            else:  # the snapshot held everything up to `before`, perhaps more
                seen = max(before, due[-1].seq if due else 0)
        self._enter(socket, rooms.values())

    def _send(self, socket: Socket, rows: list[JournalRow]) -> None:
        person = self._person_of(socket)
        staff = person is not None and person.is_staff
        for row in rows:
            if row.sender != socket.id:
                payload = msgspec.Raw(row.payload) if staff else customer_payload(row)
                socket.emit(row.name, payload, offset=offset(self._store.epoch, row.seq))
                self._relay.sent(row)

    def _enter(self, socket: Socket, hub_rooms: Collection[str]) -> None:
        for room in hub_rooms:
            socket.join(room)
