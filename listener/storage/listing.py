"""Streams long lists with constant memory. Each is read in its own transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from listener.insights.series import CoverageHour, TrendHour
from listener.storage.records import Mention, Score, StoredAlert
from listener.storage.tables import (
    TREND_SUMS,
    alerts,
    coverage,
    deliveries,
    items,
    mention_pains,
    mentions,
    overruled,
    scores,
    sources,
    trends,
)
from listener.storage.timestamps import moment, moment_or_none, stamp
from listener.storage.values import E4, from_e4, from_json
from listener.types import Sentiment

#: Rows held in memory at a time.
STREAMED = {"yield_per": 1000}

MENTIONS = (
    sa.select(
        mentions,
        sources.c.name.label("source"),
        sources.c.category,
        *(items.c[name] for name in ("title", "url", "author", "published_at", "rating", "rating_max")),
        overruled.c.fields.label("corrected"),
    )
    .join(items, items.c.id == mentions.c.item_id)
    .join(sources, sources.c.id == mentions.c.source_id)
    .outerjoin(overruled, overruled.c.mention_id == mentions.c.id)
)


def within(
    column: sa.ColumnElement[Any], start: datetime | None, end: datetime | None
) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions for a time from `start` on and before `end`; None has no bound."""
    if start is not None:
        yield column >= stamp(start)
    if end is not None:
        yield column < stamp(end)


def iter_mentions(
    connection: sa.Connection,
    *,
    start: datetime | None,
    end: datetime | None,
    brands: Collection[str],
    irrelevant: bool,
) -> Iterator[Mention]:
    """Yield mentions in the order of the time they count at."""
    found = MENTIONS.where(*within(mentions.c.at, start, end)).order_by(mentions.c.at, mentions.c.id)
    if brands:
        found = found.where(mentions.c.brand.in_(sorted(brands)))
    if not irrelevant:
        found = found.where(~mentions.c.irrelevant)
    for rows in connection.execute(found, execution_options=STREAMED).partitions():
        yield from with_pains(connection, rows)


def with_pains(connection: sa.Connection, rows: Sequence[Any]) -> Iterator[Mention]:
    """Yield the mentions of rows that `MENTIONS` found."""
    pains = _pains_of(connection, [row.id for row in rows])
    for row in rows:
        yield _mention_of(row, pains[row.id])


def _pains_of(connection: sa.Connection, mention_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    p = mention_pains.c
    pains: dict[int, list[tuple[str, int]]] = defaultdict(list)
    found = sa.select(p.mention_id, p.topic, p.severity).where(p.mention_id.in_(mention_ids))
    for row in connection.execute(found.order_by(p.mention_id, p.severity.desc(), p.topic)):
        pains[row.mention_id].append((row.topic, row.severity))
    return pains


def _mention_of(row: Any, pains: Sequence[tuple[str, int]]) -> Mention:
    return Mention(
        id=row.id,
        at=moment(row.at),
        seen_at=moment(row.seen_at),
        brand=row.brand,
        source=row.source,
        category=row.category,
        item_id=row.item_id,
        story_id=row.story_id,
        first_of_story=row.first_of_story,
        sentiment=Sentiment(
            compound=from_e4(row.compound_e4),
            label=row.label,
            reasons=tuple((word, weight) for word, weight in from_json(row.reasons)),
        ),
        scorer=row.scorer,
        complaint=row.complaint_e4 / E4,
        relevance=row.relevance_e4 / E4,
        reach=row.reach_e4 / E4,
        kind=row.kind,
        lang=row.lang,
        title=row.title,
        excerpt=row.excerpt,
        url=row.url,
        author=row.author,
        published=moment_or_none(row.published_at),
        rating=row.rating,
        rating_max=row.rating_max,
        pains=tuple(pains),
        irrelevant=row.irrelevant,
        corrected=tuple(row.corrected.split(",")) if row.corrected else (),
    )


def iter_trends(
    connection: sa.Connection, *, start: datetime | None, end: datetime | None, brands: Collection[str]
) -> Iterator[TrendHour]:
    """Yield trend rows in the order of their hours."""
    found = (
        sa.select(trends, sources.c.name.label("source"))
        .join(sources, sources.c.id == trends.c.source_id)
        .where(*within(trends.c.bucket, start, end))
        .order_by(trends.c.bucket, trends.c.brand, trends.c.source_id)
    )
    if brands:
        found = found.where(trends.c.brand.in_(sorted(brands)))
    for row in connection.execute(found, execution_options=STREAMED):
        sums = {name: getattr(row, name) for name in TREND_SUMS}
        yield TrendHour(at=moment(row.bucket), brand=row.brand, source=row.source, **sums)


def iter_coverage(connection: sa.Connection, *, start: datetime | None, end: datetime | None) -> Iterator[CoverageHour]:
    """Yield coverage rows in the order of their hours."""
    found = (
        sa.select(coverage, sources.c.name.label("source"), sources.c.brand)
        .join(sources, sources.c.id == coverage.c.source_id)
        .where(*within(coverage.c.bucket, start, end))
        .order_by(coverage.c.bucket, coverage.c.source_id)
    )
    for row in connection.execute(found, execution_options=STREAMED):
        yield CoverageHour(at=moment(row.bucket), source=row.source, brand=row.brand, ok=row.ok, failed=row.failed)


def iter_scores(
    connection: sa.Connection, *, start: datetime | None, end: datetime | None, brands: Collection[str]
) -> Iterator[Score]:
    """Yield scores of surveys in the order of their hours."""
    s = scores.c
    found = (
        sa.select(scores, sources.c.name.label("source"))
        .join(sources, sources.c.id == s.source_id)
        .where(*within(s.bucket, start, end))
        .order_by(s.bucket, s.brand, s.source_id, s.metric, s.segment_key, s.segment_value)
    )
    if brands:
        found = found.where(s.brand.in_(sorted(brands)))
    for row in connection.execute(found, execution_options=STREAMED):
        yield Score(
            at=moment(row.bucket),
            brand=row.brand,
            source=row.source,
            metric=row.metric,
            segment_key=row.segment_key,
            segment_value=row.segment_value,
            answers=row.answers,
            total=row.score_e4_sum / E4,
            promoters=row.promoters,
            detractors=row.detractors,
        )


def list_brands(connection: sa.Connection) -> list[str]:
    """Return the brands that trends know, by name."""
    return list(connection.execute(sa.select(trends.c.brand).distinct().order_by(trends.c.brand)).scalars())


def iter_alerts(
    connection: sa.Connection, *, start: datetime | None, end: datetime | None, brands: Collection[str]
) -> Iterator[StoredAlert]:
    """Yield alerts with what became of them, in the order in which they arose."""
    a, d = alerts.c, deliveries.c
    found = sa.select(alerts).where(*within(a.created_at, start, end)).order_by(a.created_at, a.id)
    if brands:
        found = found.where(a.brand.in_(sorted(brands)))
    for rows in connection.execute(found, execution_options=STREAMED).partitions():
        sent: dict[int, list[tuple[str, str, int, datetime | None, str]]] = defaultdict(list)
        ways = sa.select(deliveries).where(d.alert_id.in_([row.id for row in rows])).order_by(d.channel)
        for way in connection.execute(ways):
            sent[way.alert_id].append(
                (way.channel, way.status, way.attempts, moment_or_none(way.sent_at), way.last_error)
            )
        for row in rows:
            yield StoredAlert(
                id=row.id,
                key=row.key,
                rule=row.rule,
                on=row.rule_on,
                brand=row.brand,
                source=row.source,
                created_at=moment(row.created_at),
                title=row.title,
                quote=row.quote,
                url=row.url,
                channels=tuple(from_json(row.channels)),
                deliveries=tuple(sent[row.id]),
            )
