"""Several processes of one server on one Redis, and the clients by turns on all of them: what grows with their number,
and what the bus costs.

Here all processes, Redis and the load generator share the machine's cores, so the rate is that of the machine; CPU per
delivered message is what says how many cores so many processes would fill.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from bench import proc
from bench.load import Done, Load, load
from bench.rounds import NEVER, Bench
from bench.servers import LOOP, PYTHON, Running, running
from tests.harness.valkey import Valkey

PROCESSES = (1, 2, 4)
CLIENTS = 1_000
_HEARD_ON = "socket.io-request#/#"  # each process listens there once it has joined


@contextmanager
def several(name: str, count: int, valkey: Valkey) -> Iterator[Running]:
    """So many processes that hear each other, as one server."""
    with ExitStack() as stack:
        start = partial(running, name, NEVER, BENCH_REDIS_URL=valkey.url)
        first, *more = [stack.enter_context(start()) for _ in range(count)]
        wait_until_joined(valkey, count)
        first.more = more
        yield first


def wait_until_joined(valkey: Valkey, count: int) -> None:
    deadline = time.monotonic() + 10
    while valkey.command("PUBSUB", "NUMSUB", _HEARD_ON).split()[-1] != b":%d" % count:
        if time.monotonic() > deadline:
            raise SystemExit(f"{count} processes did not all join the bus within 10 s.")
        time.sleep(0.01)


def cluster(bench: Bench) -> None:
    """1, 2 and 4 processes on one Redis: rate, CPU, what the bus adds to the way of an event, and memory."""
    for count in PROCESSES:
        for name in bench.order(PYTHON, LOOP):
            with Valkey() as valkey, several(name, count, valkey) as server, load(server) as clients:
                measure(bench, f"cluster-{count}", clients, valkey)


def measure(bench: Bench, row: str, clients: Load, valkey: Valkey) -> None:
    server, receivers = clients.server, bench.count(CLIENTS)

    def note(what: str, value: float) -> None:
        bench.note(f"{row}-{what}", server.name, value)

    note("base", sum(proc.resident(each.pid) for each in server.all) / len(server.all) / 1e6)
    clients.open(receivers)
    clients.idle(bench.seconds / 2)
    note("memory", sum(proc.resident(each.pid) for each in server.all) / 1e6)
    clients.call('["join","pair"]', 1, first=1)  # on another process than client 0, where there are several
    clients.call('["join","r%"]', receivers)
    clients.call('["join","r%"]', receivers, first=1)  # client n is in the rooms n and n - 1
    done, _ = events(bench, clients, valkey, '["pubroom","pair",$]', 1, 1)
    note("way", done.seconds / done.events * 1e3)
    for what, text, each in (("all", '["pub",$]', receivers), ("pairs", '["pubroom","r%",$]', 2)):
        done, redis = events(bench, clients, valkey, text, each, 8)
        note(f"{what}-rate", done.events / done.seconds)
        note(f"{what}-cpu", done.cpu / done.events / 1e3)
        note(f"{what}-redis", redis)


def events(bench: Bench, clients: Load, valkey: Valkey, text: str, receivers: int, at_once: int) -> tuple[Done, float]:
    """A steady run, and what Redis needed for each event, in µs."""
    spent = 0.0

    def publish(count: int) -> Done:
        nonlocal spent
        before = proc.cpu(valkey.pid)
        done = clients.do(f"publish {at_once} {receivers} {count} {text}")
        spent = (proc.cpu(valkey.pid) - before) / count / 1e3
        return done

    return bench.steady(publish, at_once), spent
