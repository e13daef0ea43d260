"""Coroutines in plain tests: `run(coroutine)` on a loop of its own, which must leave nothing behind."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T], *, timeout: float = 30.0) -> T:
    """Debug mode is off (it slows what is measured); a test that hangs fails after `timeout` seconds."""

    async def bounded() -> T:
        result = await asyncio.wait_for(coroutine, timeout)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left behind: {left}"
        return result

    return asyncio.run(bounded())
