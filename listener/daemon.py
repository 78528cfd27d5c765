"""The service: APScheduler ticks, and each tick dispatches what is due. The only module that imports apscheduler.

The tick itself feeds systemd's watchdog, so systemd notices if polls are no longer dispatched.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from msgspec.structs import asdict

from listener import outbox
from listener.app import App
from listener.dispatch import describe, level_of
from listener.errors import ConfigError, ListenerError, StorageError
from listener.storage import Counts
from listener.systemd import Notifier

if TYPE_CHECKING:
    from listener.metrics import Metrics

log = logging.getLogger(__name__)

TICK = timedelta(seconds=1)
#: After a database error nothing is handed out for this long: a full disk doesn't get better by the second.
PAUSE = timedelta(seconds=30)
#: How long a stopping daemon waits for polls and messages under way; below systemd's TimeoutStopSec of 90 s.
DRAIN = timedelta(seconds=70)
#: How often the clock is looked at. APScheduler plans by it: set back, it would let nothing run until it has caught up.
CLOCK_EVERY = timedelta(seconds=5)
#: What it may lose meanwhile: NTP sets a clock right by less.
CLOCK_SLACK = timedelta(seconds=2)
#: How often the counts in `systemctl status` are renewed.
STATUS_EVERY = timedelta(seconds=15)
#: When in each hour spikes and rising pain points are looked for: what the hour before brought has mostly come in.
TRENDS_MINUTE = 10
#: When in the night what is to be forgotten is looked for; in another hour where it was missed for longer.
UPKEEP_HOUR, UPKEEP_MINUTE = 3, 17
UPKEEP_MISSED = timedelta(hours=26)


class Daemon:
    """Runs an App until SIGTERM or SIGINT; SIGHUP reloads the settings."""

    def __init__(self, build: Callable[[], App], notifier: Notifier) -> None:
        self._build = build
        self._notifier = notifier
        self._app = build()
        # Not an Event: one that is set in a signal's handler while it is being waited for blocks for ever.
        self._wake: SimpleQueue[None] = SimpleQueue()
        #: Which signal ended it.
        self._ended_by = ""
        self._stopping = False
        self._reload = False
        self._failure: BaseException | None = None
        #: Held while a job runs; whoever holds it may set `_quiet`, after which none begins to touch the app.
        self._turn = threading.Lock()
        #: Held while a job runs that may take minutes, beside those that come every second.
        self._long_turn = threading.Lock()
        self._quiet = False
        self._paused_until: datetime | None = None
        self._status_at: datetime | None = None
        self._polls = 0
        self._metrics: Metrics | None = None
        #: Number of the last alert that was counted in the metrics.
        self._last_alert: int | None = None
        #: By how many seconds the clock is ahead of one that nobody can set.
        self._ahead = time.time() - time.monotonic()

    def run(self) -> None:
        """Run until stopped by a signal. Raises what a tick failed with, unless it is a known database problem."""
        with self._app.store.hold():
            self._app.start()
            self._app.listen()
            self._watch()
            for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(name, self._on_signal)
            scheduler = self._scheduler()
            self._plan(scheduler)
            scheduler.start()
            log.info("ready sources=%d brands=%d channels=%d", *self._app.size())
            self._notifier.ready()
            try:
                self._wait(scheduler)
                if self._ended_by:
                    log.info("stopping signal=%s", self._ended_by)
            finally:
                self._notifier.stopping()
                scheduler.shutdown(wait=True)
                self._app.drain(DRAIN)
                self._app.close()
                if self._metrics is not None:
                    self._metrics.close()
        if self._failure is not None:
            raise self._failure

    def _scheduler(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(3)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        scheduler.add_listener(self._on_error, EVENT_JOB_ERROR)
        return scheduler

    def _plan(self, scheduler: BackgroundScheduler) -> None:
        """Schedule the jobs: the tick, the outbox, the hourly trends, and the nightly upkeep."""
        now = datetime.now(UTC)
        for name, job in (("tick", self._tick), ("send", self._send)):
            scheduler.add_job(
                self._guard(job), "interval", seconds=TICK.total_seconds(), id=name, next_run_time=now,
                replace_existing=True,
            )  # fmt: skip
        for name, job, moment in (
            ("trends", self._trends, {"minute": TRENDS_MINUTE}),
            ("upkeep", self._upkeep, {"minute": UPKEEP_MINUTE}),
        ):
            scheduler.add_job(self._guard(job, self._long_turn), "cron", id=name, replace_existing=True, **moment)

    def _wait(self, scheduler: BackgroundScheduler) -> None:
        """Sleep until a signal or a failure; reload on SIGHUP, and reschedule when the clock was set back."""
        while not self._stopping and self._failure is None:
            with suppress(Empty):
                self._wake.get(timeout=CLOCK_EVERY.total_seconds())
            if self._reload:
                self._reload = False
                self._reload_settings()
            before, self._ahead = self._ahead, time.time() - time.monotonic()
            lost = timedelta(seconds=before - self._ahead)
            if lost > CLOCK_SLACK:
                log.warning(
                    "the clock was set back by %d s; what was planned by it is planned anew", lost.total_seconds()
                )
                self._paused_until = self._status_at = None
                # What the app remembers by the clock goes with it, and opening the store mends what is written there.
                self._reload_settings()
                self._plan(scheduler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Note a signal. Runs between any two steps of the main thread: may neither log nor take a lock."""
        if number == signal.SIGHUP:
            self._reload = True
        else:
            self._ended_by = signal.Signals(number).name
            self._stopping = True
        self._wake.put(None)

    def _on_error(self, event: JobExecutionEvent) -> None:
        self._failure = event.exception
        self._wake.put(None)

    def _guard(self, job: Callable[[datetime], None], turn: threading.Lock | None = None) -> Callable[[], None]:
        """Wrap a job: database trouble pauses all work with one log line; any other exception ends the daemon.

        Jobs that share a `turn` don't overlap; the default is that of the tick.
        """

        def run() -> None:
            with turn or self._turn:
                now = self._app.clock()
                if self._quiet or (self._paused_until is not None and now < self._paused_until):
                    self._notifier.watchdog()
                    return
                attempt(now)

        def attempt(now: datetime) -> None:
            try:
                job(now)
            except StorageError as error:
                self._paused_until = now + PAUSE
                self._notifier.status(f"database: {error}")
                log.error("database error=%r; nothing is lost, next try in %d s", str(error), PAUSE.total_seconds())

        return run

    def _tick(self, now: datetime) -> None:
        dispatcher = self._app.dispatcher
        for result in dispatcher.collect():
            self._polls += 1
            level = level_of(result)
            if log.isEnabledFor(level):
                log.log(level, "poll %s", describe(result))
            if self._metrics is not None:
                self._metrics.polled(result, now)
                if result.alerts:
                    self._count_alerts(self._metrics)
            if self._app.push is not None:
                self._app.push.polled(result)
        if self._app.push is not None:
            self._app.push.step(now)
        dispatcher.start_due(now)
        self._notifier.watchdog()
        if self._metrics is not None:
            self._metrics.ticked(now)
        if self._status_at is None or now >= self._status_at or now < self._status_at - STATUS_EVERY:
            self._status_at = now + STATUS_EVERY
            counts = self._app.store.counts()
            self._notifier.status(f"{summary(counts)}, {self._polls} polls since the start")
            if self._metrics is not None:
                self._metrics.stands(counts, self._app.store.next_due(), now)
                self._count_alerts(self._metrics)

    def _count_alerts(self, metrics: Metrics) -> None:
        """Count the alerts in the database that weren't counted yet, whoever raised them."""
        self._last_alert, by_rule = self._app.store.alerts_by_rule(self._last_alert)
        metrics.alerted(by_rule)

    def _send(self, now: datetime) -> None:
        for delivered in self._app.outbox.start_due(now):
            log.log(logging.WARNING if delivered.error else logging.INFO, "message %s", outbox.describe(delivered))
            if self._metrics is not None:
                self._metrics.delivered(delivered)

    def _trends(self, now: datetime) -> None:
        told = self._app.look_at_trends(now)
        if told:
            log.info("trends alerts=%d", told)

    def _upkeep(self, now: datetime) -> None:
        if now.hour == UPKEEP_HOUR or self._app.upkeep_due(now, UPKEEP_MISSED):
            retained = self._app.upkeep(now, go_on=lambda: not (self._stopping or self._quiet))
            rows = " ".join(f"{name}={count}" for name, count in asdict(retained).items() if count)
            log.info("upkeep removed %s", rows or "nothing")

    def _watch(self) -> None:
        """Serve metrics at the configured address. Raises ListenerError if it is in use."""
        address = self._app.settings.daemon.metrics
        if self._metrics is None:
            if address is None:
                return
            from listener.metrics import Metrics  # few ask for it, and its library takes its time to be imported

            self._metrics = Metrics()
            self._last_alert, _ = self._app.store.alerts_by_rule(None)
        settings = self._app.settings
        self._metrics.configured(
            self._app.store.list_sources(), settings.channels, [rule.name for rule in settings.alerts]
        )
        self._metrics.listen(address)

    def _reload_settings(self) -> None:
        """Reload the settings; invalid ones are logged and the old ones stay in force."""
        self._notifier.reloading()
        try:
            app = self._build()
        except ConfigError as error:
            for problem in error.problems:
                log.error("settings not reloaded: %s", problem)
        except ListenerError as error:
            log.error("settings not reloaded: %s", error)
        else:
            if app.settings.database == self._app.settings.database:
                self._replace_app(app)
            else:
                app.close()
                log.error("settings not reloaded: another database needs a restart")
        self._notifier.ready()

    def _replace_app(self, app: App) -> None:
        """Let the old app finish its work, then continue with the new one."""
        with self._turn:
            self._quiet = True
        # Ticks go on and feed the watchdog, and do nothing else; what takes long sees that it is to end.
        with self._long_turn:
            self._app.drain(DRAIN)
            self._app.close()
        app.start()
        try:
            app.listen()
        except ListenerError as error:
            log.error("can't listen for hubs: %s", error)
        self._app = app
        try:
            self._watch()
        except ListenerError as error:
            log.error("metrics are not served: %s", error)
        self._quiet = False
        log.info("settings reloaded sources=%d brands=%d channels=%d", *app.size())


def summary(counts: Counts) -> str:
    """Return a short summary of the state."""
    return (
        f"{counts.sources} sources, {counts.failing} failing, {counts.mentions} mentions, "
        f"{counts.pending} alerts to send, {counts.dead} undeliverable"
    )
