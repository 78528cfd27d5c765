"""The tables, as SQLAlchemy Core knows them. `migrations/` makes them; a test holds the two together.

The tables and views are a public contract, described in docs/schema.md. Rules that hold in all of them:

- Times are text in UTC (`listener.storage.timestamps`), so that SQLite and PostgreSQL keep the same.
- What is summed is an integer: a column that ends in `_e4` holds ten-thousandths. Sums of them don't depend on the
  order of adding, so a trend row can be rebuilt from its mentions to the same value.
- Structured values are JSON in text columns.
- Ids of items, mentions and stories are handed out by the one writer, and no id is given twice.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from listener.storage.polled_tables import SHARED, Count, Id, Stamp, identity, reference, required
from listener.storage.polled_tables import alerts as alerts
from listener.storage.polled_tables import coverage as coverage
from listener.storage.polled_tables import deliveries as deliveries
from listener.storage.polled_tables import hosts as hosts
from listener.storage.polled_tables import meta as meta
from listener.storage.polled_tables import sources as sources

METADATA = SHARED

# What is small comes before what is long: SQLite reads a row's later pages only for the columns that lie there.
items = sa.Table(
    "items",
    METADATA,
    identity(),
    reference("sources"),
    required("seen_at", Stamp),
    sa.Column("published_at", Stamp),
    sa.Column("updated_at", Stamp),
    required("served_on", sa.String(10)),
    required("kept", sa.Boolean()),
    required("kind", sa.Text()),
    sa.Column("lang", sa.Text),
    sa.Column("rating", sa.Float),
    required("rating_max", sa.Float()),
    sa.Column("survey", sa.Text),
    sa.Column("survey_brand", sa.Text),
    sa.Column("survey_at", Stamp),
    required("metrics", sa.Text()),
    required("segment", sa.Text()),
    required("categories", sa.Text()),
    sa.Column("author", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("guid", sa.Text),
    required("title", sa.Text()),
    required("text", sa.Text()),
    sa.Index("items_kept", "kept", "seen_at"),
)

item_keys = sa.Table(
    "item_keys",
    METADATA,
    sa.Column("source_id", Id, sa.ForeignKey("sources.id"), primary_key=True, autoincrement=False),
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("item_id", Id, sa.ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    sa.Index("item_keys_item", "item_id"),
    sqlite_with_rowid=False,
)

stories = sa.Table(
    "stories",
    METADATA,
    identity(),
    required("first_at", Stamp),
    required("last_at", Stamp),
    required("item_count", Count),
    required("title", sa.Text()),
    required("signature", sa.LargeBinary()),
    sa.Index("stories_last", "last_at"),
)

# Bands are numbers at random, so each row of a story lands on a page of its own: no second index, no foreign key.
story_bands = sa.Table(
    "story_bands",
    METADATA,
    sa.Column("band", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("story_id", Id, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

band_queue = sa.Table(
    "band_queue",
    METADATA,
    sa.Column("story_id", Id, primary_key=True, autoincrement=False),
    required("bands", sa.LargeBinary()),
)

mentions = sa.Table(
    "mentions",
    METADATA,
    identity(),
    reference("items"),
    reference("sources"),
    required("brand", sa.Text()),
    reference("stories", nullable=True),
    required("at", Stamp),
    required("seen_at", Stamp),
    required("first_of_story", sa.Boolean()),
    required("irrelevant", sa.Boolean()),
    sa.Column("compound_e4", Count),
    sa.Column("label", sa.Text),
    required("complaint_e4", Count),
    required("relevance_e4", Count),
    required("reach_e4", Count),
    required("kind", sa.Text()),
    sa.Column("lang", sa.Text),
    required("scorer", sa.Text()),
    required("excerpt", sa.Text()),
    required("reasons", sa.Text()),
    required("hits", sa.Text()),
    sa.Index("mentions_item", "item_id", "brand", unique=True),
    sa.Index("mentions_at", "at"),
    sa.Index("mentions_brand_at", "brand", "at"),
    sa.Index("mentions_story", "story_id", "brand"),
)

mention_pains = sa.Table(
    "mention_pains",
    METADATA,
    sa.Column(
        "mention_id", Id, sa.ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("topic", sa.Text, primary_key=True),
    required("severity", Count),
    required("words", sa.Text()),
    sqlite_with_rowid=False,
)

corrections = sa.Table(
    "corrections",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    sa.Column("mention_id", Id, sa.ForeignKey("mentions.id", ondelete="CASCADE"), nullable=False),
    required("field", sa.Text()),
    required("value", sa.Text()),
    required("made_at", Stamp),
    required("made_by", sa.Text()),
    sa.Index("corrections_mention", "mention_id"),
)


overruled = sa.Table(
    "overruled",
    METADATA,
    sa.Column(
        "mention_id", Id, sa.ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    required("fields", sa.Text()),
    sa.Column("compound_e4", Count),
    sa.Column("label", sa.Text),
    required("complaint_e4", Count),
    required("kind", sa.Text()),
    required("scorer", sa.Text()),
    required("irrelevant", sa.Boolean()),
    required("reasons", sa.Text()),
    required("pains", sa.Text()),
    sa.Column("lang", sa.Text),
    sa.Column("reach_e4", Count, nullable=False, server_default="0"),
    sa.Column("story_id", Id),
    sa.Column("read_as", sa.Text),
    sa.Index("overruled_story", "story_id"),
)


def bucket_key(*more: str) -> tuple[sa.Column[Any], ...]:
    """Return the key columns of a trend table: hour, brand, source, and `more` text columns."""
    return (
        sa.Column("bucket", Stamp, primary_key=True),
        sa.Column("brand", sa.Text, primary_key=True),
        sa.Column("source_id", Id, sa.ForeignKey("sources.id"), primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, primary_key=True) for name in more),
    )


#: The columns of `trends` that add up, in the order in which `listener.storage.trends` counts them.
TREND_SUMS = (
    "mentions",
    "stories",
    "scored",
    "unscored",
    "positive",
    "neutral",
    "negative",
    "compound_e4_sum",
    "compound_e8_squares",
    "complaints",
    "reach_e4_sum",
)
SCORE_SUMS = ("answers", "score_e4_sum", "score_e8_squares", "promoters", "detractors")

trends = sa.Table(
    "trends",
    METADATA,
    *bucket_key(),
    *(required(name, Count) for name in TREND_SUMS),
    sa.Index("trends_brand", "brand", "bucket"),
    sqlite_with_rowid=False,
)

trend_pains = sa.Table(
    "trend_pains",
    METADATA,
    *bucket_key("topic"),
    required("mentions", Count),
    required("severity_sum", Count),
    sqlite_with_rowid=False,
)

scores = sa.Table(
    "scores",
    METADATA,
    *bucket_key("metric", "segment_key", "segment_value"),
    *(required(name, Count) for name in SCORE_SUMS),
    sqlite_with_rowid=False,
)

bodies = sa.Table(
    "bodies",
    METADATA,
    sa.Column("hash", sa.String(64), primary_key=True),
    required("size_bytes", Count),
    required("zlib", sa.LargeBinary()),
)

snapshots = sa.Table(
    "snapshots",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    reference("sources"),
    required("url", sa.Text()),
    required("taken_at", Stamp),
    required("last_seen_at", Stamp),
    sa.Column("body_hash", sa.String(64), sa.ForeignKey("bodies.hash"), nullable=False),
    required("headers", sa.Text()),
    sa.Index("snapshots_source", "source_id", "taken_at"),
    sa.Index("snapshots_body", "body_hash"),
)

changes = sa.Table(
    "changes",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    reference("sources"),
    sa.Column("brand", sa.Text),
    required("url", sa.Text()),
    required("kind", sa.Text()),
    required("subject", sa.Text()),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("percent", sa.Float),
    required("first_seen", Stamp),
    sa.Column("confirmed_at", Stamp),
    required("status", sa.Text()),
    sa.Index("changes_seen", "first_seen"),
    sa.Index("changes_source", "source_id", "status"),
)

prices = sa.Table(
    "prices",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    reference("sources"),
    sa.Column("brand", sa.Text),
    required("plan", sa.Text()),
    required("period", sa.Text()),
    required("unit", sa.Text()),
    required("currency", sa.Text()),
    sa.Column("price", sa.Text),
    required("first_seen", Stamp),
    required("last_seen", Stamp),
    sa.Index("prices_plan", "source_id", "plan", "period", "last_seen"),
)

claims = sa.Table(
    "claims",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    reference("sources"),
    sa.Column("brand", sa.Text),
    required("kind", sa.Text()),
    required("text", sa.Text()),
    sa.Column("url", sa.Text),
    required("first_seen", Stamp),
    required("last_seen", Stamp),
    sa.Index("claims_source", "source_id", "last_seen"),
)

answers = sa.Table(
    "answers",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    reference("sources"),
    sa.Column("brand", sa.Text),
    required("question", sa.Text()),
    required("answer", sa.Text()),
    required("first_seen", Stamp),
    required("last_seen", Stamp),
    sa.Index("answers_source", "source_id", "last_seen"),
)
