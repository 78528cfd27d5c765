"""`listener quality`, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from listener.cli import group
from listener.storage import NewReading, Store
from tests.storage.stored_samples import HOUR, NOW, add_mention, reading, with_sources


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    opened = Store.open(tmp_path / "listener.db", now=NOW)
    with_sources(opened, "blog")
    for number in range(6):
        said = reading(compound=-0.6 if number % 2 else 0.6, pains=[("bugs", 2)] if number < 3 else [])
        add_mention(opened, number, said, at=NOW + number * HOUR)
    yield opened
    opened.close()


def correct(store: Store, mention_id: int, **said: object) -> None:
    with store.write() as transaction:
        transaction.correct(mention_id, said, at=NOW, by="ann")


def quality(*arguments: str) -> str:
    done = CliRunner().invoke(group, ["quality", "--database", "listener.db", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_precision_and_recall_are_counted_against_what_persons_said(store: Store) -> None:
    correct(store, 1, sentiment="negative", pains=[("bugs", 3), ("price", 1)], irrelevant=False)
    correct(store, 2, sentiment="negative", pains=[("bugs", 2)], irrelevant=True)
    correct(store, 3, kind="praise")
    record = json.loads(quality("--json"))
    assert (record["judged"], record["scorers"]) == (3, {"vader-1": 2})
    assert record["sentiment"]["same"]["share"] == 0.5
    assert record["sentiment"]["classes"]["negative"]["recall"]["right"] == 1
    assert record["sentiment"]["classes"]["positive"]["precision"] == {
        "right": 0, "of": 1, "share": 0.0, "interval": pytest.approx([0.0, 0.7935], abs=1e-3),
    }  # fmt: skip
    assert record["pains"]["classes"]["price"]["recall"]["share"] == 0.0
    assert record["pains"]["classes"]["bugs"]["f1"] == 1.0
    assert (record["severity"]["same"]["right"], record["severity"]["same"]["of"]) == (1, 2)
    assert record["relevance"]["classes"]["relevant"]["precision"]["share"] == 0.5
    assert record["complaint"]["same"]["share"] is None


def test_measured_is_the_programs_own_word_and_that_of_the_last_reading(store: Store) -> None:
    correct(store, 1, sentiment="negative")
    assert json.loads(quality("--json"))["sentiment"]["same"]["share"] == 0.0
    with store.write() as transaction:
        transaction.revise([NewReading(mention_id=1, reading=reading(compound=-0.9))])
    assert json.loads(quality("--json"))["sentiment"]["same"]["share"] == 1.0


def test_what_was_taken_back_is_not_measured(store: Store) -> None:
    correct(store, 1, sentiment="negative")
    correct(store, 1, sentiment=None)
    assert quality().startswith("No mention has been judged yet.")


def test_people_read_counts_ranges_and_that_they_are_few(store: Store) -> None:
    correct(store, 1, sentiment="positive", irrelevant=False)
    told = " ".join(quality().split())
    assert "Judged mentions: 1 (acme 1)." in told
    assert "1/1 100% [21–100]" in told
    assert "Fewer than 30 judged for sentiment, relevance" in told
    assert "kind" not in told


def test_a_sample_leaves_out_what_was_judged_and_stays_until_it_is(store: Store) -> None:
    drawn = [mention.id for mention in store.review.sample(3)]
    assert [mention.id for mention in store.review.sample(3)] == drawn
    correct(store, drawn[0], kind="praise")
    assert [mention.id for mention in store.review.sample(2)] == drawn[1:]
    assert sorted(mention.id for mention in store.review.sample(99)) == sorted({1, 2, 3, 4, 5, 6} - {drawn[0]})
    assert store.review.sample(3, ["globex"]) == []
    assert "listener correct NUMBER --agree" in quality("--sample", "2")
