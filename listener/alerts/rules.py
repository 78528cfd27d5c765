"""Evaluates all alert rules on an event, and returns the resulting alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from listener.lazy import lazy_modules
from listener.types import EMPTY, Alert, Item, Outcome, Rule, Source, SourceState

if TYPE_CHECKING:
    from listener.alerts import changes, mentions, trends, trouble
    from listener.alerts.events import ChangeEvent, MentionEvent, PainEvent, SpikeEvent
else:
    # Installations without rules, and rounds without anything to tell, need none of these.
    changes, mentions, trends, trouble = lazy_modules("listener.alerts", "changes mentions trends trouble")

UTC = ZoneInfo("UTC")


class Rules:
    """All alert rules. The same cause may make its alert again: it then has the same key, and the store keeps one."""

    def __init__(
        self, rules: Sequence[Rule], words: Mapping[str, Callable[[Item], bool]] = EMPTY, *, zone: ZoneInfo = UTC
    ) -> None:
        """Take the rules, for each with a `words` query that query compiled, and the zone whose clocks alerts go by.

        Raises ValueError where one is missing.
        """
        missing = [rule.name for rule in rules if rule.words is not None and rule.name not in words]
        if missing:
            raise ValueError(f"no compiled words for the rules {', '.join(missing)}")
        self._mention = [(rule, words[rule.name] if rule.words is not None else None) for rule in of(rules, "mention")]
        self._zone = zone
        self._change = [rule for rule in rules if rule.on in ("price", "faq", "copy", "status")]
        self._source = of(rules, "source")
        #: Those that watch trends, which nothing that happens asks for: somebody has to look.
        self.on_spikes = tuple(of(rules, "spike"))
        self.on_pains = tuple(of(rules, "pain"))

    def mention_alerts(self, event: MentionEvent, now: datetime) -> list[Alert]:
        """Return an alert for each rule that a mention satisfies."""
        return [
            mentions.mention_alert(rule, event, now, self._zone)
            for rule, words in self._mention
            if mentions.satisfies(rule, words, event)
        ]

    def change_alerts(self, event: ChangeEvent, now: datetime) -> list[Alert]:
        """Return an alert for each rule that a change of a page satisfies."""
        return [changes.change_alert(rule, event, now) for rule in self._change if changes.satisfies(rule, event)]

    def flapping_alerts(self, source: Source, since: datetime, now: datetime) -> list[Alert]:
        """Return an alert for each rule that watches a page which shows several versions by turns."""
        return [
            changes.flapping_alert(rule, source, since, now)
            for rule in self._change
            if mentions.among(source.brand, rule.brands) and mentions.among(source.name, rule.sources)
        ]

    def spike_alert(self, rule: Rule, event: SpikeEvent, now: datetime) -> Alert:
        """Return the alert of a rule on spikes."""
        return trends.spike_alert(rule, event, now, self._zone)

    def pain_alert(self, rule: Rule, event: PainEvent, now: datetime) -> Alert:
        """Return the alert of a rule on pain points."""
        return trends.pain_alert(rule, event, now)

    def source_alerts(
        self, source: Source, before: SourceState, after: SourceState, now: datetime
    ) -> tuple[list[Alert], SourceState]:
        """Return the alerts that a poll makes by its outcome, and the state to store, with `announced` put right.

        `before` and `after` are the states around the poll. Who was told of the trouble is told of the recovery. A
        poll that was put off tells nothing.
        """
        if after.outcome is Outcome.DEFERRED:
            return [], replace(after, announced=before.announced)
        if not self._source:
            failing = after.stopped or after.outcome not in (Outcome.OK, Outcome.NOT_MODIFIED)
            return [], replace(after, announced=before.announced and failing)
        watching = [rule for rule in self._source if trouble.applies(rule, source)]
        if after.outcome in trouble.WORKED and not after.stopped:
            told = [
                rule for rule in watching if before.announced and trouble.lasting(rule, before, last_told(before, now))
            ]
            recovered = [trouble.recovery_alert(rule, source, before, now, self._zone) for rule in told]
            return recovered, replace(after, announced=False)
        alerts = [
            trouble.trouble_alert(rule, source, after, now, self._zone)
            for rule in watching
            if trouble.lasting(rule, after, now)
        ]
        return alerts, replace(after, announced=before.announced or bool(alerts))


def of(rules: Sequence[Rule], on: str) -> list[Rule]:
    """Return the rules that watch one kind of thing."""
    return [rule for rule in rules if rule.on == on]


def last_told(state: SourceState, now: datetime) -> datetime:
    """Return the last moment at which trouble could have been reported: the poll before this one."""
    return state.last_poll_at or now
