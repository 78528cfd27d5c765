"""What a monitoring system asks: counts of what the daemon did, gauges of how it stands, in Prometheus' text format.

Counts are kept here; gauges are what the daemon last told. A scrape is answered from memory, by a thread that waits for
nothing, so that whoever asks too often slows no poll. Imported only where the settings say at which address to listen:
the library costs some 40 ms to import. Names follow https://prometheus.io/docs/practices/naming; labels are outcomes,
rules, channels and sources, all of them bounded by the settings, and never what comes from the web.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from listener import __version__
from listener.callbacks import Answer, Call, Callbacks
from listener.outbox import Delivered
from listener.pipeline import PollResult
from listener.storage import Counts, StoredSource
from listener.types import Outcome

#: Seconds that polls take: from an unchanged feed to a page that is rendered.
POLL_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
#: Without a tick for longer than this the daemon isn't well: a database in trouble is tried again after 30 s.
TICK_LIMIT: Final = timedelta(seconds=75)
#: What becomes of a delivery.
SENT, RETRIED, DEAD = "sent", "retried", "dead"


class Metrics:
    """Counts and gauges of one daemon, and the address at which they can be read."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Count from zero. `monotonic` gives seconds by a clock that nobody sets."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._monotonic = monotonic
        self._ticked = monotonic()
        self._address: tuple[str, int] | None = None
        self._server: Callbacks | None = None
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._counters(registry)
        self._gauges(registry)

    def _counters(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, labels: Iterable[str] = ()) -> Counter:
            return Counter(f"listener_{name}", text, labels, registry=registry)

        self._polls = counter("polls", "Finished polls, by outcome.", ["outcome"])
        for outcome in Outcome:
            self._polls.labels(outcome.value)
        self._seconds = Histogram(
            "listener_poll_duration_seconds",
            "Time from the start of a poll until it is stored.",
            registry=registry,
            buckets=POLL_BUCKETS,
        )
        self._requests = counter("requests", "Requests made by polls.")
        self._items_read = counter("items_read", "Items in responses, including known ones.")
        self._items = counter("items", "New items.")
        self._mentions = counter("mentions", "Mentions of brands in new items.")
        self._changes = counter("changes", "Page changes reported.")
        self._alerts = counter("alerts", "Alerts raised, by rule.", ["rule"])
        self._deliveries = counter("deliveries", "Delivery attempts, by channel and outcome.", ["channel", "outcome"])

    def _gauges(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, labels: Iterable[str] = ()) -> Gauge:
            return Gauge(f"listener_{name}", text, labels, registry=registry)

        gauge("build_info", "Version of the program.", ["version"]).labels(__version__).set(1)
        self._tick_at = gauge("last_tick_timestamp_seconds", "Last dispatch of work; normally every second.")
        self._poll_at = gauge("last_poll_timestamp_seconds", "Last poll of any source.")
        self._success_at = gauge(
            "source_last_success_timestamp_seconds", "Last successful poll of a source; 0 if never.", ["source"]
        )
        self._sources = gauge("sources", "Configured sources.")
        self._failing = gauge("sources_failing", "Sources whose last poll failed.")
        self._stopped = gauge("sources_stopped", "Sources no longer polled (410 Gone).")
        self._poll_lag = gauge("poll_lag_seconds", "How long the most overdue source has been due.")
        self._pending = gauge(
            "deliveries_pending", "Deliveries waiting for an attempt, a digest, or the end of quiet hours."
        )
        self._dead = gauge("deliveries_dead", "Abandoned deliveries.")
        self._delivery_lag = gauge("delivery_lag_seconds", "How long the most overdue delivery has been due.")
        self._rows = gauge("database_rows", "Rows in the database.", ["table"])
        self._size = gauge("database_size_bytes", "Size of the database.")

    # --- what the daemon tells

    def ticked(self, now: datetime) -> None:
        """Note that work was handed out."""
        self._ticked = self._monotonic()
        self._tick_at.set(now.timestamp())

    def polled(self, result: PollResult, now: datetime) -> None:
        """Count a poll that has ended."""
        self._polls.labels(result.outcome.value).inc()
        if result.outcome is Outcome.DEFERRED:
            return
        self._seconds.observe(max(result.elapsed.total_seconds(), 0.0))
        self._requests.inc(result.requests)
        self._items_read.inc(result.items)
        self._items.inc(result.new_items)
        self._mentions.inc(result.mentions)
        self._changes.inc(result.changes)
        if result.worked:
            self._success_at.labels(result.source).set(now.timestamp())

    def alerted(self, by_rule: Mapping[str, int]) -> None:
        """Count alerts that were raised."""
        for rule, count in by_rule.items():
            self._alerts.labels(rule).inc(count)

    def delivered(self, delivered: Delivered) -> None:
        """Count what became of a message's alerts."""
        for outcome, count in ((SENT, delivered.sent), (RETRIED, delivered.retried), (DEAD, delivered.dead)):
            self._deliveries.labels(delivered.channel, outcome).inc(count)

    def configured(self, sources: Iterable[StoredSource], channels: Iterable[str], rules: Iterable[str]) -> None:
        """Take the names in the settings, so that those that nothing happens to are seen, too."""
        self._success_at.clear()
        for source in sources:
            if source.active:
                at = source.state.last_success_at
                self._success_at.labels(source.name).set(at.timestamp() if at is not None else 0)
        for rule in rules:
            self._alerts.labels(rule)
        for channel in channels:
            for outcome in (SENT, RETRIED, DEAD):
                self._deliveries.labels(channel, outcome)

    def stands(self, counts: Counts, next_due: datetime | None, now: datetime) -> None:
        """Take how the database stands, and when the next source is due."""
        self._sources.set(counts.sources)
        self._failing.set(counts.failing)
        self._stopped.set(counts.stopped)
        self._poll_lag.set(overdue(next_due, now))
        self._pending.set(counts.pending)
        self._dead.set(counts.dead)
        self._delivery_lag.set(overdue(counts.oldest_pending, now))
        for table in ("items", "mentions", "stories", "alerts"):
            self._rows.labels(table).set(getattr(counts, table))
        self._size.set(counts.size_bytes)
        if counts.last_poll is not None:
            self._poll_at.set(counts.last_poll.timestamp())

    # --- what is asked

    def listen(self, address: tuple[str, int] | None) -> None:
        """Be there at an address, a host and a port, and no longer at another; None: nowhere.

        Raises ListenerError where it is taken.
        """
        if address == self._address:
            return
        self.close()
        if address is not None:
            self._server = Callbacks(*address, self.answer, use="for metrics (daemon.metrics)")
            self._address = address

    @property
    def port(self) -> int | None:
        """The port that is listened at."""
        return None if self._server is None else self._server.port

    def close(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()
        self._server = self._address = None

    def answer(self, call: Call) -> Answer:
        """Answer a scrape, or the question how the daemon is."""
        if call.method != "GET":
            return Answer(status=HTTPStatus.METHOD_NOT_ALLOWED)
        if call.path == "/health":
            silent = timedelta(seconds=self._monotonic() - self._ticked)
            if silent > TICK_LIMIT:
                text = f"no work was dispatched for {silent.total_seconds():.0f} s\n"
                return Answer(status=HTTPStatus.SERVICE_UNAVAILABLE, text=text)
            return Answer(status=HTTPStatus.OK, text="ok\n")
        if call.path != "/metrics":
            return Answer(status=HTTPStatus.NOT_FOUND, text="/metrics or /health\n")
        return Answer(
            status=HTTPStatus.OK, text=generate_latest(self._registry).decode(), content_type=CONTENT_TYPE_PLAIN_0_0_4
        )


def overdue(due: datetime | None, now: datetime) -> float:
    """Return for how many seconds something has been due; 0 for what isn't or doesn't exist."""
    return 0.0 if due is None else max((now.astimezone(UTC) - due).total_seconds(), 0.0)
