"""Page changes by hour, day or week of a time zone, with polling coverage. Pure.

Changes are rows that stay, and few, so their counts are taken from them and not kept: they agree by construction. A
change counts when it was first seen. As in `listener.insights.series`, a bucket in which no page was asked and nothing
changed is left out: it is unknown, not zero.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec

from listener.facts import ChangeKind
from listener.insights.series import By, CoverageHour, bucket_of
from listener.types import check_aware

KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
_PRICES: frozenset[ChangeKind] = frozenset({"price_raised", "price_lowered"})


class ChangeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One confirmed change of a page."""

    at: datetime
    brand: str | None
    source: str
    kind: ChangeKind
    #: Of the price before.
    percent: float | None = None

    def __post_init__(self) -> None:
        check_aware(self.at)


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What changed on the pages of a brand in a bucket of time, and how often they were looked at."""

    #: Aware, in the zone asked for; both ends of the bucket.
    start: datetime
    end: datetime
    #: None: pages that are nobody's.
    brand: str | None
    #: None: all pages together.
    source: str | None
    counts: Counter[ChangeKind]
    #: Of the prices that were raised or lowered; None where none was.
    mean_percent: float | None
    polls_ok: int
    polls_failed: int

    @property
    def coverage(self) -> float | None:
        """The share of polls that worked; None where nothing was asked."""
        polls = self.polls_ok + self.polls_failed
        return self.polls_ok / polls if polls else None


class _Sums(msgspec.Struct):
    counts: Counter[ChangeKind] = msgspec.field(default_factory=Counter)
    percents: list[float] = msgspec.field(default_factory=list)
    ok: int = 0
    failed: int = 0


def change_rows(
    changes: Iterable[ChangeSeen], asked: Iterable[CoverageHour], *, by: By, zone: ZoneInfo, per_source: bool = False
) -> Iterator[ChangeRow]:
    """Yield a row for each bucket and brand, or each bucket, brand and source, in this order.

    `asked` is how often the pages were asked, and no other sources. There is a row where one was asked or has changed.
    """
    rows: defaultdict[tuple[datetime, datetime, str, str], _Sums] = defaultdict(_Sums)
    for change in changes:
        hour = change.at.replace(minute=0, second=0, microsecond=0)
        sums = rows[*bucket_of(hour, by, zone), change.brand or "", change.source if per_source else ""]
        sums.counts[change.kind] += 1
        if change.kind in _PRICES and change.percent is not None:
            sums.percents.append(change.percent)
    for polls in asked:
        sums = rows[*bucket_of(polls.at, by, zone), polls.brand or "", polls.source if per_source else ""]
        sums.ok += polls.ok
        sums.failed += polls.failed
    for key in sorted(rows):
        start, end, brand, source = key
        sums = rows[key]
        yield ChangeRow(
            start=start,
            end=end,
            brand=brand or None,
            source=source or None,
            counts=sums.counts,
            mean_percent=sum(sums.percents) / len(sums.percents) if sums.percents else None,
            polls_ok=sums.ok,
            polls_failed=sums.failed,
        )
