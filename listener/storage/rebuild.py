"""Recomputes trend rows from mentions and answers, to compare them with the stored ones or replace them.

Mentions that retention deleted keep their place in the trends: hours before the `horizon` are neither compared nor
rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from listener.storage.meta import get_meta
from listener.storage.scores import ScoreTally, answer_of
from listener.storage.tables import TREND_SUMS, items, mention_pains, mentions, scores, trend_pains, trends
from listener.storage.timestamps import stamp
from listener.storage.trends import COMPLAINT_E4

#: In `meta`: trends of earlier hours may count mentions that retention has deleted since.
HORIZON = "trends_horizon"
#: After any time.
END = "9999-12-31T23:59:59.999999Z"
#: Differences are named one by one up to this many.
MOST_NAMED = 100


def days_to_rebuild(connection: sa.Connection) -> list[str]:
    """Return the days, from the horizon on, that trends or mentions know."""
    horizon = get_meta(connection, HORIZON) or ""
    known = sa.union(
        *(
            sa.select(sa.func.substr(column, 1, 10)).where(column >= horizon)
            for column in (trends.c.bucket, trend_pains.c.bucket, mentions.c.at)
        )
    )
    return sorted(connection.execute(known).scalars())


def rebuild_day(connection: sa.Connection, day: str) -> None:
    """Replace the trend rows of a day, those before the horizon left out, by what the mentions say."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    start = max(get_meta(connection, HORIZON) or "", stamp(midnight))
    end = stamp(midnight + timedelta(days=1))
    for table, query in ((trends, _trends_anew(start, end)), (trend_pains, _pains_anew(start, end))):
        connection.execute(sa.delete(table).where(table.c.bucket >= start, table.c.bucket < end))
        connection.execute(sa.insert(table).from_select([column.name for column in table.c], query))


def rebuild_scores(connection: sa.Connection) -> None:
    """Replace the rows of scores by what the answers say."""
    connection.execute(sa.delete(scores))
    _scores_anew(connection).write(connection)


def verify_trends(connection: sa.Connection) -> list[str]:
    """Return what the trend rows say otherwise than the mentions, a sentence each; empty where they agree."""
    horizon = get_meta(connection, HORIZON) or ""
    return [
        *_differences(connection, trends, _trends_anew(horizon, END), horizon),
        *_differences(connection, trend_pains, _pains_anew(horizon, END), horizon),
        *_score_differences(connection),
    ][:MOST_NAMED]


def _differences(connection: sa.Connection, table: sa.Table, anew: sa.Select[Any], horizon: str) -> Iterator[str]:
    counted = sa.select(*table.c).where(table.c.bucket >= horizon)
    for words, left, right in (("is counted but not in", counted, anew), ("is missing, by", anew, counted)):
        for row in connection.execute(sa.except_(left, right).limit(MOST_NAMED)):
            yield f"{table.name}: {tuple(row)} {words} the mentions"


def _trends_anew(start: str, end: str) -> sa.Select[Any]:
    m = mentions.c
    bucket = _hour(m.at)
    sums = (
        sa.func.count(),
        _total(sa.case((m.first_of_story, 1), else_=0)),
        sa.func.count(m.compound_e4),
        sa.func.count() - sa.func.count(m.compound_e4),
        *(_total(sa.case((m.label == label, 1), else_=0)) for label in ("positive", "neutral", "negative")),
        _total(sa.func.coalesce(m.compound_e4, 0)),
        _total(sa.func.coalesce(m.compound_e4 * m.compound_e4, 0)),
        _total(sa.case((m.complaint_e4 >= COMPLAINT_E4, 1), else_=0)),
        _total(m.reach_e4),
    )
    return (
        sa.select(bucket.label("bucket"), m.brand, m.source_id)
        .add_columns(*(value.label(name) for name, value in zip(TREND_SUMS, sums, strict=True)))
        .where(~m.irrelevant, m.at >= start, m.at < end)
        .group_by(bucket, m.brand, m.source_id)
    )


def _pains_anew(start: str, end: str) -> sa.Select[Any]:
    m, p = mentions.c, mention_pains.c
    bucket = _hour(m.at)
    return (
        sa.select(bucket.label("bucket"), m.brand, m.source_id, p.topic)
        .add_columns(sa.func.count().label("mentions"), _total(p.severity).label("severity_sum"))
        .select_from(mentions.join(mention_pains, p.mention_id == m.id))
        .where(~m.irrelevant, m.at >= start, m.at < end)
        .group_by(bucket, m.brand, m.source_id, p.topic)
    )


def _hour(at: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    # Literals, not parameters: PostgreSQL takes two parameters for two different groupings.
    return sa.func.substr(at, sa.literal_column("1"), sa.literal_column("13")).op("||")(
        sa.literal_column("':00:00.000000Z'")
    )


def _total(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    # PostgreSQL's sum of bigint is numeric.
    return sa.cast(sa.func.sum(value), sa.BigInteger)


def _scores_anew(connection: sa.Connection) -> ScoreTally:
    tally = ScoreTally()
    for row in connection.execute(sa.select(items).where(items.c.survey.is_not(None), items.c.kept)):
        tally.add(answer_of(row))
    return tally


def _score_differences(connection: sa.Connection) -> Iterator[str]:
    anew = {tuple(row.values()) for row in _scores_anew(connection).rows()}
    counted = {tuple(row) for row in connection.execute(sa.select(scores))}
    for row in sorted(counted - anew):
        yield f"scores: {row} is counted but not in the answers"
    for row in sorted(anew - counted):
        yield f"scores: {row} is missing, by the answers"
