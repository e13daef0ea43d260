"""Hypothesis plays the desk over the real journal, relay, recovery and reducers, and finds the faults that it must.

The test run plays a little; `pytest tests/model --hypothesis-profile=soak` as long as that profile says.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model import faults
from tests.model.machine import Desk, Patch

# Never by time: what is slow here is the machine, and a run must be the same for the same seed.
PLAY = settings(
    max_examples=(settings.get_current_profile_name() == "soak" and 3_000) or 30,
    stateful_step_count=25,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
SEEK = settings(PLAY, max_examples=300, derandomize=True, database=None, phases=[Phase.generate])

FAULTS: dict[str, tuple[tuple[Patch, ...], str]] = {
    "cursor gap": (
        faults.CURSOR_GAP,
        "the desk shows|was never sent|came after|the gap:",
    ),  # a number never committed is a hole, too
    "two transactions": (faults.TWO_TRANSACTIONS, "the desk shows|was never sent"),
    "mark before emit": (faults.MARK_BEFORE_EMIT, "came after"),
    "dropped duplicate check": (faults.DUPLICATE_CHECK_DROPPED, "sessions were paid"),
    "dropped duplicate check on the page": (faults.PAGE_SHOWS_TWICE, "the desk shows"),
}


def test_whatever_happens_every_page_shows_every_committed_event_once_and_in_order() -> None:
    run_state_machine_as_test(Desk, settings=PLAY)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_model_finds(fault: str) -> None:
    patches, words = FAULTS[fault]
    faulty = type("Faulty", (Desk,), {"patches": patches})
    with pytest.raises(AssertionError, match=words):
        run_state_machine_as_test(faulty, settings=SEEK)
