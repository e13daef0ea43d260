"""What a person at a terminal gets: commands in processes of their own, and what `carevia doctor` says."""

import os
import subprocess
import sys
from pathlib import Path

from carevia.cli.doctor import examine
from tests.harness.program import ROOT


def command(*words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAREVIA_")}
    return subprocess.run(
        [sys.executable, "-m", "carevia", *words],
        env=kept | {"PYTHONPATH": str(ROOT / "src")} | settings,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def doctor(**settings: str) -> str:
    """What it says of settings with which something is wrong."""
    said: list[str] = []
    assert not examine(settings, Path("/nowhere"), said.append)
    return "\n".join(said)
