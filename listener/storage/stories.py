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

from listener.storage.additions import Story
from listener.storage.items import chunks
from listener.storage.prepared import Prepared, among, insert, one_of, size_for
from listener.storage.tables import band_queue, items, mentions, stories, story_bands
from listener.storage.timestamps import stamp
from listener.storage.values import clean

#: Stories that the index holds for a band. One that more stories share is boilerplate: it tells nothing, and must cost
#: no more than others.
MOST_IN_BAND = 30
#: Stories that wait before they are sorted into the index: some 40,000 rows, 0.2 s.
QUEUED = 1000

INSERT = insert(stories)
VOICES = Prepared(
    lambda _: (
        sa.select(items.c.author, items.c.url)
        .join_from(mentions, items, items.c.id == mentions.c.item_id)
        .where(mentions.c.story_id == sa.bindparam("story_id"), mentions.c.source_id == sa.bindparam("source_id"))
        .distinct()
        .limit(100)
    )
)
INSERT_BAND = Prepared(
    lambda into: (
        into(story_bands)
        .from_select(
            ["band", "story_id"],
            sa.select(
                sa.cast(sa.bindparam("band"), sa.BigInteger), sa.cast(sa.bindparam("story_id"), sa.BigInteger)
            ).where(
                sa.select(sa.func.count())
                .select_from(story_bands)
                .where(story_bands.c.band == sa.cast(sa.bindparam("band"), sa.BigInteger))
                .scalar_subquery()
                < sa.literal_column(str(MOST_IN_BAND))
            ),
        )
        .on_conflict_do_nothing(index_elements=list(story_bands.primary_key))
    )
)
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

    def read(self, connection: sa.Connection) -> None:
        """Read what came since the last time; to be called once in a transaction, before it is asked or added to."""
        for row in QUEUED_SINCE.run(connection, {"last": self._last}):
            self.add(row.story_id, unpacked(row.bands))
        if self._length >= QUEUED:
            sort_bands(connection)
            last = self._last
            self.forget()
            self._last = last

    def add(self, story_id: int, bands: Sequence[int]) -> None:
        """Add a story."""
        self._last = story_id
        self._length += 1
        for band in bands:
            self._by_band.setdefault(band, []).append(story_id)

    def find(self, bands: Sequence[int]) -> set[int]:
        """Return stories that wait and share a band: of each band the newest."""
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
        INSERT_BAND.run(connection, [{"band": band, "story_id": story_id} for band, story_id in rows])
    connection.execute(sa.delete(band_queue))


def story_candidates(connection: sa.Connection, queue: Queue, bands: Sequence[int], since: datetime) -> list[Story]:
    """Return stories that share a band and were told of at or after `since`, the newest first.

    The queue was read in this transaction.
    """
    wanted = sorted({signed(band) for band in bands})
    if not wanted:
        return []
    found = queue.find(wanted)
    for some in chunks(wanted):
        # Fingerprints have one of a few numbers of bands.
        found.update(row[0] for row in _sharing(len(some)).run(connection, one_of(some, len(some))))
    told: list[Story] = []
    for ids in chunks(sorted(found, reverse=True)):
        size = size_for(len(ids))
        rows = _tell(size).run(connection, {"since": stamp(since), **one_of(ids, size)})
        told += [Story(id=row.id, signature=bytes(row.signature)) for row in rows]
    return sorted(told, key=lambda story: -story.id)


@functools.lru_cache(maxsize=64)
def _sharing(count: int) -> Prepared:
    return Prepared(lambda _: sa.select(story_bands.c.story_id).where(among(story_bands.c.band, count)))


@functools.cache
def _tell(count: int) -> Prepared:
    late = stories.c.last_at >= sa.bindparam("since")
    return Prepared(lambda _: sa.select(stories.c.id, stories.c.signature).where(among(stories.c.id, count), late))


def add_story(
    connection: sa.Connection,
    queue: Queue,
    story_id: int,
    signature: bytes,
    bands: Sequence[int],
    at: datetime,
    title: str,
) -> None:
    """Insert a story of one item. The queue was read in this transaction."""
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
        wanted = [signed(band) for band in bands]
        ENQUEUE.run(connection, {"story_id": story_id, "bands": packed(wanted)})
        queue.add(story_id, wanted)


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


def voices_of_story(connection: sa.Connection, story_id: int, source_id: int) -> list[tuple[str | None, str | None]]:
    """Return author and address of what one source told of a story, a hundred at most."""
    rows = VOICES.run(connection, {"story_id": story_id, "source_id": source_id})
    return [(row.author, row.url) for row in rows]


@functools.cache
def _brands(count: int) -> Prepared:
    m = mentions.c
    return Prepared(lambda _: sa.select(m.story_id, m.brand).where(among(m.story_id, count), ~m.irrelevant).distinct())
