"""Write the vectors: `PYTHONPATH=src python -m tests.vectors.make` in the project's folder."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.vectors.cases import CASES
from tests.vectors.stage import play

FILE = Path(__file__).with_name("events.json")


async def made() -> list[dict[str, Any]]:
    found = []
    for case in CASES:
        with tempfile.TemporaryDirectory(prefix="vectors-") as folder:
            found += await play(case, Path(folder))
    return found


def written(cases: list[dict[str, Any]]) -> str:
    return json.dumps(cases, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(asyncio.run(made())))
