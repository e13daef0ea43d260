"""A conversation's rules: who waits, what is unread, and what opens and closes it, in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from carevia.domain.conversations import State, answered, assigned, closed, read, reopened, written


def test_a_customer_waits_from_the_first_message_that_nobody_answered() -> None:
    state = written(written(State(), 3), 5)
    assert (state.waiting, state.unread, state.last_seq) == (3, 2, 5)
    assert written(answered(state, 7), 9).waiting == 9


def test_reading_is_not_answering() -> None:
    state = read(written(State(), 3), 3, 0)
    assert (state.unread, state.waiting, state.read_seq) == (0, 3, 3)
    assert read(state, 1, 0).read_seq == 3


def test_closing_ends_the_waiting_and_a_message_opens_again_and_leaves_the_assignee() -> None:
    state = closed(assigned(written(State(), 3), "s1"))
    assert (state.status, state.waiting, state.unread, state.read_seq) == ("closed", None, 0, 3)
    again = written(state, 8)
    assert (again.status, again.waiting, again.unread, again.assignee) == ("open", 8, 1, "s1")
    assert reopened(state).status == "open"


@given(st.lists(st.sampled_from(["written", "answered", "read", "closed", "reopened"])))
def test_what_is_unread_waits_and_what_waits_is_open(story: list[str]) -> None:
    state = State()
    for seq, step in enumerate(story, 1):
        match step:
            case "written":
                state = written(state, seq)
            case "answered":
                state = answered(state, seq)
            case "read":
                state = read(state, state.last_seq, 0)
            case "closed":
                state = closed(state)
            case _:
                state = reopened(state)
        assert state.unread == 0 or state.waiting is not None
        assert state.waiting is None or state.status == "open"
