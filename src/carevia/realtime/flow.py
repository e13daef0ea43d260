"""uvicorn's flow control, of a connection that is read in portions."""

import asyncio
from collections.abc import Callable, Sized
from functools import partial

from uvicorn.protocols.http.flow_control import FlowControl

from carevia.realtime.portions import Portions

_MOST_BEHIND = 8  # requests that may wait for the answer to one before them while reading goes on


class Flow(Portions, FlowControl):
    """It is read while neither uvicorn nor the others' turn wants it stopped, few requests wait `behind`, and the
    client takes the answers: what one client can have us hold is bounded."""

    def __init__(self, transport: asyncio.Transport, behind: Sized) -> None:
        FlowControl.__init__(self, transport)
        Portions.__init__(self)
        self._behind = behind
        self._later: Callable[[], object] | None = None  # to be called once it is read again

    def portion(self, data: bytes, then: Callable[[], object]) -> bytes:
        return super().portion(data, partial(self._turn, then))

    def _turn(self, then: Callable[[], object]) -> None:
        if self._full:
            self._later = partial(self.take_up, then)
        else:
            then()

    @property
    def _full(self) -> bool:
        return self.write_paused or len(self._behind) > _MOST_BEHIND

    def pause_writing(self) -> None:
        super().pause_writing()
        self.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.resume_reading()

    def resume_reading(self) -> None:
        if not (self._stopped or self._later) or self._full:
            return
        super().resume_reading()
        later, self._later = self._later, None
        if later is not None:
            asyncio.get_running_loop().call_soon(later)
