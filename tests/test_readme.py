"""The README is part of the product: what it names exists, what exists it names, and its commands run."""

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from carevia.config import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    named = set(re.findall(r"^\| (`CAREVIA_.*?) \|", README, re.MULTILINE))
    named = set(re.findall(r"CAREVIA_[A-Z_]+", " ".join(named)))
    assert named == {f"CAREVIA_{field.name.upper()}" for field in fields(Settings)}


@pytest.mark.parametrize("words", sorted(set(re.findall(r"`python3 run\.py ([^`\n]*)`", README))))
def test_every_command_it_names_is_one_the_program_knows(words: str) -> None:
    first, *_ = shlex.split(words)
    if first.startswith("--"):
        command = [sys.executable, str(ROOT / "run.py"), first]
    else:
        command = [sys.executable, "-m", "carevia", first, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT / "src")})
    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout
