"""Records to store in tests, with everything that a test doesn't care about filled in."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from listener.storage import NewItem, NewMention, NewReading, Revised, Store, Transaction
from listener.storage.tables import METADATA, bodies, snapshots, sources
from listener.types import Alert, Hit, Item, Label, Pain, Reading, Sentiment, Source

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def source(name: str = "blog", **values: Any) -> Source:
    return Source(**{"name": name, "scraper": "feed", "url": f"https://{name}.example/feed", **values})


def with_sources(store: Store, *names: str) -> None:
    store.sync_sources([source(name) for name in names], NOW, spread=HOUR)


def label_of(compound: float | None) -> Label | None:
    if compound is None:
        return None
    return "positive" if compound >= 0.05 else "negative" if compound <= -0.05 else "neutral"


def reading(
    brand: str = "acme",
    compound: float | None = -0.5,
    *,
    complaint: float = 0.8,
    pains: Sequence[tuple[str, int]] = (),
    reach: float = 10.0,
) -> Reading:
    return Reading(
        brand=brand,
        excerpt=f"about {brand}",
        lang="en",
        sentiment=Sentiment(compound=compound, label=label_of(compound), reasons=(("bad", -2.5),)),
        scorer="vader-1",
        complaint=complaint,
        kind="complaint",
        pains=tuple(Pain(topic=topic, severity=severity, words=(topic,)) for topic, severity in pains),
        relevance=1.0,
        reach=reach,
        hits=(Hit(field="text", start=0, end=4, term=brand),),
    )


def new_item(number: int, **values: Any) -> NewItem:
    item = Item(**{"title": f"title {number}", "text": "some text", "url": f"https://blog.example/{number}", **values})
    return NewItem(item=item, keys=(f"guid:{number}", f"url:{number}"))


def add_mention(
    store: Store,
    number: int,
    said: Reading | None = None,
    *,
    source: str = "blog",
    at: datetime = NOW,
    story_id: int | None = None,
    first_of_story: bool = True,
) -> int:
    """Store an item and one mention in it; return the mention's id."""
    with store.write() as transaction:
        item_id = transaction.add_items(source, [new_item(number)], at)[0]
        new = NewMention(
            item_id=item_id,
            source=source,
            reading=said or reading(),
            story_id=story_id,
            at=at,
            first_of_story=first_of_story,
        )
        return transaction.add_mentions([new], at)[0]


def reread(
    transaction: Transaction, mention_id: int, new: Reading | None, *, irrelevant: bool | None = None
) -> list[Revised]:
    """Give a mention another reading, or call it irrelevant."""
    return transaction.revise([NewReading(mention_id=mention_id, reading=new, irrelevant=irrelevant)])


def versions_of(store: Store, source: str, url: str | None = None) -> list[bytes]:
    """Return the stored versions of a source's pages, or of one of them, the newest first."""
    found = sa.select(bodies.c.zlib).join(snapshots, snapshots.c.body_hash == bodies.c.hash)
    found = found.join(sources, sources.c.id == snapshots.c.source_id).where(sources.c.name == source)
    if url is not None:
        found = found.where(snapshots.c.url == url)
    with store._read() as connection:
        rows = connection.execute(found.order_by(snapshots.c.taken_at.desc(), snapshots.c.id.desc()))
        return [zlib.decompress(row.zlib) for row in rows]


def alert(key: str = "angry:1", *, channels: Sequence[str] = ("mail", "slack"), at: datetime = NOW) -> Alert:
    return Alert(
        key=key,
        rule="angry",
        on="mention",
        brand="acme",
        source="blog",
        created_at=at,
        title="An angry mention",
        quote="It is broken.",
        url="https://blog.example/1",
        tone="bad",
        facts=(("Sentiment", "-0.81 negative"),),
        thread="story-1",
        channels=tuple(channels),
    )


def emptied(url: str) -> str:
    """Empty all tables of a PostgreSQL database."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # TRUNCATE would write new files for each table and index: 0.3 s instead of 0.02.
        for table in reversed(METADATA.sorted_tables):
            connection.execute(sa.delete(table))
        connection.exec_driver_sql("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
    engine.dispose()
    return url
