"""Items and their keys, which identify known items.

A key is kept as 8 bytes of its hash, whatever its length. Keys live as long as their source still serves them: each
parse marks its items as served that day, and `listener.storage.retention` forgets only what later ones no longer held.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from listener.storage.additions import NewItem
from listener.storage.prepared import Prepared, among, chunks, filled, insert, insert_new, one_of, size_for
from listener.storage.tables import item_keys, items, sources
from listener.storage.timestamps import day_of, moment_or_none, stamp, stamp_or_none
from listener.storage.values import clean, clean_or_none, e4_or_none, from_json, numbers_to_json, to_json
from listener.types import Item

INSERT = insert(items, positional=True)
INSERT_KEY = insert_new(item_keys, positional=True)
ANY = Prepared(
    lambda _: (
        sa.select(item_keys.c.item_id)
        .where(item_keys.c.source_id == sa.bindparam("source_id"))
        .limit(sa.literal_column("1"))
    )
)
READ_ON = Prepared(lambda _: sa.select(sources.c.read_on).where(sources.c.id == sa.bindparam("source_id")))
SET_READ_ON = Prepared(
    lambda _: sa.update(sources).where(sources.c.id == sa.bindparam("source_id")).values(read_on=sa.bindparam("today"))
)


def digest(key: str) -> int:
    """Return what is stored of a key: 64 bits, a signed number.

    It is told from the keys of one source only: with 10,000 of them, a new one is taken for known by 1 in 10^15.
    """
    hashed = _NOTHING.copy()
    hashed.update(key.encode("utf-8", "surrogatepass"))
    return int.from_bytes(hashed.digest(), "big", signed=True)


#: Copied, as making one takes longer than hashing a key.
_NOTHING = hashlib.blake2b(digest_size=8)


@functools.cache
def _find(count: int) -> Prepared:
    k = item_keys.c
    mine = k.source_id == sa.bindparam("source_id")
    return Prepared(lambda _: sa.select(k.key, k.item_id).where(mine, among(k.key, count)), positional=True)


@functools.cache
def _touch(count: int) -> Prepared:
    k = item_keys.c
    today: sa.BindParameter[str] = sa.bindparam("today")
    served = sa.select(k.item_id).where(k.source_id == sa.bindparam("source_id"), among(k.key, count))
    return Prepared(
        lambda _: sa.update(items).where(items.c.id.in_(served), items.c.served_on < today).values(served_on=today)
    )


def find_known(connection: sa.Connection, source_id: int, keys: Iterable[str]) -> dict[str, int]:
    """Return those of the keys that the source has shown before, with the id of the item."""
    if not ANY.read(connection, {"source_id": source_id}):
        return {}  # nothing was stored of it yet
    by_digest = {digest(key): key for key in keys}
    known: dict[str, int] = {}
    for some in chunks(list(by_digest)):
        size = size_for(len(some))
        for key, item_id in _find(size).read(connection, (source_id, *filled(some, size))):
            known[by_digest[key]] = item_id
    return known


def add_items(connection: sa.Connection, source_id: int, new: Sequence[NewItem], first_id: int, now: datetime) -> None:
    """Insert items under consecutive ids from `first_id`. A key that is known already stays with its item."""
    seen_at = stamp(now)
    INSERT.run_rows(connection, [_row(first_id + place, source_id, entry, seen_at) for place, entry in enumerate(new)])
    keys = [(source_id, digest(key), first_id + place) for place, entry in enumerate(new) for key in entry.keys]
    if keys:
        INSERT_KEY.run_rows(connection, keys)


def _row(item_id: int, source_id: int, new: NewItem, seen_at: str) -> tuple[object, ...]:
    """Return the columns of `items` in their order."""
    item = new.item
    # Most fields of most items are empty: those are not asked for what they hold.
    rating = None if item.rating is None or e4_or_none(item.rating) is None else item.rating
    survey = None if rating is None else survey_of(new)
    return (
        item_id,
        source_id,
        seen_at,
        stamp_or_none(item.published),
        stamp_or_none(item.updated),
        # served_on, kept
        day_of(seen_at),
        survey is not None,
        item.kind,
        clean_or_none(item.lang),
        rating,
        item.rating_max,
        survey,
        new.brand if survey else None,
        (stamp(new.at) if new.at else seen_at) if survey else None,
        numbers_to_json(item.metrics),
        to_json(dict(item.segment)) if item.segment else "{}",
        to_json(item.categories) if item.categories else "[]",
        clean_or_none(item.author),
        clean_or_none(item.url),
        clean_or_none(item.guid),
        clean(item.title),
        clean(item.text),
    )


def item_of(row: Any) -> Item:
    """Return the item that a row of `items` holds."""
    return Item(
        title=row.title,
        text=row.text,
        url=row.url,
        guid=row.guid,
        author=row.author,
        published=moment_or_none(row.published_at),
        updated=moment_or_none(row.updated_at),
        lang=row.lang,
        kind=row.kind,
        categories=tuple(from_json(row.categories)),
        rating=row.rating,
        rating_max=row.rating_max,
        metrics=from_json(row.metrics),
        segment=from_json(row.segment),
    )


def survey_of(new: NewItem) -> str | None:
    """Return the metric (nps, csat, ces) that an item is an answer to; None for one that enters no scores."""
    if new.brand is None or e4_or_none(new.item.rating) is None:
        return None
    return clean_or_none(new.item.segment.get("metric"))


def touch_keys(connection: sa.Connection, source_id: int, keys: Iterable[str], now: datetime) -> None:
    """Mark the items of these keys as still served, unless today's first parse of the source did so already."""
    today = day_of(stamp(now))
    read_on = READ_ON.read(connection, {"source_id": source_id})
    # Not "today or later": after a clock that ran ahead was set right, marking must go on.
    if read_on == [(today,)]:
        return
    for some in chunks([digest(key) for key in keys]):
        size = size_for(len(some))
        _touch(size).write(connection, {"source_id": source_id, "today": today, **one_of(some, size)})
    SET_READ_ON.write(connection, {"source_id": source_id, "today": today})
