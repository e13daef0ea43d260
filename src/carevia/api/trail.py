"""The trail of a paid booking in the log: one id from the notice that told of it to the first screen that showed it.

The id is the request's, in its answer as `X-Request-Id`. `received` and `committed` are said by the node that was
asked, `emitted` by every node, `shown` by the one whose desk was first. Ids and counts only.
"""

from collections.abc import Awaitable

from carevia.errors import CareviaError
from carevia.logs import Log
from carevia.service.receipts import FirstShown
from carevia.store.journal import JournalRow


class Trail:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._newest = 0  # of the rows that were emitted live; a replay repeats older ones

    def received(self, request: str, notice: str, kind: str) -> None:
        """A notice whose signature is good; `notice` is its sender's id for it."""
        self._log.info("notice received", request=request, notice=notice, kind=kind)

    async def stored(self, request: str, storing: Awaitable[None]) -> None:
        """Awaits `storing`. Committed is what it says is stored, or was before; where it was refused nothing of it is:
        its sender is told so, and has to come again where we could not store it."""
        try:
            await storing
        except CareviaError as error:
            self._log.info("notice refused", request=request, code=error.code)
            raise
        self._log.info("notice committed", request=request)

    def emitted(self, row: JournalRow) -> None:
        """The relay's listener, for changes of bookings. What no request made has no trail."""
        if row.seq > self._newest and (cause := row.cause) is not None:
            self._newest = row.seq
            self._log.info("event emitted", request=cause, seq=row.seq, name=row.name)

    def shown(self, first: FirstShown) -> None:
        """The receipts' listener."""
        if first.cause is not None:
            after = first.shown - first.received
            self._log.info("booking shown", request=first.cause, seq=first.seq, milliseconds=after)
