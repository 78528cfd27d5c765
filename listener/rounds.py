"""One round: polls every source once, regardless of its schedule, in bounded time.

A round waits where hosts want a gap between two requests, and for a host that failed and is soon asked again. It tells
of the longer waits. A host that must be left alone for more than a minute is left, and its sources are named, so that
whoever asked for the round knows what wasn't heard.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Protocol

import msgspec

from listener.dispatch import Dispatcher
from listener.pipeline import PollResult
from listener.storage import Store
from listener.types import Outcome, Source

#: Longer than this a round doesn't wait for anything to become possible: the gap that one request a minute needs.
PATIENCE = timedelta(seconds=61)
#: Nor longer than this altogether, however many sources stand in the queue of one host.
PATIENCE_ALTOGETHER = timedelta(minutes=10)
#: Between two looks at what has become possible.
STEP = timedelta(seconds=0.05)
STEP_LIMIT = timedelta(seconds=1)
#: Shorter waits, such as the usual gap, aren't worth a word.
WORTH_A_WORD = timedelta(seconds=5)
#: When a host may be asked, where nothing but gaps decides that.
TURN = "its host is busy with other sources, or requires more time between requests"


class NotAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A source that a round left out, and why, in words for people."""

    source: str
    why: str


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """A wait of a round, and why, in words for people."""

    #: The one that can be asked first.
    source: str
    time: timedelta
    why: str


class Hosts(Protocol):
    """The part of the fetcher that a round uses: what it knows of hosts, by URL and moment."""

    def ready_at(self, url: str, now: datetime) -> datetime:
        """Return when a fetch won't be put off."""
        ...

    def left_alone(self, url: str, now: datetime) -> str:
        """Return until when and why a host must not be contacted, in a sentence; "" where that isn't so."""
        ...


class Round:
    """Polls each of `sources` once."""

    def __init__(
        self,
        store: Store,
        dispatcher: Dispatcher,
        sources: Mapping[str, Source],
        hosts: Hosts,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._sources = sources
        self._hosts = hosts
        self._clock = clock
        self._sleep = sleep
        self._left = set(sources)
        #: Those that have ended: a heap by when they are due again, and those that are, which must not come twice.
        self._ended: list[tuple[datetime, str]] = []
        self._again: set[str] = set()
        #: Of those that were put off: until when, and why.
        self._put_off: dict[str, tuple[datetime, str]] = {}
        self._not_asked: list[NotAsked] = []
        #: Until when it has told that it waits.
        self._told_until: datetime | None = None

    def run(
        self, done: Callable[[PollResult], None], waiting: Callable[[Wait], None] = lambda _: None
    ) -> list[NotAsked]:
        """Poll, call `done` with each result and `waiting` before a longer wait; return what could not be asked."""
        self._begin()
        idle, now = timedelta(0), self._clock()
        progress = now
        while self._left:
            now = self._clock()
            while self._ended and self._ended[0][0] <= now:
                self._again.add(heappop(self._ended)[1])
            self._dispatcher.start_due(now, but=self._again)
            if self._dispatcher.running():
                for result in self._dispatcher.collect(STEP_LIMIT):
                    if self._tick_off(result, done):
                        progress = self._clock()
                continue
            possible, name = min((self._possible_at(name, now), name) for name in self._left)
            wait = possible - now
            if wait > PATIENCE or idle > PATIENCE_ALTOGETHER or now - progress > 2 * PATIENCE:
                break
            self._tell(name, possible, now, waiting)
            pause = min(max(wait, STEP), STEP_LIMIT)
            self._sleep(pause.total_seconds())
            idle += pause
        for name in sorted(self._left):
            self._leave(name, self._why(name, now))
        return self._not_asked

    def _why(self, name: str, now: datetime) -> str:
        """Return why a source can't be asked now."""
        _, put_off = self._put_off.get(name, (now, TURN))
        return self._hosts.left_alone(self._sources[name].url, now) or put_off

    def _tell(self, name: str, until: datetime, now: datetime, waiting: Callable[[Wait], None]) -> None:
        """Call `waiting` if a wait takes longer than a gap usually does, once for each."""
        if until - now >= WORTH_A_WORD and (self._told_until is None or until > self._told_until):
            self._told_until = until
            waiting(Wait(source=name, time=until - now, why=self._why(name, now)))

    def _begin(self) -> None:
        """Let everything be due, what is overdue first, but what has said that it is gone for good."""
        with self._store.write() as tx:
            tx.hasten(self._left, self._clock())
        for name in self._store.stopped_sources():
            if name in self._left:
                self._leave(name, f"410 gone; to ask again: listener sources resume {name}")

    def _leave(self, name: str, why: str) -> None:
        self._left.discard(name)
        self._not_asked.append(NotAsked(source=name, why=why))

    def _tick_off(self, result: PollResult, done: Callable[[PollResult], None]) -> bool:
        """Take note of a poll; return whether that was its source's turn."""
        due_at = result.due_at or self._clock()
        if result.outcome is Outcome.DEFERRED:
            self._put_off[result.source] = due_at, result.detail
            return False
        heappush(self._ended, (due_at, result.source))
        if result.asked:
            self._left.discard(result.source)
            done(result)
        else:
            self._leave(result.source, result.detail)
        return True

    def _possible_at(self, name: str, now: datetime) -> datetime:
        until, _ = self._put_off.get(name, (now, ""))
        return max(until, self._hosts.ready_at(self._sources[name].url, now))
