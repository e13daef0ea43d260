"""Reconciliation by the clock, while the server runs: one sweep at the start, then one every interval.

A sweep that fails says so once and is made again at the next; it never ends the server. Ids and counts are logged,
nobody's data.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from carevia.api.metrics import counted
from carevia.errors import CareviaError
from carevia.logs import Log
from carevia.service.reconcile import Reconciliation, Report
from carevia.tasks import end

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class Sweeps:
    """`interval` in seconds."""

    def __init__(self, reconciliation: Reconciliation, interval: float, log: Log) -> None:
        self._reconciliation = reconciliation
        self._interval = interval
        self._log = log
        self._task: asyncio.Task[None] | None = None
        self._told: set[tuple[str, str]] = set()
        self._failing = False
        self.outcomes: Counter[str] = Counter()  # clean, repaired, drift, failed -> sweeps
        self.found: Counter[str] = Counter()  # kind -> findings, of all sweeps
        self.drift = 0  # checkouts that need a person, at the last sweep
        self.last = 0  # ms, when the last whole sweep began

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        task, self._task = self._task, None
        await end(task)

    async def _run(self) -> None:
        while True:
            await self.once()
            await asyncio.sleep(self._interval)

    async def once(self) -> None:
        try:
            report = await self._reconciliation.sweep()
        except Exception as problem:
            self.outcomes["failed"] += 1
            self._say_failed(problem)
            return
        self._failing = False
        self._take(report)

    def _say_failed(self, problem: Exception) -> None:
        """Once, however long it lasts: /metrics counts the rest."""
        if not self._failing:
            self._failing = True
            if isinstance(problem, CareviaError):
                self._log.warning("reconciliation failed, the next sweep tries again", reason=problem.message)
            else:
                self._log.error("reconciliation failed, the next sweep tries again", problem)

    def _take(self, report: Report) -> None:
        missing, drift = len(report.of("missing")), report.for_a_person
        self.found.update(finding.kind for finding in report.findings)
        self.outcomes["drift" if drift else "repaired" if missing else "clean"] += 1
        self.drift, self.last = len(drift), report.until
        if report.findings:
            self._log.info(
                "reconciled with the payment provider",
                compared=report.compared, repaired=missing, early=len(report.of("early")), need_a_person=len(drift),
            )  # fmt: skip
        told: set[tuple[str, str]] = {(finding.session_id, finding.kind) for finding in drift}
        for session_id, kind in sorted(told - self._told):
            self._log.warning("a payment needs a look", session=session_id, difference=kind)
        self._told = told

    def collect(self) -> "Iterator[Metric]":
        """For /metrics."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        yield counted("carevia_reconcile_sweeps", "Sweeps over the provider's list", ("outcome",), self.outcomes)
        yield counted("carevia_reconcile_findings", "Checkouts that did not agree", ("kind",), self.found)
        yield GaugeMetricFamily("carevia_reconcile_drift", "Of the last sweep, for a person", self.drift)
        last = self.last / 1000
        yield GaugeMetricFamily("carevia_reconcile_last_timestamp_seconds", "When the last whole sweep began", last)
