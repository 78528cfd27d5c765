"""Stories: which items tell the same, found by the bands of their signatures in one indexed table."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from listener.storage.items import chunks
from listener.storage.moments import stamp
from listener.storage.prepared import Prepared, insert, insert_new
from listener.storage.records import Story
from listener.storage.tables import mentions, stories, story_bands
from listener.storage.values import clean

#: Stories looked at for each band, the newest. A band that thousands share (boilerplate) tells nothing and must cost no
#: more than others.
MOST_IN_BAND = 30

#: SQLite joins at most 500 queries into one.
BANDS_AT_ONCE = 100

INSERT = insert(stories)
INSERT_BAND = insert_new(story_bands)
JOIN = Prepared(
    lambda _: (
        sa.update(stories)
        .where(stories.c.id == sa.bindparam("story_id"))
        .values(
            item_count=stories.c.item_count + 1,
            first_at=sa.case((stories.c.first_at > sa.bindparam("at"), sa.bindparam("at")), else_=stories.c.first_at),
            last_at=sa.case((stories.c.last_at < sa.bindparam("at"), sa.bindparam("at")), else_=stories.c.last_at),
        )
    )
)


def signed(band: int) -> int:
    """Return a 64-bit number as databases hold it, with a sign: an unsigned one beyond 2^63 wraps around."""
    band &= (1 << 64) - 1
    return band - (1 << 64) if band >= 1 << 63 else band


def story_candidates(connection: sa.Connection, bands: Sequence[int], since: datetime) -> list[Story]:
    """Return stories that share a band and were told of at or after `since`; of too many the newest."""
    found: dict[int, Story] = {}
    for some in chunks([signed(band) for band in bands], BANDS_AT_ONCE):
        values = {f"band{place}": band for place, band in enumerate(some)} | {"since": stamp(since)}
        for row in _candidates(len(some)).run(connection, values):
            found[row.id] = Story(id=row.id, signature=bytes(row.signature))
    return sorted(found.values(), key=lambda story: -story.id)


@functools.cache
def _candidates(bands: int) -> Prepared:
    """Return the query over a number of bands: each one's newest stories, by a walk on the index that ends early."""
    walks = [
        sa.select(story_bands.c.story_id)
        .where(story_bands.c.band == sa.bindparam(f"band{place}"))
        .order_by(story_bands.c.story_id.desc())
        .limit(MOST_IN_BAND)
        .subquery(f"walk{place}")
        for place in range(bands)
    ]
    shared = sa.union_all(*(sa.select(walk.c.story_id) for walk in walks))
    return Prepared(
        lambda _: sa.select(stories.c.id, stories.c.signature).where(
            stories.c.id.in_(shared), stories.c.last_at >= sa.bindparam("since")
        )
    )


def add_story(
    connection: sa.Connection, story_id: int, signature: bytes, bands: Sequence[int], at: datetime, title: str
) -> None:
    """Insert a story of one item."""
    row = {
        "id": story_id,
        "first_at": stamp(at),
        "last_at": stamp(at),
        "item_count": 1,
        "title": clean(title),
        "signature": signature,
    }
    INSERT.run(connection, row)
    if bands:
        INSERT_BAND.run(connection, [{"band": signed(band), "story_id": story_id} for band in bands])


def join_story(connection: sa.Connection, story_id: int, at: datetime) -> None:
    """Count one more item of a story."""
    JOIN.run(connection, {"story_id": story_id, "at": stamp(at)})


def brands_of_stories(connection: sa.Connection, story_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the brands that each story has relevant mentions of: what tells a brand's first mention of a story."""
    found: dict[int, set[str]] = {story_id: set() for story_id in story_ids}
    for some in chunks(list(found)):
        pairs = (
            sa.select(mentions.c.story_id, mentions.c.brand)
            .where(mentions.c.story_id.in_(some), ~mentions.c.irrelevant)
            .distinct()
        )
        for story_id, brand in connection.execute(pairs):
            found[story_id].add(brand)
    return {story_id: frozenset(brands) for story_id, brands in found.items()}
