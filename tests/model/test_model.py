"""Hypothesis plays the desk over the real journal, relay, recovery and reducers, and finds the faults that it must.

`HYPOTHESIS_PROFILE`-like depth is by profile: the test run plays a little, `soak` (tests/conftest.py) a lot.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model import faults
from tests.model.machine import Desk, Patch

EXAMPLES = 25
STEPS = 25


def play(machine: type[Desk], **more: object) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    kept: dict[str, object] = {"deadline": None, "suppress_health_check": quiet, "report_multiple_bugs": False}
    run_state_machine_as_test(machine, settings=settings(**(kept | {"stateful_step_count": STEPS} | more)))  # type: ignore[arg-type]


def test_whatever_happens_every_page_shows_every_committed_event_once_and_in_order() -> None:
    play(Desk, max_examples=EXAMPLES)


FAULTS = {
    "cursor gap": (faults.CURSOR_GAP, "was never sent|the desk shows|came after"),
    "two transactions": (faults.TWO_TRANSACTIONS, "the desk shows|never sent|commit"),
    "mark before emit": (faults.MARK_BEFORE_EMIT, "came after"),
    "dropped duplicate check": (faults.DUPLICATE_CHECK_DROPPED, "sessions were paid"),
    "dropped duplicate check on the page": (faults.PAGE_SHOWS_TWICE, "the desk shows"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_model_finds(fault: str) -> None:
    patches, words = FAULTS[fault]

    class Faulty(Desk):
        pass

    Faulty.patches = patches
    with pytest.raises(AssertionError, match=words):
        play(Faulty, max_examples=200, derandomize=True, database=None, phases=[Phase.generate])
