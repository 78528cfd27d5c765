"""Rate limits per host: one request at a time, a gap in between, Retry-After, and backoff with jitter.

Knows no socket. Time comes from the clock it is given.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec.structs import replace

from listener.fetch.failure import Failure
from listener.fetch.hosts import HostStates
from listener.fetch.robots import RobotsRules, parse_robots, product_token
from listener.fetch.settings import FetchSettings
from listener.types import HostState, Outcome

#: How long a worker waits for a host before it gives the poll back.
PATIENCE = timedelta(seconds=10)
#: How long it waits in the middle of a poll: between robots.txt and page, between two redirects on one host.
PATIENCE_WITHIN = timedelta(seconds=60)
#: Waits up to this put a poll off; longer ones fail it, so that a source's state tells what its host answers.
DEFER_LIMIT = timedelta(minutes=5)
#: Backoff of a host: doubles from the second consecutive failure on. One failure may be the URL's alone.
BACKOFF_FIRST = timedelta(seconds=30)
BACKOFF_CAP = timedelta(hours=1)
#: After a 429 that doesn't say how long.
RATE_LIMITED_FIRST = timedelta(minutes=1)
#: A host that answered 429 gets a longer gap: doubled each time, halved after so many good answers.
_SLOWER_LIMIT = 6
_SLOWER_GAP_CAP = timedelta(minutes=2)
_FASTER_AFTER = 20
#: Polls that are put off get a place each in the queue of their host, no further ahead than this.
_QUEUE_LIMIT = timedelta(minutes=15)
#: Hosts remembered in memory before those are forgotten that nobody needs.
_HOSTS_LIMIT = 10_000
#: Early, but a gap can be added.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

#: Outcomes that speak of the host, not of the one URL.
HOST_TROUBLE = frozenset(
    {
        Outcome.DNS,
        Outcome.CONNECT,
        Outcome.TLS,
        Outcome.TIMEOUT,
        Outcome.PROTOCOL,
        Outcome.SERVER_ERROR,
        Outcome.RATE_LIMITED,
    }
)


def fraction(*seeds: object) -> float:
    """Return a number from 0 to 1, always the same for the same seeds: jitter that tests can repeat."""
    return zlib.crc32("\0".join(map(str, seeds)).encode()) / 0xFFFF_FFFF


def backoff(host: str, failures: int) -> timedelta:
    """Return how long `host` is left alone after so many consecutive failures: half fixed, half jitter by host."""
    if failures < 2:
        return timedelta(0)
    doublings = min(failures - 2, 16)
    whole: timedelta = min(BACKOFF_FIRST * (1 << doublings), BACKOFF_CAP)
    return whole * (0.5 + 0.5 * fraction(host, failures))


class _Host(msgspec.Struct):
    state: HostState
    #: What the settings say that it gets between two requests.
    gap: timedelta
    busy: bool = False
    #: When the last request ended: the gap begins here.
    last_end: datetime = _LONG_AGO
    #: End of the queue of polls that were put off.
    queue_end: datetime = _LONG_AGO
    slower: int = 0
    streak: int = 0
    #: Of its robots.txt; None allows everything.
    rules: RobotsRules | None = None
    saving: threading.Lock = msgspec.field(default_factory=threading.Lock)


class Politeness:
    """The turns of all hosts. Called from many threads."""

    def __init__(
        self,
        settings: FetchSettings,
        hosts: HostStates,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._hosts = hosts
        self._clock = clock
        self._sleep = sleep
        self._token = product_token(settings.user_agent)
        self._lock = threading.Lock()
        self._known: dict[str, _Host] = {}
        self._forget_at = _HOSTS_LIMIT

    def ready_at(self, host: str, now: datetime) -> datetime:
        """Return when a fetch from `host` (name:port) will not be put off: `now`, or later.

        A host that is left alone for longer than DEFER_LIMIT counts as ready: such a fetch fails at once, without a
        request, and says why.
        """
        entry = self._entry(host)
        with self._lock:
            if entry.busy:
                return now + self._gap(entry)
            alone_until = entry.state.not_before or _LONG_AGO
            if alone_until - now > DEFER_LIMIT:
                return now
            return max(now, self._rested_at(entry, now), alone_until)

    def left_alone(self, host: str, now: datetime) -> str:
        """Return until when and why a host must not be contacted, in a sentence; "" where that isn't so."""
        state = self.state(host)
        return _pause_of(state, now) if state.not_before is not None and state.not_before > now else ""

    def enter(self, host: str, url: str, *, within: bool = False) -> float:
        """Wait for the turn of `host`, and take it; return the seconds waited. `leave` must follow.

        `within` tells that a poll is under way, which rather waits for a minute than begins anew. Raises Failure:
        DEFERRED with the time to come back when the wait is longer, the host's last outcome when it is very long.
        """
        entry = self._entry(host)
        patience = PATIENCE_WITHIN if within else PATIENCE
        waited = timedelta(0)
        while True:
            now = self._clock()
            with self._lock:
                entry = self._known.setdefault(host, entry)
                self._refuse_if_left_alone(entry, url, now)
                gap = self._gap(entry)
                ready = max(self._rested_at(entry, now), entry.state.not_before or _LONG_AGO, now)
                # Whoever waits for another's turn doesn't know how long that will take.
                pause = max(gap, timedelta(seconds=0.1)) if entry.busy else ready - now
                if pause > patience - waited or (entry.busy and not within):
                    raise self._put_off(entry, ready, gap, now)
                turn = not entry.busy
                entry.busy = True
            waited += pause
            try:
                if pause:
                    self._sleep(pause.total_seconds())
            except BaseException:
                if turn:
                    entry.busy = False
                raise
            if turn:
                return waited.total_seconds()

    def leave(self, host: str, outcome: Outcome, retry_after: timedelta | None = None) -> timedelta | None:
        """Give the turn back, and remember how the request ended; `retry_after` counts with HOST_TROUBLE only.

        Returns how long the host is left alone now, for failures or by its own wish; None where it isn't.
        """
        entry = self._entry(host)
        now = self._clock()
        with self._lock:
            before = entry.state
            if outcome is Outcome.RATE_LIMITED:
                entry.slower, entry.streak = min(entry.slower + 1, _SLOWER_LIMIT), 0
            elif outcome not in HOST_TROUBLE:
                entry.streak += 1
                if entry.slower and entry.streak >= _FASTER_AFTER:
                    entry.slower, entry.streak = entry.slower - 1, 0
            entry.state = after = _after(before, outcome, retry_after, now)
            entry.last_end = now
        try:
            if after != before:
                self._save(entry)
        finally:
            entry.busy = False
        return None if after.not_before is None else after.not_before - now

    def state(self, host: str) -> HostState:
        """Return what is known of `host`."""
        return self._entry(host).state

    def remember(self, state: HostState, *, forgive: bool = False) -> None:
        """Keep what was learned of robots.txt; `forgive` brings back the failures that `state` knew, too."""
        entry = self._entry(state.host)
        rules = self._parse(state)
        with self._lock:
            now_known = state if forgive else entry.state
            entry.state = replace(
                now_known,
                robots=state.robots,
                robots_until=state.robots_until,
                robots_failing_since=state.robots_failing_since,
            )
            entry.rules = rules
        self._save(entry)

    def allows(self, host: str, url: str) -> bool:
        """Return whether the robots.txt that is known of `host` lets us ask `url`."""
        rules = self._entry(host).rules
        return rules is None or rules.allows(url)

    def spread(self, url: str, wait: timedelta) -> timedelta:
        """Return `wait` and up to a quarter more: sources of one host don't come back at one instant.

        By URL, and by the moment, so that it isn't the same source that is first each time.
        """
        return wait * (1 + 0.25 * fraction(url, self._clock()))

    def _refuse_if_left_alone(self, entry: _Host, url: str, now: datetime) -> None:
        state = entry.state
        if state.not_before is None or state.not_before - now <= PATIENCE:
            return
        wait = state.not_before - now
        failed = state.outcome if wait > DEFER_LIMIT else None
        raise Failure(
            failed or Outcome.DEFERRED, _pause_of(state, now), retry_after=self.spread(url, wait), asked=False
        )

    def _put_off(self, entry: _Host, ready: datetime, gap: timedelta, now: datetime) -> Failure:
        """Return the refusal of a poll that comes too soon, with a place in the queue."""
        place = max(entry.queue_end, ready, now + gap if entry.busy else now)
        place = min(place, now + max(_QUEUE_LIMIT, gap))
        entry.queue_end = place + gap
        wait = max(place - now, timedelta(seconds=1))
        return Failure(
            Outcome.DEFERRED, f"Other requests to {entry.state.host} come first.", retry_after=wait, asked=False
        )

    def _rested_at(self, entry: _Host, now: datetime) -> datetime:
        """Return when the gap since the last request is over; a clock that was set back doesn't lengthen it."""
        return min(entry.last_end, now) + self._gap(entry)

    def _gap(self, entry: _Host) -> timedelta:
        """Return the gap that a host gets: the longest of the settings', its own in the settings, and Crawl-delay."""
        gap = entry.gap
        if entry.rules is not None and entry.rules.crawl_delay is not None:
            gap = max(gap, entry.rules.crawl_delay)
        if entry.slower:
            gap = max(gap, min(max(gap, timedelta(seconds=1)) * 2**entry.slower, _SLOWER_GAP_CAP))
        return gap

    def _settled_gap(self, host: str) -> timedelta:
        """Return the gap that the settings give a host (name:port): that of its longest domain, or all hosts'."""
        name = host.rpartition(":")[0]
        gaps = self._settings.host_gaps
        meant = [domain for domain in gaps if name == domain or name.endswith("." + domain)]
        gap = self._settings.gap
        return max(gap, gaps[max(meant, key=len)]) if meant else gap

    def _entry(self, host: str) -> _Host:
        entry = self._known.get(host)
        if entry is not None:
            return entry
        state = self._hosts.get_host(host) or HostState(host=host)
        rules = self._parse(state)
        with self._lock:
            if len(self._known) >= self._forget_at:
                self._forget()
            return self._known.setdefault(host, _Host(state, self._settled_gap(host), rules=rules))

    def _save(self, entry: _Host) -> None:
        with entry.saving:  # so that an older state never overtakes a newer one
            self._hosts.save_host(entry.state)

    def _parse(self, state: HostState) -> RobotsRules | None:
        return parse_robots(state.robots, self._token) if state.robots else None

    def _forget(self) -> None:
        """Drop hosts whose turn is free and whose gap is over: what lasts is in the store."""
        now = self._clock()
        self._known = {
            host: entry
            for host, entry in self._known.items()
            if entry.busy or entry.slower or max(entry.last_end + self._gap(entry), entry.queue_end) > now
        }
        self._forget_at = max(_HOSTS_LIMIT, 2 * len(self._known))


def _pause_of(state: HostState, now: datetime) -> str:
    """Tell until when and why a host is left alone; of a short pause to the second."""
    assert state.not_before is not None
    until = f"{state.not_before:%Y-%m-%d %H:%M{'' if state.not_before - now > DEFER_LIMIT else ':%S'}} UTC"
    reason = f"{state.outcome or Outcome.RATE_LIMITED}, {state.failures} in a row"
    return f"{state.host} must not be contacted until {until} ({reason})."


def _after(state: HostState, outcome: Outcome, retry_after: timedelta | None, now: datetime) -> HostState:
    """Return the state of a host after a request that ended in `outcome`."""
    if outcome not in HOST_TROUBLE:
        if state.outcome is None and state.not_before is None:
            return state
        return replace(state, failures=0, outcome=None, not_before=None)
    failures = state.failures + 1
    wait = backoff(state.host, failures)
    if outcome is Outcome.RATE_LIMITED and retry_after is None:
        wait = max(wait, RATE_LIMITED_FIRST * (1 + fraction(state.host, failures)))
    if retry_after is not None:
        wait = max(wait, retry_after)
    return replace(state, failures=failures, outcome=outcome, not_before=now + wait if wait else None)
