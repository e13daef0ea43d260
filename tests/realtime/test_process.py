"""What a process gives back to the system."""

import asyncio
import random

import pytest

from carevia.realtime import process
from carevia.realtime.process import Memory, resident


def full_of_holes() -> list[bytes]:
    """Every seventh of many blocks, the last of all among them: the heap's end stays where it is."""
    rng = random.Random(1)
    blocks = [bytes(rng.randint(2_000, 12_000)) for _ in range(7_001)]
    return blocks[::7]


def test_pages_between_what_is_still_in_use_go_back_to_the_system() -> None:
    process.tune_allocator()
    memory = Memory()
    memory.look()
    kept = full_of_holes()
    before = resident()
    assert memory.look()
    assert before - resident() > 20_000_000
    assert len(kept) == 1_001


def test_memory_that_is_in_use_is_no_reason_to_look_for_more() -> None:
    memory = Memory()
    memory.look()
    kept = [bytes(5_000) for _ in range(5_000)]
    assert not memory.look()
    assert len(kept) == 5_000


def test_what_could_not_be_given_back_is_not_tried_again() -> None:
    memory = Memory()
    kept = full_of_holes()
    memory.look()
    assert not memory.look()
    assert kept


def test_it_is_looked_at_for_as_long_as_the_process_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        thrice = asyncio.Event()
        looks: list[int] = []

        def look(memory: Memory) -> None:
            looks.append(1)
            if len(looks) == 3:
                thrice.set()

        monkeypatch.setattr(process, "LOOK_SECONDS", 0)
        monkeypatch.setattr(Memory, "look", look)
        task = asyncio.create_task(process.keep_small())
        await asyncio.wait_for(thrice.wait(), 5)
        task.cancel()

    asyncio.run(main())
