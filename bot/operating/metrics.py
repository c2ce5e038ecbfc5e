"""What `/metrics` says, in Prometheus' text format. docs/operating.md explains each metric."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

import bot
from bot.operating.measurements import Measurements, Times
from bot.operating.status import Report
from bot.storage.configs.cache import CachedConfigs
from bot.storage.connection.leadership import Leadership

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Counts = Iterable[tuple[str | tuple[str, ...], int]]
"""Counts by the values of one label, or of several."""


class Metrics(Collector):
    """Renders a report and the measurements; the text of one report is made once."""

    def __init__(self, measurements: Measurements, configs: CachedConfigs, leadership: Leadership) -> None:
        self._measurements = measurements
        self._configs = configs
        self._leadership = leadership
        self._report: Report | None = None
        self._text = b""
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def render(self, report: Report) -> bytes:
        """Return the text."""
        if report is not self._report:
            self._report = report
            self._text = generate_latest(self._registry)
        return self._text

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; the registry calls this."""
        report = self._report
        if report is not None:
            yield from self._updates(report)
            yield from self._calls()
            yield from self._outbox(report)
            yield from self._configurations()
            yield from self._database(report)
            yield from self._queries()

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the registry need not know the names before."""
        return ()

    def _updates(self, report: Report) -> Iterator[Metric]:
        found = self._measurements
        yield _info("bot_build", "The release that runs.", version=bot.__version__, python=platform.python_version())
        yield _gauge("bot_ready", "Whether the process is well, as /readyz says it.", report.ready)
        yield _gauge("bot_uptime_seconds", "Seconds since the start.", report.uptime)
        yield _gauge("bot_leader", "Whether this process leads: it polls and sends.", report.leads)
        yield _total("bot_leadership_taken", "How often this process took the lead.", self._leadership.taken)
        yield _gauge("bot_polling_fails", "Whether the last getUpdates failed.", report.polling_fails)
        yield _gauge("bot_last_poll_seconds", "Seconds since getUpdates was last answered.", report.last_poll)
        yield _gauge("bot_last_update_seconds", "Seconds since an update last came.", report.last_update)
        yield _gauge("bot_updates_in_hand", "Updates that are being handled or wait for it.", report.in_hand)
        yield _counters("bot_updates", "Updates by what became of them.", ("type", "result"), found.updates.items())
        yield _histogram("bot_handling_seconds", "How long handling took.", "type", found.handling)

    def _calls(self) -> Iterator[Metric]:
        found = self._measurements
        yield _counters(
            "bot_api_calls", "Calls to Telegram by how they ended.", ("method", "result"), found.calls.items()
        )
        yield _histogram("bot_api_call_seconds", "How long a call took.", "method", found.call_times)
        waits = found.flood_waits.items()
        yield _counters("bot_api_flood_waits", "How often Telegram asked for a pause.", ("method",), waits)
        yield _total("bot_api_flood_wait_seconds", "Seconds of pauses it asked for, in all.", found.flood_wait_seconds)

    def _outbox(self, report: Report) -> Iterator[Metric]:
        yield _gauge("bot_outbox_waiting", "Messages that wait to be sent.", report.outbox.waiting)
        yield _gauge("bot_outbox_oldest_seconds", "For how long the oldest waits.", report.outbox.oldest_seconds or 0.0)

    def _configurations(self) -> Iterator[Metric]:
        reads = [("memory", self._configs.hits), ("database", self._configs.misses)]
        yield _counters("bot_config_reads", "Configurations read, by where they were.", ("source",), reads)
        yield _gauge("bot_config_cached_chats", "Configurations in memory.", len(self._configs))
        revisions = self._configs.revisions.items()
        yield _counters("bot_revisions", "Revisions written, by the way people took.", ("via",), revisions)

    def _database(self, report: Report) -> Iterator[Metric]:
        yield _gauge("bot_database_up", "Whether the database answers.", report.database.healthy)
        yield _gauge("bot_database_latency_seconds", "How long it took to answer last.", report.database.latency)
        pool = report.pool
        connections = GaugeMetricFamily(
            "bot_database_pool_connections", "Connections of the pool by what they do.", labels=["state"]
        )
        connections.add_metric(["idle"], pool.idle)
        connections.add_metric(["in_use"], pool.in_use)
        yield connections
        yield _gauge("bot_database_pool_max_connections", "Connections the pool may have.", pool.max)
        yield _gauge("bot_database_pool_waiting", "Callers that wait for a connection.", pool.waiting)

    def _queries(self) -> Iterator[Metric]:
        found = self._measurements
        yield _histogram("bot_database_query_seconds", "How long queries took.", "query", found.query_times)
        failed = found.failed_queries.items()
        yield _counters("bot_database_query_failures", "Queries that ended by an error.", ("query",), failed)
        slow = found.slow_queries.items()
        yield _counters("bot_database_slow_queries", "Queries over SLOW_QUERY_SECONDS.", ("query",), slow)


def _gauge(name: str, words: str, value: float | None) -> Metric:
    """Return a gauge; one without a value shows none."""
    family = GaugeMetricFamily(name, words)
    if value is not None:
        family.add_metric([], float(value))
    return family


def _info(name: str, words: str, **labels: str) -> Metric:
    family = GaugeMetricFamily(f"{name}_info", words, labels=list(labels))
    family.add_metric(list(labels.values()), 1.0)
    return family


def _total(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=value)


def _counters(name: str, words: str, labels: tuple[str, ...], counts: Counts) -> Metric:
    family = CounterMetricFamily(name, words, labels=labels)
    for values, count in counts:
        family.add_metric(values if isinstance(values, tuple) else (values,), count)
    return family


def _histogram(name: str, words: str, label: str, times: Mapping[str, Times]) -> Metric:
    family = HistogramMetricFamily(name, words, labels=[label])
    for value, found in times.items():
        bounds = (*map(str, found.bounds), "+Inf")
        family.add_metric([value], list(zip(bounds, accumulate(found.counts), strict=True)), found.total)
    return family
