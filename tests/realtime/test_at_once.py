"""A wait is told from a machine that is busy, so that a red test speaks of the server."""

import asyncio
import time

import pytest

from tests.realtime.at_once import AT_ONCE, at_once
from tests.realtime.serving import run


def test_who_waits_longer_was_not_served_at_once() -> None:
    async def main() -> None:
        with pytest.raises(AssertionError, match="not at once"):
            async with at_once():
                await asyncio.sleep(4 * AT_ONCE)

    run(main())


def test_a_machine_that_stands_still_keeps_nobody_waiting() -> None:
    async def main() -> None:
        async with at_once():
            time.sleep(2 * AT_ONCE)  # noqa: ASYNC251 -- this is the machine
            await asyncio.sleep(AT_ONCE / 5)

    run(main())
