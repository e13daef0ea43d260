"""Failpoints kill at the N-th passing, and only where they are told to."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from carevia import failpoint
from carevia.errors import ConfigError

SCRIPT = """
import sys
from carevia.failpoint import arm, failpoint
arm(sys.argv[1])
for n in range(5):
    print(n, flush=True)
    failpoint("webhook.verified")
    failpoint("webhook.committed")
"""


@pytest.mark.parametrize(
    ("spec", "passings"),
    [
        ("", 5),
        ("relay.before_mark", 5),
        ("webhook.verified", 1),
        ("webhook.committed:3", 3),
        ("webhook.committed:6", 5),
    ],
)
def test_the_process_dies_at_the_nth_passing(spec: str, passings: int) -> None:
    source = str(Path(__file__).resolve().parents[1] / "src")
    words = [sys.executable, "-c", SCRIPT, spec]
    ended = subprocess.run(words, capture_output=True, text=True, env={"PYTHONPATH": source}, check=False)
    assert len(ended.stdout.splitlines()) == passings
    assert ended.returncode == (0 if passings == 5 else -signal.SIGKILL)


@pytest.mark.parametrize("spec", ["nowhere", "webhook.verified:0", "webhook.verified:x", "webhook.verified:", ":3"])
def test_a_point_that_does_not_exist_is_refused(spec: str) -> None:
    if spec == ":3":
        failpoint.arm(spec)  # no name, nothing armed
    else:
        with pytest.raises(ConfigError, match="CAREVIA_FAILPOINT"):
            failpoint.arm(spec)
    failpoint.failpoint("webhook.verified")
