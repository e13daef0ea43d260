"""When a plain HTTP connection is read: uvicorn stops for the sake of its requests, we for the others' turn."""

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl

from carevia.realtime.frames import AT_ONCE


class Flow(FlowControl):
    """It is read while neither of the two wants it stopped."""

    _held: bytes | None = None  # read, and for the next turn of the loop

    def pause_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            if self._held is None:
                self._transport.resume_reading()

    def portion(self, data: bytes, then: Callable[[], object]) -> bytes:
        """What of a read is looked at in this turn of the loop; in the next one `then` may ask for the `rest`."""
        self._held = data[AT_ONCE:]
        self._transport.pause_reading()
        asyncio.get_running_loop().call_soon(then)
        return data[:AT_ONCE]

    def rest(self) -> bytes:
        """What was held back, if anything was: from now on it is as uvicorn wants it again."""
        data, self._held = self._held, None
        if data is not None and not self.read_paused:
            self._transport.resume_reading()
        return data or b""
