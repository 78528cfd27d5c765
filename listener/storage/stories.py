"""Stories: which items tell the same, found by the bands of their signatures in an index on the disk.

Bands are numbers at random: each row of a new story lands on another page of `story_bands`, and a poll with three
mentions would write 120 pages. So new stories wait in `band_queue`, in the order they come, and are sorted into the
index by the thousand; a queue of that length is looked through in memory.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from listener.storage.items import chunks
from listener.storage.moments import stamp
from listener.storage.prepared import Prepared, among, insert, insert_new, one_of, size_for
from listener.storage.records import Story
from listener.storage.tables import band_queue, mentions, stories, story_bands
from listener.storage.values import clean

#: Stories looked at for each band, the newest. A band that thousands share (boilerplate) tells nothing and must cost no
#: more than others.
MOST_IN_BAND = 30
#: SQLite joins at most 500 queries into one.
BANDS_AT_ONCE = 100
#: Stories that wait before they are sorted into the index: some 40,000 rows, 0.2 s.
QUEUED = 1000

INSERT = insert(stories)
INSERT_BAND = insert_new(story_bands, positional=True)
ENQUEUE = insert(band_queue)
QUEUED_SINCE = Prepared(
    lambda _: sa.select(band_queue).where(band_queue.c.story_id > sa.bindparam("last")).order_by(band_queue.c.story_id)
)
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


class Queue:
    """The bands that wait, in memory as they are in `band_queue`; of use to the one writer of a process only.

    What another process sorted into the index is held twice until this one has a thousand: nobody minds.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget all: a transaction was rolled back, or the queue was sorted."""
        self._last = 0
        self._length = 0
        self._by_band: dict[int, list[int]] = {}

    def find(self, connection: sa.Connection, bands: Sequence[int]) -> set[int]:
        """Return stories that wait and share a band: of each band the newest."""
        for row in QUEUED_SINCE.run(connection, {"last": self._last}):
            self._last = row.story_id
            self._length += 1
            for band in unpacked(row.bands):
                self._by_band.setdefault(band, []).append(row.story_id)
        if self._length >= QUEUED:
            sort_bands(connection)
            last = self._last
            self.forget()
            self._last = last
        return {story for band in bands for story in self._by_band.get(band, ())[-MOST_IN_BAND:]}


def packed(bands: Sequence[int]) -> bytes:
    """Return bands as the queue holds them."""
    return struct.pack(f"<{len(bands)}q", *bands)


def unpacked(bands: bytes) -> tuple[int, ...]:
    """Return what `packed` was given."""
    return struct.unpack(f"<{len(bands) // 8}q", bands)


def sort_bands(connection: sa.Connection) -> None:
    """Sort what waits into the index."""
    waiting = connection.execute(sa.select(band_queue)).all()
    rows = sorted((band, row.story_id) for row in waiting for band in unpacked(row.bands))
    if rows:
        INSERT_BAND.run_rows(connection, rows)
    connection.execute(sa.delete(band_queue))


def story_candidates(connection: sa.Connection, queue: Queue, bands: Sequence[int], since: datetime) -> list[Story]:
    """Return stories that share a band and were told of at or after `since`, the newest first."""
    wanted = [signed(band) for band in bands]
    if not wanted:
        return []
    found = queue.find(connection, wanted)
    for some in chunks(wanted, BANDS_AT_ONCE):
        values = {f"band{place}": band for place, band in enumerate(some)}
        found.update(row.story_id for row in _walk(len(some)).run(connection, values))
    told: list[Story] = []
    for ids in chunks(sorted(found, reverse=True)):
        size = size_for(len(ids))
        rows = _tell(size).run(connection, {"since": stamp(since), **one_of(ids, size)})
        told += [Story(id=row.id, signature=bytes(row.signature)) for row in rows]
    return sorted(told, key=lambda story: -story.id)


@functools.cache
def _walk(bands: int) -> Prepared:
    """Return the query for a number of bands: each one's newest stories, by a walk on the index that ends early."""
    walks = [
        sa.select(story_bands.c.story_id)
        .where(story_bands.c.band == sa.bindparam(f"band{place}"))
        .order_by(story_bands.c.story_id.desc())
        .limit(MOST_IN_BAND)
        .subquery(f"walk{place}")
        for place in range(bands)
    ]
    return Prepared(lambda _: sa.union_all(*(sa.select(walk.c.story_id) for walk in walks)))


@functools.cache
def _tell(count: int) -> Prepared:
    late = stories.c.last_at >= sa.bindparam("since")
    return Prepared(lambda _: sa.select(stories.c.id, stories.c.signature).where(among(stories.c.id, count), late))


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
        ENQUEUE.run(connection, {"story_id": story_id, "bands": packed([signed(band) for band in bands])})


def join_story(connection: sa.Connection, story_id: int, at: datetime) -> None:
    """Count one more item of a story."""
    JOIN.run(connection, {"story_id": story_id, "at": stamp(at)})


def brands_of_stories(connection: sa.Connection, story_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the brands that each story has relevant mentions of: what tells a brand's first mention of a story."""
    found: dict[int, set[str]] = {story_id: set() for story_id in story_ids}
    for some in chunks(list(found)):
        size = size_for(len(some))
        for row in _brands(size).run(connection, one_of(some, size)):
            found[row.story_id].add(row.brand)
    return {story_id: frozenset(brands) for story_id, brands in found.items()}


@functools.cache
def _brands(count: int) -> Prepared:
    m = mentions.c
    return Prepared(lambda _: sa.select(m.story_id, m.brand).where(among(m.story_id, count), ~m.irrelevant).distinct())
