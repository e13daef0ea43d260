"""Who is there, by person and not by connection: a person is as present as the most present of their tabs.

Pure counting, nothing of it is stored. Tabs are known by any word that is unique over all nodes (`tab_of` in
api/seats.py makes it), so what several nodes know is counted in one.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Literal, NamedTuple

import msgspec

TabState = Literal["here", "away"]
"""`here`: the tab is looked at. `away`: it is hidden, or nobody has touched it for a while."""

State = Literal["here", "away", "offline"]


class Who(NamedTuple):
    """Whose tabs count together. Who is staff on one tab and a customer on another, for their role has just changed,
    is there as both."""

    person: str
    staff: bool


class Tab(msgspec.Struct, array_like=True, frozen=True):
    """What one node says of a tab on it; of customers no name."""

    person: str
    staff: bool
    name: str
    since: int  # ms since 1970 UTC, no two tabs of a node the same
    state: TabState
    socket: str = ""  # its id, which a tab that comes back keeps; a node of an older version tells none

    @property
    def who(self) -> Who:
        return Who(self.person, self.staff)


class Presence:
    """`listener(who, state)` is called after every change of a person; another tab of the same state is none."""

    def __init__(self, listener: Callable[[Who, State], None]) -> None:
        self._listener = listener
        self._tabs: dict[Who, dict[str, TabState]] = {}

    def join(self, who: Who, tab: str, state: TabState = "here") -> None:
        """A tab has come, or says how it is now."""
        self._change(who, lambda tabs: tabs.update({tab: state}))

    def leave(self, who: Who, tab: str) -> None:
        """A tab has gone; nothing happens where it is not known."""
        self._change(who, lambda tabs: tabs.pop(tab, None))

    def state(self, who: Who) -> State:
        return most_present(self._tabs.get(who, {}).values())

    def tabs(self, who: Who) -> int:
        """How many they have."""
        return len(self._tabs.get(who, ()))

    def people(self) -> dict[Who, State]:
        """Everybody who is not offline."""
        return {who: most_present(tabs.values()) for who, tabs in self._tabs.items()}

    def _change(self, who: Who, work: Callable[[dict[str, TabState]], object]) -> None:
        before = self.state(who)
        tabs = self._tabs.setdefault(who, {})
        work(tabs)
        if not tabs:
            del self._tabs[who]
        if (after := self.state(who)) != before:
            self._listener(who, after)


def too_many(here: Mapping[str, int], elsewhere: Mapping[str, int], most: int) -> list[str]:
    """One person's tabs on this node and on the others, with their age (`since`): those of this node that have to go,
    oldest first. Of all tabs the oldest go, and each node lets go of its own: two that know the same tabs never let go
    of more than there are too many."""
    over = len(here) + len(elsewhere) - most
    if over <= 0:
        return []
    oldest = sorted([*here.items(), *elsewhere.items()], key=lambda tab: (tab[1], tab[0]))[:over]
    return [tab for tab, _ in oldest if tab in here]


def most_present(states: Collection[State]) -> State:
    """What somebody is with tabs of these states, or a group with people of these."""
    if "here" in states:
        return "here"
    return "away" if "away" in states else "offline"
