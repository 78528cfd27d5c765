"""Databases of earlier versions, with the rows that these wrote, brought to today's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from listener.storage import Store
from listener.storage.engine import WRITING, engine_of, url_of
from listener.storage.migrate import config_of

OpenStore = Callable[..., Store]

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
AT, BUCKET = "2026-11-01T09:30:00.000000Z", "2026-11-01T09:00:00.000000Z"

#: Two mentions as step v0004 stored them: of the first a person said that it is positive and no complaint, of the
#: second nobody said anything. Columns that may be NULL or have a default are left out.
ROWS: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("sources", {
        "id": 1, "name": "blog", "scraper": "feed", "url": "https://blog.example/feed", "category": "", "weight": 1.0,
        "active": 1, "stopped": 0, "due_at": AT, "detail": "", "failures": 0, "announced": 0, "validators": "{}",
        "scraper_state": "{}", "page_state": "{}", "added_at": AT,
    }),
    *(
        ("items", {
            "id": number, "source_id": 1, "seen_at": AT, "served_on": "2026-11-01", "kept": 1, "kind": "post",
            "rating_max": 5.0, "metrics": "{}", "segment": "{}", "categories": "[]", "title": "", "text": text,
        })
        for number, text in ((1, "Acme, what a day."), (2, "Acme broke."))
    ),
    *(
        ("stories", {
            "id": number, "first_at": AT, "last_at": AT, "item_count": 1, "title": "", "signature": b"",
        })
        for number in (7, 8)
    ),
    *(
        ("mentions", {
            "id": number, "item_id": number, "source_id": 1, "brand": "acme", "story_id": 6 + number, "at": AT,
            "seen_at": AT, "first_of_story": 1, "irrelevant": 0, "compound_e4": compound, "label": label,
            "complaint_e4": complaint, "relevance_e4": 7500, "reach_e4": 120_000, "kind": "complaint", "lang": lang,
            "scorer": scorer, "excerpt": "Acme", "reasons": "[]", "hits": "[]",
        })
        for number, compound, label, complaint, lang, scorer in (
            (1, 5000, "positive", 0, "en", "person"), (2, -6000, "negative", 9000, None, "vader-1"),
        )
    ),
    ("mention_pains", {"mention_id": 2, "topic": "bugs", "severity": 2, "words": '["broke"]'}),
    *(
        ("corrections", {
            "id": number, "mention_id": 1, "field": field, "value": value, "made_at": AT, "made_by": "ann",
        })
        for number, field, value in ((1, "sentiment", '"positive"'), (2, "complaint", "false"))
    ),
    ("overruled", {
        "mention_id": 1, "fields": "sentiment,complaint", "compound_e4": -4000, "label": "negative",
        "complaint_e4": 8000, "kind": "complaint", "scorer": "vader-1", "irrelevant": 0, "reasons": '[["what", -0.4]]',
        "pains": '[["bugs", 1, ["day"]]]',
    }),
    ("trends", {
        "bucket": BUCKET, "brand": "acme", "source_id": 1, "mentions": 2, "stories": 2, "scored": 2, "unscored": 0,
        "positive": 1, "neutral": 0, "negative": 1, "compound_e4_sum": -1000,
        "compound_e8_squares": 5000**2 + 6000**2, "complaints": 1, "reach_e4_sum": 240_000,
    }),
    ("trend_pains", {
        "bucket": BUCKET, "brand": "acme", "source_id": 1, "topic": "bugs", "mentions": 1, "severity_sum": 2,
    }),
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path, open_store: OpenStore) -> Store:
    path = tmp_path / "listener.db"
    engine = engine_of(url_of(path))
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        command.upgrade(config_of(connection), "v0004")
        for table, values in ROWS:
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)
    engine.dispose()
    return open_store(path)


def test_what_the_program_said_of_corrected_mentions_is_filled_in_from_them(store: Store) -> None:
    (judged,) = store.review.iter_judged()
    assert (judged.own.lang, judged.own.reach, judged.own.story, judged.own.read_as) == ("en", 12.0, 7, None)
    assert (judged.own.label, judged.own.compound, judged.own.kind) == ("negative", -0.4, "complaint")
    assert judged.correction.said == ("sentiment", "complaint")


def test_corrections_of_an_earlier_version_hold_on(store: Store) -> None:
    first, second = sorted(store.iter_mentions(), key=lambda mention: mention.id)
    assert (first.sentiment.label, first.scorer, first.reach, first.lang) == ("positive", "person", 12.0, "en")
    assert (second.sentiment.label, second.scorer, second.lang) == ("negative", "vader-1", None)


def test_corrections_of_an_earlier_version_can_be_taken_back_and_more_be_said(store: Store) -> None:
    with store.write() as transaction:
        transaction.correct(1, {"sentiment": None, "complaint": None, "reach": 50.0}, at=NOW, by="bob")
    first = next(mention for mention in store.iter_mentions() if mention.id == 1)
    assert (first.sentiment.label, first.scorer, first.reach) == ("negative", "vader-1", 50.0)
    with store.write() as transaction:
        transaction.correct(1, {"reach": None}, at=NOW, by="bob")
    assert list(store.review.iter_judged()) == []
    assert next(mention.reach for mention in store.iter_mentions() if mention.id == 1) == 12.0


def test_trends_of_an_earlier_version_are_right_and_stay_so_with_a_correction(store: Store) -> None:
    assert store.verify_trends() == []
    with store.write() as transaction:
        transaction.correct(1, {"reach": 50.0, "irrelevant": True}, at=NOW, by="bob")
    (row,) = store.iter_trends()
    assert (row.mentions, row.positive, row.negative) == (1, 0, 1)
    assert store.verify_trends() == []
