"""Strangers are counted right, whatever order sessions come, sign in and go in, and the other nodes know of many."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from carevia.api.doorman import Doorman
from carevia.api.limits import AddressLimits

MOST = 8
ADDRESSES = ("10.0.0.1", "10.0.0.2")
WORDS = ("opened", "opened", "opened", "proved", "ended")
STEPS = st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 40)), min_size=30, max_size=200)


class Visit:
    """What the doorman asks of a session."""

    def __init__(self, number: int) -> None:
        self.handshake = SimpleNamespace(counted=ADDRESSES[number % 2])


@given(STEPS)
def test_an_address_is_full_exactly_while_so_many_strangers_are_there(steps: list[tuple[str, int]]) -> None:
    told: dict[str, int] = {}
    limits = AddressLimits(0, MOST, strangers_changed=told.__setitem__)
    doorman = Doorman(limits)
    sessions: list[Any] = [Visit(number) for number in range(41)]
    unused, strangers, there = set(range(41)), set[int](), set[int]()
    for word, number in steps:
        if word == "opened" and number in unused:
            unused.discard(number)
            strangers.add(number)
            there.add(number)
        elif word != "opened" and number in there:
            strangers.discard(number)
            if word == "ended":
                there.discard(number)
        else:
            continue
        getattr(doorman, word)(sessions[number])
        for parity, address in enumerate(ADDRESSES):
            count = sum(stranger % 2 == parity for stranger in strangers)
            assert limits.refuses(address, 0.0) == (count >= MOST)
            known = told.get(address, 0)
            assert known == count or (known == 0 and count <= MOST // 8), "what is not told is not worth a word"
