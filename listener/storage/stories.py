"""Stories: items that are copies of each other, found by the bands of their signatures in an index on disk.

Bands are numbers at random: each row of a new story lands on another page of `story_bands`, and a poll with three
mentions would write 120 pages. So new stories wait in `band_queue`, in the order they come, and are sorted into the
index by the thousand; a queue of that length is looked through in memory.
"""

from __future__ import annotations

import functools
import struct
from collections import Counter
from collections.abc import Collection, Iterable, Sequence, Set
from datetime import datetime
from heapq import nlargest

import sqlalchemy as sa

from listener.storage.additions import Story
from listener.storage.prepared import Prepared, among, chunks, filled, insert, insert_new, size_for
from listener.storage.tables import band_queue, items, mentions, stories, story_bands
from listener.storage.timestamps import stamp
from listener.storage.values import clean

#: Stories that the index holds for a band. One that more stories share is boilerplate: it tells nothing, and must cost
#: no more than others.
MOST_IN_BAND = 30
#: Stories that one item is compared with: 3 ms. Of more, those that share most bands with it; copies share nearly all.
MOST_CANDIDATES = 100
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
SIGN = Prepared(
    lambda _: (
        sa.update(stories).where(stories.c.id == sa.bindparam("story_id")).values(signature=sa.bindparam("signature"))
    )
)


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
        #: Stories by band, the newest `MOST_IN_BAND`.
        self._by_band: dict[int, tuple[int, ...]] = {}

    def read(self, connection: sa.Connection) -> None:
        """Read what came since the last time; to be called once in a transaction, before it is asked or added to."""
        for story_id, bands in QUEUED_SINCE.read(connection, {"last": self._last}):
            self.add(story_id, unpacked(bands))
        if self._length >= QUEUED:
            sort_bands(connection)
            last = self._last
            self.forget()
            self._last = last

    def add(self, story_id: int, bands: Sequence[int]) -> None:
        """Add a story."""
        self._last = story_id
        self._length += 1
        # Nearly all bands have one story, and so the same tuple.
        own = (story_id,)
        for band in bands:
            self._by_band[band] = (self._by_band.get(band, ()) + own)[-MOST_IN_BAND:]

    def find(self, bands: Set[int]) -> set[int]:
        """Return stories that wait and share a band: of each band the newest."""
        return {story for band in bands & self._by_band.keys() for story in self._by_band[band]}


def packed(bands: Sequence[int]) -> bytes:
    """Return bands as the queue holds them."""
    return struct.pack(f"<{len(bands)}q", *bands)


def unpacked(bands: bytes) -> tuple[int, ...]:
    """Return what `packed` was given."""
    return struct.unpack(f"<{len(bands) // 8}q", bands)


def sort_bands(connection: sa.Connection) -> None:
    """Sort what waits into the index, no more of a band than the index holds."""
    waiting = connection.execute(sa.select(band_queue)).all()
    rows = sorted((band, row.story_id) for row in waiting for band in unpacked(row.bands))
    for some in chunks(rows):
        size = size_for(len(some))
        held: dict[int, int] = dict(_held(size).read(connection, filled([band for band, _ in some], size)))
        kept = []
        for band, story_id in some:
            held[band] = held.get(band, 0) + 1
            if held[band] <= MOST_IN_BAND:
                kept.append((band, story_id))
        if kept:
            INSERT_BAND.run_rows(connection, kept)
    connection.execute(sa.delete(band_queue))


class Likely:
    """The stories that share a band with what a transaction brings: read at once for many items.

    The queue was read in the transaction before anything is asked.
    """

    def __init__(self, connection: sa.Connection, queue: Queue) -> None:
        self._connection = connection
        self._queue = queue
        self._asked: set[int] = set()
        #: By band, stories that the index holds for it.
        self._sorted: dict[int, list[int]] = {}
        #: By story, its signature and when it was told last.
        self._stories: dict[int, tuple[bytes, str]] = {}

    def read(self, bands: Iterable[int]) -> None:
        """Read what is needed to find the stories with some bands."""
        wanted = set(bands) - self._asked
        self._asked |= wanted
        found = self._queue.find(wanted)
        for some in chunks(sorted(wanted)):
            size = size_for(len(some))
            for band, story_id in _sharing(size).read(self._connection, filled(some, size)):
                self._sorted.setdefault(band, []).append(story_id)
                found.add(story_id)
        self._read_stories(found)

    def find(self, bands: Sequence[int], since: datetime) -> list[Story]:
        """Return stories that share a band and have items at or after `since`, the newest first."""
        wanted = set(bands)
        if not wanted <= self._asked:
            self.read(wanted)
        found = self._queue.find(wanted)
        for band in wanted & self._sorted.keys():
            found.update(self._sorted[band])
        if len(found) > MOST_CANDIDATES:
            found = self._closest(wanted)
        self._read_stories(found)
        earliest = stamp(since)
        # Of a story that retention has deleted or emptied bands may be left.
        told = [(story_id, *self._stories[story_id]) for story_id in found if story_id in self._stories]
        told.sort(reverse=True)
        return [Story(id=story_id, signature=signature) for story_id, signature, last_at in told if last_at >= earliest]

    def _closest(self, bands: Collection[int]) -> set[int]:
        """Return the stories that share most of the bands, the newest first among equals."""
        shared = Counter(story_id for band in bands for story_id in self._queue.find({band}))
        for band in bands:
            shared.update(self._sorted.get(band, ()))
        first = nlargest(MOST_CANDIDATES, ((count, story_id) for story_id, count in shared.items()))
        return {story_id for _, story_id in first}

    def joined(self, story_id: int, at: datetime, signature: bytes | None, bands: Sequence[int]) -> None:
        """Note that an item joined a story; one that gives the story a new signature is found by its bands, too."""
        if story_id in self._stories:
            before, last_at = self._stories[story_id]
            self._stories[story_id] = signature or before, max(last_at, stamp(at))
        if signature is None:
            return
        SIGN.write(self._connection, {"story_id": story_id, "signature": signature})
        self.read(bands)
        rows = [(band, story_id) for band in sorted(bands) if len(self._sorted.get(band, ())) < MOST_IN_BAND]
        for band, _ in rows:
            self._sorted.setdefault(band, []).append(story_id)
        if rows:
            INSERT_BAND.run_rows(self._connection, rows)

    def _read_stories(self, ids: Collection[int]) -> None:
        for some in chunks([story_id for story_id in ids if story_id not in self._stories]):
            size = size_for(len(some))
            for story_id, signature, last_at in _tell(size).read(self._connection, filled(some, size)):
                # Retention may have emptied what the queue in memory still names.
                if signature:
                    self._stories[story_id] = bytes(signature), last_at


@functools.cache
def _sharing(count: int) -> Prepared:
    found = sa.select(story_bands.c.band, story_bands.c.story_id).where(among(story_bands.c.band, count))
    return Prepared(lambda _: found, positional=True)


@functools.cache
def _held(count: int) -> Prepared:
    band = story_bands.c.band
    counted = sa.select(band, sa.func.count().label("stories")).where(among(band, count)).group_by(band)
    return Prepared(lambda _: counted, positional=True)


@functools.cache
def _tell(count: int) -> Prepared:
    s = stories.c
    found = sa.select(s.id, s.signature, s.last_at).where(among(s.id, count))
    return Prepared(lambda _: found, positional=True)


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
    INSERT.write(connection, row)
    if bands:
        ENQUEUE.write(connection, {"story_id": story_id, "bands": packed(bands)})
        queue.add(story_id, bands)


def join_story(connection: sa.Connection, story_id: int, at: datetime) -> None:
    """Count one more item of a story."""
    JOIN.write(connection, {"story_id": story_id, "at": stamp(at)})


def brands_of_stories(connection: sa.Connection, story_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the brands that each story has relevant mentions of: decides which mention of a brand is its first."""
    found: dict[int, set[str]] = {story_id: set() for story_id in story_ids}
    for some in chunks(list(found)):
        size = size_for(len(some))
        for story_id, brand in _brands(size).read(connection, filled(some, size)):
            found[story_id].add(brand)
    return {story_id: frozenset(brands) for story_id, brands in found.items()}


def voices_of_story(connection: sa.Connection, story_id: int, source_id: int) -> list[tuple[str | None, str | None]]:
    """Return author and address of one source's items of a story, a hundred at most."""
    return VOICES.read(connection, {"story_id": story_id, "source_id": source_id})


@functools.cache
def _brands(count: int) -> Prepared:
    m = mentions.c
    found = sa.select(m.story_id, m.brand).where(among(m.story_id, count), ~m.irrelevant).distinct()
    return Prepared(lambda _: found, positional=True)
