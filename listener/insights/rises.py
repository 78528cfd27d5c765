"""Pain points of a brand that are new or named more often than before. Pure.

Compared is the share of the brand's stories that name it, late and before, by Dunning's log-likelihood ratio: when
everybody talks about a brand, every pain is named more often, and none of them rises.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from listener.insights.emerging import SURPRISE, log_likelihood
from listener.insights.pains import PainCount

#: Fewer earlier stories about a brand tell nothing of what is usual.
EARLIER_STORIES: Final = 10


class Rise(msgspec.Struct, frozen=True, kw_only=True):
    """A pain point that is new or rising."""

    brand: str
    topic: str
    #: Stories that name it, of all stories about the brand, late and before.
    late: int
    late_stories: int
    earlier: int
    earlier_stories: int
    mean_severity: float

    @property
    def times(self) -> float:
        """How many times its earlier share; infinite for a new one."""
        if not self.earlier:
            return math.inf
        return (self.late / self.late_stories) / (self.earlier / self.earlier_stories)


def find_rises(
    late: Iterable[PainCount],
    earlier: Iterable[PainCount],
    late_stories: Mapping[str, int],
    earlier_stories: Mapping[str, int],
    *,
    stories_at_least: int,
    times_at_least: float,
) -> list[Rise]:
    """Return the pain points that rise, by brand, what weighs most first. Stories are those about each brand."""
    before = {(count.brand, count.topic): count.stories for count in earlier}
    rises = []
    for count in late:
        totals = late_stories.get(count.brand, 0), earlier_stories.get(count.brand, 0)
        known = before.get((count.brand, count.topic), 0)
        if count.stories < stories_at_least or totals[1] < EARLIER_STORIES:
            continue
        rise = Rise(
            brand=count.brand,
            topic=count.topic,
            late=count.stories,
            late_stories=max(totals[0], count.stories),
            earlier=known,
            earlier_stories=totals[1],
            mean_severity=count.severity_sum / count.stories,
        )
        surprise = log_likelihood(rise.late, rise.late_stories, rise.earlier, rise.earlier_stories)
        if rise.times >= times_at_least and surprise >= SURPRISE:
            rises.append(rise)
    return sorted(rises, key=lambda rise: (rise.brand, -rise.late * rise.mean_severity, -rise.late, rise.topic))
