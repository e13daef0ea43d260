"""A whole Carevia in the test's own loop, with a clock-free set of helpers: HTTP over ASGI, tokens, payments, sockets.

async with desk(tmp_path) as d:
    answer = await d.http.get("/healthz")
"""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import jwt
import msgspec

from carevia.api.simulator import paid_event, signed
from carevia.app import Carevia
from carevia.config import load_settings, with_development_secrets
from carevia.domain.signatures import sign_standard
from carevia.logs import Log

ORIGIN = "http://localhost:3000"
KEY = "k" * 40
PRODUCTION = {
    "CAREVIA_ENV": "production",
    "CAREVIA_PUBLIC_URL": "https://care.example.com",
    "CAREVIA_SECRET_KEY": KEY,
    "CAREVIA_JWT_SECRET": "j" * 40,
    "CAREVIA_STRIPE_WEBHOOK_SECRET": "whsec_" + "s" * 40,
}
BY_ITSELF = ('42["live"', '42["presence"', '42["support"', '42["viewers"', '42["bookings_changed"')


LOGIN = {"email": "rafiq@example.com", "password": "long enough"}  # of `Desk.account`
BRIEF = 2  # s that a credential is given which is to end soon: it has one at least, for its end is a whole second


def now() -> int:
    return time.time_ns() // 1_000_000


class Desk:
    def __init__(self, carevia: Carevia, http: httpx2.AsyncClient, output: io.StringIO) -> None:
        self.carevia = carevia
        self.http = http
        self.output = output

    @property
    def lines(self) -> list[str]:
        return self.output.getvalue().splitlines()

    def token(self, id: str = "u1", role: str = "user", *, seconds: int = 600, **claims: Any) -> str:
        """As an existing site mints it."""
        body = {"id": id, "role": role, "email": f"{id}@example.com", "exp": now() // 1000 + seconds} | claims
        body = {name: value for name, value in body.items() if value is not ...}
        return jwt.encode(body, self.carevia.settings.jwt_secret or "", algorithm="HS256")

    def bearer(self, id: str = "u1", role: str = "user", **claims: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(id, role, **claims)}"}

    async def pay(self, event: dict[str, Any] | None = None, at: int | None = None, **headers: str) -> httpx2.Response:
        secret = self.carevia.settings.stripe_webhook_secret[0]
        body, made = signed(event or paid_event(now()), secret, at or now())
        return await self.http.post(
            "/api/payment/webhook",
            content=body,
            headers=made | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    async def emit(
        self, body: Any, id: str = "wh_1", at: int | None = None, secret: str | None = None
    ) -> httpx2.Response:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = sign_standard(id, raw, secret or self.carevia.settings.emit_secret[0], at or now())
        return await self.http.post("/emit-booking", content=raw, headers=headers)

    async def login(self, body: object = LOGIN, **headers: str) -> tuple[int, str]:
        """Status and sentence of the answer."""
        answer = await self.http.post("/api/login", json=body, headers=headers)
        return answer.status_code, answer.json()["message"]

    async def account(self, email: str = LOGIN["email"], role: Any = "admin") -> str:
        return (await self.carevia.people.add(email, role, "Rafiq Hasan", LOGIN["password"])).id

    async def signed_in(self, email: str = LOGIN["email"]) -> dict[str, str]:
        """The cookie header of a fresh session."""
        link = await self.carevia.people.make_link(await self.account(email))
        token = (await self.carevia.people.use_link(link)).token
        return {"cookie": f"{self.carevia.auth.cookie.name}={token}"}

    @asynccontextmanager
    async def socket(self, auth: dict[str, Any] | None = None, **headers: str) -> AsyncIterator["Peer"]:
        """A connected socket on polling."""
        peer = Peer(self.http, headers)
        await peer.open()
        await peer.send("40" + (msgspec.json.encode(auth).decode() if auth else ""))
        peer.reply = (await peer.packets(1))[0]
        try:
            yield peer
        finally:
            await peer.close()


class Peer:
    """One Socket.IO client on polling; answers no pings, for no test is that slow."""

    def __init__(self, http: httpx2.AsyncClient, headers: dict[str, str]) -> None:
        self._http = http
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self._seen: list[str] = []
        self._told: list[str] = []
        self._acks = 0
        self.query = ""
        self.reply = ""

    @property
    def id(self) -> str:
        return str(msgspec.json.decode(self.reply.removeprefix("40"))["sid"])

    @property
    def refusal(self) -> str:
        assert self.reply.startswith("44"), self.reply
        return str(msgspec.json.decode(self.reply.removeprefix("44"))["message"])

    async def open(self) -> httpx2.Response:
        answer = await self._http.get("/socket.io/?EIO=4&transport=polling", headers=self._headers)
        if answer.status_code == 200:
            self.query = f"/socket.io/?EIO=4&transport=polling&sid={msgspec.json.decode(answer.text[1:])['sid']}"
        return answer

    async def send(self, packet: str) -> None:
        answer = await self._http.post(self.query, content=packet, headers=self._headers)
        assert answer.text == "ok", answer.text

    async def packets(self, count: int, timeout: float = 10) -> list[str]:
        """The next packets but pings and what comes by itself."""
        async with asyncio.timeout(timeout):
            while len(self._seen) < count:
                await self._poll()
        taken, self._seen = [f"4{p}" for p in self._seen[:count]], self._seen[count:]
        return taken

    async def _poll(self) -> None:
        answer = await self._http.get(self.query, headers=self._headers)
        assert answer.status_code == 200, answer.text
        for packet in answer.text.split("\x1e"):
            if packet.startswith(BY_ITSELF):
                self._told.append(packet)
            elif packet[0] == "4":
                self._seen.append(packet[1:])

    async def event(self, name: str) -> list[Any]:
        """The arguments of the next event, which has this name."""
        packet = (await self.packets(1))[0]
        assert packet.startswith("42"), packet
        found = msgspec.json.decode(packet[2:])
        assert found[0] == name, found
        arguments: list[Any] = found[1:]
        return arguments

    def forget(self) -> None:
        """What has come by itself so far."""
        self._told.clear()

    async def live(self) -> dict[str, Any]:
        """The next `live`, whatever else comes."""
        return await self.told("live")

    async def told(self, name: str) -> dict[str, Any]:
        """The next event of this name, which comes by itself, whatever else comes."""
        while True:
            for place, packet in enumerate(self._told):
                if packet.startswith(f'42["{name}"'):
                    del self._told[place]
                    found: dict[str, Any] = msgspec.json.decode(packet[2:])[1]
                    return found
            await self._poll()

    async def ask(self, name: str, *arguments: Any) -> dict[str, Any]:
        """Emit, and the acknowledgement; what comes before it stays to be read."""
        self._acks += 1
        await self.send(f"42{self._acks}" + msgspec.json.encode([name, *arguments]).decode())
        wanted = f"43{self._acks}"
        others: list[str] = []
        while True:
            packet = (await self.packets(1))[0]
            if packet.startswith(wanted):
                self._seen = [other[1:] for other in others] + self._seen
                answer: dict[str, Any] = msgspec.json.decode(packet.removeprefix(wanted))[0]
                return answer
            others.append(packet)

    async def silent(self, seconds: float = 0.25) -> bool:
        """Whether nothing comes; ends the session, as an aborted poll does."""
        try:
            await self.packets(1, seconds)
        except TimeoutError:
            return True
        return False

    async def ended(self) -> bool:
        """Whether the session is over; what was said before its end may come first."""
        for _ in range(3):
            answer = await self._http.get(self.query, headers=self._headers)
            if answer.status_code == 400 or answer.text in ("1", "6"):
                return True
        return False

    async def close(self) -> None:
        await self._http.post(self.query, content="1", headers=self._headers)


@asynccontextmanager
async def desk(
    tmp_path: Path, web: Path | str | None = None, client: str = "127.0.0.1", **env: str
) -> AsyncIterator[Desk]:
    """A started application; keywords are settings without their prefix, or whole CAREVIA_* names."""
    environ = {name if name.startswith("CAREVIA_") else f"CAREVIA_{name}": value for name, value in env.items()}
    environ.setdefault("CAREVIA_DATA_DIR", str(tmp_path / "data"))
    settings = with_development_secrets(load_settings(environ))
    output = io.StringIO()
    carevia = Carevia(settings, Log(settings.log, output), Path(web or tmp_path / "no-web"))
    await carevia.start()
    transport = httpx2.ASGITransport(app=carevia.asgi, client=(client, 1234), raise_app_exceptions=False)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url=settings.public_url) as http:
            yield Desk(carevia, http, output)
    finally:
        await carevia.stop()


@asynccontextmanager
async def polling(wanted: dict[Peer, tuple[str, list[Any]]]) -> AsyncIterator[None]:
    """Their polls wait meanwhile, as a browser's always does: what is volatile is dropped where none does.

    So they begin right behind a `live`: one in the midst of it would answer a poll, and for a moment none waited.
    """
    for peer in wanted:
        peer.forget()
    await asyncio.gather(*(peer.live() for peer in wanted))
    tasks = {asyncio.create_task(peer.event(name)): arguments for peer, (name, arguments) in wanted.items()}
    await asyncio.sleep(0)
    yield
    for task, arguments in tasks.items():
        assert await task == arguments


async def until(holds: Callable[[], object], timeout: float = 10) -> None:
    async with asyncio.timeout(timeout):
        while not holds():
            await asyncio.sleep(0.01)


def staff(d: Desk, id: str = "boss", **claims: Any) -> dict[str, Any]:
    """What a member of staff presents at CONNECT."""
    return {"token": d.token(id, "admin", **({"name": "Rafiq Hasan"} | claims))}


def customer(d: Desk, id: str = "u1", **claims: Any) -> dict[str, Any]:
    """What a customer presents at CONNECT."""
    return {"token": d.token(id, "user", **claims)}


def message(room: str, id: str = "1-a", text: str = "Hello") -> dict[str, Any]:
    """The payload of `send_message`."""
    return {"id": id, "roomId": room, "text": text}


async def known(d: Desk, *ids: str) -> None:
    """Customers who have a conversation, for they have written."""
    for id_ in ids:
        async with d.socket(customer(d, id_)) as peer:
            assert (await peer.ask("send_message", message(id_, f"first of {id_}")))["ok"]
