"""Retention: deletes old data in steps small enough that polls can be stored in between.

- Items without a mention lose their content when they are old. Their keys are forgotten only when the source has been
  read for `UNSERVED` without them: what is still served would come back as new.
- Mentions are deleted by whole hours; the trends keep counting them, and the horizon says up to where (`rebuild`).
- Stories lose what finds their copies when nobody has told them for long, and go with their last mention.
- Snapshots go but for the newest of each page and the one that was told last: the next look is compared with them.
  Bodies go with their last snapshot.
- Deliveries go when they are sent or dead. Alerts stay: their keys keep the same cause from alarming twice.
- Coverage is counted by the hour for `HOURLY`, then by the day of UTC: it would outgrow everything else. It stands at
  noon then, which belongs to the same day in nearly all zones.

The newest row of each table stays, so that no id is given twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from listener.storage.meta import get_meta, set_meta
from listener.storage.prepared import add
from listener.storage.rebuild import HORIZON
from listener.storage.stories import sort_bands
from listener.storage.tables import (
    bodies,
    coverage,
    deliveries,
    items,
    mentions,
    overruled,
    snapshots,
    sources,
    stories,
    story_bands,
)
from listener.storage.timestamps import hour_of, moment, stamp
from listener.types import DeliveryStatus

#: A key that later reads of its source held no more for this long is forgotten.
UNSERVED = timedelta(days=30)
HOURLY = timedelta(days=90)
#: Rows that one transaction deletes or changes: 5 to 20 ms.
STEP = 500
#: Bands that one transaction looks at.
BANDS_STEP = 10_000
STORIES_UNTIL = "stories_pruned_until"
DAILY_UNTIL = "coverage_daily_until"

BLANK = {
    "title": "",
    "text": "",
    "url": None,
    "guid": None,
    "author": None,
    "metrics": "{}",
    "segment": "{}",
    "categories": "[]",
}
ADD_COVERAGE = add(coverage, ("ok", "failed", "items"))

#: Runs in a transaction of its own; returns what it let go by field of `Retained`, None when there is no more to do.
Step = Callable[[sa.Connection], Mapping[str, int] | None]


class Retained(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows were let go."""

    #: Items that lost their content, and items that were forgotten with their keys.
    emptied: int = 0
    items: int = 0
    mentions: int = 0
    #: Stories whose copies are no longer looked for, and rows of bands with that.
    stories: int = 0
    bands: int = 0
    snapshots: int = 0
    bodies: int = 0
    deliveries: int = 0
    #: Rows of hours that became rows of days.
    coverage: int = 0


def steps(
    now: datetime,
    *,
    items: timedelta | None,
    mentions: timedelta | None,
    snapshots: timedelta | None,
    deliveries: timedelta | None,
    copies: timedelta,
) -> Iterator[Step]:
    """Yield what is to be done: each step is run, in transactions of its own, until it returns None.

    An age of None keeps for ever.
    """
    if mentions is not None:
        yield partial(_delete_mentions, hour_of(stamp(now - mentions)))
    if items is not None:
        yield _Items(stamp(now - items), now)
    yield _sort_bands
    yield _Bands(stamp(now - copies))
    yield _Signatures(stamp(now - copies))
    if snapshots is not None:
        yield _old_snapshots(stamp(now - snapshots))
        yield _unheld_bodies()
    if deliveries is not None:
        yield _ended_deliveries(stamp(now - deliveries))
    yield partial(_roll_coverage_up, now)


def _below_newest(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.id < sa.select(sa.func.max(table.c.id)).scalar_subquery()


def _delete_mentions(horizon: str, connection: sa.Connection) -> Mapping[str, int] | None:
    m = mentions.c
    found = sa.select(m.id, m.item_id, m.story_id).where(m.at < horizon, _below_newest(mentions))
    rows = connection.execute(found.order_by(m.at).limit(STEP)).all()
    if not rows:
        return None
    if (get_meta(connection, HORIZON) or "") < horizon:
        set_meta(connection, HORIZON, horizon)
    connection.execute(sa.delete(mentions).where(m.id.in_([row.id for row in rows])))
    unmentioned = ~sa.exists().where(m.item_id == items.c.id)
    connection.execute(
        sa.update(items)
        .where(items.c.id.in_([row.item_id for row in rows]), items.c.survey.is_(None), unmentioned)
        .values(kept=False)
    )
    told = [row.story_id for row in rows if row.story_id is not None]
    # A story that a person took its last mention out of is kept: the word may be taken back.
    untold = ~sa.exists().where(m.story_id == stories.c.id) & ~sa.exists().where(overruled.c.story_id == stories.c.id)
    connection.execute(
        sa.delete(stories).where(stories.c.id.in_(told), stories.c.last_at < horizon, untold, _below_newest(stories))
    )
    return {"mentions": len(rows)}


class _Items:
    """Walks over old items without a mention: those unserved go, the others lose their content."""

    def __init__(self, before: str, now: datetime) -> None:
        self._before = before
        self._today = now.date()
        self._position = ("", 0)

    def __call__(self, connection: sa.Connection) -> Mapping[str, int] | None:
        i, s = items.c, sources.c
        found = (
            sa.select(i.id, i.seen_at, i.served_on, s.read_on, s.active)
            .add_columns(sa.or_(i.title != "", i.text != "", i.url.is_not(None), i.guid.is_not(None)).label("full"))
            .join(sources, s.id == i.source_id)
            .where(~i.kept, i.seen_at < self._before, sa.tuple_(i.seen_at, i.id) > self._position)
            .where(_below_newest(items))
            .order_by(i.seen_at, i.id)
            .limit(STEP)
        )
        rows = connection.execute(found).all()
        if not rows:
            return None
        self._position = (rows[-1].seen_at, rows[-1].id)
        gone = [row.id for row in rows if self._unserved(row.served_on, row.read_on, active=row.active)]
        full = [row.id for row in rows if row.full and row.id not in set(gone)]
        connection.execute(sa.delete(items).where(i.id.in_(gone)))
        connection.execute(sa.update(items).where(i.id.in_(full)).values(BLANK))
        return {"items": len(gone), "emptied": len(full)}

    def _unserved(self, served_on: str, read_on: str | None, *, active: bool) -> bool:
        """Tell whether the source was read without the item for long enough, or isn't read at all any more."""
        last_read = self._today if not active else None if read_on is None else date.fromisoformat(read_on)
        return last_read is not None and last_read - date.fromisoformat(served_on) > UNSERVED


def _sort_bands(connection: sa.Connection) -> None:
    """Sort what waits into the index, where old bands are looked for; a queue in memory may hold them, too."""
    sort_bands(connection)


class _Bands:
    """Walks over all bands, in the order of their numbers, and deletes those of stories without recent items."""

    def __init__(self, before: str) -> None:
        self._before = before
        self._start: int | None = -(2**63)

    def __call__(self, connection: sa.Connection) -> Mapping[str, int] | None:
        if self._start is None:
            return None
        b = story_bands.c
        rest = b.band >= self._start
        last = connection.execute(sa.select(b.band).where(rest).order_by(b.band).offset(BANDS_STEP).limit(1)).scalar()
        part = rest if last is None else sa.and_(rest, b.band <= last)
        alive = sa.exists().where(stories.c.id == b.story_id, stories.c.last_at >= self._before)
        deleted = connection.execute(sa.delete(story_bands).where(part, ~alive))
        self._start = None if last is None or last == 2**63 - 1 else last + 1
        return {"bands": deleted.rowcount}


class _Signatures:
    """Empties the signatures of stories that have no bands any more, from where the last time ended."""

    def __init__(self, before: str) -> None:
        self._before = before
        self._position: tuple[str, int] | None = None

    def __call__(self, connection: sa.Connection) -> Mapping[str, int] | None:
        s = stories.c
        if self._position is None:
            self._position = (get_meta(connection, STORIES_UNTIL) or "", 0)
        found = sa.select(s.id, s.last_at).where(sa.tuple_(s.last_at, s.id) > self._position, s.last_at < self._before)
        rows = connection.execute(found.order_by(s.last_at, s.id).limit(STEP)).all()
        if not rows:
            return None
        self._position = (rows[-1].last_at, rows[-1].id)
        # Stories of the very same moment may still come: the next time begins with that moment, not after it.
        set_meta(connection, STORIES_UNTIL, rows[-1].last_at)
        full = sa.update(stories).where(s.id.in_([row.id for row in rows]), s.signature != b"")
        return {"stories": connection.execute(full.values(signature=b"")).rowcount}


class _Unneeded:
    """Walks over a table by its key and deletes the rows that a condition holds for."""

    def __init__(self, name: str, key: sa.Column[Any], condition: sa.ColumnElement[bool]) -> None:
        self._name = name
        self._key = key
        self._condition = condition
        self._last: object = None

    def __call__(self, connection: sa.Connection) -> Mapping[str, int] | None:
        found = sa.select(self._key).where(self._condition).order_by(self._key).limit(STEP)
        if self._last is not None:
            found = found.where(self._key > self._last)
        keys = list(connection.execute(found).scalars())
        if not keys:
            return None
        self._last = keys[-1]
        connection.execute(sa.delete(self._key.table).where(self._key.in_(keys)))
        return {self._name: len(keys)}


def _old_snapshots(before: str) -> _Unneeded:
    s, later = snapshots.c, snapshots.alias("later").c
    newer = sa.exists().where(later.source_id == s.source_id, later.url == s.url, later.taken_at > s.taken_at)
    again = sa.exists().where(
        later.source_id == s.source_id, later.body_hash == s.body_hash, later.taken_at > s.taken_at
    )
    # As `to_json` writes what `listener.watch` remembers.
    told = sa.exists().where(sources.c.id == s.source_id, sources.c.page_state.contains('"told":"' + s.body_hash + '"'))
    return _Unneeded("snapshots", s.id, sa.and_(s.last_seen_at < before, newer, again | ~told))


def _unheld_bodies() -> _Unneeded:
    return _Unneeded("bodies", bodies.c.hash, ~sa.exists().where(snapshots.c.body_hash == bodies.c.hash))


def _ended_deliveries(before: str) -> _Unneeded:
    d = deliveries.c
    ended = d.status.in_([DeliveryStatus.SENT.value, DeliveryStatus.DEAD.value])
    return _Unneeded("deliveries", d.id, sa.and_(ended, d.due_at < before, _below_newest(deliveries)))


def _roll_coverage_up(now: datetime, connection: sa.Connection) -> Mapping[str, int] | None:
    """Add the hours of the next old day into its noon."""
    c = coverage.c
    until = stamp(datetime.combine((now - HOURLY).date(), time(), UTC))
    since = get_meta(connection, DAILY_UNTIL) or ""
    first = connection.execute(sa.select(sa.func.min(c.bucket)).where(c.bucket >= since)).scalar()
    if first is None or first >= until:
        return None
    midnight = datetime.combine(moment(first).date(), time(), UTC)
    end, noon = stamp(midnight + timedelta(days=1)), stamp(midnight + timedelta(hours=12))
    hours = (c.bucket >= stamp(midnight), c.bucket < end, c.bucket != noon)
    sums = sa.select(c.source_id, *(sa.func.sum(c[name]).label(name) for name in ("ok", "failed", "items")))
    rows = [
        {"bucket": noon, "source_id": row[0], "ok": int(row[1]), "failed": int(row[2]), "items": int(row[3])}
        for row in connection.execute(sums.where(*hours).group_by(c.source_id))
    ]
    if rows:
        ADD_COVERAGE.run(connection, rows)
    deleted = connection.execute(sa.delete(coverage).where(*hours))
    set_meta(connection, DAILY_UNTIL, end)
    return {"coverage": deleted.rowcount}
