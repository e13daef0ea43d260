"""How long something takes, counted in buckets. Pure: an addition for each observation."""

from bisect import bisect_left
from collections.abc import Sequence

PATIENCE = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0)
"""Upper bounds for what people wait for."""

WORK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds for what a machine does."""


class Histogram:
    """Seconds."""

    def __init__(self, bounds: Sequence[float] = PATIENCE) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        seconds = max(0.0, seconds)  # another machine's clock is not ours
        self.counts[bisect_left(self._bounds, seconds)] += 1
        self.sum += seconds

    def cumulative(self) -> list[tuple[str, int]]:
        """As Prometheus wants it: (upper bound, how many up to there)."""
        sums, total = [], 0
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self.counts, strict=True):
            total += count
            sums.append((bound, total))
        return sums
