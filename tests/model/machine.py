"""The rules: whatever may happen to the desk, in any order, and what must hold when all is quiet again.

`run` plays a machine with given settings; faults (tests/model/faults.py) are patches that `patches` puts in for a run.
"""

import asyncio
import atexit
import random
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy.dialects import sqlite as sqlite_dialect

from carevia import failpoint
from carevia.realtime.testing import VirtualLoop
from carevia.service import relay, replay
from carevia.store.migrate import prepare
from carevia.store.statements import Compiler
from tests.model.loop_store import LoopStore
from tests.model.node import FILE, Killed, settings_in, task_factory
from tests.model.world import CUSTOMERS, World

_COMPILER = Compiler(sqlite_dialect.dialect(paramstyle="named"))  # one thread: one for all connections
PAGE = 3  # rows at once, so that few are many
LONG_AGO = 1_000.0  # s, when the machine was started: a monotonic clock never begins with the program
Patch = tuple[str, Any]

some = st.integers(0, 1_000)
pages = st.integers(0, 4)
nodes = st.integers(0, 1)
turns = st.integers(0, 12)


class Desk(RuleBasedStateMachine):
    """`patches`: what stands in place of our code."""

    patches: ClassVar[tuple[Patch, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._ends = ExitStack()
        self._folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory(prefix="model-")))
        shutil.copytree(prepared(), self._folder, dirs_exist_ok=True)
        self._runner = self._ends.enter_context(asyncio.Runner(loop_factory=VirtualLoop))
        self._problems: list[Any] = []
        self._good = True
        loop = self._runner.get_loop()
        loop.set_task_factory(task_factory)
        loop.set_exception_handler(self._problem)
        self.world: World

    def _problem(self, _: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
        if not isinstance(about.get("exception"), Killed):
            self._problems.append(about)

    def _do(self, act: Callable[..., object], *arguments: Any, after: int = 0) -> None:
        """Call it within the loop, and let some turns pass."""

        async def acted() -> None:
            act(*arguments)
            await self.world.turns(after)

        self._run(acted())

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        good, self._good = self._good, False
        self._runner.run(work)
        assert not self._problems, self._problems
        self._good = good

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        world = self.world = World(self._folder, seed)
        dice, loop = random.Random(seed), self._runner.get_loop()
        for name, value in (
            # Real time would tell a slow machine's run from a quick one's: a commit proves the disk for 1.5 s only.
            ("time.monotonic", lambda: LONG_AGO + loop.time()),
            ("carevia.app.open_store", lambda url, folder: LoopStore(folder / FILE, dice)),
            ("carevia.app.now", world.now),
            ("carevia.failpoint.os.kill", world.killed),
            ("carevia.store.connection.Compiler", lambda dialect: _COMPILER),
            *self.patches,
        ):
            self._ends.enter_context(patch(name, value))
        for module in (relay, replay):
            self._ends.enter_context(patch.object(module, "PAGE", PAGE))
        self._run(world.start())
        self._run(world.quiet())

    def teardown(self) -> None:
        with self._ends:
            if self._good:
                self._run(self._settled())
                self._runner.run(self.world.stop())
            else:  # what failed is told; what is left in pieces is let go
                with suppress(Exception):
                    self._runner.run(self.world.stop())

    async def _settled(self) -> None:
        await self.world.quiet()
        self.world.check()

    # --- people act ---------------------------------------------------------------------------------------------

    @rule(customer=st.sampled_from(CUSTOMERS), node=nodes, after=turns)
    def pay(self, customer: Any, node: int, after: int) -> None:
        self._do(self.world.pays, customer)
        self._do(self.world.deliver, self.world.events[-1], self.world.nodes[node], after=after)

    @rule(customer=st.sampled_from(CUSTOMERS))
    def pay_and_the_notice_is_late(self, customer: Any) -> None:
        self._do(self.world.pays, customer)

    @precondition(lambda self: self.world.events)
    @rule(which=some, node=nodes, after=turns, under_another_id=st.booleans())
    def deliver(self, which: int, node: int, after: int, under_another_id: bool) -> None:
        """Late, again, or the first after the last."""
        event = self.world.events[which % len(self.world.events)]
        if under_another_id:
            self.world.says_again(event)
            event = self.world.events[-1]
        self._do(self.world.deliver, event, self.world.nodes[node], after=after)

    @rule(who=pages, customer=st.sampled_from(CUSTOMERS), after=turns)
    def say(self, who: int, customer: Any, after: int) -> None:
        page = self.world.pages[who]
        room = (page.room or customer.id) if page.person.is_staff else page.person.id
        self._do(self.world.say, page, room, after=after)

    @rule(who=st.integers(0, 1), customer=st.sampled_from(CUSTOMERS))
    def open_conversation(self, who: int, customer: Any) -> None:
        self._run(self.world.pages[who].open(customer.id))

    @rule(who=st.integers(0, 1))
    def leave_conversation(self, who: int) -> None:
        self._run(self.world.pages[who].leave())

    # --- things break -------------------------------------------------------------------------------------------

    @rule(node=nodes, customer=st.sampled_from(CUSTOMERS), after=turns)
    def pay_and_crash(self, node: int, customer: Any, after: int) -> None:
        self.pay(customer, node, after)
        self.crash(node)

    @rule(node=nodes)
    def crash(self, node: int) -> None:
        self._run(self.world.restart(self.world.nodes[node]))

    @rule(point=st.sampled_from(failpoint.NAMES), passing=st.integers(1, 3))
    def arm(self, point: str, passing: int) -> None:
        failpoint.arm(f"{point}:{passing}")

    @rule(who=pages)
    def cut(self, who: int) -> None:
        self._do(self.world.pages[who].cut)

    @rule(who=pages)
    def freeze(self, who: int) -> None:
        """Nothing passes, and nobody is told."""
        self._do(self.world.pages[who].freeze)

    @rule(who=pages, node=nodes)
    def reconnect(self, who: int, node: int) -> None:
        if self.world.nodes[node].alive:
            self._run(self.world.pages[who].come(self.world.nodes[node]))

    @rule(who=pages, node=nodes, customer=st.sampled_from(CUSTOMERS), after=turns)
    def reconnect_while_somebody_pays(self, who: int, node: int, customer: Any, after: int) -> None:
        self.pay(customer, node, after)
        self.reconnect(who, node)

    @rule(node=nodes, hints=st.sampled_from(["now", "late", "never"]))
    def hint(self, node: int, hints: str) -> None:
        self.world.nodes[node].store.hints = hints

    @rule(node=nodes)
    def late_hints_come(self, node: int) -> None:
        self._do(self.world.nodes[node].release)

    @rule(node=nodes, share=st.sampled_from([0.3, 0.7, 1.0]))
    def retention(self, node: int, share: float) -> None:
        if self.world.nodes[node].alive:
            self._run(self.world.retire(self.world.nodes[node], share))

    @rule()
    def back_up(self) -> None:
        self._run(self.world.back_up())

    @rule()
    def restore(self) -> None:
        self._run(self.world.restore())

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.5]))
    def time_passes(self, seconds: float) -> None:
        self._run(asyncio.sleep(seconds))

    @rule()
    def all_quiet(self) -> None:
        self._run(self._settled())


@cache
def prepared() -> Path:
    """A folder with a migrated, seeded file and the secrets, made once."""
    folder = Path(tempfile.mkdtemp(prefix="model-first-"))
    atexit.register(shutil.rmtree, folder, True)
    prepare(folder / FILE, "first")
    settings_in(folder)
    return folder
