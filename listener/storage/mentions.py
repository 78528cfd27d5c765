"""Mentions and their pain points, written with the trend rows they count in. `revision` changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from listener.storage.additions import NewMention
from listener.storage.prepared import Prepared, chunks, insert
from listener.storage.tables import items, mention_pains, mentions
from listener.storage.timestamps import stamp
from listener.storage.trends import Counted, Tally
from listener.storage.values import clean, clean_or_none, e4, e4_or_none, to_json
from listener.types import Pain, Reading

INSERT = insert(mentions)
INSERT_PAIN = insert(mention_pains)
KEEP = Prepared(
    lambda _: sa.update(items).where(items.c.id == sa.bindparam("item_id"), ~items.c.kept).values(kept=sa.true())
)


def add_mentions(
    connection: sa.Connection,
    new: Sequence[NewMention],
    source_ids: Mapping[str, int],
    first_id: int,
    now: datetime,
) -> None:
    """Insert mentions under consecutive ids from `first_id`, with their pains, and count them in the trends."""
    seen_at = stamp(now)
    tally = Tally()
    rows = []
    pains = []
    for place, entry in enumerate(new):
        mention_id = first_id + place
        row = {
            "id": mention_id,
            "item_id": entry.item_id,
            "source_id": source_ids[entry.source],
            "brand": entry.reading.brand,
            "story_id": entry.story_id,
            "at": stamp(entry.at),
            "seen_at": seen_at,
            "first_of_story": entry.first_of_story,
            "irrelevant": False,
            **reading_columns(entry.reading),
        }
        rows.append(row)
        own_pains = pain_rows(mention_id, entry.reading.pains)
        pains += own_pains
        tally.add(counted(row, [(pain["topic"], pain["severity"]) for pain in own_pains]))
    INSERT.write_all(connection, rows)
    if pains:
        INSERT_PAIN.write_all(connection, pains)
    KEEP.write_all(connection, [{"item_id": entry.item_id} for entry in new])
    tally.write(connection)


def mentions_of_items(connection: sa.Connection, item_ids: Sequence[int]) -> dict[int, dict[str, int | None]]:
    """Return by item the brands that it is a mention of, each with the mention's story."""
    m = mentions.c
    known: dict[int, dict[str, int | None]] = {}
    for some in chunks(item_ids):
        for row in connection.execute(sa.select(m.item_id, m.brand, m.story_id).where(m.item_id.in_(some))):
            known.setdefault(row.item_id, {})[row.brand] = row.story_id
    return known


def reading_columns(reading: Reading) -> dict[str, Any]:
    """Return the columns of `mentions` that a reading fills."""
    sentiment = reading.sentiment
    return {
        "compound_e4": e4_or_none(sentiment.compound),
        "label": sentiment.label,
        "complaint_e4": e4(reading.complaint),
        "relevance_e4": e4(reading.relevance),
        "reach_e4": e4(reading.reach),
        "kind": reading.kind,
        "lang": clean_or_none(reading.lang),
        "scorer": reading.scorer,
        "excerpt": clean(reading.excerpt),
        "reasons": to_json(sentiment.reasons) if sentiment.reasons else "[]",
        "hits": to_json([(hit.field, hit.start, hit.end, hit.term) for hit in reading.hits]),
    }


def pain_rows(mention_id: int, pains: Sequence[Pain]) -> list[dict[str, Any]]:
    """Return a row for each topic; of a topic named twice the severer one, with the words of both."""
    by_topic: dict[str, tuple[int, list[str]]] = {}
    for pain in pains:
        severity, words = by_topic.get(pain.topic, (0, []))
        by_topic[pain.topic] = (max(severity, pain.severity), words + [w for w in pain.words if w not in words])
    return [
        {"mention_id": mention_id, "topic": topic, "severity": severity, "words": to_json(words)}
        for topic, (severity, words) in by_topic.items()
    ]


def counted(row: Mapping[str, Any], pains: Sequence[tuple[str, int]]) -> Counted:
    """Return what the trends need of a row, with the topics and severities of its pains."""
    return Counted(
        at=row["at"],
        brand=row["brand"],
        source_id=row["source_id"],
        first_of_story=bool(row["first_of_story"]),
        compound_e4=row["compound_e4"],
        label=row["label"],
        complaint_e4=row["complaint_e4"],
        reach_e4=row["reach_e4"],
        pains=pains,
    )
