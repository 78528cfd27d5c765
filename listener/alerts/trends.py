"""Trend rules: alerts for spikes and rising pain points, and the defaults of these rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from listener.alerts.events import Example, PainEvent, SpikeEvent
from listener.alerts.keys import alert_key
from listener.alerts.weights import of_pain, of_spike
from listener.alerts.words import FACT_LIMIT, QUOTE_LIMIT, cut, duration, moment, one_line
from listener.types import Alert, Rule, SpikeOf, Tone

#: Hours in which a spike is looked for, and days in which a pain point is.
SPIKE_WINDOW: Final = timedelta(hours=6)
PAIN_WINDOW: Final = timedelta(days=7)
#: Fewer are never worth an alert.
SPIKE_STORIES: Final = 5
PAIN_STORIES: Final = 3
SPIKE_COOL_DOWN: Final = timedelta(days=1)
PAIN_COOL_DOWN: Final = timedelta(days=7)
WORDS: Final[dict[SpikeOf, str]] = {
    "stories": "stories",
    "negative": "negative mentions",
    "complaints": "complaints",
}


def window_of(rule: Rule) -> timedelta:
    """Return the time in which a rule counts."""
    return rule.window or (SPIKE_WINDOW if rule.on == "spike" else PAIN_WINDOW)


def stories_of(rule: Rule) -> int:
    """Return how many a rule wants at least."""
    if rule.stories_at_least is not None:
        return rule.stories_at_least
    return SPIKE_STORIES if rule.on == "spike" else PAIN_STORIES


def cool_down_of(rule: Rule) -> timedelta:
    """Return for how long a rule doesn't tell the same again."""
    if rule.cool_down is not None:
        return rule.cool_down
    return SPIKE_COOL_DOWN if rule.on == "spike" else PAIN_COOL_DOWN


def spike_thread(brand: str) -> str:
    """Return what spikes of a brand are threaded under; within the cool-down of a rule there is one alert."""
    return f"Spikes of {brand}"


def pain_thread(brand: str, topic: str) -> str:
    """Return what a pain point of a brand is threaded under."""
    return f"Pain point {topic} of {brand}"


def spike_alert(rule: Rule, event: SpikeEvent, now: datetime, zone: ZoneInfo) -> Alert:
    """Make the alert of a rule for a spike, by the clocks of a zone."""
    words, within = WORDS[event.counts], duration(event.end - event.start)
    told = [
        (words.capitalize(), f"{event.count} in {within}, usually {event.usual:g}"),
        ("Compared with", f"the same hours of {event.windows} days before"),
        ("From", moment(event.start, zone)),
        ("To", moment(event.end, zone)),
        ("Sentiment", f"{event.positive} positive, {event.negative} negative"),
        *_quotes(event.examples[1:]),
    ]
    return _alert(
        rule,
        event.brand,
        now,
        key=alert_key("spike", rule.name, event.brand, event.counts, event.end.isoformat()),
        title=f"{event.brand}: {event.count} {words} in {within}, usually {event.usual:g}",
        examples=event.examples,
        tone=_tone(event),
        weight=of_spike(event),
        told=told,
        thread=spike_thread(event.brand),
    )


def pain_alert(rule: Rule, event: PainEvent, now: datetime) -> Alert:
    """Make the alert of a rule for a pain point that is new or rising."""
    within = duration(event.window)
    now_share = event.late / event.late_stories
    before = "never before"
    if event.earlier:
        before = f"{now_share / (event.earlier / event.earlier_stories):.1f} times as often as before"
    told = [
        ("Stories", f"{event.late} of {event.late_stories} in {within} ({now_share:.0%})"),
        ("Before", f"{event.earlier} of {event.earlier_stories} ({event.earlier / event.earlier_stories:.0%})"),
        ("Mean severity", f"{event.mean_severity:.1f} of 4"),
    ]
    if event.definition:
        told.append(("Means", one_line(event.definition, FACT_LIMIT)))
    return _alert(
        rule,
        event.brand,
        now,
        key=alert_key("pain", rule.name, event.brand, event.topic, f"{now:%Y-%m-%dT%H}"),
        title=f"{event.brand}: pain point {event.topic} in {event.late} stories within {within}, {before}",
        examples=event.examples,
        tone="bad",
        weight=of_pain(event),
        told=[*told, *_quotes(event.examples[1:])],
        thread=pain_thread(event.brand, event.topic),
    )


def _tone(event: SpikeEvent) -> Tone:
    if event.counts != "stories" or event.negative > event.positive:
        return "bad"
    return "good" if event.positive > event.negative else "plain"


def _quotes(examples: tuple[Example, ...]) -> list[tuple[str, str]]:
    return [("Also", one_line(f"{one.source}: {one.quote}", FACT_LIMIT)) for one in examples]


def _alert(
    rule: Rule,
    brand: str,
    now: datetime,
    *,
    key: str,
    title: str,
    examples: tuple[Example, ...],
    tone: Tone,
    weight: float,
    told: list[tuple[str, str]],
    thread: str,
) -> Alert:
    first = examples[0] if examples else None
    return Alert(
        key=key,
        rule=rule.name,
        on=rule.on,
        brand=brand,
        source=None,
        created_at=now,
        title=one_line(title),
        quote="" if first is None else cut(first.quote, QUOTE_LIMIT),
        url=None if first is None else first.url,
        tone=tone,
        weight=weight,
        facts=tuple(told),
        thread=thread,
        channels=rule.channels,
        send=rule.send,
    )
