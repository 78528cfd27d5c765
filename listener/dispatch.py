"""Hands due sources to worker threads, one host at a time.

What is due is asked of the store at each tick; nothing is queued in memory but what a worker is about to take, so a
crash loses no schedule.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import msgspec

from listener.errors import ListenerError, StorageError
from listener.parts import Parts
from listener.pipeline import PollResult, add_alerts, poll
from listener.schedule import Polled, after_poll
from listener.types import Outcome, Source, SourceState
from listener.urls import host_of

log = logging.getLogger(__name__)

#: Due sources looked at in one tick, for each worker: enough to keep all busy until the next tick.
DUE_PER_WORKER = 8
#: Where more is due than is looked at, those that wait for their host stand back for this long.
HELD_BACK = timedelta(seconds=5)


class Polling(msgspec.Struct, frozen=True, kw_only=True):
    """A poll under way."""

    source: Source
    state: SourceState
    host: str


class Dispatcher:
    """Polls what is due with `workers` threads. One thread calls it: the scheduler's tick."""

    def __init__(
        self, parts: Parts, sources: Mapping[str, Source], ready_at: Callable[[str, datetime], datetime], workers: int
    ):
        self._parts = parts
        self._sources = sources
        self._ready_at = ready_at
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="poll")
        self._running: dict[Future[PollResult], Polling] = {}
        self._ended: deque[Future[PollResult]] = deque()
        #: Set when so many have ended that it is worth to wake who waits for them.
        self._enough = threading.Event()
        self._enough_are = 1

    def running(self) -> int:
        """Return the number of polls under way or next in line."""
        return len(self._running)

    def start_due(self, now: datetime, but: Collection[str] = ()) -> int:
        """Hand sources that are due, `but` those, to the workers, one for each host; return how many.

        Up to as many as there are workers wait in line, and the line is filled up when it is empty: to look up many
        at once costs little more than one.
        """
        if len(self._running) > self._workers:
            return 0
        free = 2 * self._workers - len(self._running)
        busy = {polling.host for polling in self._running.values()}
        names = {polling.source.name for polling in self._running.values()}.union(but)
        limit = self._workers * DUE_PER_WORKER
        due = self._parts.store.due(now, limit, exclude=names)
        held: list[str] = []
        chosen: dict[str, str] = {}
        for name in due:
            source = self._sources.get(name)
            if source is None or len(chosen) == free:
                continue
            host = host_of(source.url)
            if host and (host in busy or self._ready_at(source.url, now) > now):
                held.append(name)
                continue
            busy.add(host)
            chosen[name] = host
        for state in self._parts.store.get_states(list(chosen)) if chosen else ():
            self._start(self._sources[state.source], state, chosen[state.source])
        if held and len(due) == limit:
            # Sources that wait for their host must not hide others that could be asked.
            with self._parts.store.write() as tx:
                tx.reschedule(held, now + HELD_BACK)
        return len(chosen)

    def _start(self, source: Source, state: SourceState, host: str) -> None:
        future = self._pool.submit(poll, source, state, self._parts)
        self._running[future] = Polling(source=source, state=state, host=host)
        future.add_done_callback(self._note_end)

    def _note_end(self, future: Future[PollResult]) -> None:
        self._ended.append(future)
        if len(self._ended) >= self._enough_are:
            self._enough.set()

    def collect(self, timeout: timedelta = timedelta(0)) -> Iterator[PollResult]:
        """Yield the results of polls that have ended.

        Waits up to `timeout` until new ones can be started: for the first, or for as many as stand in line.

        Raises StorageError where a poll could not be stored: it is due still, nothing of it is lost.
        """
        if not self._running:
            return
        failed: StorageError | None = None
        for future in self._take_ended(timeout):
            polling = self._running.pop(future)
            error = future.exception()
            if error is None:
                yield future.result()
            elif isinstance(error, StorageError):
                failed = error
            else:
                yield self._give_up(polling, error)
        if failed is not None:
            raise failed

    def _take_ended(self, timeout: timedelta) -> Iterator[Future[PollResult]]:
        """Yield the polls that have ended by now, waiting for as many as are worth it."""
        self._enough.clear()
        # One thread runs at a time: who wakes up for each poll takes time from those that poll.
        self._enough_are = max(len(self._running) - self._workers, 1)
        if len(self._ended) < self._enough_are and timeout:
            self._enough.wait(timeout.total_seconds())
        while self._ended:
            yield self._ended.popleft()

    def _give_up(self, polling: Polling, error: BaseException) -> PollResult:
        """Log what no rule foresees, once with its traceback, and let the source wait as after any failure."""
        source = polling.source
        if isinstance(error, ListenerError):
            log.error("source=%s error=%r", source.name, str(error))
        else:
            log.error("source=%s failed unexpectedly", source.name, exc_info=error)
        now = self._parts.clock()
        detail = f"{type(error).__name__}: {error}"
        polled = Polled(outcome=Outcome.ERROR, detail=detail, validators=polling.state.validators)
        after = after_poll(polling.state, source, polled, now, self._parts.bounds)
        trouble, after = self._parts.rules.source_alerts(source, polling.state, after, now)
        with self._parts.store.write() as tx:
            added = add_alerts(tx, trouble, now, self._parts)
            tx.add_coverage(source.name, now, ok=False, items=0)
            tx.save_source(after)
        return PollResult(source=source.name, outcome=Outcome.ERROR, detail=detail, alerts=added, due_at=after.due_at)

    def poll_due(self, now: datetime, done: Callable[[PollResult], None]) -> int:
        """Poll everything that is due at `now`, to the end; call `done` with each result. Return their number.

        Sources whose host must not be asked yet are left for later.
        """
        count = 0
        while self.start_due(now) or self._running:
            for result in self.collect(timedelta(seconds=60)):
                done(result)
                count += 1
        return count

    def close(self, timeout: timedelta) -> int:
        """Wait for the polls under way, at most `timeout`; return how many had to be left. Others don't begin."""
        for future in [future for future in self._running if future.cancel()]:
            del self._running[future]
        _, left = wait(self._running, timeout=timeout.total_seconds())
        self._pool.shutdown(wait=False, cancel_futures=True)
        return len(left)


def level_of(result: PollResult) -> int:
    """Return the log level of a poll: warning if it failed, info if it brought something to tell, debug otherwise."""
    if result.worked:
        news = result.new_items or result.changes or result.alerts or result.detail
        return logging.INFO if news else logging.DEBUG
    return logging.DEBUG if result.outcome is Outcome.DEFERRED else logging.WARNING


def describe(result: PollResult) -> str:
    """Return one log line for a poll."""
    text = (
        f"source={result.source} outcome={result.outcome} requests={result.requests} items={result.items} "
        f"new={result.new_items} mentions={result.mentions} changes={result.changes} alerts={result.alerts} "
        f"ms={result.elapsed / timedelta(milliseconds=1):.0f}"
    )
    return f"{text} detail={result.detail!r}" if result.detail else text
