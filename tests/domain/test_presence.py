"""Presence is counted by person: tabs come and go, and only what changes for the person is said."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from carevia.domain.presence import Presence, State, Who, too_many

TABS = ("t1", "t2", "t3")
RIMA = Who("rima", staff=False)


def counted() -> tuple[Presence, list[tuple[Who, State]]]:
    said: list[tuple[Who, State]] = []
    return Presence(lambda who, state: said.append((who, state))), said


def test_second_tab_is_no_news_and_the_last_that_goes_is() -> None:
    presence, said = counted()
    presence.join(RIMA, "t1")
    presence.join(RIMA, "t2")
    presence.leave(RIMA, "t1")
    assert said == [(RIMA, "here")]
    presence.leave(RIMA, "t2")
    presence.leave(RIMA, "t2")
    assert said == [(RIMA, "here"), (RIMA, "offline")]
    assert presence.people() == {}


def test_a_person_is_away_only_when_all_tabs_are() -> None:
    presence, said = counted()
    presence.join(RIMA, "t1")
    presence.join(RIMA, "t2", "away")
    presence.join(RIMA, "t1", "away")
    presence.join(RIMA, "t2", "here")
    assert [state for _, state in said] == ["here", "away", "here"]


def test_a_tab_that_comes_back_before_its_old_connection_has_gone_stays() -> None:
    presence, said = counted()
    presence.join(RIMA, "session-1")
    presence.join(RIMA, "session-2")
    presence.leave(RIMA, "session-1")
    assert said == [(RIMA, "here")]


@given(st.lists(st.tuples(st.sampled_from(["join", "leave"]), st.sampled_from(TABS), st.booleans())))
def test_what_was_said_last_is_what_the_tabs_are(steps: list[tuple[str, str, bool]]) -> None:
    presence, said = counted()
    tabs: dict[str, str] = {}
    for step, tab, here in steps:
        if step == "leave":
            presence.leave(RIMA, tab)
            tabs.pop(tab, None)
        else:
            presence.join(RIMA, tab, "here" if here else "away")
            tabs[tab] = "here" if here else "away"
        expected = "offline" if not tabs else "here" if "here" in tabs.values() else "away"
        assert presence.state(RIMA) == expected
        assert presence.tabs(RIMA) == len(tabs)
        assert (said[-1][1] if said else "offline") == expected
    assert all(before != after for before, after in pairwise(said))


AGES = st.dictionaries(st.integers(0, 30).map(str), st.integers(0, 5), max_size=8)


@given(AGES, AGES, st.integers(1, 6))
def test_of_all_tabs_the_oldest_go_and_each_node_lets_go_of_its_own(
    one: dict[str, int], two: dict[str, int], most: int
) -> None:
    near, far = {f"near-{id}": age for id, age in one.items()}, {f"far-{id}": age for id, age in two.items()}
    gone = [*too_many(near, far, most), *too_many(far, near, most)]
    both = near | far
    assert len(gone) == len(set(gone)) == max(0, len(both) - most)
    kept = both.keys() - set(gone)
    assert all(both[old] <= both[new] for old in gone for new in kept)
