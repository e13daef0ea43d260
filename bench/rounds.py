"""One run of the benchmark: its settings, the servers in turn, its figures so far."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from bench.load import Done, Load, load
from bench.servers import LOOP, NODE, OURS, PYTHON, TITLES, running
from bench.table import ROWS, Figures, number

NEVER = 300.0  # s between pings: heartbeats stay out of what is measured where they are not the point


@dataclass
class Bench:
    """The settings of a run, and its figures so far."""

    servers: Sequence[str] = (OURS, NODE, PYTHON, LOOP)
    seconds: float = 1.0  # that one measurement lasts
    scale: float = 1.0  # of the numbers of clients; 1 but in the tests of this machinery
    turn: int = 0
    figures: Figures = field(default_factory=Figures)
    generator: list[float] = field(default_factory=list)  # µs of the load generator per event

    def count(self, clients: int) -> int:
        return max(2, round(clients * self.scale))

    def order(self, *without: str) -> list[str]:
        """The servers of this run; another one is first in each round."""
        names = [name for name in self.servers if name not in without]
        first = self.turn % max(1, len(names))
        return names[first:] + names[:first]

    @contextmanager
    def one(self, name: str, ping_interval: float = NEVER, namespaces: int = 0, payload: int = 300) -> Iterator[Load]:
        with running(name, ping_interval, BENCH_NAMESPACES=str(namespaces)) as server, load(server, payload) as clients:
            yield clients

    @contextmanager
    def together(self, *without: str, namespaces: int = 0) -> Iterator[list[Load]]:
        """All servers at once, each with clients of its own."""
        with ExitStack() as stack:
            yield [stack.enter_context(self.one(name, namespaces=namespaces)) for name in self.order(*without)]

    def note(self, row: str, server: str, value: float) -> None:
        self.figures.add(row, server, self.turn, value)
        said = f"{number(value)} {ROWS[row].unit}"
        print(f"round {self.turn + 1}  {ROWS[row].title:44} {TITLES[server]:16} {said:>10}", flush=True)

    def events(self, row: str, loads: Sequence[Load], text: str, receivers: int, at_once: int = 1) -> None:
        """CPU per delivered message."""
        for clients in loads:
            publish = partial(clients.publish, text, receivers=receivers, at_once=at_once)
            done = self.steady(publish, at_once)
            self.generator.append(done.generator / done.events / 1e3)
            self.note(row, clients.server.name, done.cpu / done.events / 1e3)

    def calls(self, row: str, loads: Sequence[Load], text: str) -> None:
        """CPU per event in and acknowledgement out; 64 clients ask at once."""
        for clients in loads:
            done = self.steady(partial(clients.call, text, window=self.count(64)), 64)
            self.note(row, clients.server.name, done.cpu / done.acks / 1e3)

    def steady(self, run: Callable[[int], Done], least: int, times: float = 1.0) -> Done:
        """Warm up until a run is long enough to know how many make `seconds` times `times`; then measure that many."""
        count = least
        while (done := run(count)).seconds < self.seconds / 4 and count < 100_000:
            count *= 2
        return run(max(least, round(count * self.seconds * times / done.seconds)))
