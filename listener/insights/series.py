"""Trend rows by hour, day or week of a time zone, with polling coverage. Pure.

The store counts by hours of UTC. An hour belongs to the day in which it begins, by the clock of the zone; where a zone
is off by a half or a quarter of an hour, up to that much of a day's first hour is counted to the day before.
Weeks are those of ISO 8601: they begin on Monday.

A bucket in which nothing was asked and nothing heard is left out: it is unknown, not zero. One in which polls failed is
there, with its share of polls that worked.
"""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from listener.insights.intervals import mean_interval
from listener.types import check_aware

By: TypeAlias = Literal["hour", "day", "week"]
#: Sums of compound and reach are kept in ten-thousandths, those of squares in their squares.
E4 = 10_000


class TrendHour(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard of one brand in one source in one hour."""

    #: When the hour begins.
    at: datetime
    brand: str
    source: str
    mentions: int
    #: Mentions that are the first of their story.
    stories: int
    scored: int
    unscored: int
    positive: int
    neutral: int
    negative: int
    compound_e4_sum: int
    compound_e8_squares: int
    complaints: int
    reach_e4_sum: int

    def __post_init__(self) -> None:
        check_aware(self.at)


class CoverageHour(msgspec.Struct, frozen=True, kw_only=True):
    """How often one source was asked in one hour."""

    at: datetime
    source: str
    #: The only brand looked for there; None: all.
    brand: str | None
    ok: int
    failed: int


class TrendRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard of a brand in a bucket of time, and how well it was listened."""

    #: Aware, in the zone asked for; both ends of the bucket.
    start: datetime
    end: datetime
    brand: str
    #: None: all sources together.
    source: str | None
    mentions: int
    stories: int
    scored: int
    unscored: int
    #: -1 to 1; None where nothing was scored.
    mean_compound: float | None
    #: 95 % interval of the mean, within -1 and 1; None where fewer than two stories speak.
    interval: tuple[float, float] | None
    positive: int
    neutral: int
    negative: int
    complaints: int
    reach: float
    polls_ok: int
    polls_failed: int

    @property
    def coverage(self) -> float | None:
        """The share of polls that worked; None where nothing was asked."""
        polls = self.polls_ok + self.polls_failed
        return self.polls_ok / polls if polls else None


#: What adds up over hours and sources.
_HEARD = (
    "mentions",
    "stories",
    "scored",
    "unscored",
    "positive",
    "neutral",
    "negative",
    "compound_e4_sum",
    "compound_e8_squares",
    "complaints",
    "reach_e4_sum",
)


class _Sums(msgspec.Struct):
    """A bucket of one brand being added up."""

    heard: list[int] = msgspec.field(default_factory=lambda: [0] * len(_HEARD))
    ok: int = 0
    failed: int = 0


# Rows come by the thousand for each hour.
@functools.lru_cache(maxsize=64)
def bucket_of(at: datetime, by: By, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the start and the end, in the zone, of the bucket that an hour of UTC belongs to.

    A day on which clocks are changed has 23 or 25 hours; the hour that comes twice is two buckets.
    """
    local = at.astimezone(zone)
    if by == "hour":
        return local, (at + timedelta(hours=1)).astimezone(zone)
    first = local.date()
    if by == "week":
        first -= timedelta(days=first.weekday())
    return _midnight(first, zone), _midnight(first + timedelta(days=7 if by == "week" else 1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # Through UTC and back: where clocks skip midnight, the day begins when they read again.
    return datetime.combine(day, time(), zone).astimezone(UTC).astimezone(zone)


def trend_rows(
    heard: Iterable[TrendHour],
    asked: Iterable[CoverageHour],
    *,
    by: By,
    zone: ZoneInfo,
    brands: Collection[str],
    left: Collection[str] = (),
    per_source: bool = False,
) -> Iterator[TrendRow]:
    """Yield a row for each bucket and brand, or each bucket, brand and source, in this order.

    `heard` and `asked` come in the order of their hours; one bucket of them is held in memory at a time. A brand has a
    row in each bucket in which a source that is asked for it was polled. By source, sources that were polled well and
    held nothing about the brand have none: they would be most of the rows. Nor has a brand that has `left` the settings
    where nothing was heard of it: nobody listened for it any more.
    """
    hours = _merge(heard, asked)
    for (start, end), group in itertools.groupby(hours, key=lambda hour: bucket_of(hour.at, by, zone)):
        rows: dict[tuple[str, str], _Sums] = defaultdict(_Sums)
        polls: dict[tuple[str | None, str], list[int]] = defaultdict(lambda: [0, 0])
        for hour in group:
            if isinstance(hour, TrendHour):
                sums = rows[hour.brand, hour.source if per_source else ""].heard
                for place, name in enumerate(_HEARD):
                    sums[place] += getattr(hour, name)
            else:
                counts = polls[hour.brand, hour.source if per_source else ""]
                counts[0] += hour.ok
                counts[1] += hour.failed
        heard_of = {brand for brand, _ in rows}
        listened_for = [brand for brand in brands if brand not in left or brand in heard_of]
        _spread_polls(rows, polls, listened_for, per_source=per_source)
        for brand, source in sorted(rows):
            yield _row(start, end, brand, source if per_source else None, rows[brand, source])


def _merge(heard: Iterable[TrendHour], asked: Iterable[CoverageHour]) -> Iterator[TrendHour | CoverageHour]:
    """Yield both in the order of their hours."""
    streams: tuple[Iterator[TrendHour | CoverageHour], ...] = (iter(heard), iter(asked))
    heads = [next(stream, None) for stream in streams]
    while True:
        waiting = [(head.at, place) for place, head in enumerate(heads) if head is not None]
        if not waiting:
            return
        place = min(waiting)[1]
        head = heads[place]
        assert head is not None
        yield head
        heads[place] = next(streams[place], None)


def _spread_polls(
    rows: dict[tuple[str, str], _Sums],
    polls: dict[tuple[str | None, str], list[int]],
    brands: Collection[str],
    *,
    per_source: bool,
) -> None:
    """Add the polls of a bucket to the rows of each brand that they were made for."""
    for (only, source), (ok, failed) in polls.items():
        for brand in brands:
            if only is not None and only != brand:
                continue
            if per_source and not failed and (brand, source) not in rows:
                continue
            sums = rows[brand, source]
            sums.ok += ok
            sums.failed += failed


def _row(start: datetime, end: datetime, brand: str, source: str | None, sums: _Sums) -> TrendRow:
    heard = dict(zip(_HEARD, sums.heard, strict=True))
    total = heard.pop("compound_e4_sum") / E4
    squares = heard.pop("compound_e8_squares") / E4**2
    reach = heard.pop("reach_e4_sum") / E4
    scored = heard["scored"]
    interval = mean_interval(scored, total, squares, heard["stories"])
    return TrendRow(
        start=start,
        end=end,
        brand=brand,
        source=source,
        mean_compound=total / scored if scored else None,
        interval=None if interval is None else (max(-1.0, interval[0]), min(1.0, interval[1])),
        reach=reach,
        polls_ok=sums.ok,
        polls_failed=sums.failed,
        **heard,
    )
