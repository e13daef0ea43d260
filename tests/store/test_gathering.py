"""Which works go into one COMMIT, and when it begins, on a clock of the test's own."""

from queue import SimpleQueue
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from carevia.store.gathering import LONGEST, MOST_TOGETHER, QUIET, Gathering
from tests.clock import Clock

TURN = 1e-6  # s: what is to be done in this turn is done


class Works:
    """A gathering of numbers, and what was handed over so far."""

    def __init__(self) -> None:
        self.clock = Clock()
        loop: Any = self.clock
        queue: Any = SimpleQueue()
        self.gathering = Gathering(loop, queue)
        self.put_so_far = 0

    def put(self, count: int = 1) -> None:
        for _ in range(count):
            work: Any = self.put_so_far
            self.gathering.put(work)
            self.put_so_far += 1

    def begun(self, after: float = TURN) -> list[int]:
        """How many works are in each COMMIT that begins within so many seconds."""
        self.clock.advance(after)
        return [len(batch) for batch in self.batches()]

    def batches(self) -> list[list[Any]]:
        queue: Any = self.gathering.batches
        return [batch for _ in range(queue.qsize()) if (batch := queue.get()) is not None]


def test_a_work_alone_never_waits_however_soon_it_comes_after_the_last_one() -> None:
    works = Works()
    for _ in range(3):
        works.put()
        assert works.begun() == [1]
        assert works.gathering.busy
        works.gathering.settled(1)
        assert not works.gathering.busy


def test_what_comes_in_one_turn_is_committed_together() -> None:
    works = Works()
    works.put(5)
    assert works.begun() == [5]


def test_what_comes_during_a_commit_waits_for_its_end_and_for_those_who_were_answered() -> None:
    works = Works()
    works.put(3)
    assert works.begun() == [3]
    works.put(2)
    assert works.begun(1.0) == []
    works.gathering.settled(3)
    works.put(2)
    assert works.begun() == []
    works.put()  # the five who are at work are all there
    assert works.begun() == [5]


def test_who_does_not_come_again_is_waited_for_until_it_is_quiet() -> None:
    works = Works()
    works.put(3)
    works.begun()
    works.put(2)
    works.gathering.settled(3)
    assert works.begun(QUIET * 0.9) == []
    works.put()
    assert works.begun(QUIET) == [], "one has come meanwhile"
    assert works.begun(QUIET) == [3]


def test_where_one_comes_after_the_other_nobody_waits_longer_than_the_longest() -> None:
    works = Works()
    works.put(100)
    works.begun()
    works.gathering.settled(100)
    waited = 0.0
    while not works.begun(QUIET / 2):
        waited += QUIET / 2
        works.put()
    assert LONGEST - QUIET <= waited <= LONGEST + QUIET


def test_a_loop_that_was_too_busy_to_see_who_came_looks_again() -> None:
    works = Works()
    works.put(2)
    works.begun()
    works.gathering.settled(2)
    works.put()
    works.clock.advance(2 * QUIET + TURN, late=2 * QUIET)
    assert works.begun() == []
    assert works.begun(QUIET) == [1]


def test_when_nobody_has_come_again_the_next_one_does_not_wait() -> None:
    works = Works()
    works.put(3)
    works.begun()
    works.gathering.settled(3)
    assert works.begun(1.0) == []
    works.put()
    assert works.begun() == [1]


def test_a_flood_is_committed_in_parts() -> None:
    works = Works()
    works.put(2 * MOST_TOGETHER + 1)
    assert works.begun() == [MOST_TOGETHER]
    works.gathering.settled(MOST_TOGETHER)
    assert works.begun() == [MOST_TOGETHER]
    works.gathering.settled(MOST_TOGETHER)
    assert works.begun(LONGEST) == [1]


def test_what_waited_for_a_writer_that_died_is_handed_to_the_next_one() -> None:
    for waiting in (1, 2):
        works = Works()
        works.put()
        works.begun()
        works.put(waiting)
        works.gathering.settled(0)
        assert works.begun(QUIET + TURN) == [waiting]


def test_at_the_end_everything_that_was_put_before_is_still_done() -> None:
    works = Works()
    works.put(2)
    works.begun()
    works.put(MOST_TOGETHER + 3)
    works.gathering.close()
    queue = works.gathering.batches
    first, second = queue.get(), queue.get()
    assert first is not None and second is not None and queue.get() is None
    assert [len(first), len(second)] == [MOST_TOGETHER, 3]


@given(st.lists(st.one_of(st.integers(1, 300), st.floats(0, 2 * LONGEST), st.none()), max_size=60))
def test_everything_is_handed_over_once_in_order_and_one_commit_is_under_way_at_a_time(steps: list[Any]) -> None:
    works, handed, under_way = Works(), list[int](), list[list[Any]]()
    for step in [*steps, *[None, 1.0] * 80]:
        if isinstance(step, int):
            works.put(step)
        elif isinstance(step, float):
            works.clock.advance(step)
        elif under_way:
            works.gathering.settled(len(under_way.pop()))
        begun = works.batches()
        under_way += begun
        handed += [work for batch in begun for work in batch]
        assert len(under_way) <= 1
        assert all(len(batch) <= MOST_TOGETHER for batch in begun)
    assert handed == list(range(works.put_so_far))
    assert not works.gathering.busy
