"""Mention rules: whether a mention matches a rule, and the resulting alert."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from listener.alerts.events import MentionEvent
from listener.alerts.keys import alert_key
from listener.alerts.weights import of_mention
from listener.alerts.words import FACT_LIMIT, QUOTE_LIMIT, cut, moment, one_line
from listener.types import Alert, Item, Reading, Rule, Sentiment, Tone

#: Kinds of speech that say more than "mention" does.
TELLING_KINDS = frozenset({"complaint", "question", "praise", "request", "churn"})
#: Pain points that are told of one mention, the worst ones.
PAINS_LIMIT = 5


def satisfies(rule: Rule, words: Callable[[Item], bool] | None, event: MentionEvent) -> bool:
    """Say whether a mention satisfies all conditions of a rule. The words are tried last: they cost most."""
    reading = event.reading
    return (
        among(reading.brand, rule.brands)
        and among(event.source.name, rule.sources)
        and felt(rule, reading.sentiment.compound)
        and (rule.reach_at_least is None or reading.reach >= rule.reach_at_least)
        and (rule.relevance_at_least is None or reading.relevance >= rule.relevance_at_least)
        and hurts(rule, reading)
        and (not rule.kinds or reading.kind in rule.kinds or event.item.kind in rule.kinds)
        and fresh(rule, event)
        and (words is None or words(event.item))
    )


def among(name: str | None, names: tuple[str, ...]) -> bool:
    """Say whether a condition on names holds; an empty one always does."""
    return not names or name in names


def felt(rule: Rule, compound: float | None) -> bool:
    """Say whether the sentiment lies within a rule's bounds. Unknown lies within none."""
    if rule.sentiment_at_most is None and rule.sentiment_at_least is None:
        return True
    if compound is None:
        return False
    below = rule.sentiment_at_most is None or compound <= rule.sentiment_at_most
    return below and (rule.sentiment_at_least is None or compound >= rule.sentiment_at_least)


def hurts(rule: Rule, reading: Reading) -> bool:
    """Say whether a mention names one of a rule's pain points, severely enough."""
    if not rule.pains and rule.severity_at_least is None:
        return True
    least = rule.severity_at_least or 0
    return any(among(pain.topic, rule.pains) and pain.severity >= least for pain in reading.pains)


def fresh(rule: Rule, event: MentionEvent) -> bool:
    """Say whether an item was young when it was first seen.

    One without a date counts as young, unless it came with the first poll of its source.
    """
    dated = event.item.published or event.item.updated
    if dated is None:
        return not event.history
    return event.seen_at - dated <= rule.fresh_within


def mention_alert(rule: Rule, event: MentionEvent, now: datetime, zone: ZoneInfo) -> Alert:
    """Make the alert of a rule for a mention: one for each story and brand, however many copies there are."""
    reading, item = event.reading, event.item
    return Alert(
        key=alert_key("mention", rule.name, reading.brand, event.story_id),
        rule=rule.name,
        on="mention",
        brand=reading.brand,
        source=event.source.name,
        created_at=now,
        title=one_line(f"{reading.brand}: {what(reading)} on {event.source.name}: {item.title or reading.excerpt}"),
        # Of an item that is a title alone, that is the excerpt: it stands in the alert's title.
        quote=cut(reading.excerpt or item.text[:QUOTE_LIMIT], QUOTE_LIMIT) if item.text or not item.title else "",
        url=item.url,
        tone=tone(reading),
        weight=of_mention(reading, tone(reading)),
        facts=tuple(facts(event, zone)),
        channels=rule.channels,
        send=rule.send,
    )


def what(reading: Reading) -> str:
    """Name a mention by what it says or else by how it feels."""
    if reading.kind in TELLING_KINDS:
        return reading.kind
    label = reading.sentiment.label
    return f"{label} mention" if label in ("positive", "negative") else "mention"


def tone(reading: Reading) -> Tone:
    """Say whether a mention is good or bad news."""
    if reading.kind in ("complaint", "churn") or reading.sentiment.label == "negative":
        return "bad"
    return "good" if reading.kind == "praise" or reading.sentiment.label == "positive" else "plain"


def facts(event: MentionEvent, zone: ZoneInfo) -> list[tuple[str, str]]:
    """List what a person asks next: how bad, who, where, when, why."""
    reading, item = event.reading, event.item
    told = [("Sentiment", feeling(reading.sentiment))]
    worst = sorted(reading.pains, key=lambda pain: -pain.severity)[:PAINS_LIMIT]
    if len(worst) == 1:
        told.append(("Pain point", one_line(f"{worst[0].topic}, severity {worst[0].severity} of 4", FACT_LIMIT)))
    elif worst:
        # In one line: where only a few facts are shown, author and source must be among them.
        listed = ", ".join(f"{pain.topic} {pain.severity} of 4" for pain in worst)
        told.append(("Pain points", one_line(listed, FACT_LIMIT)))
    if item.rating is not None:
        told.append(("Rating", f"{item.rating:g} of {item.rating_max:g}"))
    if item.author:
        told.append(("Author", one_line(item.author, FACT_LIMIT)))
    told.append(("Source", event.source.name))
    published = item.published or item.updated
    told.append(("Published", moment(published, zone) if published else "not dated"))
    told.append(("Reach", f"{reading.reach:.0f} of 100"))
    return told


def feeling(sentiment: Sentiment) -> str:
    """Say a sentiment; unknown is not neutral."""
    if sentiment.compound is None:
        return "not scored"
    number = round(sentiment.compound, 2)
    return f"{f'{number:+.2f}' if number else '0.00'} {sentiment.label or ''}".rstrip()
