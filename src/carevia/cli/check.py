"""`carevia check URL`: the connection test from a terminal, step by step as a browser's socket.io-client connects.

Its own few lines of protocol on purpose: a client that shared the server's code could not find the server's faults.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

PATIENCE: Final = 10.0
_SHORT_HEARTBEAT: Final = 5.0
_ROUNDS: Final = 5


class Step(msgspec.Struct):
    """`state`: passed, failed, or skipped with the reason."""

    name: str
    state: str
    said: str
    ms: float | None = None


class Failed(Exception):
    """What to tell the person; ends the check."""


class Session(msgspec.Struct):
    """An open Engine.IO session on polling."""

    sid: str
    ping_interval: float
    upgrades: list[str]


def check(
    url: str, token: str | None, say: Callable[[str], None], *, heartbeat: bool = False, as_json: bool = False
) -> bool:
    """Whether everything works that a page needs."""
    run = _Run(url, token, heartbeat)
    steps: list[Step] = []
    for step in run.steps():
        steps.append(step)
        if not as_json:
            took = "" if step.ms is None else f"  {step.ms:.1f} ms"
            say(f"{_MARKS[step.state]} {step.name}: {step.said}{took}")
    good = all(step.state != "failed" for step in steps)
    verdict = _verdict(steps)
    if as_json:
        result = {"url": url, "ok": good, "verdict": verdict, "steps": msgspec.to_builtins(steps)}
        say(json.dumps(result, ensure_ascii=False))
    else:
        say(verdict)
    return good


_MARKS: Final = {"passed": "✓", "failed": "✗", "skipped": "–"}


def _verdict(steps: list[Step]) -> str:
    failed = [step.name for step in steps if step.state == "failed"]
    if not failed:
        return "The real-time connection works."
    if failed == ["upgrade"]:
        return "It works by polling only: something on the way blocks WebSocket. Pages stay live, a little slower."
    if "handshake" in failed:
        return "There is no real-time connection: the handshake failed."
    return f"The connection is not in order: {', '.join(failed)} failed."


class _Run:
    def __init__(self, url: str, token: str | None, heartbeat: bool) -> None:
        parts = urlsplit(url)
        path = parts.path if parts.path not in ("", "/") else "/socket.io/"
        self._http = f"{parts.scheme}://{parts.netloc}{path}"
        self._ws = f"{'wss' if parts.scheme in ('https', 'wss') else 'ws'}://{parts.netloc}{path}"
        self._token = token
        self._heartbeat = heartbeat
        self._refused: str | None = None

    def steps(self) -> Iterator[Step]:
        try:
            with httpx2.Client(timeout=PATIENCE, headers={"user-agent": "carevia-check"}) as client:
                yield from self._all(client)
        except Failed as problem:
            name, _, said = str(problem).partition(": ")
            yield Step(name, "failed", said)

    def _all(self, client: httpx2.Client) -> Iterator[Step]:
        session, took = _timed(lambda: self._handshake(client))
        yield Step("handshake", "passed", f"session opened, heartbeat every {session.ping_interval:g} s", took)
        said, took = _timed(lambda: self._polling(client, session))
        yield Step("polling", "passed", said, took)
        if "websocket" not in session.upgrades:
            yield Step("upgrade", "skipped", "the server offers none")
            return
        try:
            socket, took = _timed(lambda: self._upgrade(client, session))
        except Failed as problem:
            yield Step("upgrade", "failed", str(problem))
            return
        with socket:
            yield Step("upgrade", "passed", "now on WebSocket", took)
            yield self._latency(socket)
            yield self._beat(socket, session)

    def _url(self, base: str, transport: str, sid: str | None = None) -> str:
        return f"{base}?EIO=4&transport={transport}" + (f"&sid={sid}" if sid else "")

    def _handshake(self, client: httpx2.Client) -> Session:
        try:
            answer = client.get(self._url(self._http, "polling"))
        except httpx2.RequestError as problem:
            what = "answers" if isinstance(problem, httpx2.TransportError) else "can be read"
            raise Failed(f"handshake: nothing {what} at {self._http} ({type(problem).__name__})") from None
        if answer.status_code != 200:
            raise Failed(f"handshake: the server answered HTTP {answer.status_code}: {answer.text[:200]}")
        try:
            opened = json.loads(answer.text.removeprefix("0"))
            return Session(opened["sid"], opened["pingInterval"] / 1000, opened["upgrades"])
        except (ValueError, KeyError, TypeError):
            raise Failed("handshake: what answers there is no Engine.IO server") from None

    def _polling(self, client: httpx2.Client, session: Session) -> str:
        auth = json.dumps({"token": self._token}) if self._token else ""
        try:
            posted = self._post(client, session, f"40{auth}")
            packets = self._poll(client, session) if posted.text == "ok" else []
        except httpx2.RequestError as problem:
            raise Failed(f"polling: the connection broke ({type(problem).__name__})") from None
        for packet in packets:
            if packet.startswith("40"):
                return "a packet went there and one came back"
            if packet.startswith("44"):
                self._refused = _reason(packet)
                why = "does not take this token" if self._token else "lets nobody in without signing in"
                return f"works; the server {why} (“{self._refused}”)"
        raise Failed(f"polling: the server did not take the packet (HTTP {posted.status_code})")

    def _post(self, client: httpx2.Client, session: Session, packet: str) -> httpx2.Response:
        url = self._url(self._http, "polling", session.sid)
        return client.post(url, content=packet, headers={"content-type": "text/plain;charset=UTF-8"})

    def _poll(self, client: httpx2.Client, session: Session) -> list[str]:
        """What has come. A heartbeat among it is answered: no other comes before that."""
        packets = client.get(self._url(self._http, "polling", session.sid)).text.split("\x1e")
        if "2" in packets:
            self._post(client, session, "3")
        return packets

    def _upgrade(self, client: httpx2.Client, session: Session) -> ClientConnection:
        try:
            socket = connect(self._url(self._ws, "websocket", session.sid), open_timeout=PATIENCE, proxy=None)
            socket.send("2probe")
            if socket.recv(PATIENCE) != "3probe":
                raise Failed("the probe was not answered")
            self._poll(client, session)
            socket.send("5")
            return socket
        except (WebSocketException, OSError, TimeoutError, httpx2.RequestError) as problem:
            raise Failed(f"no WebSocket connection ({type(problem).__name__})") from None

    def _latency(self, socket: ClientConnection) -> Step:
        if self._refused is not None:
            remedy = "try another token" if self._token else "give a token with --token"
            return Step("latency", "skipped", f"not signed in: {remedy}")
        times = []
        for number in range(_ROUNDS):
            _, took = _timed(lambda number=number: self._ask(socket, number))  # type: ignore[misc]
            times.append(took)
        middle = statistics.median(times)
        return Step("latency", "passed", f"{min(times):.1f} to {max(times):.1f} ms over {_ROUNDS} events", middle)

    def _ask(self, socket: ClientConnection, number: int) -> Any:
        socket.send(f'42{number}["test_event"]')
        try:
            while True:
                packet = socket.recv(PATIENCE)
                if packet == "2":
                    socket.send("3")
                elif isinstance(packet, str) and packet.startswith(f"43{number}["):
                    return packet
        except (WebSocketException, TimeoutError):
            raise Failed("latency: an event was not acknowledged") from None

    def _beat(self, socket: ClientConnection, session: Session) -> Step:
        if session.ping_interval > _SHORT_HEARTBEAT and not self._heartbeat:
            return Step("heartbeat", "skipped", f"comes every {session.ping_interval:g} s; --heartbeat waits for it")
        begun = time.monotonic()
        try:
            while socket.recv(session.ping_interval + PATIENCE) != "2":
                if time.monotonic() - begun > session.ping_interval + PATIENCE:
                    raise TimeoutError
            socket.send("3")
        except (WebSocketException, TimeoutError):
            raise Failed("heartbeat: none came") from None
        return Step("heartbeat", "passed", f"came after {time.monotonic() - begun:.1f} s and was answered")


def _reason(refusal: str) -> str:
    """Servers before Socket.IO 3 send a text, and others may send anything."""
    try:
        said = json.loads(refusal.removeprefix("44"))
    except ValueError:
        said = None
    said = said.get("message") if isinstance(said, dict) else said
    return said if isinstance(said, str) and said else "no reason given"


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - begun) * 1000
