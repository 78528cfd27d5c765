"""Reads pain points: counts over a period, quotes, and the complaints behind them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa

from listener.insights.pains import PainCount
from listener.storage.listing import MENTIONS, STREAMED, with_pains, within
from listener.storage.records import Complaint, Mention, StoredPain
from listener.storage.tables import coverage, items, mention_pains, mentions, sources
from listener.storage.timestamps import moment, moment_or_none
from listener.storage.trends import COMPLAINT_E4
from listener.storage.values import E4, from_json
from listener.types import Pain


class PainReads:
    """Reads of a `Store`, which makes it and gives it its connections. Irrelevant mentions are in none of them."""

    def __init__(self, read: Callable[..., AbstractContextManager[sa.Connection]]) -> None:
        self._read = read

    def count(
        self,
        start: datetime | None,
        end: datetime | None,
        brands: Collection[str] = (),
        *,
        named: Collection[str] = (),
        topics: Collection[str] = (),
        severity_at_least: int = 0,
    ) -> list[PainCount]:
        """Return how often pain points are named at `start` or later and before `end`.

        No brands, no sources that are `named` or no topics: all. Only what is as severe is counted.
        """
        m, p = mentions.c, mention_pains.c
        first = m.first_of_story
        sums = (
            sa.func.count().label("mentions"),
            sa.func.count(sa.case((first, 1))).label("stories"),
            sa.func.coalesce(sa.func.sum(sa.case((first, p.severity))), 0).label("severity_sum"),
            sa.func.coalesce(sa.func.max(sa.case((first, p.severity))), 0).label("severest"),
            sa.func.coalesce(sa.func.sum(sa.case((first, m.reach_e4))), 0).label("reach_e4"),
        )
        found = (
            sa.select(m.brand, p.topic, *sums)
            .join(mention_pains, p.mention_id == m.id)
            .join(sources, sources.c.id == m.source_id)
            .where(~m.irrelevant, p.severity >= severity_at_least, *within(m.at, start, end))
            .group_by(m.brand, p.topic)
            .order_by(m.brand, p.topic)
        )
        for column, wanted in ((m.brand, brands), (sources.c.name, named), (p.topic, topics)):
            if wanted:
                found = found.where(column.in_(sorted(wanted)))
        with self._read() as connection:
            return [
                PainCount(
                    brand=row.brand,
                    topic=row.topic,
                    mentions=row.mentions,
                    stories=row.stories,
                    severity_sum=int(row.severity_sum),
                    severest=int(row.severest),
                    reach=int(row.reach_e4) / E4,
                )
                for row in connection.execute(found)
            ]

    def heard_from(self) -> datetime | None:
        """Return the hour in which something was first polled; None where nothing ever was."""
        with self._read() as connection:
            first = connection.execute(sa.select(sa.func.min(coverage.c.bucket))).scalar()
        return moment_or_none(first)

    def quotes(
        self, brand: str, topic: str, limit: int, start: datetime | None = None, end: datetime | None = None
    ) -> list[Mention]:
        """Return mentions that name a pain point, the severest and farthest reaching first, one of each story."""
        m, p = mentions.c, mention_pains.c
        found = (
            MENTIONS.join(mention_pains, p.mention_id == m.id)
            .where(p.topic == topic, m.brand == brand, ~m.irrelevant, m.first_of_story, *within(m.at, start, end))
            .order_by(p.severity.desc(), m.reach_e4.desc(), m.id)
            .limit(limit)
        )
        with self._read(snapshot=True) as connection:
            return list(with_pains(connection, connection.execute(found).all()))

    def iter_pains(
        self, start: datetime | None, end: datetime | None, brands: Collection[str] = ()
    ) -> Iterator[StoredPain]:
        """Yield the pain points of mentions in the order of their time, a mention's severest first; no brands: all."""
        m, p = mentions.c, mention_pains.c
        found = (
            sa.select(p.mention_id, p.topic, p.severity, p.words, m.at, m.brand, m.first_of_story, m.excerpt)
            .add_columns(sources.c.name.label("source"), items.c.url)
            .join(mentions, m.id == p.mention_id)
            .join(items, items.c.id == m.item_id)
            .join(sources, sources.c.id == m.source_id)
            .where(~m.irrelevant, *within(m.at, start, end))
            .order_by(m.at, m.id, p.severity.desc(), p.topic)
        )
        if brands:
            found = found.where(m.brand.in_(sorted(brands)))
        with self._read() as connection:
            for row in connection.execute(found, execution_options=STREAMED):
                yield StoredPain(
                    mention_id=row.mention_id,
                    at=moment(row.at),
                    brand=row.brand,
                    source=row.source,
                    first_of_story=row.first_of_story,
                    pain=Pain(topic=row.topic, severity=row.severity, words=tuple(from_json(row.words))),
                    excerpt=row.excerpt,
                    url=row.url,
                )

    def iter_complaints(self, brand: str, start: datetime | None, end: datetime | None) -> Iterator[Complaint]:
        """Yield the complaints about a brand, one of each story, in the order of their time."""
        m = mentions.c
        complains = sa.or_(m.complaint_e4 >= COMPLAINT_E4, m.kind.in_(["complaint", "churn"]))
        found = (
            sa.select(m.id, m.excerpt, m.reach_e4, sources.c.name.label("source"), items.c.author)
            .join(items, items.c.id == m.item_id)
            .join(sources, sources.c.id == m.source_id)
            .where(m.brand == brand, ~m.irrelevant, m.first_of_story, complains, *within(m.at, start, end))
            .order_by(m.at, m.id)
        )
        with self._read() as connection:
            for row in connection.execute(found, execution_options=STREAMED):
                yield Complaint(
                    mention_id=row.id,
                    excerpt=row.excerpt,
                    source=row.source,
                    author=row.author,
                    reach=row.reach_e4 / E4,
                )
