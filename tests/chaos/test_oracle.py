"""The oracle finds what it is there to find: each kind of fault, planted in a small ledger."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.ledger import Client, Ledger
from tests.chaos.oracle import Delays, Verdict, judge, merged

DESKS = [Client(f"desk-{n}", ("desk",), "", 0, True) for n in (1, 2)]
RIGHT = ["1000 1 paid:a", "1010 2 paid:b", "1020 3 paid:c"]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Three payments, acknowledged at 1000, 1010 and 1020 ms."""
    ledger = Ledger(tmp_path)
    (tmp_path / "sent").write_text("1000 desk paid:a\n1010 desk paid:b\n1020 desk paid:c\n")
    yield ledger
    ledger.close()


def judged(
    ledger: Ledger, first: list[str], second: list[str], outages: list[tuple[int, int]] | None = None
) -> Verdict:
    for desk, shown in zip(DESKS, (first, second), strict=True):
        (ledger.folder / f"{desk.name}.shown").write_text("".join(f"{line}\n" for line in shown))
    return judge(ledger, DESKS, {0: outages or []})


def test_everything_shown_once_in_order_is_right(ledger: Ledger) -> None:
    verdict = judged(ledger, RIGHT, RIGHT)
    assert (verdict.problems, verdict.facts, verdict.expected, verdict.shown) == ([], 3, 6, 6)
    assert verdict.wire_duplicates == 0


def test_a_client_that_lacks_one_has_lost_it(ledger: Ledger) -> None:
    assert judged(ledger, RIGHT, RIGHT[:1] + RIGHT[2:]).lost == ["desk-2 was never shown paid:b"]


def test_a_client_without_a_file_has_lost_everything(ledger: Ledger) -> None:
    assert len(judge(ledger, DESKS[:1], {}).lost) == 3


def test_the_same_number_again_is_a_duplicate_of_the_wire_only(ledger: Ledger) -> None:
    verdict = judged(ledger, RIGHT, [*RIGHT[:2], *RIGHT[1:]])
    assert (verdict.problems, verdict.wire_duplicates) == ([], 1)


def test_under_another_number_it_is_shown_twice(ledger: Ledger) -> None:
    verdict = judged(ledger, RIGHT, [*RIGHT, "1030 4 paid:a"])
    assert verdict.twice == ["desk-2 was shown paid:a as 1 and as 4"]


def test_falling_numbers_and_numbers_that_mean_two_things_are_disorder(ledger: Ledger) -> None:
    assert judged(ledger, RIGHT, [RIGHT[0], RIGHT[2], RIGHT[1]]).disorder == ["desk-2 was shown 2 after 3"]
    swapped = ["1000 1 paid:b", "1010 2 paid:a", "1020 3 paid:c"]
    assert len(judged(ledger, RIGHT, swapped).disorder) == 2


def test_lateness_counts_the_time_in_which_the_listener_was_there(ledger: Ledger) -> None:
    late = ["1000 1 paid:a", "5010 2 paid:b", "5020 3 paid:c"]
    verdict = judged(ledger, late, late, [(1005, 2005), (3000, 4500)])
    assert list(verdict.live.values) == [0, 0]
    assert list(verdict.interrupted.values) == [1505, 1515] * 2
    assert verdict.interrupted.at(0.99) == 1.515


def test_what_a_death_came_between_is_late_over_two_seconds_in_the_middle_and_five_at_the_end() -> None:
    assert Delays(array("l", [2_000] * 98 + [5_000] * 2)).late == []
    assert Delays(array("l", [2_001] * 100)).late == ["p50 after a death is 2.0 s, not 2"]
    assert Delays(array("l", [0] * 98 + [5_100] * 2)).late == ["p99 after a death is 5.1 s, not 5"]
    assert Delays().late == []


def test_what_is_away_at_once_is_away_once() -> None:
    assert merged([(5, 9), (1, 3), (2, 4), (9, 10)]) == [(1, 4), (5, 10)]
