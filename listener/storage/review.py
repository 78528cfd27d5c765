"""Reads mentions for review: the newest ones, single ones, and their corrections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from listener.mentions.corrections import Correction
from listener.storage import revision
from listener.storage.items import item_of
from listener.storage.listing import MENTIONS, STREAMED, with_pains, within
from listener.storage.mentions import mentions_of_items
from listener.storage.meta import get_meta
from listener.storage.records import Judged, Mention, StoredCorrection, StoredItem, StoredText
from listener.storage.revision import NewReading, Revised
from listener.storage.tables import corrections, items, mentions, overruled, sources
from listener.storage.timestamps import moment
from listener.storage.values import from_json
from listener.types import Source

#: Numbers times the first modulo the second, a prime, lie in no order (Knuth, The Art of Computer Programming, 6.4).
SCATTER = 2_654_435_761
SCATTERED = 1_000_003

#: Columns of a source beside those of an item, which has some of the same names.
SOURCE = tuple(
    sources.c[name].label(f"source_{name}") for name in ("name", "scraper", "url", "brand", "category", "weight")
)


class Review:
    """Reads of a `Store`, which makes it and gives it its connections."""

    def __init__(self, read: Callable[..., AbstractContextManager[sa.Connection]]) -> None:
        self._read = read

    def newest_mentions(
        self,
        limit: int,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        brands: Collection[str] = (),
        named: Collection[str] = (),
        labels: Collection[str] = (),
        corrected: bool = False,
        irrelevant: bool = False,
    ) -> list[Mention]:
        """Return the newest mentions, the newest first. A condition that is empty holds always.

        `named` are sources. `corrected` wants those of which persons said something, `irrelevant` those that count
        nowhere.
        """
        m = mentions.c
        found = MENTIONS.where(*within(m.at, start, end), m.irrelevant if irrelevant else ~m.irrelevant)
        for column, wanted in ((m.brand, brands), (m.label, labels)):
            if wanted:
                found = found.where(column.in_(sorted(wanted)))
        if named:
            found = found.where(sources.c.name.in_(sorted(named)))
        if corrected:
            found = found.where(overruled.c.mention_id.is_not(None))
        with self._read(snapshot=True) as connection:
            rows = connection.execute(found.order_by(m.at.desc(), m.id.desc()).limit(limit)).all()
            return list(with_pains(connection, rows))

    def find_mention(self, mention_id: int) -> Mention | None:
        """Return a mention by its number, also one that is irrelevant; None where there is none."""
        with self._read(snapshot=True) as connection:
            rows = connection.execute(MENTIONS.where(mentions.c.id == mention_id)).all()
            return next(with_pains(connection, rows), None)

    def find_mentions_at(self, url: str) -> list[int]:
        """Return the numbers of the mentions in items of this address. Reads all items: there is no index of them."""
        with self._read() as connection:
            found = sa.select(mentions.c.id).join(items, items.c.id == mentions.c.item_id).where(items.c.url == url)
            return list(connection.execute(found.order_by(mentions.c.id)).scalars())

    def find_corrections(self, mention_ids: Sequence[int]) -> dict[int, Correction]:
        """Return by mention what persons said of it; those of which nobody says anything are left out."""
        with self._read() as connection:
            return revision.find_corrections(connection, mention_ids)

    def iter_corrections(self, brands: Collection[str] = ()) -> Iterator[StoredCorrection]:
        """Yield what was said and still stands, in the order in which it was said; no brands: all."""
        c, later = corrections.c, corrections.alias("later").c
        newest = sa.select(sa.func.max(later.id)).where(later.mention_id == c.mention_id, later.field == c.field)
        found = (
            sa.select(corrections, mentions.c.brand)
            .join(mentions, mentions.c.id == c.mention_id)
            .where(c.id == newest.scalar_subquery(), c.value != "null")
            .order_by(c.id)
        )
        if brands:
            found = found.where(mentions.c.brand.in_(sorted(brands)))
        with self._read(snapshot=True) as connection:
            for row in connection.execute(found, execution_options=STREAMED):
                yield StoredCorrection(
                    mention_id=row.mention_id,
                    brand=row.brand,
                    field=row.field,
                    value=from_json(row.value),
                    made_at=moment(row.made_at),
                    made_by=row.made_by,
                )

    def iter_judged(
        self, brands: Collection[str] = (), start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Judged]:
        """Yield the mentions that persons judged, with both opinions; no brands: all."""
        found = (
            sa.select(overruled, mentions.c.brand)
            .join(mentions, mentions.c.id == overruled.c.mention_id)
            .where(*within(mentions.c.at, start, end))
            .order_by(overruled.c.mention_id)
        )
        if brands:
            found = found.where(mentions.c.brand.in_(sorted(brands)))
        with self._read(snapshot=True) as connection:
            for rows in connection.execute(found, execution_options=STREAMED).mappings().partitions():
                said = revision.find_corrections(connection, [row["mention_id"] for row in rows])
                for row in rows:
                    yield Judged(
                        mention_id=row["mention_id"],
                        brand=row["brand"],
                        own=revision.verdict_of_overruled(dict(row)),
                        correction=said[row["mention_id"]],
                    )

    def sample(self, count: int, brands: Collection[str] = ()) -> list[Mention]:
        """Return mentions that nobody judged yet, evenly scattered over all: the same ones until they are judged."""
        m = mentions.c
        found = MENTIONS.where(~m.irrelevant, overruled.c.mention_id.is_(None))
        if brands:
            found = found.where(m.brand.in_(sorted(brands)))
        scattered = (m.id * sa.literal(SCATTER)) % sa.literal(SCATTERED)
        with self._read(snapshot=True) as connection:
            rows = connection.execute(found.order_by(scattered, m.id).limit(count)).all()
            return list(with_pains(connection, rows))

    # --- reading again

    def get_meta(self, key: str) -> str | None:
        """Return a fact about the database itself; None where it was never set."""
        with self._read() as connection:
            return get_meta(connection, key)

    def count_mentions(self, brands: Collection[str], start: datetime | None, end: datetime | None) -> int:
        """Return how many mentions of brands there are at `start` or later and before `end`."""
        m = mentions.c
        counted = sa.select(sa.func.count()).where(m.brand.in_(sorted(brands)), *within(m.at, start, end))
        with self._read() as connection:
            return connection.execute(counted).scalar_one()

    def texts_after(
        self, last_id: int, limit: int, brands: Collection[str], start: datetime | None, end: datetime | None
    ) -> list[StoredText]:
        """Return the next mentions of brands by their numbers, with their items; irrelevant ones are among them."""
        m = mentions.c
        found = (
            sa.select(m.id.label("mention_id"), m.brand, items, *SOURCE)
            .join(items, items.c.id == m.item_id)
            .join(sources, sources.c.id == m.source_id)
            # Nothing is added, so that no index of brands or times is taken: each step would sort all that it finds.
            .where(m.id > last_id, (m.brand + "").in_(sorted(brands)), *within(m.at + "", start, end))
            .order_by(m.id)
            .limit(limit)
        )
        with self._read() as connection:
            return [
                StoredText(mention_id=row.mention_id, brand=row.brand, item=item_of(row), source=_source_of(row))
                for row in connection.execute(found)
            ]

    def find_text(self, mention_id: int) -> StoredText | None:
        """Return a mention with its item, to be read again; None where retention has emptied it, or it is gone."""
        mention = self.find_mention(mention_id)
        found = self.texts_after(mention_id - 1, 1, (mention.brand,), None, None) if mention is not None else []
        return found[0] if found and (found[0].item.text or found[0].item.title) else None

    def count_items(self) -> int:
        """Return how many items there are, also those that retention has emptied."""
        with self._read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(items)).scalar_one()

    def items_after(self, last_id: int, limit: int) -> list[StoredItem]:
        """Return the next items by their numbers, mentions or not; those that retention has emptied hold no text."""
        found = (
            sa.select(items, *SOURCE)
            .join(sources, sources.c.id == items.c.source_id)
            .where(items.c.id > last_id)
            .order_by(items.c.id)
            .limit(limit)
        )
        with self._read(snapshot=True) as connection:
            rows = connection.execute(found).all()
            known = mentions_of_items(connection, [row.id for row in rows])
            return [
                StoredItem(
                    item_id=row.id,
                    item=item_of(row),
                    source=_source_of(row),
                    seen_at=moment(row.seen_at),
                    brands=frozenset(known.get(row.id, ())),
                )
                for row in rows
            ]

    def plan(self, new: Sequence[NewReading]) -> list[Revised]:
        """Return what `Transaction.revise` would do, and do nothing."""
        with self._read(snapshot=True) as connection:
            return revision.revise(connection, new, write=False)


def _source_of(row: Any) -> Source:
    """Return the source that the columns of `SOURCE` hold."""
    return Source(
        name=row.source_name,
        scraper=row.source_scraper,
        url=row.source_url,
        brand=row.source_brand,
        category=row.source_category,
        weight=row.source_weight,
    )
