"""`/metrics`: plain integers of the house in Prometheus' words. Counting costs an addition; the library is loaded at
the first scrape."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from carevia.realtime.server import Server
from carevia.service.health import Health
from carevia.service.receipts import Receipts
from carevia.service.relay import Relay

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

Counts = Mapping[tuple[str, Any], int]


class Metrics:
    """`answers` counts (route, status), `events` (socket event, outcome), `refused` webhooks by the reason."""

    def __init__(
        self, server: Server, relay: Relay, health: Health, receipts: Receipts, answers: Callable[[], Counts],
        events: Callable[[], Counts], refused: Callable[[], Mapping[str, int]],
    ) -> None:  # fmt: skip
        self._server = server
        self._relay = relay
        self._health = health
        self._receipts = receipts
        self._answers = answers
        self._events = events
        self._refused = refused
        self._registry: CollectorRegistry | None = None
        self.others: list[Callable[[], Iterator[Metric]]] = []  # parts of the house that count for themselves

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
        yield GaugeMetricFamily("carevia_tasks", "Tasks of the event loop under way", len(asyncio.all_tasks()))
        yield GaugeMetricFamily("carevia_journal_position", "Newest journal row emitted", self._relay.position)
        yield CounterMetricFamily("carevia_rows_set_aside", "Rows no client could read", self._relay.poison.count)
        yield from self._well()
        yield from self._of_receipts()
        answers = CounterMetricFamily("carevia_http_answers", "HTTP answers", labels=["route", "status"])
        for (route, status), count in self._answers().items():
            answers.add_metric([route, str(status)], count)
        yield answers
        refused = CounterMetricFamily("carevia_webhooks_refused", "Webhooks refused unread", labels=["reason"])
        for why, count in self._refused().items():
            refused.add_metric([why], count)
        yield refused
        events = CounterMetricFamily("carevia_socket_events", "Socket events handled", labels=["event", "outcome"])
        for (event, outcome), count in self._events().items():
            events.add_metric([event, str(outcome)], count)
        yield events
        stats = self._server.engine.stats
        ended = CounterMetricFamily("carevia_engine_ended", "Sessions that ended", labels=["reason"])
        for reason, count in stats.ended.items():
            ended.add_metric([reason], count)
        yield ended
        for name in (field.name for field in fields(stats) if field.name != "ended"):
            yield CounterMetricFamily(f"carevia_engine_{name}", "Of the engine", getattr(stats, name))
        yield GaugeMetricFamily("carevia_engine_lagging", "Clients behind", len(self._server.engine.lagging))
        yield from self._of_nodes()
        for other in self.others:
            yield from other()

    def _of_nodes(self) -> "Iterator[Metric]":
        """How often connections were brought to the process that holds their session."""
        from prometheus_client.metrics_core import CounterMetricFamily

        if (links := self._server.engine.links) is None:
            return
        moved = CounterMetricFamily("carevia_connections_moved", "For a session of another process", labels=["way"])
        for way, count in (("handed", links.handed), ("adopted", links.adopted), ("tunnelled", links.tunnelled)):
            moved.add_metric([way], count)
        yield moved

    def _well(self) -> "Iterator[Metric]":
        """What /readyz judges."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

        health = self._health
        ready = GaugeMetricFamily("carevia_ready", "1 while this part does its work", labels=["part"])
        for part, well in health.well.items():
            ready.add_metric([part], int(well))
        yield ready
        yield CounterMetricFamily("carevia_store_failed_commits", "Commits that failed", health.failed_commits)
        yield GaugeMetricFamily("carevia_relay_behind", "Committed rows not emitted yet", health.behind)
        yield GaugeMetricFamily("carevia_bus_silence_seconds", "Since a message to itself came back", health.silence)
        yield CounterMetricFamily("carevia_bus_deaf", "Times the bus fell silent for this node", health.deaf)
        silence = health.journal_silence
        yield GaugeMetricFamily("carevia_journal_silence_seconds", "Since a row of the journal came", silence)
        yield CounterMetricFamily("carevia_journal_deaf", "Times the journal fell silent", health.journal_deaf)

    def _of_receipts(self) -> "Iterator[Metric]":
        from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily

        receipts = self._receipts
        state = receipts.state
        yield GaugeMetricFamily("carevia_receipt_alarm", "1 while the receipt alarm rings", int(state.alarm.rings))
        yield GaugeMetricFamily("carevia_bookings_unseen", "Paid bookings that no desk has shown", state.unseen)
        yield GaugeMetricFamily("carevia_rows_unsent", "Journal rows not emitted yet", state.unsent)
        for name, about, histogram in (
            ("paid_to_screen", "From the provider's payment to the first screen", receipts.paid_to_screen),
            ("received_to_screen", "From the webhook to the first screen", receipts.received_to_screen),
        ):
            buckets = histogram.cumulative()
            yield HistogramMetricFamily(f"carevia_{name}_seconds", about, buckets=buckets, sum_value=histogram.sum)
