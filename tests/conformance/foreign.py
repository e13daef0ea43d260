"""Runs the rules of a .mjs file, which drives a real client in Node, against one of the programs."""

import json
import subprocess
from pathlib import Path
from typing import Any

import webbuild
from tests.harness import node


def judge(script: str, port: int, within: float = 60) -> dict[str, str]:
    """The script's rules by name: "" where one holds, else why not."""
    done = subprocess.run(
        [node.node(), Path(__file__).with_name(script), node.ready() / "package.json", f"http://127.0.0.1:{port}"],
        env=webbuild.node_environment(),
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    said: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["rule"]: "" if line["ok"] else line["why"] for line in said}
