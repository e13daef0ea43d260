"""The play: programs die, the network fails, a sender repeats itself, tabs come back; then the verdict.

Everything random comes from the plan's seed: which deaths, when, what the network does. What the machine's scheduler
adds is not in it, so a seed repeats the faults and not every interleaving.
"""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from carevia.failpoint import NAMES
from carevia.realtime.process import LOOK_SECONDS
from tests.acceptance.conftest import SETTINGS
from tests.chaos.actor import Actor
from tests.chaos.audit import Ask, Held, examine, held, newest, of_sqlite, whole
from tests.chaos.crowd import Crowd, customer
from tests.chaos.ledger import Client, Ledger, now
from tests.chaos.oracle import Outage, Verdict, judge, merged
from tests.chaos.sender import Sender
from tests.harness.node import Message
from tests.harness.program import READY, Program
from tests.harness.proxy import Proxy

ANYWHERE = "at a random moment"
RESTART = 0.6  # s that a death costs, about
SETTLED = 60.0  # s, at most: a loaded machine takes its time
MOST_GROWTH = 0.10
TALK = "x" * 10_000
TALK_TIMES = 400  # of 10 KB: more than the kernel's buffers and ours hold for one client

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`seconds` of faults, then the rest without. `programs` share one store; `slow` adds readers that do not read;
    `timed` holds what a death came between to its promise, for which the machine has to be ours alone."""

    seed: int
    seconds: float
    kills: int
    rate: float
    clients: int
    programs: int = 1
    slow: bool = False
    timed: bool = False
    heartbeat: float = 2  # s, interval and timeout each
    backoff: tuple[int, int] = (500, 3000)  # ms, the least and the most that a client waits; the pages' own

    def cast(self, urls: list[str], proxied: list[str]) -> list[Client]:
        """Three desks to one customer; every fifth goes through the bad network, some desks have a conversation
        open."""
        found = []
        for number in range(self.clients):
            home = number // 2 % len(urls)
            direct = number % 5 != 4
            room = customer(number // 4 % self.customers)
            if number % 4 == 3:
                rooms: tuple[str, ...] = (room,)
            else:
                rooms = ("desk", room) if number % 8 == 0 else ("desk",)
            found.append(Client(f"{rooms[0]}-{number}", rooms, (urls if direct else proxied)[home], home, direct))
        return found

    @property
    def noticed(self) -> float:
        """Seconds until both sides of a half-open connection know, and the client is back."""
        return 2 * self.heartbeat + 1 + self.backoff[0] / 1000

    @property
    def customers(self) -> int:
        return max(1, self.clients // 10)

    def of_program(self, number: int) -> int:
        """How many of the deaths are its own."""
        return self.kills // self.programs + (number < self.kills % self.programs)


@dataclass
class Result:
    """What happened and what is wrong with it."""

    plan: Plan
    verdict: Verdict = field(default_factory=Verdict)
    deaths: Counter[str] = field(default_factory=Counter)
    network: Counter[str] = field(default_factory=Counter)
    around: Counter[str] = field(default_factory=Counter)  # what happened to the database and the bus
    outages: list[float] = field(default_factory=list)  # s
    unreached: int = 0  # failpoints that were not passed in time; the program was killed all the same
    recovered: int = 0
    found: list[str] = field(default_factory=list)
    before: Held | None = None
    after: Held | None = None
    attempts: int = 0
    minutes: float = 0.0

    @property
    def problems(self) -> list[str]:
        return [*self.found, *self.verdict.problems]


class Mortal(Actor):
    """One program that dies as often as it is told, and what the ledger must know of it: when it was not there."""

    def __init__(
        self, program: Program, rng: random.Random, kills: int, pace: float, rate: float, waiting: Callable[[], int]
    ) -> None:
        super().__init__("mortal")
        self.program = program
        self.outages: list[Outage] = []
        self.deaths: Counter[str] = Counter()
        self.unreached = 0
        self._rng = rng
        self._pace = pace
        self._life = pace
        self._rate = rate
        self._waiting = waiting
        self._ends = [ANYWHERE, *self._choose(kills)][:kills]
        self._unarmed = program.settings

    def _choose(self, kills: int) -> list[str]:
        """Each failpoint once, then points and random moments as they fall."""
        each = list(NAMES)
        self._rng.shuffle(each)
        return each + [self._rng.choice(NAMES) if self._rng.random() < 0.4 else ANYWHERE for _ in range(kills)]

    def play(self) -> None:
        began = time.monotonic()
        for at, end in enumerate(self._ends):
            self._die(end)
            down = now()
            self._life = max(0.1, began + (at + 2) * self._pace - RESTART - time.monotonic())
            self._arm(self._ends[at + 1] if at + 1 < len(self._ends) else ANYWHERE)
            self._start()
            self.outages.append((down, now()))

    def _start(self) -> None:
        """Until it answers. It may die before: customers who come back do not wait for our first question. Where its
        database is away it ends with status 1 and is started again, as by systemd."""
        while self._spawned() == 1:
            self.program.wait()
            time.sleep(0.2)

    def _spawned(self) -> int | None:
        """Its exit status, or None where it answers."""
        process, deadline = self.program.spawn().process, time.monotonic() + READY
        assert process is not None
        while process.poll() is None and not self.program.answers():
            time.sleep(0.01)
            assert time.monotonic() < deadline, f"the program does not answer\n{self.program.output()}"
        return process.returncode

    def _arm(self, end: str) -> None:
        passing = 1 + self._waiting() + int(self._rng.random() * self._life * self._rate)
        armed = {} if end == ANYWHERE else {"CAREVIA_FAILPOINT": f"{end}:{passing}"}
        self.program.settings = self._unarmed | armed

    def _die(self, end: str) -> None:
        if end == ANYWHERE:
            time.sleep(self._rng.uniform(0.5, 1.2) * self._life)
            self.program.kill()
        else:
            try:
                self.program.wait(5 + 5 * self._pace)
            except subprocess.TimeoutExpired:
                self.unreached += 1
                self.program.kill()
        self.deaths[end] += 1


class Chaos:
    """One run of a plan, in a folder of its own. `say` is told now and then how it goes."""

    def __init__(self, plan: Plan, folder: Path, say: Say = lambda _: None) -> None:
        self.plan = plan
        self._folder = folder
        self._say = say
        self._rng = random.Random(plan.seed)
        self._result = Result(plan)
        self._ends = ExitStack()

    def run(self) -> Result:
        began = time.monotonic()
        with self._ends:
            self._set_up()
            self._warm_up()
            self._result.before = held(self._urls[0])
            self._faults()
            self._rest()
            self._settle()
        self._judge()
        self._result.minutes = (time.monotonic() - began) / 60
        return self._result

    # The cast.

    def _set_up(self) -> None:
        plan, enter = self.plan, self._ends.enter_context
        programs = self._programs()
        self._urls = [program.url for program in programs]
        self._proxies = [enter(Proxy(program.port)) for program in programs]
        self._clients = plan.cast(self._urls, [proxy.url for proxy in self._proxies])
        self._ledger = Ledger(self._folder)
        self._ends.callback(self._ledger.close)
        lifetime = plan.seconds + 1_000
        customers = [customer(number) for number in range(plan.customers)]
        rng = random.Random(self._rng.random())
        ports = [program.port for program in programs]
        self._sender = Sender(ports, self._ledger, rng, plan.rate, customers, lifetime)
        self._ends.callback(self._sender.close)
        self._mortals = [self._mortal(number, program) for number, program in enumerate(programs)]
        self._actors: list[Actor] = [*self._mortals, *self._others()]
        self._gather(customers, lifetime)

    def _programs(self) -> list[Program]:
        """All on one file."""
        first = self._ends.enter_context(a_program(None, self.plan))
        self._ask: Ask = of_sqlite(first.data)
        others = [a_program(first.data, self.plan) for _ in range(self.plan.programs - 1)]
        return [first, *map(self._ends.enter_context, others)]

    def _others(self) -> list[Actor]:
        """What else happens, beside deaths and the network of the clients."""
        return []

    def _mortal(self, number: int, program: Program) -> Mortal:
        kills, rng = self.plan.of_program(number), random.Random(self._rng.random())
        return Mortal(program, rng, kills, self.plan.seconds / max(1, kills), self.plan.rate, self._waiting)

    def _waiting(self) -> int:
        """Roughly how many events one program has to take before any new one."""
        return self._sender.outstanding // self.plan.programs

    def _gather(self, customers: list[str], lifetime: float) -> None:
        """Everybody is here before the first event that counts. Customers exist once they have paid."""
        for user in customers:
            self._sender.introduce(user)
        self._crowd = self._ends.enter_context(Crowd(self._clients, self._folder, lifetime, self.plan.backoff))
        state = self._crowd.wait(lambda state: state["ready"] == self.plan.clients, 30)
        assert state["ready"] == self.plan.clients, f"not everybody came: {state}"

    def _warm_up(self) -> None:
        """Whatever it will do, once: what is loaded at first use is no growth."""
        self._pay_a_few("first")
        self._talk_at_length()  # SQLite's caches are full
        for proxy in self._proxies:
            proxy.reset(self.plan.clients)
        self._pay_a_few("again")
        self._wait_for_everybody()
        time.sleep(LOOK_SECONDS + 1)  # and what that took beside is given back

    def _pay_a_few(self, moment: str) -> None:
        """Everybody has something new to come to."""
        for number in range(5):
            self._sender.pay(f"{moment}-{number}")

    # The faults.

    def _faults(self) -> None:
        self._sender.start()
        for actor in self._actors:
            actor.start()
        network = random.Random(self._rng.random())
        until = time.monotonic() + self.plan.seconds
        while time.monotonic() < until and not any(actor.error for actor in self._actors):
            time.sleep(min(network.uniform(1, 6), max(0.0, until - time.monotonic())))
            self._disturb(network)
            self._tell(until)
        for actor in self._actors:
            actor.join()

    def _disturb(self, network: random.Random) -> None:
        proxy, most = network.choice(self._proxies), network.randint(1, max(1, self.plan.clients // 20))
        what = network.choice(("half-open", "half-open, the client gone", "reset", "nobody reads", "healed"))
        match what:
            case "half-open":
                touched = proxy.half_open(most)
            case "half-open, the client gone":
                touched = proxy.half_open(most, gone="client")
            case "reset":
                touched = proxy.reset(most)
            case "nobody reads":
                touched = proxy.blackhole(most)
            case _:
                touched = 0
                proxy.heal()
        self._result.network[what] += touched

    def _rest(self) -> None:
        """No death any more: readers that do not read, and time for the memory to come back."""
        for proxy in self._proxies:
            proxy.heal()
        if self.plan.slow:
            self._wait_for_everybody()
            held_up = sum(proxy.blackhole(3) for proxy in self._proxies)
            self._result.network["slow reader"] += held_up
            self._talk_at_length()
            time.sleep(self.plan.noticed)
            for proxy in self._proxies:
                proxy.heal()

    def _talk_at_length(self) -> None:
        for _ in range(3):
            self._sender.talk(customer(0), TALK, TALK_TIMES // 3)

    def _tell(self, until: float) -> None:
        deaths = sum(sum(mortal.deaths.values()) for mortal in self._mortals)
        left = max(0.0, until - time.monotonic())
        self._say(f"{deaths} of {self.plan.kills} deaths, {self._sender.acknowledged} events, {left:.0f} s to go")

    # The end.

    def _settle(self) -> None:
        """Everything has its 2xx, everybody is back, and has what is theirs or will never have it."""
        try:
            self._sender.stop()
        except TimeoutError:
            self._result.found.append("an event got no 2xx after the last fault")
        self._wait_for_everybody()
        due = {client.name: newest(self._ask, client.rooms) for client in self._clients}
        self._pay_a_few("last")
        due = {client.name: newest(self._ask, client.rooms) for client in self._clients}
        state = self._crowd.wait(lambda state: all(state["newest"][name] >= due[name] for name in due), SETTLED)
        self._result.after = self._held_at_rest()
        self._result.attempts = self._sender.attempts
        self._look_at_the_clients(state)
        self._look_at_the_programs()

    def _held_at_rest(self) -> Held:
        """What the last burst took (everybody comes back at once, the sender repeats itself) goes back to the system
        within LOOK_SECONDS: who holds more than before has that time."""
        assert self._result.before
        now = held(self._urls[0])
        if now.growth(self._result.before) <= MOST_GROWTH:
            return now
        time.sleep(LOOK_SECONDS + 1)
        return held(self._urls[0])

    def _look_at_the_clients(self, state: Message) -> None:
        result = self._result
        result.recovered = state["recovered"]
        told = {
            "resets": state["resets"],
            "clients that gave up": state["refused"],
            "reconnections that were not recovered": state["fresh"] - self.plan.clients,
        }
        result.found += [f"{number} {what}" for what, number in told.items() if number]
        result.found += self._sender.refused[:5]

    def _look_at_the_programs(self) -> None:
        for mortal in self._mortals:
            if (status := mortal.program.stop()) != 0:
                self._result.found.append(f"a program ended with status {status}")
        self._result.found += self._examine()

    def _examine(self) -> list[str]:
        return whole(self._ask) + examine(self._ask)

    def _wait_for_everybody(self) -> None:
        state = self._crowd.wait(lambda state: state["connected"] == self.plan.clients, SETTLED)
        if state["connected"] != self.plan.clients:
            self._result.found.append(f"only {state['connected']} of {self.plan.clients} clients came back")

    def _judge(self) -> None:
        """When nothing runs any more."""
        result = self._result
        outages = {home: mortal.outages for home, mortal in enumerate(self._mortals)}
        result.outages = [(up - down) / 1000 for mine in outages.values() for down, up in mine]
        away = [outage for actor in self._actors if actor not in self._mortals for outage in actor.outages]
        result.verdict = judge(
            self._ledger, self._clients, {home: merged(mine + away) for home, mine in outages.items()}
        )
        result.found += result.verdict.interrupted.late if self.plan.timed else []
        for mortal in self._mortals:
            result.deaths += mortal.deaths
            result.unreached += mortal.unreached
        assert result.before and result.after
        if (growth := result.after.growth(result.before)) > MOST_GROWTH:
            result.found.append(f"the process holds {growth:.0%} more: {result.before} became {result.after}")
        if result.after.tasks > result.before.tasks:
            result.found.append(f"{result.after.tasks - result.before.tasks:g} tasks were left over")


def a_program(data: Path | None, plan: Plan) -> Program:
    program, beat = Program(data=data), str(plan.heartbeat)
    program.settings = SETTINGS | {"CAREVIA_PING_INTERVAL": beat, "CAREVIA_PING_TIMEOUT": beat}
    return program
