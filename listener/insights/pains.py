"""Pain points by frequency, severity and reach. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class PainCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a brand's mentions name a pain point within a time."""

    brand: str
    topic: str
    mentions: int
    #: Mentions that are the first of their story for the brand; what follows is of these alone.
    stories: int
    severity_sum: int
    severest: int
    reach: float


class PainRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pain point of a brand, now and in the time before."""

    now: PainCount
    #: Stories in the time before, which is as long; None where that wasn't listened to from its beginning.
    before: int | None
    #: Mean severity over stories, 0 to 4; None without a story.
    mean_severity: float | None
    #: Frequency times severity: what to work on first.
    weight: float


def ranked(now: Iterable[PainCount], before: Iterable[PainCount] | None) -> list[PainRow]:
    """Return the pain points of each brand, by brand, what weighs most first. `before` is None where it is unknown.

    The weight is the sum of severities over stories, that is frequency times mean severity; a pain that is only named
    in passing weighs a tenth of a severity of 1. Between equals the reach decides.
    """
    stories_before = {(count.brand, count.topic): count.stories for count in before or ()}
    rows = [
        PainRow(
            now=count,
            before=None if before is None else stories_before.get((count.brand, count.topic), 0),
            mean_severity=count.severity_sum / count.stories if count.stories else None,
            weight=count.severity_sum + 0.1 * count.stories,
        )
        for count in now
    ]
    return sorted(rows, key=lambda row: (row.now.brand, -row.weight, -row.now.reach, row.now.topic))
