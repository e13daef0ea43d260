"""How long plain HTTP connections are waited for: one timer for all of a kind, none per connection."""

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING

from carevia.deadlines import Bucket, Deadlines
from carevia.realtime.reader import LOOK_SECONDS, Reader

if TYPE_CHECKING:
    from carevia.realtime.uvicorn import EngineProtocol

# For a request's head to arrive whole, for the rest of one that was answered before, for a new connection's first word.
HEAD_SECONDS = 8.0


class Patience:
    """The timers of one server's plain HTTP connections. Whoever takes too long is closed."""

    def __init__(self) -> None:
        self._rests: Deadlines[EngineProtocol] | None = None

    @cached_property
    def heads(self) -> Deadlines[asyncio.Transport]:
        """Connections whose next bytes are due: a first word, a head, the rest of a request that was answered."""
        return Deadlines(HEAD_SECONDS, lambda late: late.abort(), asyncio.get_running_loop())

    @cached_property
    def looks(self) -> Deadlines[Reader]:
        """Connections that have been answered: whether they read it."""
        return Deadlines(LOOK_SECONDS, Reader.look, asyncio.get_running_loop())

    def rest(self, http: "EngineProtocol") -> "Bucket[EngineProtocol]":
        """It has been answered, and may say nothing for uvicorn's `timeout_keep_alive`."""
        if self._rests is None:
            expired = type(http).timeout_keep_alive_handler
            self._rests = Deadlines(http.timeout_keep_alive, expired, asyncio.get_running_loop())
        return self._rests.set(http)
