"""Mentions and their pain points: written with the trend rows they count in, and changed with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from listener.errors import StorageError
from listener.storage.items import chunks
from listener.storage.moments import stamp
from listener.storage.prepared import Prepared, insert
from listener.storage.records import NewMention
from listener.storage.tables import corrections, items, mention_pains, mentions
from listener.storage.trends import Counted, Tally
from listener.storage.values import clean, clean_or_none, e4, e4_or_none, from_json, to_json
from listener.types import Reading

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
            **_reading_columns(entry.reading),
        }
        rows.append(row)
        own_pains = _pain_rows(mention_id, entry.reading)
        pains += own_pains
        tally.add(_counted(row, [(pain["topic"], pain["severity"]) for pain in own_pains]))
    INSERT.run(connection, rows)
    if pains:
        INSERT_PAIN.run(connection, pains)
    KEEP.run(connection, [{"item_id": entry.item_id} for entry in new])
    tally.write(connection)


def _reading_columns(reading: Reading) -> dict[str, Any]:
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


def _pain_rows(mention_id: int, reading: Reading) -> list[dict[str, Any]]:
    """Return a row for each topic; of a topic named twice the severer one, with the words of both."""
    by_topic: dict[str, tuple[int, list[str]]] = {}
    for pain in reading.pains:
        severity, words = by_topic.get(pain.topic, (0, []))
        by_topic[pain.topic] = (max(severity, pain.severity), words + [w for w in pain.words if w not in words])
    return [
        {"mention_id": mention_id, "topic": topic, "severity": severity, "words": to_json(words)}
        for topic, (severity, words) in by_topic.items()
    ]


def _counted(row: Mapping[str, Any], pains: Sequence[tuple[str, int]]) -> Counted:
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


def replace_reading(
    connection: sa.Connection, mention_id: int, reading: Reading | None, *, irrelevant: bool | None = None
) -> None:
    """Give a stored mention another reading, or take it out of (or back into) everything counted; None leaves it.

    When the first mention of a story becomes irrelevant, the next one of the same brand stands for the story.
    Raises StorageError where there is no such mention, ValueError for the reading of another brand.
    """
    tally = Tally()
    old = _row_of(connection, mention_id)
    if reading is not None and reading.brand != old["brand"]:
        raise ValueError(f"mention {mention_id} is of {old['brand']}, not of {reading.brand}")
    old_pains = _pains_of(connection, mention_id)
    new = old | (_reading_columns(reading) if reading is not None else {})
    if irrelevant is not None:
        new["irrelevant"] = irrelevant
    new_pains = old_pains
    if reading is not None:
        connection.execute(sa.delete(mention_pains).where(mention_pains.c.mention_id == mention_id))
        rows = _pain_rows(mention_id, reading)
        if rows:
            INSERT_PAIN.run(connection, rows)
        new_pains = [(row["topic"], row["severity"]) for row in rows]
    if new["irrelevant"] != old["irrelevant"] and old["story_id"] is not None:
        new["first_of_story"] = _pass_story_on(connection, new, tally)
    if not old["irrelevant"]:
        tally.add(_counted(old, old_pains), -1)
    if not new["irrelevant"]:
        tally.add(_counted(new, new_pains))
    values = {name: value for name, value in new.items() if name != "id"}
    connection.execute(sa.update(mentions).where(mentions.c.id == mention_id).values(values))
    tally.write(connection)


def _pass_story_on(connection: sa.Connection, mention: Mapping[str, Any], tally: Tally) -> bool:
    """Return whether this mention now stands for its story, after another one took over or where there is no other."""
    m = mentions.c
    others = sa.select(mentions).where(
        m.story_id == mention["story_id"], m.brand == mention["brand"], m.id != mention["id"], ~m.irrelevant
    )
    if not mention["irrelevant"]:
        return connection.execute(others.where(m.first_of_story).limit(1)).one_or_none() is None
    if mention["first_of_story"]:
        heir = connection.execute(others.order_by(m.at, m.id).limit(1)).mappings().one_or_none()
        if heir is not None:
            pains = _pains_of(connection, heir["id"])
            tally.add(_counted(dict(heir), pains), -1)
            tally.add(_counted({**heir, "first_of_story": True}, pains))
            connection.execute(sa.update(mentions).where(m.id == heir["id"]).values(first_of_story=True))
    return False


def _row_of(connection: sa.Connection, mention_id: int) -> dict[str, Any]:
    row = connection.execute(sa.select(mentions).where(mentions.c.id == mention_id)).mappings().one_or_none()
    if row is None:
        raise StorageError(f"there is no mention {mention_id}")
    return dict(row)


def _pains_of(connection: sa.Connection, mention_id: int) -> list[tuple[str, int]]:
    found = sa.select(mention_pains.c.topic, mention_pains.c.severity).where(mention_pains.c.mention_id == mention_id)
    return [(row.topic, row.severity) for row in connection.execute(found)]


def add_correction(
    connection: sa.Connection, mention_id: int, field: str, value: object, *, at: datetime, by: str
) -> None:
    """Keep what a person said of a mention; of one field the last word counts."""
    _row_of(connection, mention_id)
    row = {
        "mention_id": mention_id,
        "field": field,
        "value": to_json(value),
        "made_at": stamp(at),
        "made_by": clean(by),
    }
    connection.execute(sa.insert(corrections).values(row))


def find_corrections(connection: sa.Connection, mention_ids: Sequence[int]) -> dict[int, dict[str, object]]:
    """Return by mention what persons said of it, field and value; mentions that nobody corrected are left out."""
    said: dict[int, dict[str, object]] = {}
    for some in chunks(mention_ids):
        found = sa.select(corrections).where(corrections.c.mention_id.in_(some)).order_by(corrections.c.id)
        for row in connection.execute(found):
            said.setdefault(row.mention_id, {})[row.field] = from_json(row.value)
    return said
