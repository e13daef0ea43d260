"""What a process gives back to the system; looked at in one of its own, whose heap nobody else has used."""

import asyncio
import subprocess
import sys

import pytest

from carevia.realtime import process
from carevia.realtime.process import Memory

# Every seventh of many blocks stays, the last of all among them: the heap's end is where it was.
CHILD = """
import random
from carevia.realtime import process

process.tune_allocator()
memory = process.Memory()
memory.look()
in_use = [bytes(5_000) for _ in range(5_000)]
print("in use:", memory.look())
rng = random.Random(1)
kept = [bytes(rng.randint(2_000, 12_000)) for _ in range(7_001)][::7]
before = process.resident()
print("full of holes:", memory.look())
print("more than 20 MB given back:", before - process.resident() > 20_000_000)
print("again:", memory.look(), len(kept), len(in_use))
"""


def test_pages_between_what_is_still_in_use_go_back_to_the_system_once() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "in use: False",
        "full of holes: True",
        "more than 20 MB given back: True",
        "again: False 1001 5000",
    ]


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
