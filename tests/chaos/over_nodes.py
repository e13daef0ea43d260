"""The play over nodes that share nothing but PostgreSQL and Redis, which fail as well.

PostgreSQL is stopped gently, at once and by force; Redis is restarted, emptied, cut off from one node, and gone for
long. Each node lives as on a host of its own: with its own data folder, and its own way to Redis.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path

from tests.acceptance.conftest import SETTINGS
from tests.chaos.actor import Actor
from tests.chaos.audit import examine, of_postgres
from tests.chaos.chaos import Chaos, Plan, Say
from tests.chaos.ledger import now
from tests.harness.postgres import Postgres
from tests.harness.program import Program
from tests.harness.proxy import Proxy
from tests.harness.valkey import Valkey

Fault = tuple[str, Callable[[], None]]


class Misfortunes(Actor):
    """`faults` one after the other, for `seconds`, with a pause of about `pause` before each. Each ends well."""

    def __init__(
        self, name: str, faults: Sequence[Fault], rng: random.Random, seconds: float, pause: float, told: Counter[str]
    ) -> None:
        super().__init__(name)
        self._faults = faults
        self._rng = rng
        self._seconds = seconds
        self._pause = pause
        self._told = told

    def play(self) -> None:
        until = time.monotonic() + self._seconds
        for name, fault in cycle(self._faults):
            pause = self._rng.uniform(0.5, 1.5) * self._pause
            if time.monotonic() + pause > until:
                return
            time.sleep(pause)
            fault()
            self._told[name] += 1


class OverNodes(Chaos):
    """`gone`: for how many seconds Redis is away when it is away for long."""

    def __init__(self, plan: Plan, folder: Path, say: Say = lambda _: None, *, gone: float = 60.0) -> None:
        super().__init__(plan, folder, say)
        self._gone = gone

    def _programs(self) -> list[Program]:
        enter = self._ends.enter_context
        self._postgres, self._valkey = enter(Postgres()), enter(Valkey())
        self._ways = [enter(Proxy(self._valkey.port)) for _ in range(self.plan.programs)]  # each node's to Redis
        database, beat = self._postgres.prepared(), str(self.plan.heartbeat)
        self._ask = of_postgres(database)
        common = {
            "CAREVIA_DATABASE_URL": database,
            "CAREVIA_SECRET_KEY": "one key for all the nodes, as it must be",
            "CAREVIA_PING_INTERVAL": beat,
            "CAREVIA_PING_TIMEOUT": beat,
        }
        nodes = [Program() for _ in self._ways]
        for node, way in zip(nodes, self._ways, strict=True):
            node.settings = SETTINGS | common | {"CAREVIA_REDIS_URL": f"redis://127.0.0.1:{way.port}"}
        return [enter(node) for node in nodes]

    def _others(self) -> list[Actor]:
        seconds, around = self.plan.seconds, self._result.around
        self._of_database, self._of_redis = (random.Random(self._rng.random()) for _ in range(2))
        stops: list[Fault] = [
            (f"PostgreSQL stopped: {how}", lambda how=how: self._stop_database(how))  # type: ignore[misc]
            for how in ("fast", "immediate", "kill")
        ]
        redis: list[Fault] = [
            ("Redis restarted", lambda: self._redis_away(self._of_redis.uniform(0.1, 1))),
            ("Redis emptied", lambda: _empty(self._valkey)),
            ("a node cut off from Redis", self._cut_off),
            ("Redis gone for long", lambda: self._redis_away(self._gone)),
        ]
        self._database_actor = Misfortunes("postgres", stops, self._of_database, seconds, seconds / 12, around)
        return [self._database_actor, Misfortunes("redis", redis, self._of_redis, seconds, seconds / 30, around)]

    def _stop_database(self, how: str) -> None:
        down = now()
        self._postgres.stop(how)
        time.sleep(self._of_database.uniform(0.2, 3))
        self._postgres.start()
        self._database_actor.outages.append((down, now()))

    def _redis_away(self, seconds: float) -> None:
        self._valkey.kill()
        time.sleep(seconds)
        self._valkey.start()

    def _cut_off(self) -> None:
        way = self._of_redis.choice(self._ways)
        way.blackhole()
        time.sleep(self._gone / 4)
        way.heal()

    def _examine(self) -> list[str]:
        return examine(self._ask)


def _empty(valkey: Valkey) -> None:
    assert valkey.command("FLUSHALL").startswith(b"+OK")
