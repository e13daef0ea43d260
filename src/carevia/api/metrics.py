"""`/metrics`: plain integers of the house in Prometheus' words. Counting costs an addition; the library is loaded at
the first scrape."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from carevia.realtime.server import Server
from carevia.service.relay import Relay

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

Counts = Mapping[tuple[str, Any], int]


class Metrics:
    """`answers` counts (route, status), `events` (socket event, outcome), `refused` provider's notices by reason."""

    def __init__(
        self,
        server: Server,
        relay: Relay,
        answers: Callable[[], Counts],
        events: Callable[[], Counts],
        refused: Callable[[], Mapping[str, int]],
    ) -> None:
        self._server = server
        self._relay = relay
        self._answers = answers
        self._events = events
        self._refused = refused
        self._registry: CollectorRegistry | None = None

    def text(self) -> tuple[bytes, str]:
        """The page and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, PlatformCollector, ProcessCollector
        from prometheus_client.exposition import generate_latest

        if self._registry is None:
            registry = CollectorRegistry()
            ProcessCollector(registry=registry)
            PlatformCollector(registry=registry)
            registry.register(self)
            self._registry = registry
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def collect(self) -> "Iterator[Metric]":
        """prometheus_client's Collector."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

        yield GaugeMetricFamily("carevia_sockets", "Sockets connected", self._server.client_count)
        yield GaugeMetricFamily("carevia_journal_position", "Newest journal row emitted", self._relay.position)
        yield CounterMetricFamily("carevia_rows_set_aside", "Rows that could not be emitted", self._relay.set_aside)
        answers = CounterMetricFamily("carevia_http_answers", "HTTP answers", labels=["route", "status"])
        for (route, status), count in self._answers().items():
            answers.add_metric([route, str(status)], count)
        yield answers
        events = CounterMetricFamily("carevia_socket_events", "Socket events handled", labels=["event", "outcome"])
        for (event, outcome), count in self._events().items():
            events.add_metric([event, str(outcome)], count)
        yield events
        refused = CounterMetricFamily("carevia_webhook_refused", "Notices of the provider refused", labels=["reason"])
        for reason, count in self._refused().items():
            refused.add_metric([reason], count)
        yield refused
        stats = self._server.engine.stats
        ended = CounterMetricFamily("carevia_engine_ended", "Sessions that ended", labels=["reason"])
        for reason, count in stats.ended.items():
            ended.add_metric([reason], count)
        yield ended
        for name in (field.name for field in fields(stats) if field.name != "ended"):
            yield CounterMetricFamily(f"carevia_engine_{name}", "Of the engine", getattr(stats, name))
        yield GaugeMetricFamily("carevia_engine_lagging", "Clients behind", len(self._server.engine.lagging))
