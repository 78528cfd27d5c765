"""Trend rows and coverage by hour, for spike detection."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime

import sqlalchemy as sa

from listener.insights.spikes import AskedHour, HeardHour
from listener.storage.listing import MENTIONS, with_pains, within
from listener.storage.prepared import chunks
from listener.storage.records import Heard, Mention
from listener.storage.tables import coverage, mentions, sources, trends
from listener.storage.timestamps import moment
from listener.types import SpikeOf


class Hours:
    """Reads of a `Store`, which makes it and gives it its connections. Times are full hours."""

    def __init__(self, read: Callable[..., AbstractContextManager[sa.Connection]]) -> None:
        self._read = read

    def totals(
        self, start: datetime, end: datetime, brands: Collection[str] = (), named: Collection[str] = ()
    ) -> dict[str, Heard]:
        """Return what was heard of each brand; no brands, no sources that are `named`: all."""
        t = trends.c
        sums = (sa.func.sum(column) for column in (t.stories, t.positive, t.negative))
        found = sa.select(t.brand, *sums).where(*within(t.bucket, start, end)).group_by(t.brand)
        if brands:
            found = found.where(t.brand.in_(sorted(brands)))
        if named:
            found = found.join(sources, sources.c.id == t.source_id).where(sources.c.name.in_(sorted(named)))
        with self._read() as connection:
            return {
                brand: Heard(stories=int(stories), positive=int(positive), negative=int(negative))
                for brand, stories, positive, negative in connection.execute(found)
            }

    def heard(
        self, brand: str, start: datetime, end: datetime, *, counts: SpikeOf, named: Collection[str] = ()
    ) -> list[HeardHour]:
        """Return what each source said of a brand hour by hour.

        Feelings and complaints are counted by mention; of an hour they count no higher than its stories, so that copies
        of one angry text are one.
        """
        t = trends.c
        found = (
            sa.select(t.bucket, sources.c.name, t.stories, t[counts])
            .join(sources, sources.c.id == t.source_id)
            .where(t.brand == brand, *within(t.bucket, start, end))
        )
        if named:
            found = found.where(sources.c.name.in_(sorted(named)))
        with self._read() as connection:
            return [
                HeardHour(at=moment(bucket), source=source, count=min(stories, counted))
                for bucket, source, stories, counted in connection.execute(found)
            ]

    def asked(self, named: Collection[str], start: datetime, end: datetime) -> list[AskedHour]:
        """Return how often sources were asked hour by hour."""
        c = coverage.c
        asked = []
        with self._read() as connection:
            rows = connection.execute(sa.select(sources.c.id, sources.c.name))
            ids = {row.id: row.name for row in rows if row.name in named}
            for some in chunks(list(ids)):
                found = sa.select(coverage).where(c.source_id.in_(some), *within(c.bucket, start, end))
                asked += [
                    AskedHour(at=moment(row.bucket), source=ids[row.source_id], ok=row.ok, failed=row.failed)
                    for row in connection.execute(found)
                ]
        return asked

    def loudest(
        self,
        brand: str,
        start: datetime,
        end: datetime,
        limit: int,
        *,
        negative: bool = False,
        named: Collection[str] = (),
    ) -> list[Mention]:
        """Return the mentions that reach most people, one of each story; only `negative` ones if so wanted."""
        m = mentions.c
        found = MENTIONS.where(m.brand == brand, ~m.irrelevant, m.first_of_story, *within(m.at, start, end))
        if negative:
            found = found.where(m.label == "negative")
        if named:
            found = found.where(sources.c.name.in_(sorted(named)))
        with self._read(snapshot=True) as connection:
            rows = connection.execute(found.order_by(m.reach_e4.desc(), m.id).limit(limit)).all()
            return list(with_pains(connection, rows))
