"""`/metrics`: plain integers of the house in Prometheus' words. Counting costs an addition; the library is loaded at
the first scrape.

Names follow Prometheus' rules (tests/deploy/test_monitoring.py): base units, `_total` on what only grows. Labels are
words of ours from short lists, never anything of a person or of a request. Each part of the house tells its own
figures by a `collect`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from carevia import __version__
from carevia.realtime.server import Server
from carevia.service.health import Health
from carevia.service.receipts import Receipts
from carevia.service.relay import Relay
from carevia.store.store import Store

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

Counts = Mapping[tuple[str, Any], int]
_ENGINE: Final = {
    "opened": "Sessions opened",
    "received": "Socket.IO packets received",
    "dropped": "Volatile messages that a client could not take",
    "slow": "Clients closed because they read too slowly; they come back and catch up",
    "unknown": "Events without a handler",
}


class Metrics:
    """`answers` counts (route, status), `events` (socket event, outcome), `refused` webhooks by the reason."""

    def __init__(
        self, node: str, store: Store, server: Server, relay: Relay, health: Health, receipts: Receipts,
        answers: Callable[[], Counts], events: Callable[[], Counts], refused: Callable[[], Mapping[str, int]],
        ended_tabs: Callable[[], int],
    ) -> None:  # fmt: skip
        self._node = node
        self._store = store
        self._server = server
        self._relay = relay
        self._health = health
        self._receipts = receipts
        self._answers = answers
        self._events = events
        self._refused = refused
        self._ended_tabs = ended_tabs
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
        from prometheus_client.metrics_core import GaugeMetricFamily

        about = GaugeMetricFamily("carevia_build_info", "1; which version, which node", labels=["version", "node"])
        about.add_metric([__version__, self._node], 1)
        yield about
        yield GaugeMetricFamily("carevia_tasks", "Tasks of the event loop under way", len(asyncio.all_tasks()))
        yield from self._well()
        yield from self._of_store()
        yield from self._of_receipts()
        yield counted("carevia_http_answers", "HTTP answers", ("route", "status"), self._answers())
        yield counted("carevia_webhooks_refused", "Webhooks refused unread", ("reason",), self._refused())
        yield counted("carevia_socket_events", "Socket events handled", ("event", "outcome"), self._events())
        yield from self._of_sockets()
        yield from self._of_limits()
        yield from self._of_nodes()
        for other in self.others:
            yield from other()

    def _of_sockets(self) -> "Iterator[Metric]":
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

        server, engine = self._server, self._server.engine
        yield GaugeMetricFamily("carevia_sockets", "Sockets connected", server.client_count)
        sessions = GaugeMetricFamily("carevia_sessions", "Sessions by their present transport", labels=["transport"])
        transports = Counter(session.transport.name for session in engine.sessions.values())
        for transport in ("polling", "websocket"):
            sessions.add_metric([transport], transports[transport])
        yield sessions
        for name, about in _ENGINE.items():
            yield CounterMetricFamily(f"carevia_engine_{name}", about, getattr(engine.stats, name))
        yield counted("carevia_engine_ended", "Sessions that ended", ("reason",), engine.stats.ended)
        yield counted("carevia_engine_refused", "Handshakes refused", ("reason",), engine.stats.refused)
        yield GaugeMetricFamily("carevia_engine_lagging", "Clients behind", len(engine.lagging))
        unsent = sum(transport.unsent for transport in engine.lagging)
        yield GaugeMetricFamily("carevia_engine_unsent_bytes", "Bytes that wait for clients behind", unsent)
        yield GaugeMetricFamily("carevia_draining", "1 while it lets its sockets go", int(engine.draining))
        yield CounterMetricFamily("carevia_drain_moved", "Sockets that a drain has let go", server.moved)

    def _of_limits(self) -> "Iterator[Metric]":
        """How often a limit was met; which setting that is, stands in docs/operate.md."""
        stats = self._server.engine.stats
        yield counted(
            "carevia_limits_met", "Times that a limit was met", ("limit",),
            {
                **dict.fromkeys(("head", "payload", "packets", "attachments", "rooms", "queue"), 0),
                **stats.limits,
                "buffer": stats.slow,
                "address": stats.refused.get("admission", 0),
                "connections": stats.refused.get("full", 0),
                "events": sum(count for (_, outcome), count in self._events().items() if outcome == "rate_limited"),
                "flood": stats.ended.get("too many events", 0),
                "tabs": self._ended_tabs(),
            },
        )  # fmt: skip

    def _of_nodes(self) -> "Iterator[Metric]":
        """How often connections were brought to the process that holds their session."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        if (links := self._server.engine.links) is None:
            return
        ways = {"handed": links.handed, "adopted": links.adopted, "tunnelled": links.tunnelled}
        yield counted("carevia_connections_moved", "For a session of another process", ("way",), ways)
        yield GaugeMetricFamily("carevia_tunnels", "Connections tunnelled to another host now", len(links.tunnels))

    def _well(self) -> "Iterator[Metric]":
        """What /readyz judges."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

        health = self._health
        ready = GaugeMetricFamily("carevia_ready", "1 while this part does its work", labels=["part"])
        for part, well in health.well.items():
            ready.add_metric([part], int(well))
        yield ready
        yield GaugeMetricFamily("carevia_bus_silence_seconds", "Since a message to itself came back", health.silence)
        yield CounterMetricFamily("carevia_bus_deaf", "Times the bus fell silent for this node", health.deaf)
        silence = health.journal_silence
        yield GaugeMetricFamily("carevia_journal_silence_seconds", "Since a row of the journal came", silence)
        yield CounterMetricFamily("carevia_journal_deaf", "Times the journal fell silent", health.journal_deaf)

    def _of_store(self) -> "Iterator[Metric]":
        """From a work that asks to the journal's row that has gone out."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        store, relay, health = self._store, self._relay, self._health
        yield CounterMetricFamily("carevia_store_commits", "Transactions that were committed", store.commits)
        yield CounterMetricFamily("carevia_store_failed_commits", "Commits that failed", store.failed_commits)
        yield CounterMetricFamily("carevia_store_rows", "Journal rows that this process committed", store.rows)
        yield HistogramMetricFamily(
            "carevia_store_write_seconds", "From a work that asks to its commit",
            buckets=store.waited.cumulative(), sum_value=store.waited.sum,
        )  # fmt: skip
        yield GaugeMetricFamily("carevia_journal_position", "Newest journal row emitted", relay.position)
        yield GaugeMetricFamily("carevia_relay_behind", "Committed rows not emitted yet", health.behind)
        yield CounterMetricFamily("carevia_rows_set_aside", "Rows no client could read", relay.poison.count)

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


def counted(name: str, about: str, labels: tuple[str, ...], counts: Mapping[Any, int]) -> "Metric":
    """A counter for each key: one label's value, or a tuple of them."""
    from prometheus_client.metrics_core import CounterMetricFamily

    family = CounterMetricFamily(name, about, labels=labels)
    for key, count in counts.items():
        family.add_metric([str(value) for value in (key if isinstance(key, tuple) else (key,))], count)
    return family
