"""What "at once" means where a server and its clients share a loop: whoever is served waits for no timer of the server.

Not for a stopwatch: a machine that does something else for 300 ms, or a loop that computes for so long, keeps nobody
waiting on purpose. So the time that is allowed passes in steps, and however long one of them took, it is one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE = 0.25  # s; the demand is 100 ms
STEP = 0.01


@asynccontextmanager
async def at_once() -> AsyncIterator[None]:
    """What still waits in the block after AT_ONCE of the loop's idle time is an AssertionError."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle

    def pass_on(left: int) -> None:
        nonlocal timer
        if left:
            timer = loop.call_later(STEP, pass_on, left - 1)
        else:
            limit.reschedule(loop.time())

    timer = loop.call_later(STEP, pass_on, round(AT_ONCE / STEP) - 1)
    try:
        async with asyncio.timeout(None) as limit:
            yield
    except TimeoutError:
        raise AssertionError(f"not at once: it waits for more than {AT_ONCE} s") from None
    finally:
        timer.cancel()
