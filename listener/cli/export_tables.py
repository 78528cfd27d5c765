"""The tables that `listener export` writes: their columns, in order, and their rows. A contract: docs/schema.md."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from listener.cli.output_files import Cell
from listener.facts import Price
from listener.insights.change_series import KINDS as CHANGE_KINDS
from listener.insights.change_series import ChangeSeen, change_rows
from listener.insights.series import By, bucket_of, trend_rows
from listener.storage import Store, StoredAlert

Row: TypeAlias = tuple[Cell, ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be exported."""

    #: From this moment on and before that one; None has no bound.
    start: datetime | None
    end: datetime | None
    by: By
    zone: ZoneInfo
    #: Empty: all.
    brands: tuple[str, ...]
    #: What "all" means where a brand without mentions has rows, and those of them that are no longer in the settings.
    all_brands: tuple[str, ...]
    left: frozenset[str]
    per_source: bool

    def local(self, moment: datetime | None) -> datetime | None:
        """Return a moment by the clock of the zone."""
        return None if moment is None else moment.astimezone(self.zone)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of export."""

    #: What a row is, in a few words.
    title: str
    columns: tuple[str, ...]
    rows: Callable[[Store, Wanted], Iterator[Row]]


def rounded(number: float | None) -> float | None:
    """Return a number with the six digits that an average of four is good for."""
    return None if number is None else round(number, 6)


def trends(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each bucket of time and brand."""
    brands = wanted.brands or wanted.all_brands
    heard = store.iter_trends(wanted.start, wanted.end, wanted.brands)
    asked = store.iter_coverage(wanted.start, wanted.end)
    series = trend_rows(
        heard, asked, by=wanted.by, zone=wanted.zone, brands=brands, left=wanted.left, per_source=wanted.per_source
    )
    for row in series:
        low, high = row.interval or (None, None)
        yield (
            *(row.start, row.end, row.brand, row.source),
            *(row.mentions, row.stories, row.scored, row.unscored),
            *(rounded(row.mean_compound), rounded(low), rounded(high)),
            *(row.positive, row.neutral, row.negative, row.complaints, rounded(row.reach)),
            *(row.polls_ok, row.polls_failed, rounded(row.coverage)),
        )


def mentions(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each mention."""
    for m in store.iter_mentions(wanted.start, wanted.end, wanted.brands):
        yield (
            *(m.id, wanted.local(m.at), wanted.local(m.seen_at), m.brand, m.source, m.category),
            *(m.kind, m.lang, m.sentiment.compound, m.sentiment.label, m.complaint, m.relevance, m.reach),
            *(tuple(f"{topic}:{severity}" for topic, severity in m.pains), m.story_id, m.first_of_story),
            *(m.title, m.excerpt, m.url, m.author, wanted.local(m.published), m.rating),
            *(m.rating_max if m.rating is not None else None, m.scorer, m.corrected),
        )


def pains(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each pain point of each mention."""
    for p in store.pains.iter_pains(wanted.start, wanted.end, wanted.brands):
        yield (
            *(p.mention_id, wanted.local(p.at), p.brand, p.source, p.first_of_story),
            *(p.pain.topic, p.pain.severity, p.pain.words, p.excerpt, p.url),
        )


#: What became of a delivery that retention let go.
FORGOTTEN = "forgotten"


def alerts(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each delivery of each alert, one with empty columns for an alert that went nowhere."""
    for alert in store.iter_alerts(wanted.start, wanted.end, wanted.brands):
        for channel, status, attempts, sent_at, error in deliveries_of(alert):
            yield (
                *(alert.id, wanted.local(alert.created_at), alert.rule, alert.on, alert.brand, alert.source),
                *(alert.title, alert.quote, alert.url, channel, status, attempts, wanted.local(sent_at), error),
            )


def deliveries_of(
    alert: StoredAlert,
) -> Iterator[tuple[str | None, str | None, int | None, datetime | None, str | None]]:
    """Yield channel, status, attempts, time and error of each delivery; all None for an alert that went nowhere.

    Of deliveries that retention let go nothing is known but where they went.
    """
    kept = {delivery[0]: delivery for delivery in alert.deliveries}
    for channel in sorted({*kept, *alert.channels}):
        yield kept.get(channel, (channel, FORGOTTEN, None, None, None))
    if not (kept or alert.channels):
        yield None, None, None, None, None


def scores(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each bucket of time, brand, source, survey and segment."""
    hours = store.iter_scores(wanted.start, wanted.end, wanted.brands)
    for (start, end), group in itertools.groupby(hours, lambda s: bucket_of(s.at, wanted.by, wanted.zone)):
        sums: dict[tuple[str, str, str, str, str], tuple[int, float, int, int]] = {}
        for s in group:
            key = (s.brand, s.source, s.metric, s.segment_key, s.segment_value)
            n, total, promoters, detractors = sums.get(key, (0, 0.0, 0, 0))
            sums[key] = (n + s.answers, total + s.total, promoters + s.promoters, detractors + s.detractors)
        for key, (n, total, promoters, detractors) in sorted(sums.items()):
            net = 100 * (promoters - detractors) / n
            yield (start, end, *key, n, rounded(total / n), promoters, detractors, rounded(net))


def changes(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each change of a page."""
    for c in store.pages.iter_changes(wanted.start, wanted.end, wanted.brands):
        yield (
            *(c.id, wanted.local(c.first_seen), wanted.local(c.confirmed_at), c.status, c.brand, c.source, c.url),
            *(c.change.kind, c.change.subject, _shown(c.change.before), _shown(c.change.after), c.change.percent),
        )


def change_trends(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each bucket of time and brand whose pages were asked."""
    seen = (
        ChangeSeen(at=c.first_seen, brand=c.brand, source=c.source, kind=c.change.kind, percent=c.change.percent)
        for c in store.pages.iter_changes(wanted.start, wanted.end, wanted.brands, status="confirmed")
    )
    pages = set(store.pages.list_pages())
    asked = (
        polls
        for polls in store.iter_coverage(wanted.start, wanted.end)
        if polls.source in pages and (not wanted.brands or polls.brand in wanted.brands)
    )
    for row in change_rows(seen, asked, by=wanted.by, zone=wanted.zone, per_source=wanted.per_source):
        yield (
            *(row.start, row.end, row.brand, row.source, row.counts.total()),
            *(row.counts[kind] for kind in CHANGE_KINDS),
            *(rounded(row.mean_percent), row.polls_ok, row.polls_failed, rounded(row.coverage)),
        )


def prices(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each time that a plan had a price."""
    for p in store.pages.iter_prices(wanted.brands):
        if _overlaps(p.first_seen, p.last_seen, wanted):
            price = None if p.price is None else format(p.price, "f")
            yield (
                *(p.brand, p.source, p.plan, p.period, p.unit, p.currency, price),
                *(wanted.local(p.first_seen), wanted.local(p.last_seen)),
            )


def faq(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each time that a question had an answer."""
    for a in store.pages.iter_answers(wanted.brands):
        if _overlaps(a.first_seen, a.last_seen, wanted):
            span = (wanted.local(a.first_seen), wanted.local(a.last_seen))
            yield (a.brand, a.source, a.question, a.answer, *span)


def claims(store: Store, wanted: Wanted) -> Iterator[Row]:
    """Yield a row for each piece of advertising copy."""
    for c in store.pages.iter_claims(wanted.brands):
        if _overlaps(c.first_seen, c.last_seen, wanted):
            span = (wanted.local(c.first_seen), wanted.local(c.last_seen))
            yield (c.brand, c.source, c.kind, c.text, c.url, *span)


def _overlaps(first: datetime, last: datetime, wanted: Wanted) -> bool:
    return (wanted.end is None or first < wanted.end) and (wanted.start is None or last >= wanted.start)


def _shown(value: object) -> str | None:
    """Return one side of a change in words: a text, or a price as "49 USD month"."""
    price = value if isinstance(value, Price) else None
    if price is None:
        return value if isinstance(value, str) else None
    amount = "contact us" if price.price is None else format(price.price, "f")
    return " ".join(part for part in (price.name, amount, price.currency, price.period) if part)


TABLES = {
    "trends": Table(
        title="mentions of a brand by hour, day or week, and how complete the polls were",
        columns=(
            *("bucket_start", "bucket_end", "brand", "source"),
            *("mentions", "stories", "scored", "unscored"),
            *("mean_compound", "mean_low", "mean_high"),
            *("positive", "neutral", "negative", "complaints", "reach"),
            *("polls_ok", "polls_failed", "coverage"),
        ),
        rows=trends,
    ),
    "mentions": Table(
        title="mentions",
        columns=(
            *("mention_id", "at", "seen_at", "brand", "source", "category"),
            *("kind", "lang", "compound", "label", "complaint", "relevance", "reach"),
            *("pains", "story_id", "first_of_story"),
            *("title", "excerpt", "url", "author", "published_at", "rating"),
            *("rating_max", "scorer", "corrected"),
        ),
        rows=mentions,
    ),
    "pains": Table(
        title="pain points of mentions",
        columns=(
            *("mention_id", "at", "brand", "source", "first_of_story"),
            *("topic", "severity", "words", "excerpt", "url"),
        ),
        rows=pains,
    ),
    "alerts": Table(
        title="alerts and what became of them",
        columns=(
            *("alert_id", "created_at", "rule", "rule_on", "brand", "source"),
            *("title", "quote", "url", "channel", "status", "attempts", "sent_at", "last_error"),
        ),
        rows=alerts,
    ),
    "scores": Table(
        title="NPS, CSAT and CES by hour, day or week and segment",
        columns=(
            *("bucket_start", "bucket_end", "brand", "source", "metric", "segment_key", "segment_value"),
            *("answers", "mean", "promoters", "detractors", "net_promoters"),
        ),
        rows=scores,
    ),
    "changes": Table(
        title="changes of pages",
        columns=(
            *("change_id", "first_seen", "confirmed_at", "status", "brand", "source", "url"),
            *("kind", "subject", "before", "after", "percent"),
        ),
        rows=changes,
    ),
    "change-trends": Table(
        title="how many changes of pages by hour, day or week, and how well the pages were looked at",
        columns=(
            *("bucket_start", "bucket_end", "brand", "source", "changes"),
            *CHANGE_KINDS,
            *("mean_percent", "polls_ok", "polls_failed", "coverage"),
        ),
        rows=change_trends,
    ),
    "prices": Table(
        title="what plans cost, and when",
        columns=(
            *("brand", "source", "plan", "period", "unit", "currency", "price"),
            *("first_seen", "last_seen"),
        ),
        rows=prices,
    ),
    "faq": Table(
        title="questions and answers of pages, and when they stood",
        columns=("brand", "source", "question", "answer", "first_seen", "last_seen"),
        rows=faq,
    ),
    "claims": Table(
        title="advertising copy of pages, and when it was used",
        columns=("brand", "source", "kind", "text", "url", "first_seen", "last_seen"),
        rows=claims,
    ),
}
