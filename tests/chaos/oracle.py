"""The judgement over a ledger: lost, shown twice, out of order, how late. Pure: it only reads what was written.

A client does what a page's reducer does: what it has under the same number already changes nothing. So the same event
under the same number again is a duplicate on the wire, and under another number it would be shown a second time.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.ledger import Client, Fact, Ledger, Shown

Outage = tuple[int, int]  # ms: from the death until it answers again
PROMISED = {0.5: 2.0, 0.99: 5.0}  # share of what a death came between -> s until it is on the screen


def merged(outages: Iterable[Outage]) -> list[Outage]:
    """In order and apart, where several things were away at once."""
    found: list[Outage] = []
    for down, up in sorted(outages):
        if found and down <= found[-1][1]:
            found[-1] = found[-1][0], max(up, found[-1][1])
        else:
            found.append((down, up))
    return found


@dataclass
class Delays:
    """From the 2xx to the screen, in ms in which the listener was there."""

    values: "array[int]" = field(default_factory=lambda: array("l"))

    def at(self, share: float) -> float:
        """Seconds that `share` of them stay below."""
        ranked = sorted(self.values)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] / 1000 if ranked else 0.0

    @property
    def late(self) -> list[str]:
        """What is over the promise for whatever a death came between."""
        over = {share: most for share, most in PROMISED.items() if self.at(share) > most}
        return [
            f"p{share * 100:g} after a death is {self.at(share):.1f} s, not {most:g}" for share, most in over.items()
        ]


@dataclass
class Verdict:
    """What may not be is listed; what is only told is counted."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)
    facts: int = 0
    expected: int = 0
    shown: int = 0
    wire_duplicates: int = 0
    live: Delays = field(default_factory=Delays)
    interrupted: Delays = field(default_factory=Delays)  # of what a death kept from the screen

    @property
    def problems(self) -> list[str]:
        return self.lost + self.twice + self.disorder


def judge(ledger: Ledger, clients: Sequence[Client], outages: Mapping[int, Sequence[Outage]]) -> Verdict:
    verdict = Verdict()
    facts = ledger.facts()
    verdict.facts = len(facts)
    of_room = defaultdict(list)
    for fact in facts:
        of_room[fact.room].append(fact)
    numbers: dict[int, str] = {}
    for client in clients:
        first = _in_order(client, ledger.shown(client.name), numbers, verdict)
        due = [fact for room in client.rooms for fact in of_room[room]]
        _complete(client, due, first, outages.get(client.home, ()), verdict)
    return verdict


def _in_order(client: Client, shown: Iterable[Shown], numbers: dict[int, str], verdict: Verdict) -> dict[str, Shown]:
    """What was shown, by what it is. Every client must agree about the number of each event."""
    first: dict[str, Shown] = {}
    newest = 0
    for one in shown:
        verdict.shown += 1
        before = first.get(one.what)
        if before is not None and before.seq == one.seq:
            verdict.wire_duplicates += 1
            continue
        if before is not None:
            verdict.twice.append(f"{client.name} was shown {one.what} as {before.seq} and as {one.seq}")
            continue
        first[one.what] = one
        if one.seq <= newest:
            verdict.disorder.append(f"{client.name} was shown {one.seq} after {newest}")
        if numbers.setdefault(one.seq, one.what) != one.what:
            verdict.disorder.append(f"{client.name} knows {one.seq} as {one.what}, others as {numbers[one.seq]}")
        newest = max(newest, one.seq)
    return first


def _complete(
    client: Client, due: Iterable[Fact], first: Mapping[str, Shown], outages: Sequence[Outage], verdict: Verdict
) -> None:
    starts = [down for down, _ in outages]
    for fact in due:
        verdict.expected += 1
        one = first.get(fact.what)
        if one is None:
            verdict.lost.append(f"{client.name} was never shown {fact.what}")
        elif client.direct:
            away = _away(fact.ms, one.ms, outages, starts)
            delays = verdict.live if away is None else verdict.interrupted
            delays.values.append(max(0, one.ms - fact.ms - (away or 0)))


def _away(since: int, until: int, outages: Sequence[Outage], starts: Sequence[int]) -> int | None:
    """For how many ms of this time the listener was not there; None where it always was."""
    found = None
    at = bisect_left(starts, until) - 1
    while at >= 0 and outages[at][1] > since:
        down, up = outages[at]
        found = (found or 0) + min(up, until) - max(down, since)
        at -= 1
    return found
