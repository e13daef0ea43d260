"""Thirty seconds of chaos: fifty events a second, twenty deaths, each failpoint among them, and a bad network.

The seed is printed; CHAOS_SEED repeats its faults: `CHAOS_SEED=42 python3 run.py test tests/chaos`. How soon the events
were shown is the machine's affair too: `run.py soak` measures it.
"""

import os
import random
from pathlib import Path

import pytest

from carevia.failpoint import NAMES
from tests.chaos import report
from tests.chaos.__main__ import plan as soak_plan
from tests.chaos.chaos import Chaos, Plan, Result

SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(2**32))


def played(plan: Plan, folder: Path) -> Result:
    print(f"CHAOS_SEED={plan.seed}")
    result = Chaos(plan, folder, print).run()
    print(report.text(result))
    return result


def test_twenty_deaths_at_fifty_events_a_second_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    result = played(Plan(SEED, seconds=30, kills=20, rate=50, clients=20, heartbeat=1, backoff=(200, 1000)), tmp_path)
    verdict = result.verdict
    assert result.problems == []
    assert sum(result.deaths.values()) == 20
    assert set(NAMES) <= set(result.deaths) and result.unreached == 0
    assert verdict.expected > 10_000, "so few prove nothing"
    assert result.recovered >= 20, "nobody was interrupted"


def test_two_programs_on_one_store_with_ten_deaths_show_every_event_once(tmp_path: Path) -> None:
    plan = Plan(SEED, seconds=6, kills=10, rate=40, clients=12, programs=2, heartbeat=1, backoff=(200, 1000))
    result = played(plan, tmp_path)
    assert result.problems == []
    assert sum(result.deaths.values()) == 10
    assert result.recovered > 0, "nobody was interrupted"


def test_each_command_writes_between_its_own_marks_and_names_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "reliability.md"
    soak, nodes = report.begin("soak"), report.begin("soak --nodes")
    page.write_text(f"# Ours\n\n{soak}\nold\n{report.END}\n\nBy hand.\n{nodes}\nkept\n{report.END}\nEnd.\n")
    result = Result(Plan(42, seconds=60, kills=3, rate=20, clients=5), found=["a client gave up"])
    result.verdict.lost.append("desk-1 was never shown customer_added:a")
    made = report.chapter(result, report.Facts("2000-01-01", "a machine", "a version", "soak"))
    report.write(page, "soak", made)
    text = page.read_text()
    assert text.startswith(f"# Ours\n\n{soak}\n`soak` on 2000") and "\nold\n" not in text
    assert text.endswith(f"\nBy hand.\n{nodes}\nkept\n{report.END}\nEnd.\n")
    assert "| lost | 0 | 1 |" in text and "Seed 42." in text
    assert "- a client gave up\n- desk-1 was never shown customer_added:a" in text
    report.write(page, "soak --nodes", "new")
    assert "kept" not in page.read_text() and page.read_text().count(report.END) == 2


def test_the_same_seed_plans_the_same_and_soak_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak_plan(["--seed", "42"]) == soak_plan(["--seed", "42"])
    assert (soak_plan([]).kills, soak_plan([]).seconds * soak_plan([]).rate, soak_plan([]).timed) == (300, 24_000, True)
    with pytest.raises(SystemExit):
        soak_plan(["--help"])
    assert "python3 run.py soak --minutes 5 --kills 75" in capsys.readouterr().out
