"""How each row is measured. A scenario starts fresh servers in every round and asks them in turn, one operation after
the other, so that what disturbs the machine disturbs all of them.
"""

from collections.abc import Callable

from bench import proc
from bench.cluster import cluster
from bench.desk import chat, job
from bench.rounds import Bench
from bench.servers import LOOP, PYTHON
from bench.slow import reads_nothing
from tests.harness.memory import Growth

PUB, PUB5, ECHO = '["pub",$]', '["pub5",$]', '["echo",$]'


def connect(bench: Bench) -> None:
    """New connections, CONNECT included: the first 1,000, as after a restart; CPU and memory of 2,000 more."""
    first, more = bench.count(1_000), bench.count(2_000)
    for name in bench.order():
        with bench.one(name) as clients:
            bench.note("connect-first", name, clients.open(first).cpu / first / 1e3)
            clients.idle(bench.seconds)
            before = proc.resident(clients.server.pid)
            bench.note("connect", name, clients.open(more).cpu / more / 1e3)
            clients.idle(bench.seconds)
            bench.note("memory", name, (proc.resident(clients.server.pid) - before) / more / 1e3)


def thousand(bench: Bench) -> None:
    """Events to all at 100 and at 1,000 clients, and the echo."""
    few, many = bench.count(100), bench.count(1_000)
    with bench.together() as loads:
        for clients in loads:
            clients.open(few)
        bench.events("one-100", loads, PUB, few)
        for clients in loads:
            clients.open(many - few)
        bench.events("one-1000", loads, PUB, many)
        bench.events("eight-1000", loads, PUB, many, 8)
        bench.events("five-1000", loads, PUB5, 5 * many)
        bench.calls("echo", loads, ECHO)


def many(bench: Bench) -> None:
    """Events to all 10,000 clients, to one room of 100 of them, and to 10,000 rooms of 2."""
    clients, step = bench.count(10_000), 100 if bench.scale == 1 else 2
    with bench.together() as loads:
        for each in loads:
            each.open(clients)
        bench.events("one-10000", loads, PUB, clients)
        bench.events("eight-10000", loads, PUB, clients, 8)
        bench.events("five-10000", loads, PUB5, 5 * clients)
        for each in loads:
            each.call('["join","hundred"]', clients // step, step=step)
            each.call('["join","r%"]', clients)  # client n is in the rooms n and n - 1
            each.call('["join","r%"]', clients, first=1)
        bench.events("room-100", loads, '["pubroom","hundred",$]', clients // step)
        bench.events("rooms-2", loads, '["pubroom","r%",$]', 2, 8)


def rooms(bench: Bench) -> None:
    """An event to a room of 100 of 1,000 clients, while 100, 1,000 and 10,000 other rooms exist."""
    clients, hundred = bench.count(1_000), bench.count(100)
    with bench.together(PYTHON, LOOP) as loads:
        for each in loads:
            each.open(clients)
            each.call('["join","hundred"]', hundred)
        there = 0
        for named in (100, 1_000, 10_000):
            for each in loads:
                each.call('["join","#"]', bench.count(named) - there)  # a room of its own each time
            there = bench.count(named)
            bench.events(f"among-rooms-{named}", loads, '["pubroom","hundred",$]', hundred)


def namespaces(bench: Bench) -> None:
    """An event to a namespace of 100 of 1,000 clients, while the others are in 1, 10 and 100 other namespaces."""
    others, hundred = bench.count(900), bench.count(100)
    for named in (1, 10, 100):
        with bench.together(PYTHON, LOOP, namespaces=named) as loads:
            for each in loads:
                each.open(hundred)
                each.credentials([f"/n{number}," for number in range(named)])
                each.open(others)
            bench.events(f"among-namespaces-{named}", loads, PUB, hundred)


def heartbeat(bench: Bench) -> None:
    """All CPU of a server with 1,000 clients that only answer pings, every 2 seconds and evenly spread."""
    clients = bench.count(1_000)
    for name in bench.order(LOOP):
        with bench.one(name, ping_interval=2) as each:
            each.open(clients, rate=clients // 2)
            each.idle(1)
            done = each.idle(6 * min(1, bench.seconds))
            bench.note("heartbeat", name, done.cpu / max(1, done.pings) / 1e3)


def polling(bench: Bench) -> None:
    """Clients that never upgrade. An event to all ends when everybody's next GET waits again."""
    clients = bench.count(1_000)
    with bench.together(LOOP) as loads:
        for each in loads:
            each.open(clients, "polling")
        bench.events("polling-event", loads, PUB, clients)
        for each in loads:
            each.call(ECHO, clients)  # dials the connections for POSTs again, which a server closes when they are idle
        bench.calls("polling-echo", loads, ECHO)


def crowd(bench: Bench) -> None:
    """18,000 connections with the usual heartbeat of 25 s: memory, the latest ping, and how long an event takes."""
    clients = min(bench.count(18_000), proc.raise_file_limit() - 1_000)
    for name in bench.order(PYTHON):
        with bench.one(name, ping_interval=25) as each:
            before = proc.resident(each.server.pid)
            each.open(clients)
            if name != LOOP:
                pinged = each.idle(27)
                if pinged.pings < clients:
                    raise SystemExit(f"{name} sent {pinged.pings} pings to {clients} clients in 27 s")
                bench.note("crowd-late", name, pinged.latest)
            bench.note("crowd-memory", name, (proc.resident(each.server.pid) - before) / 1e6)
            each.publish(PUB, 1, clients)
            bench.note("crowd-event", name, each.publish(PUB, 3, clients).slowest)


def slow(bench: Bench) -> None:
    """100 MB in messages of 10 KB to 20 clients and one that reads nothing: its cost, and how the others fare."""
    clients, messages = bench.count(20), bench.count(10_000)
    for name in bench.order(PYTHON, LOOP):
        with bench.one(name, payload=10_000) as each:
            each.open(clients)
            each.publish(PUB, messages // 4, clients, pause=0)  # what a process holds that has once been busy
            alone = each.publish(PUB, messages, clients, pause=0)
            with reads_nothing(each.server.port), Growth(each.server.pid) as memory:
                beside = each.publish(PUB, messages, clients, pause=0)
            bench.note("slow-memory", name, memory.grown / 1e6)
            bench.note("slow-others", name, beside.last[1] / alone.last[1])


SCENARIOS: dict[str, Callable[[Bench], None]] = {
    "connect": connect,
    "thousand": thousand,
    "many": many,
    "rooms": rooms,
    "namespaces": namespaces,
    "heartbeat": heartbeat,
    "polling": polling,
    "crowd": crowd,
    "slow": slow,
    "job": job,
    "chat": chat,
    "cluster": cluster,
}
