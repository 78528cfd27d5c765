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

from listener.storage.timestamps import WIDTH

METADATA = sa.MetaData()

#: An INTEGER PRIMARY KEY is SQLite's own row id; PostgreSQL's integer would end at two thousand million.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Sorted byte by byte on PostgreSQL as on SQLite, whatever the locale of the database.
Stamp = sa.String(WIDTH).with_variant(sa.String(WIDTH, collation="C"), "postgresql")
Count = sa.BigInteger()


def required(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    """Return a column that is never NULL."""
    return sa.Column(name, kind, nullable=False)


def identity() -> sa.Column[int]:
    """Return the primary key of a table whose ids the writer hands out."""
    return sa.Column("id", Id, primary_key=True, autoincrement=False)


def reference(target: str, *, nullable: bool = False) -> sa.Column[int]:
    """Return a foreign key column that is named after the table it points at."""
    name = {"sources": "source_id", "items": "item_id", "mentions": "mention_id", "stories": "story_id"}[target]
    return sa.Column(name, Id, sa.ForeignKey(f"{target}.id"), nullable=nullable)


meta = sa.Table("meta", METADATA, sa.Column("key", sa.Text, primary_key=True), required("value", sa.Text()))

sources = sa.Table(
    "sources",
    METADATA,
    identity(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    required("scraper", sa.Text()),
    required("url", sa.Text()),
    sa.Column("brand", sa.Text),
    required("category", sa.Text()),
    required("weight", sa.Float()),
    required("active", sa.Boolean()),
    required("stopped", sa.Boolean()),
    required("due_at", Stamp),
    sa.Column("last_poll_at", Stamp),
    sa.Column("last_success_at", Stamp),
    sa.Column("last_item_at", Stamp),
    sa.Column("outcome", sa.Text),
    required("detail", sa.Text()),
    required("failures", Count),
    sa.Column("failing_since", Stamp),
    required("announced", sa.Boolean()),
    sa.Column("rhythm_seconds", sa.Float),
    required("validators", sa.Text()),
    required("scraper_state", sa.Text()),
    required("page_state", sa.Text()),
    required("added_at", Stamp),
    sa.Column("read_on", sa.String(10)),
    sa.Index("sources_due", "active", "stopped", "due_at"),
)

hosts = sa.Table(
    "hosts",
    METADATA,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("not_before", Stamp),
    required("failures", Count),
    sa.Column("outcome", sa.Text),
    sa.Column("robots", sa.Text),
    sa.Column("robots_until", Stamp),
    sa.Column("robots_failing_since", Stamp),
)

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

coverage = sa.Table(
    "coverage",
    METADATA,
    sa.Column("bucket", Stamp, primary_key=True),
    sa.Column("source_id", Id, sa.ForeignKey("sources.id"), primary_key=True, autoincrement=False),
    required("ok", Count),
    required("failed", Count),
    required("items", Count),
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

alerts = sa.Table(
    "alerts",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    required("rule", sa.Text()),
    required("rule_on", sa.Text()),
    sa.Column("brand", sa.Text),
    sa.Column("source", sa.Text),
    required("created_at", Stamp),
    required("title", sa.Text()),
    required("quote", sa.Text()),
    sa.Column("url", sa.Text),
    required("tone", sa.Text()),
    required("facts", sa.Text()),
    required("thread", sa.Text()),
    required("channels", sa.Text()),
    required("send", sa.Text()),
    sa.Column("weight", sa.Float, nullable=False, server_default="0"),
    sa.Index("alerts_created", "created_at"),
)

deliveries = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("id", Id, primary_key=True),
    sa.Column("alert_id", Id, sa.ForeignKey("alerts.id"), nullable=False),
    required("channel", sa.Text()),
    required("status", sa.Text()),
    required("attempts", Count),
    required("due_at", Stamp),
    required("last_error", sa.Text()),
    sa.Column("sent_at", Stamp),
    sa.Column("batch", Id),
    sa.Column("delivered_to", sa.Text, nullable=False, server_default="[]"),
    sa.Index("deliveries_once", "alert_id", "channel", unique=True),
    sa.Index("deliveries_due", "status", "due_at"),
)
