"""docs/schema.md describes every table, view and export, column by column, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from listener.cli.export_tables import TABLES
from listener.storage import Store
from tests.storage.stored_samples import add_mention, alert, reading, reread, with_sources

PAGE = Path(__file__).resolve().parents[2] / "docs" / "schema.md"


def described(part: str) -> dict[str, list[str]]:
    """Return the columns that a part of the page describes, by heading."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {part}\n")[2].partition("\n## ")[0]
    found: dict[str, list[str]] = {}
    for section in text.split("\n### ")[1:]:
        heading, _, body = section.partition("\n")
        found[heading] = re.findall(r"^\| `(\w+)` \| \S", body, flags=re.MULTILINE)
    return found


def test_every_table_is_described(sqlite_store: Store) -> None:
    inspector = sa.inspect(sqlite_store._engine)
    real = {name: {column["name"] for column in inspector.get_columns(name)} for name in inspector.get_table_names()}
    assert {name: set(columns) for name, columns in described("Tables").items()} == real


def test_every_view_is_described_in_the_order_of_its_columns(store: Store) -> None:
    inspector = sa.inspect(store._engine)
    real = {name: [column["name"] for column in inspector.get_columns(name)] for name in inspector.get_view_names()}
    assert described("Views") == real


def test_every_export_is_described_in_the_order_of_its_columns() -> None:
    assert described("Exports") == {f"export {kind}": list(table.columns) for kind, table in TABLES.items()}


def test_views_say_the_same_as_the_store(store: Store) -> None:
    with_sources(store, "blog")
    add_mention(store, 1, reading(compound=-0.5, pains=[("price", 3)]))
    hidden = add_mention(store, 2, reading(compound=0.9, pains=[("bugs", 1)]))
    with store.write() as transaction:
        reread(transaction, hidden, None, irrelevant=True)
        transaction.add_alerts([alert()])
    with store._read() as connection:

        def rows(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

        assert rows("SELECT brand, source, compound, title FROM v_mentions") == [("acme", "blog", -0.5, "title 1")]
        assert rows("SELECT topic, severity FROM v_pains") == [("price", 3)]
        assert rows("SELECT day, mentions, stories, mean_compound, reach FROM v_trends_daily") == [
            ("2026-11-02", 1, 1, -0.5, 10.0)
        ]
        assert rows("SELECT day, topic, mentions, mean_severity FROM v_pains_daily") == [
            ("2026-11-02", "price", 1, 3.0)
        ]
        assert rows("SELECT source, mentions, mean_compound FROM v_trends") == [("blog", 1, -0.5)]
        assert rows("SELECT channel, status FROM v_deliveries ORDER BY channel") == [
            ("mail", "pending"),
            ("slack", "pending"),
        ]
