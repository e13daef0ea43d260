"""One process of the model: a whole Carevia on a LoopStore, that can be killed at any turn of the loop.

What runs for a node runs in its context, so that a failpoint knows whom it kills and `kill` knows what to end.
"""

import asyncio
import io
import random
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from pathlib import Path
from typing import Any, TypeVar

from carevia.api.simulator import deliver_to, signed
from carevia.app import Carevia
from carevia.config import Settings, load_settings, with_development_secrets
from carevia.logs import Log
from tests.model.loop_store import LoopStore

T = TypeVar("T")
RUNNING: ContextVar["Node | None"] = ContextVar("node", default=None)
FILE = "carevia.db"


class Killed(BaseException):
    """The process is gone: nothing below may catch this."""


class Node:
    def __init__(self, folder: Path, dice: random.Random, died: Callable[["Node"], None]) -> None:
        self.alive = False
        self._died = died
        self._folder = folder
        self._dice = dice
        self.settings = settings_in(folder)
        self._context: Context = copy_context()
        self._context.run(RUNNING.set, self)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.carevia: Carevia
        self.store: LoopStore

    async def start(self) -> None:
        """A new process over the same file."""
        self.carevia = Carevia(self.settings, Log("json", io.StringIO()), self._folder / "no-web")
        store = self.carevia.store
        assert isinstance(store, LoopStore)
        self.store = store
        self.alive = True
        await self.do(self.carevia.start())

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it as this process. Raises ConnectionError where the process dies meanwhile."""
        task = self.begin(work)
        try:
            return await task
        except (Killed, asyncio.CancelledError):
            if self.alive:
                raise
            raise ConnectionError("the process died") from None

    def begin(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        if not self.alive:
            work.close()
            raise ConnectionError("the process is not running")
        return asyncio.get_running_loop().create_task(work, context=self._context)

    def release(self) -> None:
        """The hints that were late come now. In its context: what they set going may kill it."""
        self._context.run(self.store.release)

    def kill(self) -> None:
        """SIGKILL: nothing more is committed, answered or sent by this process."""
        self.alive = False
        self.store.kill()
        self._died(self)

    async def bury(self) -> None:
        """What the operating system does with a dead process."""
        await asyncio.sleep(0)  # a task that is cancelled before it has begun leaves a handler's coroutine unawaited
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.carevia.server.stop()
        self.carevia.passwords.close()

    async def webhook(self, event: dict[str, Any]) -> int:
        """Delivered by the front door, signed; the status."""
        body, headers = signed(event, self.settings.stripe_webhook_secret[0], self.carevia.payments._now())
        return await deliver_to(self.carevia.edge, body, headers)

    def make_task(
        self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], context: Context | None
    ) -> "asyncio.Task[T]":
        task = asyncio.Task(work, loop=loop, context=context)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task


def task_factory(loop: asyncio.AbstractEventLoop, work: Any, context: Context | None = None) -> Any:
    """Every task belongs to the node in whose context it is made."""
    node = RUNNING.get() if context is None else context.get(RUNNING)
    if node is not None:
        return node.make_task(loop, work, context)
    return asyncio.Task(work, loop=loop, context=context)


def settings_in(folder: Path) -> Settings:
    limits = ("EVENTS_PER_SECOND", "TABS_PER_USER", "CONNECTIONS_PER_ADDRESS", "HANDSHAKES_PER_SECOND")
    environ = {f"CAREVIA_LIMIT_{name}": "0" for name in limits}
    return with_development_secrets(load_settings(environ | {"CAREVIA_DATA_DIR": str(folder)}))
