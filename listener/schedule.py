"""When a source is due next, and how a poll changes its state. Pure: `now` is an argument.

The scheduler only ticks; what is due is a query on the `due_at` that is worked out here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from listener.types import Item, Outcome, Source, SourceState, Validators

#: Share of the interval by which a poll is moved, either way, so that sources of one host drift apart.
JITTER = 0.1
#: An item is met at most this share of the usual gap between two items late.
SHARE_OF_RHYTHM = 0.5
#: Hubs forget, fail and lie: what one tells of is asked for at least so often all the same.
PUSHED_EVERY = timedelta(hours=6)
#: Asking again sooner than this after a failure helps nobody.
FIRST_RETRY = timedelta(minutes=2)
#: These don't mend themselves within minutes: the first retry waits a whole interval.
LASTING = frozenset({Outcome.ROBOTS, Outcome.ADDRESS, Outcome.NOT_FOUND, Outcome.UNAUTHORIZED, Outcome.FORBIDDEN})


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How often sources are asked that don't set `every` themselves."""

    every: timedelta = timedelta(minutes=30)
    min_every: timedelta = timedelta(minutes=15)
    max_every: timedelta = timedelta(hours=24)


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll of all requests of one source came to."""

    outcome: Outcome
    detail: str = ""
    #: By URL: those to send next time.
    validators: Mapping[str, Validators]
    #: None keeps the scraper's state.
    scraper_state: Mapping[str, Any] | None = None
    retry_after: timedelta | None = None
    fresh_for: timedelta | None = None
    #: The source's own word (ttl).
    ttl: timedelta | None = None
    #: Measured from the dates of its items, see `rhythm_of`.
    rhythm: timedelta | None = None
    new_items: int = 0

    @property
    def worked(self) -> bool:
        """Whether the source answered, with news or without."""
        return self.outcome in (Outcome.OK, Outcome.NOT_MODIFIED)


def rhythm_of(items: Sequence[Item], now: datetime) -> timedelta | None:
    """Return the mean gap between the dated items, counting the quiet time since the newest one.

    None where fewer than three items have a date that isn't in the future.
    """
    dates = sorted(item.published for item in items if item.published is not None and item.published <= now)
    if len(dates) < 3:
        return None
    return (now - dates[0]) / len(dates)


def jitter(interval: timedelta, *key: object) -> timedelta:
    """Move `interval` by up to `JITTER` of itself, by an amount that only `key` decides."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=4).digest()
    share = int.from_bytes(digest) / 0xFFFFFFFF * 2 - 1
    return timedelta(seconds=interval.total_seconds() * (1 + JITTER * share))


def interval_of(source: Source, polled: Polled, bounds: Bounds, rhythm: timedelta | None) -> timedelta:
    """Return how long to wait after a poll that worked; `rhythm` is the last one that was measured."""
    if source.every is not None:
        return max(source.every, polled.retry_after or timedelta(0))
    wanted = bounds.every if rhythm is None else rhythm * SHARE_OF_RHYTHM
    for wish in (polled.ttl, polled.fresh_for):
        if wish is not None:
            wanted = max(wanted, wish)
    wanted = min(max(wanted, bounds.min_every), bounds.max_every)
    return max(wanted, polled.retry_after or timedelta(0))


def backoff_of(source: Source, polled: Polled, failures: int, bounds: Bounds) -> timedelta:
    """Return how long to wait after the `failures`-th failure in a row: doubling, up to `max_every`."""
    first = FIRST_RETRY
    if polled.outcome in LASTING:
        first = source.every or bounds.every
    doubled: timedelta = first * 2 ** min(failures - 1, 16)
    wait = min(doubled, max(bounds.max_every, source.every or timedelta(0)))
    return max(wait, polled.retry_after or timedelta(0))


def after_poll(
    state: SourceState, source: Source, polled: Polled, now: datetime, bounds: Bounds, *, pushed: bool = False
) -> SourceState:
    """Return what is remembered of `source` after a poll, with the moment of the next one.

    `pushed` says that a hub has promised to tell of the source's news: then it is asked more rarely by itself.

    A server's own wish (Retry-After) is never undercut by jitter. A poll that politeness put off changes nothing but
    the moment of the next one.
    """
    if polled.outcome is Outcome.DEFERRED:
        return replace(state, due_at=now + (polled.retry_after or FIRST_RETRY))
    if polled.worked:
        rhythm = polled.rhythm or state.rhythm
        failures, failing_since = 0, None
        wait = interval_of(source, polled, bounds, rhythm)
        if pushed and source.every is None:
            wait = max(wait, min(PUSHED_EVERY, bounds.max_every))
    else:
        rhythm = state.rhythm
        failures, failing_since = state.failures + 1, state.failing_since or now
        wait = backoff_of(source, polled, failures, bounds)
    wait = max(jitter(wait, source.name, now), polled.retry_after or timedelta(0))
    return replace(
        state,
        due_at=now + wait,
        last_poll_at=now,
        last_success_at=now if polled.worked else state.last_success_at,
        last_item_at=now if polled.new_items else state.last_item_at,
        outcome=polled.outcome,
        detail=polled.detail,
        failures=failures,
        failing_since=failing_since,
        stopped=polled.outcome is Outcome.GONE,
        validators=polled.validators,
        scraper_state=state.scraper_state if polled.scraper_state is None else polled.scraper_state,
        rhythm=rhythm,
    )
