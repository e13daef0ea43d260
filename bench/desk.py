"""The main job end to end, and the chat: the real `carevia serve` on a database of its own, beside the same on Node.

Whoever loads a server has a core of its own; the server has the other one.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

import webbuild
from bench import proc
from bench.load import Done, Load, load
from bench.rounds import NEVER, Bench
from bench.servers import HERE, LOOP, MADE, OURS, PYTHON, Running, environment, started
from carevia.store.migrate import prepare
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import JWT_SECRET, staff, token
from tests.acceptance.stripe import WEBHOOK_SECRET, event, session, signature
from tests.harness.program import Program, free_port

DATABASE = "carevia.db"  # in the folder of each
LONG = 3600  # s that a sign-in holds
WARM = 500  # jobs that a server has done before anything counts: Node compiles what it runs often
WITHOUT_LIMITS = {  # of one user, one address and one socket, all of which are one here
    "CAREVIA_LIMIT_TABS_PER_USER": "0",
    "CAREVIA_LIMIT_EVENTS_PER_SECOND": "0",
    "CAREVIA_PING_INTERVAL": f"{NEVER:g}",
}
MESSAGE = '["send_message",{"roomId":"family-&","id":"m#","text":"Can-she-come-at-nine-instead-of-eight-tomorrow?"}]'


@contextmanager
def serving(name: str, folder: Path | None = None) -> Iterator[Running]:
    """A server with a database on the disk on which the project is: in memory a commit would cost nothing."""
    with ExitStack() as stack:
        folder = folder or Path(stack.enter_context(TemporaryDirectory(dir=MADE, prefix="data-")))
        if name == OURS:
            program = stack.enter_context(Program(data=folder, port=None, **SETTINGS, **WITHOUT_LIMITS))
            yield Running(name, program.pid, program.port)
            return
        port, node, database = free_port(), webbuild.node_folder() / "node", folder / DATABASE
        prepare(database, secrets.token_hex(8))
        known = {"BENCH_JWT_SECRET": JWT_SECRET, "BENCH_STRIPE_SECRET": WEBHOOK_SECRET}
        words: list[str | Path] = [node, HERE / "node" / "desk.js", str(port), database]
        yield stack.enter_context(started(name, port, words, environment(NEVER) | known))


@contextmanager
def together(bench: Bench) -> Iterator[list[Load]]:
    with ExitStack() as stack:
        loads = []
        for name in bench.order(PYTHON, LOOP):
            server = stack.enter_context(serving(name))
            loads.append(stack.enter_context(load(server)))
            proc.share_out(server.pid, loads[-1].pid)
        yield loads


class Sender:
    """Stripe: every webhook is another event of another session, and of another customer."""

    def __init__(self, clients: Load) -> None:
        self.clients = clients
        self._sent = 0
        self._marks = f"evt_{secrets.token_hex(12)}", f"cs_test_{secrets.token_hex(29)}", f"pi_{secrets.token_hex(12)}"
        subject = session("job-0", id=self._marks[1], payment_intent=self._marks[2])
        self._body = event(subject, id=self._marks[0]).decode()

    def deliver(self, count: int, desks: int, at_once: int) -> Done:
        first = self._sent
        self._sent += count
        requests = [self._request(number) for number in range(first, self._sent)]
        return self.clients.deliver(requests, first, desks, at_once)

    def _request(self, number: int) -> bytes:
        text = self._body.replace("job-0", f"job-{number}")
        for mark in self._marks:
            text = text.replace(mark, f"{mark[:-8]}{number:08}")
        body = text.encode()
        head = (
            f"POST /api/payment/webhook HTTP/1.1\r\nHost: 127.0.0.1:{self.clients.server.port}\r\n"
            f"Content-Type: application/json; charset=utf-8\r\nStripe-Signature: {signature(body)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def job(bench: Bench) -> None:
    """A signed webhook until its 200 and until 1,000 desks have its event; 1, 8 and 32 at once."""
    desks = bench.count(1_000)
    with together(bench) as loads:
        senders = [Sender(clients) for clients in loads]
        for sender in senders:
            sender.deliver(bench.count(WARM), 0, 8)
        for at_once in (1, 8, 32):
            cell(bench, senders, 0, 0, at_once)
        for clients in loads:
            clients.credentials([said(staff(f"staff-{n}", seconds=LONG)) for n in range(desks)])
            clients.open(desks)
            clients.idle(bench.seconds)
        for at_once in (1, 8, 32):
            cell(bench, senders, 1000, desks, at_once)


def cell(bench: Bench, senders: Sequence[Sender], named: int, desks: int, at_once: int) -> None:
    for sender in senders:
        done = bench.steady(partial(sender.deliver, desks=desks, at_once=at_once), 4 * at_once, times=3)
        found = {"cpu": done.cpu / done.jobs / 1e6, "rate": done.jobs / done.seconds}
        for way, times in (("200", done.answered), ("desk", done.last if desks else ())):
            found |= {f"{way}-{name}": time * 1e3 for name, time in zip(("p50", "p99"), times, strict=False)}
        for what, value in found.items():
            bench.note(f"job-{named}-{at_once}-{what}", sender.clients.server.name, value)


def chat(bench: Bench) -> None:
    """Messages that are acknowledged after their commit: 200 customers with two tabs each, all rooms at once."""
    rooms = bench.count(200)
    with together(bench) as loads:
        for clients in loads:
            clients.credentials([said(token(f"family-{n}", seconds=LONG, name="Nusrat Jahan")) for n in range(rooms)])
            clients.open(2 * rooms)
            clients.idle(bench.seconds)
            clients.call(MESSAGE, bench.count(WARM), window=rooms, each=1)
        for clients in loads:
            done = bench.steady(partial(clients.call, MESSAGE, window=rooms, each=1), rooms, times=3)
            bench.note("chat-rate", clients.server.name, done.acks / done.seconds)
            bench.note("chat-cpu", clients.server.name, done.cpu / done.acks / 1e6)


def said(credential: str) -> str:
    """At CONNECT."""
    return msgspec.json.encode({"token": credential}).decode()
