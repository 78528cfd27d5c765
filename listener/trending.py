"""Evaluates the rules on spikes and rising pain points every hour, and raises their alerts.

Alerts and their deliveries are written in one transaction, which also sees whether the same was told of late: looking
twice, or from two places, tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from listener.alerts import (
    Example,
    PainEvent,
    SpikeEvent,
    cool_down_of,
    stories_of,
    window_of,
)
from listener.insights.pains import PainCount
from listener.insights.rises import Rise, find_rises
from listener.insights.spikes import DAYS, find_spike
from listener.parts import Parts
from listener.pipeline import add_alerts
from listener.storage import Mention
from listener.types import Alert, Brand, Rule

#: A pain point of late is compared with a time so many times as long before.
EARLIER: Final = 4
EXAMPLES: Final = 3


class Trending:
    """Looks at the trends. Built once; holds no state."""

    def __init__(self, parts: Parts, brands: Sequence[Brand], definitions: Mapping[str, str]) -> None:
        """Take what a poll works with, the brands, and what each pain point means."""
        self._parts = parts
        self._brands = tuple(brand.name for brand in brands)
        self._definitions = definitions

    def look(self, now: datetime) -> int:
        """Look at the hours that are over; return how many alerts that makes."""
        rules = self._parts.rules
        found = [(rule, alert) for rule in rules.on_spikes for alert in self._spikes(rule, now)]
        found += [(rule, alert) for rule in rules.on_pains for alert in self._pains(rule, now)]
        if not found:
            return 0
        with self._parts.store.write() as tx:
            fresh = [
                alert for rule, alert in found if not tx.told_since(rule.name, alert.thread, now - cool_down_of(rule))
            ]
            return add_alerts(tx, fresh, now, self._parts) if fresh else 0

    def _spikes(self, rule: Rule, now: datetime) -> list[Alert]:
        hours = self._parts.store.hours
        end = now.replace(minute=0, second=0, microsecond=0)
        window = window_of(rule)
        alerts = []
        for brand, heard in hours.totals(end - window, end, rule.brands or self._brands, rule.sources).items():
            # No count is higher than that of stories: most hours are done with here.
            if heard.stories < stories_of(rule):
                continue
            start = end - timedelta(days=DAYS) - window
            told = hours.heard(brand, start, end, counts=rule.counts, named=rule.sources)
            spike = find_spike(
                told,
                hours.asked({one.source for one in told}, start, end),
                end=end,
                window=window,
                count_at_least=stories_of(rule),
                times_at_least=rule.times_at_least,
            )
            if spike is None:
                continue
            loudest = hours.loudest(
                brand, spike.start, spike.end, EXAMPLES, negative=rule.counts != "stories", named=rule.sources
            )
            event = SpikeEvent(
                brand=brand,
                counts=rule.counts,
                start=spike.start,
                end=spike.end,
                count=spike.count,
                usual=spike.usual,
                windows=spike.windows,
                positive=heard.positive,
                negative=heard.negative,
                examples=tuple(map(example_of, loudest)),
            )
            alerts.append(self._parts.rules.spike_alert(rule, event, now))
        return alerts

    def _pains(self, rule: Rule, now: datetime) -> list[Alert]:
        store, window = self._parts.store, window_of(rule)
        late = now - window
        heard_from = store.pains.heard_from()
        # Less than one window before is no time to compare with.
        if heard_from is None or heard_from > late - window:
            return []
        start = max(late - EARLIER * window, heard_from)
        brands, severe = rule.brands or self._brands, rule.severity_at_least or 0

        def counted(since: datetime, until: datetime) -> tuple[list[PainCount], dict[str, int]]:
            pains = store.pains.count(
                since, until, brands, named=rule.sources, topics=rule.pains, severity_at_least=severe
            )
            totals = store.hours.totals(since, until, brands, rule.sources)
            return pains, {brand: heard.stories for brand, heard in totals.items()}

        (late_pains, late_stories), (earlier_pains, earlier_stories) = counted(late, now), counted(start, late)
        rises = find_rises(
            late_pains,
            earlier_pains,
            late_stories,
            earlier_stories,
            stories_at_least=stories_of(rule),
            times_at_least=rule.times_at_least,
        )
        return [self._parts.rules.pain_alert(rule, self._pain_event(rise, late, now), now) for rise in rises]

    def _pain_event(self, rise: Rise, late: datetime, now: datetime) -> PainEvent:
        quotes = self._parts.store.pains.quotes(rise.brand, rise.topic, EXAMPLES, late, now)
        return PainEvent(
            brand=rise.brand,
            topic=rise.topic,
            definition=self._definitions.get(rise.topic, ""),
            window=now - late,
            late=rise.late,
            late_stories=rise.late_stories,
            earlier=rise.earlier,
            earlier_stories=rise.earlier_stories,
            mean_severity=rise.mean_severity,
            examples=tuple(map(example_of, quotes)),
        )


def example_of(mention: Mention) -> Example:
    """Return a mention as an alert quotes it."""
    return Example(mention_id=mention.id, source=mention.source, quote=mention.excerpt, url=mention.url)
