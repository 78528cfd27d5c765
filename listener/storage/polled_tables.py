"""The tables that every round of polls reads or writes; the others are declared in `tables` when they are needed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from listener.storage.timestamps import WIDTH

#: All tables are in it once `listener.storage.tables` is imported: it is given out there.
SHARED = sa.MetaData()

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


meta = sa.Table("meta", SHARED, sa.Column("key", sa.Text, primary_key=True), required("value", sa.Text()))

sources = sa.Table(
    "sources",
    SHARED,
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
    SHARED,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("not_before", Stamp),
    required("failures", Count),
    sa.Column("outcome", sa.Text),
    sa.Column("robots", sa.Text),
    sa.Column("robots_until", Stamp),
    sa.Column("robots_failing_since", Stamp),
)

coverage = sa.Table(
    "coverage",
    SHARED,
    sa.Column("bucket", Stamp, primary_key=True),
    sa.Column("source_id", Id, sa.ForeignKey("sources.id"), primary_key=True, autoincrement=False),
    required("ok", Count),
    required("failed", Count),
    required("items", Count),
    sqlite_with_rowid=False,
)

alerts = sa.Table(
    "alerts",
    SHARED,
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
    SHARED,
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
