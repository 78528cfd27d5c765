"""Spikes: unusually many stories within some hours, compared with the same hours of other days. Pure.

Compared is a window of time with windows of the same length at the same time of the days before it. What is usual is
their median, how much that varies their median absolute deviation (Rousseeuw and Croux, Alternatives to the Median
Absolute Deviation, JASA 88, 1993), so that an earlier spike spoils neither; counts vary by chance alone as the square
root of their mean, so no less is allowed for.

What wasn't listened to isn't quiet: a window in which polls failed is left out, and a source is looked at only once it
has been heard for `DAYS_HEARD`, so that a new one is no spike.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from listener.types import check_aware

DAY: Final = timedelta(days=1)
#: How many days before are compared with.
DAYS: Final = 28
#: Fewer known windows tell nothing of what is usual.
LEAST_WINDOWS: Final = 7
DAYS_HEARD: Final = timedelta(days=8)
#: From the median absolute deviation to a standard deviation, for a normal distribution.
MAD_SCALE: Final = 1.4826
#: How many of these a spike lies above what is usual.
DEVIATIONS: Final = 4.0
#: A window counts as listened to if the sources that failed all through it bring less than this share of the voices.
FAILED_SHARE: Final = 0.25


class HeardHour(msgspec.Struct, frozen=True, kw_only=True):
    """What one source said about a brand in one hour."""

    at: datetime
    source: str
    count: int

    def __post_init__(self) -> None:
        check_aware(self.at)


class AskedHour(msgspec.Struct, frozen=True, kw_only=True):
    """How often one source was asked in one hour."""

    at: datetime
    source: str
    ok: int
    failed: int


class Spike(msgspec.Struct, frozen=True, kw_only=True):
    """More than usual."""

    start: datetime
    end: datetime
    count: int
    #: Median of the windows compared with.
    usual: float
    #: How many deviations the count lies above it.
    deviations: float
    #: How many windows were known, of `DAYS`.
    windows: int

    @property
    def times(self) -> float | None:
        """How many times as many as usual; None where usually there are none."""
        return self.count / self.usual if self.usual else None


class _Source(msgspec.Struct):
    """One source over the whole time, in windows: 0 is the latest, 1 the same a day before."""

    counts: dict[int, int] = msgspec.field(default_factory=dict)
    failed: set[int] = msgspec.field(default_factory=set)
    worked: set[int] = msgspec.field(default_factory=set)
    heard_from: datetime | None = None


def find_spike(
    heard: Iterable[HeardHour],
    asked: Iterable[AskedHour],
    *,
    end: datetime,
    window: timedelta,
    count_at_least: int,
    times_at_least: float,
) -> Spike | None:
    """Return the spike in the window that ends at `end`, a full hour; None where there is none, or nothing is known.

    `heard` and `asked` are the hours of one brand's sources from `DAYS` before the window on. `window` is whole hours,
    a day at most.
    """
    sources = _sources(heard, asked, end, window)
    ripe = {
        name: source
        for name, source in sources.items()
        if source.heard_from is not None and source.heard_from <= end - DAYS_HEARD
    }
    count = sum(source.counts.get(0, 0) for source in ripe.values())
    if count < count_at_least:
        return None
    # Before the youngest of them was heard, less was listened to than now.
    began = max(source.heard_from for source in ripe.values() if source.heard_from is not None)
    known = [
        sum(source.counts.get(day, 0) for source in ripe.values())
        for day in range(1, DAYS + 1)
        if end - day * DAY - window >= began and _listened(ripe, day)
    ]
    if len(known) < LEAST_WINDOWS:
        return None
    usual, deviations = _compare(count, known)
    if deviations < DEVIATIONS or count < times_at_least * usual:
        return None
    return Spike(start=end - window, end=end, count=count, usual=usual, deviations=deviations, windows=len(known))


def _sources(
    heard: Iterable[HeardHour], asked: Iterable[AskedHour], end: datetime, window: timedelta
) -> Mapping[str, _Source]:
    sources: dict[str, _Source] = {}
    for hour in asked:
        source = sources.setdefault(hour.source, _Source())
        if hour.ok and (source.heard_from is None or hour.at < source.heard_from):
            source.heard_from = hour.at
        day = _window_of(hour.at, end, window)
        if day is not None:
            (source.worked if hour.ok else source.failed).add(day)
    for told in heard:
        source = sources.setdefault(told.source, _Source())
        day = _window_of(told.at, end, window)
        if day is not None:
            source.counts[day] = source.counts.get(day, 0) + told.count
    return sources


def _window_of(at: datetime, end: datetime, window: timedelta) -> int | None:
    """Return how many days before the latest window an hour's own lies; None for an hour in none."""
    if at >= end:
        return None
    day = (end - at - timedelta(hours=1)) // DAY
    return day if end - day * DAY - window <= at else None


def _listened(sources: Mapping[str, _Source], day: int) -> bool:
    """Whether a window was listened to: something was asked, and what failed brings few of the voices."""
    if not any(day in source.worked for source in sources.values()):
        return False
    weights = {name: sum(source.counts.values()) for name, source in sources.items()}
    failed = sum(weights[name] for name, source in sources.items() if day in source.failed and day not in source.worked)
    return failed <= FAILED_SHARE * sum(weights.values())


def _compare(count: int, known: Sequence[int]) -> tuple[float, float]:
    """Return what is usual, and how many deviations a count lies above it."""
    usual = statistics.median(known)
    spread = MAD_SCALE * statistics.median(abs(one - usual) for one in known)
    return usual, (count - usual) / max(spread, math.sqrt(max(usual, 1.0)))
