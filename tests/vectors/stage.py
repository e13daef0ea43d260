"""The real program with its audiences: what each is shown by the API before and after, and what it is sent between.

Audiences are in-process clients of the real hub, so events are as the relay emits them, staff's names masked where a
customer listens. The clock is ours; ids that are drawn are replaced by ones that count.
"""

import itertools
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from carevia.domain.events import EVENTS
from carevia.domain.people import Person
from carevia.realtime.testing import TestClient
from carevia.service.reconcile import Reconciliation
from carevia.service.stripe_api import StripeApi
from carevia.service.tokens import Token
from tests.api.desk import Desk, desk
from tests.harness.stripe_api import StripeApi as StandIn
from tests.model.machine import prepared
from tests.service.house import NOW, paid_event

Json = dict[str, Any]


class Audience(NamedTuple):
    """`room`: the conversation on the page."""

    name: str
    person: Person
    room: str | None


_DURABLE: Final = {event.name for event in EVENTS if event.durable}
_STAFF = Person("s1", "admin", "rafiq@carevia.example", "Rafiq Hasan")
_READER = Person("s2", "admin", "sumaiya@carevia.example", "Sumaiya Islam")
NAMES: Final = {"u1": "Nusrat Jahan", "u2": "Rima Akter", "u3": "Tania Sultana"}
AUDIENCES: Final = (
    Audience("a desk", _STAFF, None),
    Audience("a desk that reads", _READER, "u1"),
    Audience("the customer", Person("u1", "user", "u1@carevia.example", NAMES["u1"]), "u1"),
    Audience("another customer", Person("u2", "user", "u2@carevia.example", NAMES["u2"]), "u2"),
)


class Stage:
    def __init__(self, desk: Desk) -> None:
        self.time = NOW
        self._desk = desk
        self._ids = itertools.count(1)
        self.absent: set[Audience] = set()
        self._clients: dict[str, TestClient] = {}
        self._told: dict[str, list[Json]] = {}
        self._acks: dict[str, list[Json]] = {}

    # --- what may happen ----------------------------------------------------------------------------------------

    async def pay(self, user: str, *, name: str | None = None, tracking: str | None = None) -> Json:
        told = {"trackingId": tracking or f"CV-PAID{next(self._ids):04d}"}
        event = paid_event(user, now=self._later(), metadata=told, name=NAMES[user] if name is None else name)
        await self.stripe(event)
        return event

    async def stripe(self, event: Json) -> None:
        assert (await self._desk.pay(event, at=self._later())).status_code == 200

    async def sweep(self, session: Json) -> None:
        """The provider's list, in which this checkout stands so, is compared with what stands here."""
        with StandIn() as provider:
            provider.add(session)
            stripe, carevia = StripeApi(provider.key, provider.base), self._desk.carevia
            now = self._later()
            await Reconciliation(carevia.store, carevia.payments, stripe, now=lambda: now, live=False).sweep()
            await stripe.close()

    async def site(self, user: str, tracking: str, amount: str) -> None:
        body = {
            "userId": user,
            "userEmail": f"{user}@carevia.example",
            "userName": NAMES[user],
            "serviceName": "Newborn Care",
            "trackingId": tracking,
            "amountPaid": amount,
        }
        answer = await self._desk.emit(body, id=f"wh_{next(self._ids)}", at=self._later())
        assert answer.status_code == 200, answer.text

    async def write(self, user: str, text: str, id: str | None = None) -> None:
        """Over HTTP: every page of theirs hears of it."""
        await self._post(Person(user, "user", None, NAMES[user]), user, text, id)

    async def answer(self, user: str, text: str) -> None:
        await self._post(_STAFF, user, text, None)

    async def emit(self, audience: str, text: str) -> None:
        """On the audience's own socket, which is acknowledged and not told again."""
        who = next(one for one in AUDIENCES if one.name == audience)
        message = {"id": f"m{next(self._ids)}", "roomId": who.room, "text": text}
        self._later()
        ack = (await self._clients[audience].call("send_message", message))[0]
        me = {"_id": who.person.id, "name": who.person.name}
        self._acks.setdefault(audience, []).append({"name": "send_message", "args": [message], "ack": ack, "me": me})

    async def confirm(self, audience: str, *, delivered: bool = False, seen: bool = False) -> None:
        """Everything that was said has reached this audience's page, or is painted on it."""
        who = next(one for one in AUDIENCES if one.name == audience)
        newest = (await self._desk.carevia.store.bounds())[1]
        report = {"roomId": who.room, "delivered": newest if delivered else 0, "seen": newest if seen else 0}
        assert (await self._clients[audience].call("message_status", report))[0]["ok"]

    async def note(self, user: str, text: str) -> None:
        client = TestClient(self._desk.carevia.server, auth=self._auth(_STAFF))
        async with client:
            message = {"id": f"m{next(self._ids)}", "roomId": user, "text": text, "note": True}
            self._later()
            assert (await client.call("send_message", message))[0]["ok"]

    async def send_picture(self, user: str, text: str) -> None:
        headers = self._bearer(Person(user, "user", None, NAMES[user]))
        path = f"/api/chat/attachment?roomId={user}&id=up{next(self._ids)}&name=door.png"
        answer = await self._desk.http.post(path, content=b"\x89PNG\r\n\x1a\n", headers=headers)
        assert answer.status_code == 200, answer.text
        body = {"roomId": user, "text": text, "id": f"m{next(self._ids)}", "attachments": [answer.json()["data"]["id"]]}
        self._later()
        assert (await self._desk.http.post("/api/chat/message", json=body, headers=headers)).status_code == 200

    async def read(self, user: str) -> None:
        """Another member of staff has the conversation on the screen."""
        client = TestClient(self._desk.carevia.server, auth=self._auth(_STAFF))
        async with client:
            assert (await client.call("mark_read", {"roomId": user, "seq": 1_000_000}))[0]["ok"]

    async def change(self, user: str, **wanted: str | None) -> None:
        """Staff assign, close or open the conversation."""
        self._later()
        await self._desk.carevia.people.recognise(Token(_STAFF, 60))
        answer = await self._desk.http.post(
            "/api/chat/conversation", json={"roomId": user, **wanted}, headers=self._bearer(_STAFF)
        )
        assert answer.status_code == 200, answer.text

    async def _post(self, person: Person, room: str, text: str, id: str | None) -> None:
        body = {"roomId": room, "text": text, "id": id or f"m{next(self._ids)}"}
        self._later()
        answer = await self._desk.http.post("/api/chat/message", json=body, headers=self._bearer(person))
        assert answer.status_code == 200, answer.text

    # --- what is shown and told ---------------------------------------------------------------------------------

    async def snapshot(self, audience: Audience) -> Json:
        """As the page loads it."""
        shown: Json = {}
        if audience.person.is_staff:
            shown["bookings"] = (await self._get("/api/booking?page=1&limit=50", audience))["data"]["bookings"]
            shown["conversations"] = (await self._get("/api/chat/conversation?limit=200", audience))["data"]
        if audience.room is not None:
            history = await self._history(audience, audience.room)
            shown["messages"], shown["hasMore"] = history["data"], history["hasMore"]
        return shown

    async def listen(self, stack: AsyncExitStack) -> None:
        """From here on everything is told."""
        for audience in AUDIENCES:
            client = TestClient(self._desk.carevia.server, auth=self._auth(audience.person))
            self._clients[audience.name] = await stack.enter_async_context(client)
            if audience.person.is_staff and audience.room is not None:
                answer = await client.call("join_room", audience.room)
                if not answer[0]["ok"]:  # nobody can look at the conversation of somebody whom nobody knows
                    self.absent.add(audience)

    async def told(self, audience: Audience) -> list[Json]:
        """What came since, in order; what is acknowledged stands where its number stands."""
        client = self._clients[audience.name]
        newest = (await self._desk.carevia.store.bounds())[1]
        while self._desk.carevia.relay.position < newest:
            await self._desk.carevia.relay.look()
        await client.call("leave_room", "nobody")
        heard = [_told(event.name, event.args) for event in client.events if event.name in _DURABLE]
        return sorted(heard + self._acks.get(audience.name, []), key=_number)

    def _later(self) -> int:
        self.time += 60_000
        return self.time

    def _auth(self, person: Person) -> dict[str, str]:
        return {"token": self._desk.carevia.tokens.for_login(person)}

    def _bearer(self, person: Person) -> dict[str, str]:
        return {"authorization": f"Bearer {self._auth(person)['token']}"}

    async def _history(self, audience: Audience, room: str) -> Json:
        """Of somebody whom nobody knows yet there is none."""
        path = f"/api/chat/message?roomId={room}"
        if (await self._desk.http.get(path, headers=self._bearer(_STAFF))).status_code == 404:
            return {"data": [], "hasMore": False}
        return await self._get(path, audience)

    async def _get(self, path: str, audience: Audience) -> Json:
        answer = await self._desk.http.get(path, headers=self._bearer(audience.person))
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


def _told(name: str, args: list[Any]) -> Json:
    *said, offset = args
    return {"name": name, "args": said, "seq": int(offset.rpartition(".")[2])}


def _number(event: Json) -> int:
    return int(event["ack"]["seq"] if "ack" in event else event["seq"])


@asynccontextmanager
async def stage_in(folder: Path) -> AsyncIterator[Stage]:
    shutil.copytree(prepared(), folder, dirs_exist_ok=True)
    stage: list[Stage] = []
    with patch("carevia.app.now", lambda: stage[0].time if stage else NOW):
        async with desk(folder, CAREVIA_DATA_DIR=str(folder), LIMIT_EVENTS_PER_SECOND="0") as d:
            stage.append(Stage(d))
            yield stage[0]


async def play(case: Any, folder: Path) -> list[Json]:
    """One case for each audience that it concerns; for a desk always, so that it also says where nothing changes."""
    async with stage_in(folder) as stage, AsyncExitStack() as stack:
        steps = case(stage)
        await anext(steps)
        old = [await stage.snapshot(audience) for audience in AUDIENCES]
        await stage.listen(stack)
        assert await anext(steps, None) is None
        told = [await stage.told(audience) for audience in AUDIENCES]
        new = [await stage.snapshot(audience) for audience in AUDIENCES]
    name = case.__name__.replace("_", " ")
    found = [
        {"case": name, "audience": audience.name, "room": audience.room, "old": a, "events": events, "new": b}
        for audience, a, events, b in zip(AUDIENCES, old, told, new, strict=True)
        if audience not in stage.absent and (events or a != b or audience is AUDIENCES[0])
    ]
    return numbered(found)


def numbered(cases: list[Json]) -> list[Json]:
    """Drawn ids replaced, the same one by the same, in the order in which they stand."""
    text = json.dumps(cases)
    ids = re.findall(r'"((?:bk|pay)_[0-9A-Za-z]{6,}|CV-[0-9A-Z]{8}|[0-9a-f]{32})"', text)
    for number, drawn in enumerate(dict.fromkeys(ids), 1):
        if not drawn.startswith(("CV-PAID", "CV-SITE")):
            kind = re.split("[_-]", drawn)[0] if len(drawn) != 32 else "file"
            text = text.replace(drawn, f"{kind}-{number}")
    again: list[Json] = json.loads(text)
    return again
